//! What is wrong or doubtful in a Compose file, with what the manifest says about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::document::Document;
use crate::compose::interpolate::Without;
use crate::compose::node::{Name, Node};
use crate::compose::service::{Asked, Service};
use crate::compose::variables::{self, Variables};
use crate::model::Text;
use crate::problem::{Problem, compose as problem, nearest};
use crate::source::{FileId, Span};

/// The files around a Compose file.
pub trait Folder {
    /// The text of a file; the path begins at the Compose file.
    fn read(&self, path: &str) -> Result<String, String>;
    /// Whether there is a file or a folder with something in it.
    fn has(&self, path: &str) -> bool;
    /// The file as one that problems can show.
    fn shown(&self, path: &str) -> Option<FileId>;
}

/// A Compose file and what surrounds it.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The file.
    pub root: &'a Node,
    /// The variables that the manifest gives.
    pub env: &'a BTreeMap<String, Text>,
    /// The profiles that are on.
    pub profiles: &'a [String],
    /// The manifest says how to tell that the app works.
    pub has_health: bool,
    /// Where the manifest says something: `file`, `env/NAME`, `profiles/0`.
    pub place: &'a dyn Fn(&str) -> Span,
    /// The resource.
    pub owner: Span,
    /// The files around it.
    pub folder: &'a dyn Folder,
}

/// The file as it is read, and everything that is wrong or doubtful in it.
pub fn review(given: &Given<'_>) -> (Document, Vec<Problem>) {
    let mut problems = Vec::new();
    let known = variables::known(given.env);
    let document = Document::read(given.root, &known, &mut problems);
    let mut variables = Variables::of(given.root, &mut problems);
    variables.passed_on(&document);
    given.references(&document, &mut problems);
    given.profiles(&document, &mut problems);
    given.files(&document, &mut problems);
    given.missing(&variables, &mut problems);
    given.owners(&document, &variables, &mut problems);
    given.quality(&document, &mut problems);
    let named = (given.place)("file");
    let problems = problems.into_iter().map(|it| problem::in_file(it, named)).collect();
    (document, problems)
}

/// Names that Compose always has.
fn built_in(kind: &str, name: &str) -> bool {
    kind == "network" && name == "default"
}

