//! Docker Compose: a project directory with the rendered file and its variables.

use std::collections::BTreeMap;

use crate::compose::{Document, Node, Published};
use crate::model::{Bundle, Duration, Form, Piece, Text, Value, run, within};
use crate::runtimes::{Place, Runtime, docker, env_file};
use crate::schema::{Type, object};
use crate::source::Span;

object! {
    /// How long the parts of a deployment may take.
    Timeout {
        /// To pull images.
        pull: Duration, Note, default "10m";
        /// To start the services.
        up: Duration, Note, default "5m";
    }
}

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
        /// Docker and Compose are installed where they are missing: from the packages of Alpine,
        /// Debian and Ubuntu, or else from Docker's own.
        install: bool, Note, default "true";
        /// How long it may take.
        timeout: Option<Timeout>, Note, optional;
        /// The text of the file.
        content: Option<Text>, Redeploy, computed;
        /// Files of the project that it reads, by their path from the Compose file.
        files: Option<BTreeMap<String, Text>>, Redeploy, computed;
    }
}

/// How long pulling and starting may take when nobody says it, in seconds.
const UP_SECS: u64 = 15 * 60;

/// What stands for a part of the file that is known only later; nobody writes it.
const UNKNOWN: &str = "\u{e000}";

impl Compose {
    /// Takes the file's text from wherever `file` says it is.
    pub fn complete(
        &mut self,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        self.content = Some(match (self.path(), self.object()) {
            (Some(path), _) => Text::literal(read(path)?),
            (None, Some(object)) => Text::literal(format!("{object:#}\n")),
            (None, None) => self.file.read().unwrap_or_default(),
        });
        Ok(())
    }

    /// The file's path, if it is one.
    pub fn path(&self) -> Option<&str> {
        self.file.as_str().filter(|text| !text.contains('\n'))
    }

    /// The folder of the file, from the manifest's.
    pub fn base(&self) -> &str {
        self.path().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder)
    }

    /// The file, if it is an object of the manifest.
    pub fn object(&self) -> Option<&Value> {
        self.file.read::<Text>().is_err().then_some(&self.file)
    }

    /// The file's text, with something harmless in the place of what is known only later.
    pub fn known_content(&self) -> String {
        self.content_with("0")
    }

    fn content_with(&self, unknown: &str) -> String {
        let content = self.content.clone().unwrap_or_default();
        let known = content.filled(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Secret { .. }
            | Piece::Revealed { .. }
            | Piece::Late { .. }
            | Piece::Project { .. } => Some(unknown.to_owned()),
        });
        known.to_string()
    }

    /// The first port of the machine that it publishes; the file was read before.
    pub fn first_published(&self) -> Option<u16> {
        self.published().iter().find_map(|port| port.first)
    }

    /// The ports of the machine that it publishes; the file was read before.
    pub fn published(&self) -> Vec<Published> {
        let text = self.known_content();
        let nowhere = |_: std::ops::Range<usize>| Span::default();
        let Ok(root) = Node::read(&text, &nowhere) else { return Vec::new() };
        let document = Document::of(&root, &self.env);
        document.on(&self.profiles).flat_map(|service| service.ports.clone()).collect()
    }

    /// The images of the services that are on, by service; the file was read before.
    pub fn images(&self) -> BTreeMap<String, String> {
        let nowhere = |_: std::ops::Range<usize>| Span::default();
        let Ok(root) = Node::read(&self.content_with(UNKNOWN), &nowhere) else {
            return BTreeMap::new();
        };
        let document = Document::of(&root, &self.env);
        let images = document.on(&self.profiles).filter_map(|service| {
            let image = service.image.as_ref().filter(|image| !image.text.contains(UNKNOWN))?;
            Some((service.name.text.clone(), image.text.clone()))
        });
        images.collect()
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
            content: env_file(&self.env, Form::ComposeVariable),
            mode: 0o600,
        });
        for (path, content) in self.files.iter().flatten() {
            bundle = bundle.file(format!("{dir}/{path}"), content.clone());
        }
        if self.install {
            bundle.start.push(docker::install());
        }
        let mut up = vec!["up", "-d", "--pull", self.pull.as_str()];
        if self.prune {
            up.push("--remove-orphans");
        }
        // One command pulls and starts.
        let most = self.timeout.as_ref().map_or(UP_SECS, |it| it.pull.seconds() + it.up.seconds());
        bundle.start.push(within(most, compose(&up)));
        bundle.stop.push(compose(&["down", "--remove-orphans"]));
        bundle.services.push(name.clone());
        bundle
    }
}
