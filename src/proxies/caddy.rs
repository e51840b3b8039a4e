//! Caddy: one file per route below `/etc/caddy/paas`.

use crate::model::{Effect, Text, run};
use crate::proxies::{Engine, Entry, Route};

/// Caddy 2.
pub struct Caddy;

impl Engine for Caddy {
    fn main(&self, acme: Option<&str>, _cert: Option<&str>) -> (&'static str, String) {
        let email = acme.map(|email| format!("\temail {email}\n")).unwrap_or_default();
        let global = format!("{{\n{email}}}\n");
        ("/etc/caddy/Caddyfile", format!("{global}import /etc/caddy/paas/*.caddy\n"))
    }

    fn path(&self, route: &Route) -> String {
        format!("/etc/caddy/paas/{}.caddy", route.slug)
    }

    fn fragment(&self, route: &Route) -> Text {
        let mut out = Text::default();
        match &route.entry {
            Entry::Http { host, path, backend_tls, extra } => {
                let scheme = if route.tls { "" } else { "http://" };
                out.push_str(&format!("{scheme}{host} {{\n"));
                for line in extra.iter().flat_map(|extra| extra.lines()) {
                    out.push_str(&format!("\t{line}\n"));
                }
                let matcher = if path == "/" { String::new() } else { format!(" {path}*") };
                let scheme = if *backend_tls { "https://" } else { "" };
                out.push_str(&format!("\treverse_proxy{matcher} {scheme}"));
                out.push(&route.upstream);
                out.push_str("\n}\n");
            }
            Entry::Stream { port, protocol } => {
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
