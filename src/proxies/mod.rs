//! Routes to configuration files. To add a proxy: one file here and its lines below.

mod caddy;
mod nginx;
mod traefik;

use crate::model::{Effect, Protocol, Ref, Text};

/// Where the pages for errors stand on the machine of a proxy.
pub const PAGES: &str = "/etc/paas/errors";

/// The programs a proxy can be.
pub const ALL: &[&str] = &["traefik", "nginx", "caddy"];

/// One way in: what is asked for outside, and where it goes inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// A name for its files, made of letters, digits and `-`.
    pub slug: String,
    /// What it answers to.
    pub entry: Entry,
    /// The address and port it sends to.
    pub upstream: Text,
    /// It is reached by TLS from outside.
    pub tls: bool,
    /// Its own certificate, as a path without `.crt` and `.key`; else the proxy's.
    pub certificate: Option<String>,
    /// The proxy has pages of its own for errors.
    pub error_pages: bool,
}

/// What a route answers to.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Requests for a host below a path.
    Http {
        /// The public name.
        host: String,
        /// `/`, or where it begins.
        path: String,
        /// The workload itself speaks TLS.
        backend_tls: bool,
        /// Headers that are added to answers.
        headers: Vec<(String, String)>,
        /// WebSockets are passed on.
        websocket: bool,
        /// The largest body of a request, in bytes.
        body_bytes: Option<u64>,
        /// Where it is asked whether somebody is logged in.
        auth_url: Option<String>,
        /// Lines in the proxy's own language.
        extra: Option<String>,
    },
    /// Connections or packets to a port.
    Stream {
        /// The public port.
        port: u16,
        /// TCP or UDP.
        protocol: Protocol,
        /// The proxy ends TLS.
        tls: bool,
    },
}

/// What a proxy as a whole is told.
#[derive(Clone, Copy, Debug)]
pub struct Main<'a> {
    /// The mail address under which certificates are asked for.
    pub acme: Option<&'a str>,
    /// Its certificate, as a path without `.crt` and `.key`.
    pub cert: Option<&'a str>,
    /// HTTP/3 is offered.
    pub http3: bool,
    /// The folder of the routes.
    pub dir: &'a str,
    /// The statuses for which there is a page below [`PAGES`].
    pub pages: &'a [&'a str],
}

/// A program that takes routes.
pub trait Engine: Sync {
    /// Its main file and what is in it.
    fn main(&self, main: &Main<'_>) -> (&'static str, String);
    /// The folder of the routes when nobody names one.
    fn dir(&self) -> &'static str;
    /// Where a file in its own language is read beside the routes in this folder.
    fn extra(&self, dir: &str) -> String;
    /// Where a route's fragment stands below this folder.
    fn path(&self, dir: &str, route: &Route) -> String;
    /// A route's fragment.
    fn fragment(&self, route: &Route) -> Text;
    /// What makes the program read its files again, and stops before if they are wrong.
    fn reload(&self) -> Vec<Effect>;
    /// The service that runs it.
    fn service(&self) -> &'static str;
}

/// Where a certificate stands on the machine of a proxy, without `.crt` and `.key`.
pub fn certificate(cert: &Ref) -> String {
    format!("/etc/paas/certs/{}", cert.slug())
}

/// The program of this name.
pub fn find(name: &str) -> Option<&'static dyn Engine> {
    match name {
        "traefik" => Some(&traefik::Traefik),
        "nginx" => Some(&nginx::Nginx),
        "caddy" => Some(&caddy::Caddy),
        _ => None,
    }
}
