//! `template`: a base image and what is done to it, identified by the hash of all of it.

use std::collections::BTreeMap;

use crate::kinds::backup::no_calendar;
use crate::kinds::variables::{self, Reader};
use crate::kinds::{Around, Objection, Reading, declared};
use crate::legible::visible;
use crate::model::{Ref, Text, digest_all, quoted};
use crate::schema::{Type, spec};

spec! {
    /// What machines are made from.
    "template" Template {
        /// The cluster it is for.
        cluster: Option<Ref>, Note,
            default "if length(all.cluster) == 1 then first(all.cluster) else null",
            is Type::Ref(&["cluster"]);
        /// For containers or for virtual machines.
        kind: String, Note, default "\"lxc\"", is Type::OneOf(&["lxc", "vm"]);
        /// The image it starts from: a name, a URL, `oci://…`.
        base: String, Note, required;
        /// The digest of the image: `sha256:` and 64 hexadecimal digits.
        digest: Option<String>, Note, optional;
        /// Scripts that run once in each new machine, in order.
        scripts: Vec<String>, Note, default "[]", is Type::List(std::sync::Arc::new(Type::Path));
        /// Packages that are installed before the scripts run.
        packages: Vec<String>, Note, default "[]";
        /// Files that are written before the scripts run: path in the machine to project file.
        files: BTreeMap<String, String>, Note, default "{}";
        /// Variables of the scripts.
        env: BTreeMap<String, String>, Note, default "{}";
        /// Where the scripts come from; it is shown, and not part of the version.
        commit: Option<String>, Note, optional;
        /// When it is due to be built again.
        rebuild: Option<String>, Note, optional,
            idle "a template has a new version when its parts change, and at no time of its own";
        /// How many old versions are kept.
        keep: u32, Note, default "2",
            idle "old versions are not removed";
        /// The hash of everything that decides what a machine becomes.
        version: Option<String>, Note, computed;
        /// What runs in a new machine.
        script: Option<Text>, Note, computed;
    }
}

declared! {
    Template {
        fn readings() -> Vec<Reading> {
            let text = "length(self.scripts) + length(self.packages) + length(self.files) > 0";
            vec![Reading::expression("scripted", "Something runs in each new machine.", text)]
        }

        fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
            let mut objections = Vec::new();
            let mut read = |field: &str, path: &str| match around.read(path) {
                Ok(text) => text,
                Err(why) => {
                    objections.push(Objection {
                        field: field.to_owned(),
                        message: why,
                        help: "paths start at the folder of the manifest".to_owned(),
                    });
                    String::new()
                }
            };
            let scripts: Vec<(&str, String)> =
                self.scripts.iter().map(|path| (path.as_str(), read("scripts", path))).collect();
            let files: Vec<(&str, String)> =
                self.files.iter().map(|(at, from)| (at.as_str(), read("files", from))).collect();
            self.version = Some(version(self, &scripts, &files));
            let env = self.env.iter();
            let env = env.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            objections.extend(variables::objections("env", &env, Reader::Shell));
            let rebuild = self.rebuild.iter();
            objections.extend(rebuild.filter_map(|text| no_calendar("rebuild", text)));
            if let Some(digest) = self.digest.as_ref().filter(|digest| !is_digest(digest)) {
                objections.push(Objection {
                    field: "digest".to_owned(),
                    message: format!("`{digest}` is no digest"),
                    help: "write `sha256:` and 64 hexadecimal digits, as the image's page has them"
                        .to_owned(),
                });
            }
            self.script = script(self, &scripts, &files);
            objections
        }
    }
}

/// Whether this is the SHA-256 or SHA-512 of something, with its name before it.
fn is_digest(text: &str) -> bool {
    let hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.split_once(':') {
        Some(("sha256", digits)) => digits.len() == 64 && hex(digits),
        Some(("sha512", digits)) => digits.len() == 128 && hex(digits),
        Some(_) | None => false,
    }
}

/// Names of scripts do not count, their order and contents do.
fn version(template: &Template, scripts: &[(&str, String)], files: &[(&str, String)]) -> String {
    let mut packages = template.packages.clone();
    packages.sort();
    packages.dedup();
    let base = template.digest.as_ref().unwrap_or(&template.base);
    let packages = packages.iter().map(|name| ("package", name.as_bytes()));
    let scripts = scripts.iter().map(|(_, text)| ("script", text.as_bytes()));
    let files =
        files.iter().flat_map(|(at, text)| [("at", at.as_bytes()), ("file", text.as_bytes())]);
    let env = template.env.iter();
    let env = env.flat_map(|(name, value)| [("env", name.as_bytes()), ("is", value.as_bytes())]);
    let base = [("base", base.as_bytes())];
    format!(
        "sha256:{}",
        digest_all(base.into_iter().chain(packages).chain(scripts).chain(files).chain(env))
    )
}

/// One shell script that does everything, or nothing if there is nothing to do.
fn script(
    template: &Template,
    scripts: &[(&str, String)],
    files: &[(&str, String)],
) -> Option<Text> {
    if scripts.is_empty() && files.is_empty() && template.packages.is_empty() {
        return None;
    }
    let mut out = String::from("set -eu\n");
    for (name, value) in &template.env {
        out.push_str(&format!("export {name}={}\n", quoted(value)));
    }
    if !template.packages.is_empty() {
        let names: Vec<String> = template.packages.iter().map(|name| quoted(name)).collect();
        let names = names.join(" ");
        out.push_str(&format!(
            "if command -v apk >/dev/null 2>&1; then apk add --no-cache {names}; \
             else export DEBIAN_FRONTEND=noninteractive; apt-get update -q; \
             apt-get install -qy {names}; fi\n"
        ));
    }
    for (at, text) in files {
        out.push_str(&format!(
            "mkdir -p \"$(dirname {0})\"\nprintf %s {1} > {0}\n",
            quoted(at),
            quoted(text)
        ));
    }
    for (path, text) in scripts {
        let path = visible(path);
        out.push_str(&format!("# {path}\nprintf %s {} | sh -eu -s\n", quoted(text)));
    }
    Some(Text::literal(out))
}
