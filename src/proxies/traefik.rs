//! Traefik: one file per route in the folder its file provider watches.

use serde_json::json;

use crate::model::{Effect, Protocol, Text};
use crate::proxies::{Engine, Entry, Main, Route};

/// Traefik 3.
pub struct Traefik;

/// What happens to requests and answers on their way, by the names of the middlewares.
fn around(name: &str, entry: &Entry) -> serde_json::Map<String, serde_json::Value> {
    let mut all = serde_json::Map::new();
    let Entry::Http { headers, websocket, body_bytes, auth_url, .. } = entry else { return all };
    let mut put = |what: &str, value| drop(all.insert(format!("{name}-{what}"), value));
    if let Some(url) = auth_url {
        let auth = json!({ "address": url, "trustForwardHeader": true });
        put("auth", json!({ "forwardAuth": auth }));
    }
    if let Some(bytes) = body_bytes {
        put("body", json!({ "buffering": { "maxRequestBodyBytes": bytes } }));
    }
    let answers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    if !answers.is_empty() {
        put("headers", json!({ "headers": { "customResponseHeaders": answers } }));
    }
    if !websocket {
        put("upgrade", json!({ "headers": { "customRequestHeaders": { "Upgrade": "" } } }));
    }
    all
}

impl Engine for Traefik {
    fn main(&self, main: &Main<'_>) -> (&'static str, String) {
        let Main { acme, http3, dir, .. } = *main;
        let mut main = json!({
            "entryPoints": { "web": { "address": ":80" }, "websecure": { "address": ":443" } },
            "providers": { "file": { "directory": dir, "watch": true } },
        });
        if http3 {
            main["entryPoints"]["websecure"]["http3"] = json!({});
        }
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

    fn dir(&self) -> &'static str {
        "/etc/traefik/paas"
    }

    fn extra(&self, dir: &str) -> String {
        format!("{dir}/_extra.yml")
    }

    fn path(&self, dir: &str, route: &Route) -> String {
        format!("{dir}/{}.yml", route.slug)
    }

    fn fragment(&self, route: &Route) -> Text {
        let name = &route.slug;
        let mut middlewares = serde_json::Map::new();
        let (section, router, scheme) = match &route.entry {
            Entry::Http { host, path, backend_tls, .. } => {
                middlewares = around(name, &route.entry);
                let mut rule = format!("Host(`{host}`)");
                if path != "/" {
                    rule.push_str(&format!(" && PathPrefix(`{path}`)"));
                }
                let point = if route.tls { "websecure" } else { "web" };
                let mut router = json!({ "rule": rule, "entryPoints": [point], "service": name });
                if route.tls {
                    router["tls"] = match route.certificate {
                        Some(_) => json!({}),
                        None => json!({ "certResolver": "paas" }),
                    };
                }
                if !middlewares.is_empty() {
                    router["middlewares"] = middlewares.keys().cloned().collect();
                }
                ("http", router, if *backend_tls { "https://" } else { "http://" })
            }
            Entry::Stream { port, protocol, tls } => {
                let point = format!("{protocol}-{port}");
                let mut router = json!({ "entryPoints": [point], "service": name });
                if *protocol == Protocol::Tcp {
                    router["rule"] = json!("HostSNI(`*`)");
                    if *tls {
                        router["tls"] = json!({});
                    }
                }
                (if *protocol == Protocol::Tcp { "tcp" } else { "udp" }, router, "")
            }
        };
        let key = if section == "http" { "url" } else { "address" };
        let mut body = json!({
            section: {
                "routers": { name: router },
                "services": { name: { "loadBalancer": { "servers": [{ key: "\u{1}" }] } } },
            },
        });
        if !middlewares.is_empty() {
            body[section]["middlewares"] = middlewares.into();
        }
        if let Some(cert) = &route.certificate {
            body["tls"] = json!({ "certificates": [
                { "certFile": format!("{cert}.crt"), "keyFile": format!("{cert}.key") },
            ] });
        }
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
