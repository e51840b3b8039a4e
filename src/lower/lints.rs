//! Lints of the text itself: what is allowed and probably not meant.

use std::collections::HashSet;

use crate::problem::{Problem, allowed_codes, lints as problem, nearest, pages};
use crate::source::{Sources, Span};
use crate::syntax::tree::{
    Arg, Block, Body, Comprehension, Element, Expr, ExprKind, For, Item, ItemKind, Key, Name,
    TextPart, Tree,
};

/// The names that other languages put before those of inputs and lets.
const PREFIXES: [&str; 2] = ["var.", "local."];

/// L0107: `${name}` in a string, where the name is one of the manifest.
pub(super) fn foreign_interpolations(trees: &[Tree], sources: &Sources) -> Vec<Problem> {
    let within = |tree: &&Tree| sources.file(tree.file).text.contains("${");
    let (mut bare, mut members) = (HashSet::new(), HashSet::new());
    if !trees.iter().any(|tree| within(&tree)) {
        return Vec::new();
    }
    for item in trees.iter().flat_map(|tree| &tree.items) {
        match &item.kind {
            ItemKind::Let(it) => drop(bare.insert(it.name.text.as_str())),
            ItemKind::Input(it) => drop(bare.insert(it.name.text.as_str())),
            ItemKind::Secret(it) => drop(members.insert(("secret", it.name.text.as_str()))),
            ItemKind::Block(it) => members
                .extend(it.labels.iter().map(|label| (it.kind.text.as_str(), label.text.as_str()))),
            ItemKind::Attribute(_)
            | ItemKind::Spread(_)
            | ItemKind::Comprehension(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Output(_)
            | ItemKind::Require(_)
            | ItemKind::Import(_)
            | ItemKind::Use(_)
            | ItemKind::Module(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Mock(_)
            | ItemKind::Expect(_)
            | ItemKind::Bad => (),
        }
    }
    let (local, problems) = (Vec::new(), Vec::new());
    let mut finder = Finder { sources, bare, members, local, problems };
    for tree in trees.iter().filter(within) {
        tree.items.iter().for_each(|item| finder.item(item));
    }
    finder.problems
}

/// L0001: comments that allow what is no lint.
pub(super) fn empty_allowances(trees: &[Tree], sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    for comment in trees.iter().flat_map(|tree| &tree.comments) {
        let text = sources.text(comment.span);
        for word in allowed_codes(text) {
            let lint = word.starts_with('L') && pages::find(word).is_some_and(|it| it.code == word);
            if !lint {
                let start = comment.span.start as usize + text.find(word).unwrap_or(0);
                let at = Span::new(comment.span.file, start, start + word.len());
                let codes = pages::all().iter().map(|page| page.code);
                let lints = codes.filter(|code| code.starts_with('L'));
                problems.push(problem::allows_nothing(at, word, &nearest(word, lints)));
            }
        }
    }
    problems
}

/// Goes through every expression and knows which names are in sight.
struct Finder<'t> {
    sources: &'t Sources,
    bare: HashSet<&'t str>,
    members: HashSet<(&'t str, &'t str)>,
    /// Names of loops and parameters around the current place.
    local: Vec<&'t str>,
    problems: Vec<Problem>,
}

impl<'t> Finder<'t> {
    fn item(&mut self, item: &'t Item) {
        match &item.kind {
            ItemKind::Attribute(it) => {
                if let Key::Computed(key) = &it.key {
                    self.expression(key);
                }
                self.expression(&it.value);
            }
            ItemKind::Block(it) => self.block(it),
            ItemKind::Spread(it) => self.expression(it),
            ItemKind::Comprehension(it) => self.comprehension(it),
            ItemKind::Let(it) | ItemKind::Output(it) => {
                it.value.iter().for_each(|value| self.expression(value));
            }
            ItemKind::Function(it) => {
                let names: Vec<&Name> = it.params.iter().map(|param| &param.name).collect();
                self.within(names, |finder| finder.expression(&it.value));
            }
            ItemKind::Input(it) => {
                it.default.iter().for_each(|value| self.expression(value));
                it.body.iter().for_each(|body| self.body(body));
            }
            ItemKind::Secret(it) => match &it.each {
                Some(each) => {
                    self.header(each, |finder| finder.expression(&it.value));
                }
                None => self.expression(&it.value),
            },
            ItemKind::Require(it) | ItemKind::Expect(it) => {
                it.message.iter().for_each(|it| self.expression(it));
            }
            ItemKind::Use(it) => self.parts(it.each.as_ref(), it.body.as_ref()),
            ItemKind::Module(it) => self.parts(it.each.as_ref(), it.body.as_ref()),
            ItemKind::Adopt(it) => self.expression(&it.id),
            ItemKind::Mock(it) => self.body(&it.body),
            ItemKind::Import(_)
            | ItemKind::Moved(_)
            | ItemKind::Forget(_)
            | ItemKind::Type(_)
            | ItemKind::Bad => (),
        }
    }

    fn within(&mut self, names: Vec<&'t Name>, inner: impl FnOnce(&mut Self)) {
        let outside = self.local.len();
        self.local.extend(names.into_iter().map(|name| name.text.as_str()));
        inner(self);
        self.local.truncate(outside);
    }

    fn header(&mut self, each: &'t For, inner: impl FnOnce(&mut Self)) {
        self.expression(&each.over);
        let names = std::iter::once(&each.first).chain(&each.second).collect();
        self.within(names, inner);
    }

    fn block(&mut self, block: &'t Block) {
        self.parts(block.each.as_deref(), Some(&block.body));
    }

    fn parts(&mut self, each: Option<&'t For>, body: Option<&'t Body>) {
        let Some(body) = body else { return };
        match each {
            Some(each) => self.header(each, |finder| finder.body(body)),
            None => self.body(body),
        }
    }

    /// A tenant and a service declare names of their own.
    fn body(&mut self, body: &'t Body) {
        let declared = body.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Let(it) => Some(&it.name),
            ItemKind::Input(it) => Some(&it.name),
            _ => None,
        });
        self.within(declared.collect(), |finder| {
            body.items.iter().for_each(|item| finder.item(item));
        });
    }

    fn comprehension(&mut self, it: &'t Comprehension) {
        self.expression(&it.over);
        let names = std::iter::once(&it.first).chain(&it.second).collect();
        self.within(names, |finder| {
            let parts = it.key.iter().chain([&it.value]).chain(&it.condition);
            parts.for_each(|part| finder.expression(part));
        });
    }

    fn expression(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Str(text) => {
                if text.tag.is_none() {
                    self.text(expr.span);
                }
                text.parts.iter().for_each(|part| match part {
                    TextPart::Literal(_) => (),
                    TextPart::Hole(hole) => self.expression(hole),
                });
            }
            ExprKind::List(elements) => elements.iter().for_each(|element| match element {
                Element::One(expr) | Element::Spread(expr) => self.expression(expr),
            }),
            ExprKind::Object(inner) => self.body(inner),
            ExprKind::Comprehension(it) => self.comprehension(it),
            ExprKind::Paren(it) | ExprKind::Unary(_, it) => self.expression(it),
            ExprKind::Get(it, _) | ExprKind::OptionalGet(it, _) => self.expression(it),
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                [left, right].into_iter().for_each(|part| self.expression(part));
            }
            ExprKind::Chain(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, operand)| self.expression(operand));
            }
            ExprKind::If(condition, yes, no) => {
                [condition, yes, no].into_iter().for_each(|part| self.expression(part));
            }
            ExprKind::Match(value, arms) => {
                self.expression(value);
                arms.iter().for_each(|arm| self.expression(&arm.value));
            }
            ExprKind::Call(_, arguments) => arguments.iter().for_each(|argument| match argument {
                Arg::Plain(it) | Arg::Named(_, it) | Arg::Spread(it) => self.expression(it),
            }),
            ExprKind::Name(_)
            | ExprKind::Type(_)
            | ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Size(_)
            | ExprKind::Duration(_)
            | ExprKind::Ip(_)
            | ExprKind::Cidr(..)
            | ExprKind::Port(..)
            | ExprKind::PortRange(..)
            | ExprKind::Bad => (),
        }
    }

    /// The `${…}` in the string at this place; in `'…'` they are meant as they are written.
    fn text(&mut self, span: Span) {
        let text = self.sources.text(span);
        if !text.starts_with('"') || !text.contains("${") {
            return;
        }
        let mut found: Vec<(Span, String)> = Vec::new();
        for (at, _) in text.match_indices("${") {
            let rest = &text[at + 2..];
            let Some(path) = rest.split('}').next().filter(|it| it.len() < rest.len()) else {
                continue;
            };
            let name = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
            if self.is_known(name) {
                let start = span.start as usize + at;
                let place = Span::new(span.file, start, start + path.len() + 3);
                found.push((place, name.to_owned()));
            }
        }
        if !found.is_empty() {
            let begins = Span { end: span.start + 1, ..span };
            let begins = (self.sources.place(begins).line != self.sources.place(found[0].0).line)
                .then_some(begins);
            self.problems.push(problem::foreign_interpolation(&found, begins));
        }
    }

    /// Whether `a.b.c` begins with something that the manifest declares.
    fn is_known(&self, path: &str) -> bool {
        let mut words = path.split('.');
        let is_word = |word: &&str| {
            word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let Some(first) = words.next().filter(is_word) else { return false };
        let second = words.next();
        if !second.iter().chain(&words.collect::<Vec<_>>()).all(is_word) {
            return false;
        }
        self.local.contains(&first)
            || self.bare.contains(first)
            || second.is_some_and(|second| self.members.contains(&(first, second)))
    }
}
