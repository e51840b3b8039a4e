//! Reads what manifests import, and what that imports in turn.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use crate::cli::project::{shown, text};
use crate::cli::repositories::{CACHE, Locking, Repositories, Source};
use crate::lower::{Library, Part, Purpose, Unreadable, Wanted};
use crate::problem::Problem;
use crate::source::{FileId, Sources};
use crate::syntax;
use crate::syntax::tree::{Expr, ExprKind, Item, ItemKind, TextPart, Tree};

/// Everything that is read beyond a project's own files.
pub struct Imports {
    /// The project's folder.
    root: PathBuf,
    /// What was read.
    pub library: Library,
    /// What is wrong with the texts.
    pub problems: Vec<Problem>,
    /// The repositories that modules come out of.
    pub repositories: Repositories,
    /// Places in the library, by purpose and path from the root.
    known: HashMap<(Purpose, String), usize>,
}

impl Imports {
    /// Nothing was read yet for the project in `root`.
    pub fn new(root: PathBuf, locking: Locking) -> Imports {
        let (library, problems, known) = (Library::default(), Vec::new(), HashMap::new());
        let repositories = Repositories::new(&root, locking);
        Imports { root, library, problems, repositories, known }
    }

    /// Takes the files out of a folder's that others of it import: they are no part of the module.
    /// Then reads everything that the rest imports.
    pub fn prepare(&mut self, trees: Vec<Tree>, sources: &mut Sources) -> Vec<Tree> {
        let imported: HashSet<String> = trees
            .iter()
            .flat_map(|tree| {
                let folder = self.folder(tree.file).to_owned();
                let from = wanted(tree).into_iter().filter(|it| it.purpose == Purpose::Import);
                from.filter_map(move |it| joined(&folder, &it.from))
            })
            .collect();
        let mut own = Vec::new();
        for tree in trees {
            let path = self.path_of(tree.file, sources);
            if imported.contains(&path) {
                let part = self.library.parts.len();
                self.known.insert((Purpose::Import, path), part);
                let before = wanted(&tree);
                self.library.parts.push(Part { trees: vec![tree] });
                self.read(&before, sources);
            } else {
                own.push(tree);
            }
        }
        for tree in &own {
            self.read(&wanted(tree), sources);
        }
        own
    }

    /// Reads what is wanted, and what that wants.
    pub fn read(&mut self, wanted: &[Wanted], sources: &mut Sources) {
        for it in wanted {
            let key = (it.span.file, it.purpose, it.from.clone());
            if self.library.links.contains_key(&key) {
                continue;
            }
            let found = self.find(it, sources);
            self.library.links.insert(key, found);
        }
    }

    fn find(&mut self, it: &Wanted, sources: &mut Sources) -> Result<usize, Unreadable> {
        let refuse =
            |message: String, help: &str| Err(Unreadable { message, help: Some(help.to_owned()) });
        let path = match Source::parse(&it.from) {
            Some(source) => {
                let folder = self.repositories.folder(&source.repository)?;
                joined(&folder, &source.inside)
            }
            None if it.from.contains("://") || it.from.starts_with("oci:") => {
                let message = format!("`{}` is no source of modules", it.from);
                return refuse(message, "write `git+https://host/path//folder?ref=v1`, or a path");
            }
            None => joined(self.folder(it.span.file), &it.from),
        };
        let Some(path) = path else {
            let message = format!("`{}` is no path from this file", it.from);
            return refuse(message, "write a path like `./modules/lab`");
        };
        if leaves_cache(self.folder(it.span.file), &path) && !it.from.starts_with("git+") {
            let message = format!("`{}` leads out of the repository it is written in", it.from);
            return refuse(message, "a module sees its own files only: give it what it needs");
        }
        if it.purpose == Purpose::Module && path == "." {
            let message = format!("`{}` is the project itself", it.from);
            return refuse(message, "a module is another folder: `from \"./modules/name\"`");
        }
        if let Some(part) = self.known.get(&(it.purpose, path.clone())) {
            return Ok(*part);
        }
        let full = self.root.join(&path);
        match it.purpose {
            Purpose::Import if full.is_dir() => {
                let help = "import one of its files, or use it as a module: `module NAME from …`";
                return refuse(format!("`{}` is a folder, not a file", it.from), help);
            }
            Purpose::Module if full.is_file() => {
                let help = "name the folder it is in; to use its names only, `import` it";
                return refuse(format!("`{}` is a file, not a folder", it.from), help);
            }
            Purpose::Import | Purpose::Module => (),
        }
        let files = match it.purpose {
            Purpose::Import => vec![full],
            Purpose::Module => manifests_in(&full, &it.from)?,
        };
        let mut trees = Vec::new();
        for file in files {
            trees.push(self.tree(&file, &path, it, sources)?);
        }
        let part = self.library.parts.len();
        self.known.insert((it.purpose, path), part);
        self.library.parts.push(Part { trees: Vec::new() });
        let trees = match it.purpose {
            Purpose::Module => self.prepare(trees, sources),
            Purpose::Import => {
                for tree in &trees {
                    self.read(&wanted(tree), sources);
                }
                trees
            }
        };
        self.library.parts[part].trees = trees;
        Ok(part)
    }

