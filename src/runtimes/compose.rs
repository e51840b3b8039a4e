//! Docker Compose: a project directory with the rendered file and its variables.

use std::collections::BTreeMap;

use crate::model::{Bundle, Text, Value, run, script};
use crate::runtimes::{Place, Runtime, env_file};
use crate::schema::{Type, object};

object! {
    /// A Compose project.
    Compose {
        /// The Compose file: a path, its text, or an object.
        file: Value, Redeploy, required, is Type::Content;
        /// The project's name; by default made from the address.
        project: Option<String>, Replace, optional;
        /// Which profiles are on.
        profiles: Vec<String>, Redeploy, default "[]";
        /// Variables for the file and its `env_file`s.
        env: BTreeMap<String, Text>, Redeploy, default "{}";
        /// Where the project stands on the machine; by default `/opt/paas/NAME`.
        dir: Option<String>, Replace, optional, is Type::Path;
        /// When images are pulled.
        pull: String, Note, default "\"missing\"", is Type::OneOf(&["missing", "always"]);
        /// Containers of services that are no longer in the file are removed.
        prune: bool, Note, default "true";
        /// Docker is installed where it is missing.
        install: bool, Note, default "true";
        /// The text of the file.
        content: Option<Text>, Redeploy, computed;
    }
}

/// What a Compose file says, as far as `paas` reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Project {
    /// Ports of the machine that a service publishes, in the order they are written.
    pub ports: Vec<u16>,
    /// A service uses the machine's own network.
    pub host_network: bool,
}

const INSTALL: &str = "\
command -v docker >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && exit 0
if command -v apk >/dev/null 2>&1; then
  apk add --no-cache docker docker-cli-compose
  rc-update add docker default
  service docker start
elif command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -qy docker.io docker-compose-v2 ||
    apt-get install -qy docker.io docker-compose
else
  echo 'no apk and no apt-get: install Docker by a template' >&2
  exit 1
fi
";

impl Compose {
    /// Takes the file's text from wherever `file` says it is.
    pub fn complete(
        &mut self,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        let content = match self.file.read::<Text>() {
            Ok(text) => match text.as_literal() {
                Some(path) if !path.contains('\n') => Text::literal(read(path)?),
                Some(_) | None => text,
            },
            Err(_) => Text::literal(format!("{:#}\n", self.file)),
        };
        Project::read(&content)?;
        self.content = Some(content);
        Ok(())
    }

    /// What its file says; it was read before, so it can be read.
    pub fn published(&self) -> Project {
        let content = self.content.as_ref();
        content.and_then(|content| Project::read(content).ok()).unwrap_or_default()
    }

    fn dir(&self, place: Place<'_>) -> String {
        self.dir.clone().unwrap_or_else(|| format!("/opt/paas/{}", place.slug))
    }
}

impl Runtime for Compose {
    fn bundle(&self, place: Place<'_>) -> Bundle {
        let dir = self.dir(place);
        let name = self.project.clone().unwrap_or_else(|| place.slug.to_owned());
        let (file, env) = (format!("{dir}/compose.yml"), format!("{dir}/.env"));
        let docker = ["docker", "compose", "-p", &name, "-f", &file, "--env-file", &env];
        let profiles: Vec<&str> =
            self.profiles.iter().flat_map(|profile| ["--profile", profile.as_str()]).collect();
        let compose = |words: &[&str]| run(&[&docker[..], &profiles[..], words].concat());
        let content = self.content.clone().unwrap_or_default();
        let mut bundle = Bundle::on(place.machine).file(&file, content);
        bundle.files.push(crate::model::File {
            path: env.clone(),
            content: env_file(&self.env, "$$"),
            mode: 0o600,
        });
        if self.install {
            bundle.start.push(script(INSTALL));
        }
        let mut up = vec!["up", "-d", "--pull", self.pull.as_str()];
        if self.prune {
            up.push("--remove-orphans");
        }
        bundle.start.push(compose(&up));
        bundle.stop.push(compose(&["down", "--remove-orphans"]));
        bundle.services.push(name.clone());
        bundle
    }
}

impl Project {
    /// Reads a Compose file; what is known later does not matter to what is read here.
    pub fn read(content: &Text) -> Result<Project, String> {
        let known = content.filled(|piece| match piece {
            crate::model::Piece::Literal(_) => None,
            crate::model::Piece::Secret { .. }
            | crate::model::Piece::Late { .. }
            | crate::model::Piece::Project { .. } => Some("0".to_owned()),
        });
        let text = known.to_string();
        let file: Value = serde_saphyr::from_str(&text).map_err(|error| {
            let whole = error.to_string();
            let first = whole.lines().next().unwrap_or_default();
            format!("the Compose file cannot be read: {first}")
        })?;
        let Some(services) = file.get("services").and_then(Value::as_object) else {
            return Err("the Compose file has no `services`".to_owned());
        };
        if services.is_empty() {
            return Err("the Compose file has no service".to_owned());
        }
        let mut project = Project::default();
        for service in services.values() {
            project.host_network |=
                service.get("network_mode").and_then(Value::as_str) == Some("host");
            let ports = service.get("ports").and_then(Value::as_array);
            project.ports.extend(ports.into_iter().flatten().filter_map(published));
        }
        Ok(project)
    }
}

/// The machine's port in `8080:80`, `127.0.0.1:8080:80/tcp` or `{ published: 8080 }`.
fn published(port: &Value) -> Option<u16> {
    match port {
        Value::String(text) => {
            let text = text.split('/').next()?;
            let parts: Vec<&str> = text.rsplitn(3, ':').collect();
            parts.get(1)?.parse().ok()
        }
        Value::Object(long) => match long.get("published")? {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}
