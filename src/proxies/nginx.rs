//! NGINX: one file per route below `/etc/nginx/paas`.

use crate::model::{Effect, Protocol, Text, run};
use crate::proxies::{Engine, Entry, Main, PAGES, Route};

/// NGINX with the stream module.
pub struct Nginx;

fn certificate(path: &str) -> String {
    format!("  ssl_certificate {path}.crt;\n  ssl_certificate_key {path}.key;\n")
}

/// A value as one word of a configuration.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Engine for Nginx {
    fn main(&self, main: &Main<'_>) -> (&'static str, String) {
        let tls = main.cert.map_or(String::new(), certificate);
        let page = |status: &&str| format!("  error_page {status} /_paas_errors/{status}.html;\n");
        let pages: String = main.pages.iter().map(page).collect();
        let dir = main.dir;
        let text = format!(
            "include /etc/nginx/modules-enabled/*.conf;\nevents {{}}\n\
             http {{\n{tls}{pages}  \
             map $http_upgrade $connection_upgrade {{\n    default upgrade;\n    '' close;\n  }}\n  \
             include {dir}/http/*.conf;\n}}\n\
             stream {{\n{tls}  include {dir}/stream/*.conf;\n}}\n"
        );
        ("/etc/nginx/nginx.conf", text)
    }

    fn dir(&self) -> &'static str {
        "/etc/nginx/paas"
    }

    fn extra(&self, dir: &str) -> String {
        format!("{dir}/http/_extra.conf")
    }

    fn path(&self, dir: &str, route: &Route) -> String {
        let folder = match route.entry {
            Entry::Http { .. } => "http",
            Entry::Stream { .. } => "stream",
        };
        format!("{dir}/{folder}/{}.conf", route.slug)
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
                let listen = if route.tls { "443 ssl" } else { "80" };
                out.push_str(&format!("server {{\n  listen {listen};\n  server_name {host};\n"));
                out.push_str(&route.certificate.as_deref().map_or(String::new(), certificate));
                for (name, value) in headers {
                    out.push_str(&format!("  add_header {name} {} always;\n", quoted(value)));
                }
                if let Some(bytes) = body_bytes {
                    out.push_str(&format!("  client_max_body_size {bytes};\n"));
                }
                if let Some(url) = auth_url {
                    out.push_str(&format!(
                        "  auth_request /_paas_auth;\n  location = /_paas_auth {{\n    internal;\n    \
                         proxy_pass {url};\n    proxy_pass_request_body off;\n    \
                         proxy_set_header Content-Length \"\";\n    \
                         proxy_set_header X-Original-URL $scheme://$http_host$request_uri;\n  }}\n"
                    ));
                }
                for line in extra.iter().flat_map(|extra| extra.lines()) {
                    out.push_str(&format!("  {line}\n"));
                }
                if route.error_pages {
                    out.push_str(&format!(
                        "  location ^~ /_paas_errors/ {{\n    internal;\n    alias {PAGES}/;\n  }}\n"
                    ));
                }
                let scheme = if *backend_tls { "https" } else { "http" };
                out.push_str(&format!("  location {path} {{\n    proxy_pass {scheme}://"));
                out.push(&route.upstream);
                out.push_str(";\n    proxy_set_header Host $host;\n");
                out.push_str("    proxy_set_header X-Forwarded-Proto $scheme;\n");
                if *websocket {
                    out.push_str(
                        "    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    \
                         proxy_set_header Connection $connection_upgrade;\n",
                    );
                }
                out.push_str("  }\n}\n");
            }
            Entry::Stream { port, protocol, tls } => {
                let how = match protocol {
                    Protocol::Udp => " udp",
                    Protocol::Tcp if *tls => " ssl",
                    Protocol::Tcp => "",
                };
                out.push_str(&format!("server {{\n  listen {port}{how};\n"));
                out.push_str(&route.certificate.as_deref().map_or(String::new(), certificate));
                out.push_str("  proxy_pass ");
                out.push(&route.upstream);
                out.push_str(";\n}\n");
            }
        }
        out
    }

    fn reload(&self) -> Vec<Effect> {
        vec![run(&["nginx", "-t"]), run(&["systemctl", "reload", "nginx"])]
    }

    fn service(&self) -> &'static str {
        "nginx"
    }
}
