//! Traefik: one file per route in the folder its file provider watches.

use serde_json::json;

use crate::model::{Effect, Protocol, Text};
use crate::proxies::{Engine, Entry, Route};

/// Traefik 3.
pub struct Traefik;

impl Engine for Traefik {
    fn main(&self, acme: Option<&str>, _cert: Option<&str>) -> (&'static str, String) {
        let mut main = json!({
            "entryPoints": { "web": { "address": ":80" }, "websecure": { "address": ":443" } },
            "providers": { "file": { "directory": "/etc/traefik/paas", "watch": true } },
        });
        if let Some(email) = acme {
            main["certificatesResolvers"] = json!({
                "paas": { "acme": {
                    "email": email, "storage": "/etc/traefik/acme.json",
                    "httpChallenge": { "entryPoint": "web" },
                } },
            });
        }
        ("/etc/traefik/traefik.yml", format!("{main:#}\n"))
    }

    fn path(&self, route: &Route) -> String {
        format!("/etc/traefik/paas/{}.yml", route.slug)
    }

    fn fragment(&self, route: &Route) -> Text {
        let name = &route.slug;
        let (section, router, scheme) = match &route.entry {
            Entry::Http { host, path, backend_tls, .. } => {
                let mut rule = format!("Host(`{host}`)");
                if path != "/" {
                    rule.push_str(&format!(" && PathPrefix(`{path}`)"));
                }
                let point = if route.tls { "websecure" } else { "web" };
                let mut router = json!({ "rule": rule, "entryPoints": [point], "service": name });
                if route.tls {
                    router["tls"] = json!({ "certResolver": "paas" });
                }
                ("http", router, if *backend_tls { "https://" } else { "http://" })
            }
            Entry::Stream { port, protocol } => {
                let point = format!("{protocol}-{port}");
                let mut router = json!({ "entryPoints": [point], "service": name });
                if *protocol == Protocol::Tcp {
                    router["rule"] = json!("HostSNI(`*`)");
                }
                (if *protocol == Protocol::Tcp { "tcp" } else { "udp" }, router, "")
            }
        };
        let key = if section == "http" { "url" } else { "address" };
        let body = json!({
            section: {
                "routers": { name: router },
                "services": { name: { "loadBalancer": { "servers": [{ key: "\u{1}" }] } } },
            },
        });
        let text = format!("{body:#}\n");
        let (before, after) = text.split_once("\\u0001").unwrap_or((&text, ""));
        let mut out = Text::literal(format!("{before}{scheme}"));
        out.push(&route.upstream);
        out.push_str(after);
        out
    }

    fn reload(&self) -> Vec<Effect> {
        Vec::new()
    }

    fn service(&self) -> &'static str {
        "traefik"
    }
}
