//! Reads the commonest statements without the grammar, and leaves every other one to it.
//!
//! What is read here is what the grammar and the builder make of it, place by place: a test
//! compares them. At the first thing that is not well-formed, or not common, this gives up without
//! a trace, and the grammar reads the statement from its start. So there is nothing to report here.

use std::ops::Range;

use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::tree::{
    Attribute, Block, Body, Expr, For, Item, ItemKind, Key, Let, Name, Require, Secret,
};

/// How deep this goes; what nests deeper is left to the grammar and its limits.
const DEPTH_MAX: usize = 60;

/// Words that begin a declaration, and are plain words elsewhere.
const DECLARING: [&str; 16] = [
    "let", "fn", "type", "input", "output", "secret", "require", "for", "use", "module", "moved",
    "mock", "import", "adopt", "forget", "expect",
];

/// Words that are no names of kinds and values.
const RESERVED: [&str; 12] =
    ["if", "then", "else", "for", "in", "by", "where", "match", "let", "fn", "type", "not"];

/// Reads one statement; the text is the prepared one, in which nothing was inserted.
pub struct Quick<'b, 't> {
    /// Where items, doc comments and numbers come from.
    pub builder: &'b mut Builder<'t>,
    /// Where the next byte is read.
    pub at: usize,
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    depth: usize,
    /// Items of bodies that are not closed yet, so that each body takes only the room it needs.
    pending: Vec<Item>,
}

impl<'b, 't> Quick<'b, 't> {
    /// Adds the items of a statement to the builder's, or does nothing at all.
    pub fn statement(builder: &'b mut Builder<'t>, text: &'t str, range: Range<usize>) -> bool {
        let mark = builder.mark();
        let bytes = &text.as_bytes()[..range.end];
        let (at, depth, pending) = (range.start, 0, Vec::new());
        let mut quick = Quick { builder, at, text, bytes, depth, pending };
        let read = quick.items().is_some();
        let Quick { builder, pending, .. } = quick;
        let sound = read && builder.is_at(&mark);
        match sound {
            true => builder.take(pending),
            false => builder.reset(&mark),
        }
        sound
    }

    fn items(&mut self) -> Option<()> {
        loop {
            self.separators();
            if self.at == self.bytes.len() {
                return Some(());
            }
            let item = self.item()?;
            self.pending.push(item);
        }
    }

    fn item(&mut self) -> Option<Item> {
        let start = self.at;
        let doc = self.builder.doc_before(self.span(start, start));
        let word = self.peek_word();
        let kind = match word {
            "" => self.wordless()?,
            _ => {
                self.at += word.len();
                let after = self.at;
                self.blanks();
                match self.assigned() {
                    true => {
                        let name = self.name(start, after);
                        ItemKind::Attribute(Attribute {
                            key: Key::Plain(name),
                            value: self.value()?,
                        })
                    }
                    false => {
                        self.at = after;
                        self.declared(word, start)?
                    }
                }
            }
        };
        let end = self.at;
        self.item_ends()?;
        Some(Item { span: self.span(start, end), kind, doc })
    }

    /// `...e`, `(e) = e` and `"key" = e`
    fn wordless(&mut self) -> Option<ItemKind> {
        if self.eats("...") {
            return Some(ItemKind::Spread(self.value()?));
        }
        let start = self.at;
        if self.eats("(") {
            self.deeper()?;
            self.gap();
            let key = Key::Computed(Box::new(self.expr()?));
            self.closer(b')')?;
            return Some(ItemKind::Attribute(Attribute { key, value: self.given()? }));
        }
        let text = self.plain_string()?.to_owned();
        let name = Name { text: text.into(), span: self.span(start, self.at) };
        Some(ItemKind::Attribute(Attribute { key: Key::Plain(name), value: self.given()? }))
    }

