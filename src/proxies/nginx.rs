//! NGINX: one file per route below `/etc/nginx/paas`.

use crate::model::{Effect, Protocol, Text, run};
use crate::proxies::{Engine, Entry, Route};

/// NGINX with the stream module.
pub struct Nginx;

impl Engine for Nginx {
    fn main(&self, _acme: Option<&str>, cert: Option<&str>) -> (&'static str, String) {
        let tls = cert.map_or(String::new(), |cert| {
            format!("  ssl_certificate {cert}.crt;\n  ssl_certificate_key {cert}.key;\n")
        });
        let text = format!(
            "include /etc/nginx/modules-enabled/*.conf;\nevents {{}}\n\
             http {{\n{tls}  include /etc/nginx/paas/http/*.conf;\n}}\n\
             stream {{\n  include /etc/nginx/paas/stream/*.conf;\n}}\n"
        );
        ("/etc/nginx/nginx.conf", text)
    }

    fn path(&self, route: &Route) -> String {
        let folder = match route.entry {
            Entry::Http { .. } => "http",
            Entry::Stream { .. } => "stream",
        };
        format!("/etc/nginx/paas/{folder}/{}.conf", route.slug)
    }

    fn fragment(&self, route: &Route) -> Text {
        let mut out = Text::default();
        match &route.entry {
            Entry::Http { host, path, backend_tls, extra } => {
                let listen = if route.tls { "443 ssl" } else { "80" };
                out.push_str(&format!("server {{\n  listen {listen};\n  server_name {host};\n"));
                for line in extra.iter().flat_map(|extra| extra.lines()) {
                    out.push_str(&format!("  {line}\n"));
                }
                let scheme = if *backend_tls { "https" } else { "http" };
                out.push_str(&format!("  location {path} {{\n    proxy_pass {scheme}://"));
                out.push(&route.upstream);
                out.push_str(";\n    proxy_set_header Host $host;\n");
                out.push_str("    proxy_set_header X-Forwarded-Proto $scheme;\n  }\n}\n");
            }
            Entry::Stream { port, protocol } => {
                let udp = if *protocol == Protocol::Udp { " udp" } else { "" };
                out.push_str(&format!("server {{\n  listen {port}{udp};\n  proxy_pass "));
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