    fn tree(
        &mut self,
        file: &Path,
        path: &str,
        it: &Wanted,
        sources: &mut Sources,
    ) -> Result<Tree, Unreadable> {
        let text = match text(file) {
            Ok(text) => text,
            Err(why) if !file.exists() => {
                let message = format!("there is no file `{}`", it.from);
                let _ = why;
                let help = format!("it is looked for at `{}`", shown(file));
                return Err(Unreadable { message, help: Some(help) });
            }
            Err(why) => {
                let message = format!("`{}` cannot be read: {why}", it.from);
                return Err(Unreadable { message, help: None });
            }
        };
        let id = sources.add(shown(file), text.as_str());
        let folder = match it.purpose {
            Purpose::Import => path.rsplit_once('/').map_or("", |(folder, _)| folder),
            Purpose::Module => path,
        };
        if !folder.is_empty() {
            self.library.folders.insert(id, folder.to_owned());
        }
        let (tree, problems) = syntax::parse(id, &text);
        self.problems.extend(problems);
        Ok(tree)
    }

    /// The folder of a file, from the root.
    fn folder(&self, file: FileId) -> &str {
        self.library.folders.get(&file).map_or("", String::as_str)
    }

    /// The path of a file, from the root.
    fn path_of(&self, file: FileId, sources: &Sources) -> String {
        let name = sources.file(file).name.rsplit('/').next().unwrap_or_default();
        match self.folder(file) {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }
}

/// Whether a path leads out of the repository that a file of `folder` came from.
pub fn leaves_cache(folder: &str, path: &str) -> bool {
    let Some(rest) = folder.strip_prefix(CACHE) else { return false };
    let own = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    let own = format!("{CACHE}/{own}");
    joined("", path).is_none_or(|path| {
        path != own && !path.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'))
    })
}

/// The manifests of a folder, sorted.
fn manifests_in(folder: &Path, from: &str) -> Result<Vec<PathBuf>, Unreadable> {
    let entries = std::fs::read_dir(folder).map_err(|_| Unreadable {
        message: format!("there is no folder `{from}`"),
        help: Some(format!("it is looked for at `{}`", shown(folder))),
    })?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "paas")).collect();
    files.sort();
    match files.is_empty() {
        false => Ok(files),
        true => Err(Unreadable {
            message: format!("there is no manifest in `{from}`"),
            help: Some("a module is a folder with `.paas` files".to_owned()),
        }),
    }
}

/// A path that is written in a file of `folder`, from the root; nothing for an absolute one.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for component in Path::new(folder).join(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => (),
            Component::ParentDir => match parts.last() {
                Some(last) if last != ".." => drop(parts.pop()),
                Some(_) | None => parts.push("..".to_owned()),
            },
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    match parts.is_empty() {
        true => Some(".".to_owned()),
        false => Some(parts.join("/")),
    }
}

/// What a file imports, as far as that can be told without evaluating it.
fn wanted(tree: &Tree) -> Vec<Wanted> {
    let mut found = Vec::new();
    collect(&tree.items, &mut found);
    found
}

fn collect(items: &[Item], found: &mut Vec<Wanted>) {
    for item in items {
        match &item.kind {
            ItemKind::Import(it) => found.push(Wanted {
                span: it.from.span,
                from: it.from.text.to_string(),
                purpose: Purpose::Import,
            }),
            ItemKind::Module(it) => {
                if let Some(from) = literal(&it.from) {
                    let span = it.from.span;
                    found.push(Wanted { span, from, purpose: Purpose::Module });
                }
            }
            ItemKind::Block(block) if block.kind.text == "tenant" => {
                collect(&block.body.items, found);
            }
            _ => (),
        }
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Str(text) => match text.parts.as_slice() {
            [TextPart::Literal(text)] => Some(text.to_string()),
            _ => None,
        },
        ExprKind::Paren(inner) => literal(inner),
        _ => None,
    }
}