    /// What begins with a word that no `=` follows.
    fn declared(&mut self, word: &str, start: usize) -> Option<ItemKind> {
        Some(match word {
            "let" | "output" => {
                let name = self.declared_name()?;
                let ty = self.type_note()?;
                let declared = Box::new(Let { name, ty, value: Some(self.given()?) });
                if word == "let" { ItemKind::Let(declared) } else { ItemKind::Output(declared) }
            }
            "secret" => ItemKind::Secret(Box::new(self.secret()?)),
            "require" => ItemKind::Require(Box::new(self.demanded()?)),
            "expect" => ItemKind::Expect(Box::new(self.demanded()?)),
            "fn" => self.function()?,
            "type" => self.type_item()?,
            "input" => self.input()?,
            // Outside of all bodies the grammar has something to say about it.
            "for" if self.depth > 0 => {
                self.at = start;
                let comprehension = self.comprehension()?;
                comprehension.key.is_some().then_some(())?;
                ItemKind::Comprehension(Box::new(comprehension))
            }
            _ if DECLARING.contains(&word) || RESERVED.contains(&word) => return None,
            _ => ItemKind::Block(Box::new(self.block(start)?)),
        })
    }

    /// `name for … = e`
    fn secret(&mut self) -> Option<Secret> {
        let name = self.declared_name()?;
        let end = self.at;
        let mut each = None;
        let from = match self.has_blanks() {
            true => self.at,
            false => end,
        };
        match self.eats_word("for") {
            true if from > end => each = Some(self.for_clause(from)?),
            _ => self.at = end,
        }
        Some(Secret { name, each, value: self.given()? })
    }

    /// What has to hold, and what to say when it does not.
    fn demanded(&mut self) -> Option<Require> {
        (self.has_blanks() && self.peek() != b'{').then_some(())?;
        let condition = self.expr()?;
        let end = self.at;
        self.gap();
        let mut message = None;
        match self.eats_word("else") {
            true => {
                self.gap();
                self.no_assignment()?;
                message = Some(self.expr()?);
            }
            false => self.at = end,
        }
        Some(Require { condition, message })
    }

    /// ` = e` where a declaration has its value.
    pub fn given(&mut self) -> Option<Expr> {
        self.blanks();
        self.assigned().then_some(())?;
        self.value()
    }

    /// The name that is declared, behind the word that declares it.
    pub fn declared_name(&mut self) -> Option<Name> {
        self.has_blanks().then_some(())?;
        let (start, word) = (self.at, self.peek_word());
        let good = !word.is_empty() && !RESERVED.contains(&word);
        good.then_some(())?;
        self.at += word.len();
        (!self.is_dash()).then_some(())?;
        Some(self.name(start, self.at))
    }

    fn block(&mut self, start: usize) -> Option<Block> {
        let mut kind = self.name(start, self.at);
        let mut labels = Vec::new();
        let mut first_is_word = false;
        let (mut each, mut condition) = (None, None);
        loop {
            let blank = self.has_blanks();
            if self.peek() == b'{' {
                break;
            }
            blank.then_some(())?;
            let (from, word) = (self.at, self.peek_word());
            match word {
                "for" if each.is_none() => {
                    self.at += word.len();
                    each = Some(self.for_clause(from)?);
                }
                "if" => {
                    self.at += word.len();
                    self.blanks();
                    condition = Some(self.expr()?);
                    self.blanks();
                    break;
                }
                _ if each.is_some() || matches!(word, "for" | "if") => return None,
                "" => {
                    let text = self.plain_string()?.to_owned();
                    labels.push(Name { text: text.into(), span: self.span(from, self.at) });
                }
                _ => {
                    self.at += word.len();
                    (!self.is_dash()).then_some(())?;
                    first_is_word |= labels.is_empty();
                    labels.push(self.name(from, self.at));
                }
            }
        }
        let existing = kind.text == "existing" && first_is_word;
        if existing {
            kind = labels.remove(0);
        }
        (self.peek() == b'{').then_some(())?;
        labels.shrink_to_fit();
        let (each, condition) = (each.map(Box::new), condition.map(Box::new));
        Some(Block { existing, kind, labels, each, condition, body: self.body()? })
    }

    /// `for k, v in e by e`, behind the first word.
    fn for_clause(&mut self, start: usize) -> Option<For> {
        let (first, second) = self.binder()?;
        let over = self.expr()?;
        let mut end = self.at;
        let mut by = None;
        if self.has_blanks() && self.eats_word("by") {
            self.blanks();
            by = Some(self.expr()?);
            end = self.at;
        }
        self.at = end;
        Some(For { span: self.span(start, end), first, second, over, by })
    }

