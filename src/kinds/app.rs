//! `app`: one deployed thing, by Compose, NixOS or systemd.

use crate::kinds::health::Health;
use crate::kinds::variables::{self, Reader};
use crate::kinds::{Around, First, Kind, Objection, Reading, Source, bundled, composed, typed};
use crate::legible::visible;
use crate::model::{Bundle, ObjectId, Ref, Value, digest};
use crate::problem::Problem;
use crate::runtimes::{self, Compose, Nixos, Runtime as _, Unit};
use crate::schema::{Type, spec};

spec! {
    /// One deployed thing.
    "app" App {
        /// Where it runs: a machine, or another app's machine, after that app.
        on: Ref, Replace, required, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// Its public name.
        fqdn: Option<String>, Note, default "if tenant?.domain == null then null \
            else \"\\(self.label_below).\\(tenant.domain)\"", is Type::Fqdn;
        /// It is a Compose project.
        compose: Option<Compose>, Redeploy, optional;
        /// It is a part of the machine's NixOS configuration.
        nixos: Option<Nixos>, Redeploy, optional;
        /// It is a systemd service.
        unit: Option<Unit>, Redeploy, optional;
        /// How to tell that it works.
        health: Option<Health>, Live, optional;
        /// What happens when it does not work after a change.
        on_unhealthy: String, Note, default "\"rollback\"",
            is Type::OneOf(&["rollback", "stop", "keep"]),
            idle "the change fails, and the app stays as it is then";
        /// The first port it is exposed on.
        port: Option<i64>, Note, derived "first(self.ports)";
    }
}

impl App {
    fn bundle(&self, id: &ObjectId) -> Bundle {
        let slug = id.slug();
        let runtime = (&self.compose, &self.nixos, &self.unit);
        let digest = digest(serde_json::to_string(&runtime).unwrap_or_default().as_bytes());
        let place = runtimes::Place { machine: &self.machine, slug: &slug, digest: &digest };
        let mut bundle = match runtime {
            (Some(compose), _, _) => compose.bundle(place),
            (_, Some(nixos), _) => nixos.bundle(place),
            (_, _, Some(unit)) => unit.bundle(place),
            (None, None, None) => Bundle::on(&self.machine),
        };
        let published = self.compose.as_ref().and_then(Compose::first_published);
        let exposed = self.port.and_then(|port| u16::try_from(port).ok());
        if let Some(health) = &self.health {
            bundle.gate = health.gate(exposed.or(published));
        }
        bundle
    }

    /// Takes the Compose file and what it reads.
    fn complete_compose(&mut self, around: &dyn Around) -> Option<Objection> {
        let compose = self.compose.as_mut()?;
        let objection = |message, help: &str| {
            let field = "compose/file".to_owned();
            Some(Objection { field, message, help: help.to_owned() })
        };
        if let Err(why) = compose.complete(|path| around.read(path)) {
            let help = "`file` is a path from the manifest's folder, the file's text, or an object";
            return objection(why, help);
        }
        match composed::files(compose, around) {
            Ok(files) => compose.files = files,
            Err(why) => {
                let help = "what services mount is sent with the Compose file, as text";
                return objection(why, help);
            }
        }
        None
    }
}

fn images(spec: &Value) -> Value {
    let app: App = typed(spec);
    let images = app.compose.iter().flat_map(Compose::images);
    images.map(|(service, image)| (service, image.into())).collect()
}

impl Kind for App {
    const WORD: &'static str = App::KIND;
    const ABOUT: &'static str = App::DOC;
    const FIRST: First = First::Create;
    const FACETS: &'static [&'static str] = &["expose", "db", "login", "backup", "tile"];
    const ONE_OF: &'static [&'static [&'static str]] = &[runtimes::ALL];

    fn readings() -> Vec<Reading> {
        let url = "first([for e in self.exposures : e.url if e.url != null])";
        vec![
            Reading::expression("url", "Where it is reached from outside.", url),
            Reading::expression("guest_id", "Nothing: it is no guest.", "null"),
            Reading {
                name: "images",
                doc: "The images of its Compose services that are on, by service, as the file \
                      names them with its variables put in; without what is known only later.",
                ty: Type::Map(std::sync::Arc::new(Type::Str)),
                from: Source::Spec(images),
            },
            Reading::expression(
                "generation",
                "The generation of NixOS that the last apply of it switched to; nothing for others.",
                "if self.nixos == null then null else self.made_generation",
            ),
            Reading::fact("made_generation", "The same, for NixOS only.", Type::Int(1, i64::MAX)),
        ]
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        let mut objections: Vec<Objection> =
            self.health.iter().filter_map(Health::objection).collect();
        objections.extend(self.complete_compose(around));
        if let Some(compose) = &self.compose {
            let env = variables::objections("compose/env", &compose.env, Reader::Compose);
            objections.extend(env);
        }
        if let Some(name) = self.nixos.as_ref().and_then(Nixos::bad_secret) {
            objections.push(Objection {
                field: "nixos/secrets".to_owned(),
                message: format!("`{}` is no name of a file", visible(name)),
                help: "a secret is a file of that name on the machine".to_owned(),
            });
        }
        if let Some(unit) = &self.unit {
            objections.extend(variables::objections("unit/env", &unit.env, Reader::Systemd));
        }
        objections
    }

    fn review(&self, around: &dyn Around) -> Vec<Problem> {
        let Some(compose) = &self.compose else { return Vec::new() };
        composed::review(compose, around, self.health.is_some()).1
    }

    fn claims(&self) -> Vec<String> {
        let ports = self.compose.iter().flat_map(Compose::published);
        let each = ports.flat_map(|port| {
            let range = port.first.zip(port.last).map(|(first, last)| first..=last);
            range.into_iter().flatten().map(move |number| (number, port.protocol))
        });
        let named = each.map(|(number, protocol)| format!("port {number}/{protocol}"));
        named.collect()
    }

    bundled!(App);
}
