//! `cert`: a certificate and its key.

use crate::kinds::{First, Found, Kind, Memory};
use crate::model::{Answer, ObjectId, Question, Step};
use crate::model::{Duration, Ref, Target, Text, quoted, quoted_text, script};
use crate::schema::Type;
use crate::schema::{object, spec};

object! {
    /// An ACME authority.
    Acme {
        /// The mail address it writes to.
        email: String, Live, required;
        /// How it is proved that the names are ours.
        challenge: String, Live, default "\"http\"", is Type::OneOf(&["dns", "http"]);
        /// The zone where the proof is written.
        zone: Option<Ref>, Live, optional, is Type::Ref(&["zone"]);
        /// The authority, if it is not Let's Encrypt.
        server: Option<String>, Live, optional, is Type::Url;
    }
}

object! {
    /// An authority of our own.
    Ca {
        /// Its certificate.
        cert: String, Live, required, is Type::Path;
        /// Its key.
        key: Text, Live, required;
    }
}

object! {
    /// A certificate that exists already.
    Files {
        /// The certificate.
        cert: String, Live, required, is Type::Path;
        /// Its key.
        key: Text, Live, required;
    }
}

spec! {
    /// A certificate and its key.
    "cert" Cert {
        /// The names it is for.
        names: Vec<String>, Replace, required,
            is Type::List(std::sync::Arc::new(Type::Fqdn));
        /// It comes from an ACME authority.
        acme: Option<Acme>, Live, optional;
        /// It is signed by an authority of our own.
        ca: Option<Ca>, Live, optional;
        /// It exists already.
        files: Option<Files>, Live, optional;
        /// How long before its end it is renewed.
        renew_before: Duration, Note, default "30d",
            idle "a certificate is made once; whoever serves it renews it or nobody does";
    }
}

impl Cert {
    /// The script that makes the certificate in the project's own store.
    fn issue(&self, id: &ObjectId) -> Step {
        let dir = format!("state/certs/{}", id.slug());
        let mut text = Text::literal(format!("set -eu\numask 077\nmkdir -p {dir}\n"));
        let names = self.names.iter().map(|name| format!("DNS:{name}")).collect::<Vec<_>>();
        let subject = self.names.first().map_or("", String::as_str);
        let mut key = |name: &str, value: &Text| {
            text.push_str("printf '%s\\n' ");
            text.push(&quoted_text(value));
            text.push_str(&format!(" > {dir}/{name}\n"));
        };
        if let Some(ca) = &self.ca {
            key("ca.key", &ca.key);
            text.push_str(&format!(
                "openssl req -new -newkey rsa:2048 -nodes -keyout {dir}/key.pem \
                 -subj {subject} -addext {names} -out {dir}/csr.pem\n\
                 openssl x509 -req -in {dir}/csr.pem -CA {cert} -CAkey {dir}/ca.key \
                 -CAcreateserial -days 397 -copy_extensions copy -out {dir}/cert.pem\n\
                 rm -f {dir}/ca.key\n",
                subject = quoted(&format!("/CN={subject}")),
                names = quoted(&format!("subjectAltName={}", names.join(","))),
                cert = quoted(&ca.cert),
            ));
        } else if let Some(files) = &self.files {
            key("key.pem", &files.key);
            text.push_str(&format!("cp {} {dir}/cert.pem\n", quoted(&files.cert)));
        } else if let Some(acme) = &self.acme {
            let server = acme.server.as_deref().unwrap_or("letsencrypt");
            let names = self.names.iter().map(|name| format!("-d {}", quoted(name)));
            text.push_str(&format!(
                "acme.sh --issue --server {} --accountemail {} {}\n",
                quoted(server),
                quoted(&acme.email),
                names.collect::<Vec<_>>().join(" "),
            ));
        }
        Step { on: Target::Here, effect: script(text) }
    }
}

impl Kind for Cert {
    const WORD: &'static str = Cert::KIND;
    const ABOUT: &'static str = Cert::DOC;
    const FIRST: First = First::Create;
    const ONE_OF: &'static [&'static [&'static str]] = &[&["acme", "ca", "files"]];

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        vec![self.issue(id)]
    }

    fn update(&self, id: &ObjectId, _: &str, _: &Cert, changed: &[&str]) -> Vec<Step> {
        if changed == ["renew_before"] { Vec::new() } else { vec![self.issue(id)] }
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        let effect = script(format!("rm -rf state/certs/{}\n", id.slug()));
        vec![Step { on: Target::Here, effect }]
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(std::collections::BTreeMap::new())
    }
}
