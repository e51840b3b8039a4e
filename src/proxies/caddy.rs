//! Caddy: one file per route below `/etc/caddy/paas`.

use crate::model::{Effect, Text, run};
use crate::proxies::{Engine, Entry, Main, PAGES, Route};

/// Caddy 2.
pub struct Caddy;

/// A value as one word of a Caddyfile.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `https://auth.example.com/check` as its origin and its path.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + 3;
    let path = url[start..].find('/').map_or(url.len(), |at| start + at);
    Some((&url[..path], if path == url.len() { "/" } else { &url[path..] }))
}

/// What the sites import to show pages of their own for errors.
fn pages(statuses: &[&str]) -> String {
    format!(
        "(paas_errors) {{\n\thandle_errors {} {{\n\t\troot * {PAGES}\n\t\t\
         rewrite * /{{err.status_code}}.html\n\t\tfile_server\n\t}}\n}}\n",
        statuses.join(" "),
    )
}

impl Engine for Caddy {
    fn main(&self, main: &Main<'_>) -> (&'static str, String) {
        let email = main.acme.map(|email| format!("\temail {email}\n")).unwrap_or_default();
        let protocols = "\tservers {\n\t\tprotocols h1 h2\n\t}\n";
        let protocols = if main.http3 { "" } else { protocols };
        let global = format!("{{\n{email}{protocols}}}\n");
        let pages = if main.pages.is_empty() { String::new() } else { pages(main.pages) };
        ("/etc/caddy/Caddyfile", format!("{global}{pages}import {}/*.caddy\n", main.dir))
    }

    fn dir(&self) -> &'static str {
        "/etc/caddy/paas"
    }

    fn extra(&self, dir: &str) -> String {
        format!("{dir}/_extra.caddy")
    }

    fn path(&self, dir: &str, route: &Route) -> String {
        format!("{dir}/{}.caddy", route.slug)
    }

    fn fragment(&self, route: &Route) -> Text {
        let mut out = Text::default();
        match &route.entry {
            Entry::Http {
                host,
                path,
                backend_tls,
                headers,
                websocket,
                body_bytes,
                auth_url,
                extra,
            } => {
                let scheme = if route.tls { "" } else { "http://" };
                out.push_str(&format!("{scheme}{host} {{\n"));
                if let Some(cert) = &route.certificate {
                    out.push_str(&format!("\ttls {cert}.crt {cert}.key\n"));
                }
                for (name, value) in headers {
                    out.push_str(&format!("\theader {name} {}\n", quoted(value)));
                }
                if let Some(bytes) = body_bytes {
                    out.push_str(&format!("\trequest_body {{\n\t\tmax_size {bytes}B\n\t}}\n"));
                }
                if let Some((origin, uri)) = auth_url.as_deref().and_then(split_url) {
                    out.push_str(&format!("\tforward_auth {origin} {{\n\t\turi {uri}\n\t}}\n"));
                }
                if route.error_pages {
                    out.push_str("\timport paas_errors\n");
                }
                for line in extra.iter().flat_map(|extra| extra.lines()) {
                    out.push_str(&format!("\t{line}\n"));
                }
                let matcher = if path == "/" { String::new() } else { format!(" {path}*") };
                let scheme = if *backend_tls { "https://" } else { "" };
                out.push_str(&format!("\treverse_proxy{matcher} {scheme}"));
                out.push(&route.upstream);
                out.push_str(if *websocket { "" } else { " {\n\t\theader_up -Upgrade\n\t}" });
                out.push_str("\n}\n");
            }
            Entry::Stream { port, protocol, .. } => {
                out.push_str(&format!("# layer4 {protocol}/{port} -> "));
                out.push(&route.upstream);
                out.push_str("\n");
            }
        }
        out
    }

    fn reload(&self) -> Vec<Effect> {
        let validate = run(&["caddy", "validate", "--config", "/etc/caddy/Caddyfile"]);
        vec![validate, run(&["systemctl", "reload", "caddy"])]
    }

    fn service(&self) -> &'static str {
        "caddy"
    }
}