impl Given<'_> {
    fn references(&self, document: &Document, problems: &mut Vec<Problem>) {
        // What an included file declares is not read.
        if document.includes {
            return;
        }
        for service in &document.services {
            for (kind, asked) in &service.names {
                let names: Vec<&Name> = match *kind {
                    "service" => document.services.iter().map(|it| &it.name).collect(),
                    kind => {
                        let same = document.shared.iter().filter(|(other, _)| *other == kind);
                        same.map(|(_, name)| name).collect()
                    }
                };
                let found = names.iter().any(|name| name.text == asked.text);
                if !found && !built_in(kind, &asked.text) {
                    let near = nearest(&asked.text, names.iter().map(|name| name.text.as_str()));
                    let by = &service.name.text;
                    problems.push(problem::undefined(asked.at, kind, &asked.text, by, &near));
                }
            }
        }
    }

    fn profiles(&self, document: &Document, problems: &mut Vec<Problem>) {
        let declared = || document.services.iter().flat_map(|service| &service.profiles);
        for (index, profile) in self.profiles.iter().enumerate() {
            let is_declared = declared().any(|it| it.text == *profile);
            if !is_declared && profile != "*" && !document.includes {
                let mut all: Vec<(&str, Span)> =
                    declared().map(|it| (it.text.as_str(), it.at)).collect();
                all.sort_unstable();
                all.dedup_by_key(|(name, _)| *name);
                let at = (self.place)(&format!("profiles/{index}"));
                problems.push(problem::unknown_profile(at, profile, &all, self.root.at));
            }
        }
    }

    fn files(&self, document: &Document, problems: &mut Vec<Problem>) {
        for service in &document.services {
            for (file, required) in &service.env_files {
                let comes_along = is_own(&file.text) || !is_in_project(&file.text);
                if *required && !comes_along && !self.folder.has(&file.text) {
                    problems.push(problem::no_env_file(file.at, &file.text));
                }
            }
            for mount in &service.mounts {
                if mount.text.starts_with('.') && !self.folder.has(&mount.text) {
                    problems.push(problem::empty_mount(mount.at, &mount.text));
                }
            }
            if let Some(build) = &service.build {
                problems.push(problem::build_not_sent(build.at, &build.text));
            }
        }
        for file in &document.files {
            if is_in_project(&file.text) && !self.folder.has(&file.text) {
                problems.push(problem::no_file(file.at, &file.text));
            }
        }
    }

    /// Variables that are taken and that nobody gives.
    fn missing(&self, variables: &Variables, problems: &mut Vec<Problem>) {
        for (name, places) in &variables.taken {
            if self.env.contains_key(name) {
                continue;
            }
            let near = nearest(name, self.env.keys().map(String::as_str));
            let env = (self.place)("env");
            for (at, without) in places {
                match without {
                    Without::Stop(why) => {
                        problems.push(problem::variable_needed(*at, name, why, env, &near));
                    }
                    Without::Nothing => {
                        problems.push(problem::variable_empty(*at, name, env, &near));
                    }
                    Without::Default(_) | Without::Instead(_) => (),
                }
            }
        }
    }

    /// Variables that nobody takes, and those that two places set.
    fn owners(&self, document: &Document, variables: &Variables, problems: &mut Vec<Problem>) {
        let own = |(file, _): &(Asked, bool)| is_own(&file.text);
        let all_are_taken = document.includes
            || document.services.iter().any(|service| service.env_files.iter().any(own));
        for name in self.env.keys() {
            let at = (self.place)(&format!("env/{name}"));
            let set = document.services.iter().flat_map(|service| &service.environment);
            let mut set = set.filter(|(it, has_value)| it.text == *name && *has_value);
            match (variables.taken.contains_key(name), set.next()) {
                (false, Some((inside, _))) => {
                    problems.push(problem::two_owners(at, name, inside.at));
                }
                (false, None) if !all_are_taken => {
                    let near = nearest(name, variables.taken.keys().map(String::as_str));
                    problems.push(problem::never_taken(at, name, self.root.at, &near));
                }
                (true | false, _) => (),
            }
        }
        for service in &document.services {
            self.set_twice(service, problems);
        }
    }

    /// Variables that a service sets and one of its files sets too.
    fn set_twice(&self, service: &Service, problems: &mut Vec<Problem>) {
        for (file, _) in &service.env_files {
            let text = is_in_project(&file.text).then(|| self.folder.read(&file.text).ok());
            let Some(text) = text.flatten() else { continue };
            let mut start = 0;
            let mut told = BTreeSet::new();
            for line in text.split_inclusive('\n') {
                let name = line.split('=').next().unwrap_or_default().trim();
                let set = service.environment.iter().find(|(it, _)| it.text == name);
                if let Some((inside, _)) = set
                    && line.contains('=')
                    && told.insert(name.to_owned())
                    && let Some(id) = self.folder.shown(&file.text)
                {
                    let begin = start + line.len() - line.trim_start().len();
                    let at = Span::new(id, begin, begin + name.len());
                    problems.push(problem::two_owners(inside.at, name, at));
                }
                start += line.len();
            }
        }
    }

    fn quality(&self, document: &Document, problems: &mut Vec<Problem>) {
        for image in document.services.iter().filter_map(|service| service.image.as_ref()) {
            if let Some(doubt) = moving(&image.text) {
                problems.push(problem::moving_image(image.at, &image.text, doubt));
            }
        }
        let mut on = document.on(self.profiles).peekable();
        if let Some(first) = on.peek().map(|service| service.name.at)
            && !self.has_health
            && !document.includes
            && !on.any(|service| service.has_healthcheck)
        {
            problems.push(problem::no_health_check(self.owner, first));
        }
    }
}

/// Whether a file is the one that `paas` writes: all variables of the manifest.
fn is_own(path: &str) -> bool {
    path.trim_start_matches("./") == ".env"
}

/// Whether a file comes from the project, and not from the machine.
fn is_in_project(path: &str) -> bool {
    !path.starts_with(['/', '~'])
}

/// Why the same name of an image may be another image tomorrow.
fn moving(image: &str) -> Option<&'static str> {
    if image.is_empty() || image.contains('@') {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None => Some("no tag, which means `latest`"),
        Some((_, "latest")) => Some("`latest` is whatever was pushed last"),
        Some(_) => None,
    }
}