    /// ` k, v in `
    pub fn binder(&mut self) -> Option<(Name, Option<Name>)> {
        self.has_blanks().then_some(())?;
        let first = self.any_word()?;
        let end = self.at;
        self.blanks();
        let second = match self.peek() {
            b',' => {
                self.at += 1;
                self.blanks();
                Some(self.any_word()?)
            }
            _ => {
                self.at = end;
                None
            }
        };
        self.has_blanks().then_some(())?;
        self.eats_word("in").then_some(())?;
        self.blanks();
        Some((first, second))
    }

    /// `{ … }`
    pub fn body(&mut self) -> Option<Body> {
        let start = self.at;
        self.deeper()?;
        self.at += 1;
        let first = self.pending.len();
        let mut height = 0;
        loop {
            self.separators();
            if self.peek() == b'}' {
                break;
            }
            self.builder.height = 0;
            let item = self.item()?;
            height = height.max(self.builder.height);
            self.pending.push(item);
        }
        self.at += 1;
        self.depth -= 1;
        self.builder.height = height;
        let items = self.pending.drain(first..).collect();
        Some(Body { span: self.span(start, self.at), items })
    }

    /// What stands right of `=`.
    pub fn value(&mut self) -> Option<Expr> {
        self.blanks();
        self.expr()
    }

    /// A new line, a comma, a brace or the end has to follow, as the grammar's `rest` wants it.
    pub fn item_ends(&mut self) -> Option<()> {
        let end = self.at;
        self.blanks();
        let ends = self.at == self.bytes.len() || matches!(self.peek(), b'\n' | b',' | b'}');
        self.at = end;
        ends.then_some(())
    }
}

impl<'t> Quick<'_, 't> {
    /// The byte that is read next; behind the end there are zeros.
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Takes a word of the language, if it stands here and ends here.
    pub fn eats_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == word;
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Takes some signs, if they stand here.
    pub fn eats(&mut self, signs: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(signs.as_bytes());
        self.at += if found { signs.len() } else { 0 };
        found
    }

    /// The word that stands here; it is empty if none does.
    pub fn peek_word(&self) -> &'t str {
        let rest = &self.bytes[self.at..];
        if !rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return "";
        }
        let end = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        &self.text[self.at..self.at + end]
    }

    /// A word that may be one of the language.
    pub fn any_word(&mut self) -> Option<Name> {
        let (start, length) = (self.at, self.peek_word().len());
        self.at += length;
        (length > 0).then(|| self.name(start, self.at))
    }

    /// Whether a dash stands here that is a part of a name.
    fn is_dash(&self) -> bool {
        self.peek() == b'-' && self.bytes.get(self.at + 1).is_some_and(|byte| is_word(*byte))
    }

    /// Takes a `=` that is no part of another sign.
    pub fn assigned(&mut self) -> bool {
        let next = self.bytes.get(self.at + 1);
        let found = self.peek() == b'=' && !matches!(next, Some(b'=' | b'>'));
        self.at += usize::from(found);
        found
    }

    /// Gives up before `name =`: an operator before it lacks its operand.
    pub fn no_assignment(&mut self) -> Option<()> {
        let start = self.at;
        let word = self.peek_word().len();
        self.at += word;
        self.blanks();
        let found = word > 0 && self.assigned();
        self.at = start;
        (!found).then_some(())
    }

    /// Skips blanks on the line.
    pub fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips blanks on the line, and tells whether there are any.
    pub fn has_blanks(&mut self) -> bool {
        let start = self.at;
        self.blanks();
        self.at > start
    }

    /// Skips blanks and new lines.
    pub fn gap(&mut self) {
        while matches!(self.peek(), b'\t'..=b' ') {
            self.at += 1;
        }
    }

    /// Skips blanks, new lines and commas.
    pub fn separators(&mut self) {
        while matches!(self.peek(), b'\t'..=b' ' | b',') {
            self.at += 1;
        }
    }

    /// The place of some bytes.
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.builder.file, start, end)
    }

    /// The bytes as a name.
    pub fn name(&self, start: usize, end: usize) -> Name {
        Name { text: self.text[start..end].into(), span: self.span(start, end) }
    }

    /// Goes one level down, unless that is better left to the grammar.
    pub fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())
    }

    /// Comes back from one level down.
    pub fn higher(&mut self) {
        self.depth -= 1;
    }
}

/// Whether a word can have this byte in it.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word is one of the language, and cannot be the name of a value.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}
