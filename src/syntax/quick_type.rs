//! The declarations of [`Quick`] that have types in them, and the types.

use crate::syntax::quick::{Quick, is_word};
use crate::syntax::tree::{
    Expr, Function, Input, ItemKind, Name, Param, TypeExpr, TypeField, TypeItem, TypeKind,
};

impl Quick<'_, '_> {
    /// `: T` behind a name, if it stands here.
    pub fn type_note(&mut self) -> Option<Option<TypeExpr>> {
        let end = self.at;
        self.blanks();
        if !self.eats(":") {
            self.at = end;
            return Some(None);
        }
        self.gap();
        Some(Some(self.ty()?))
    }

    /// `fn f(a: T = d) -> T = …`, behind the first word.
    pub fn function(&mut self) -> Option<ItemKind> {
        let name = self.declared_name()?;
        self.blanks();
        let params = self.params()?;
        let end = self.at;
        self.blanks();
        let mut result = None;
        match self.eats("->") {
            true => {
                self.gap();
                result = Some(self.ty()?);
            }
            false => self.at = end,
        }
        let value = self.given()?;
        Some(ItemKind::Function(Box::new(Function { name, params, result, value })))
    }

    fn params(&mut self) -> Option<Vec<Param>> {
        self.eats("(").then_some(())?;
        let mut params = Vec::new();
        loop {
            self.gap();
            if self.eats(")") {
                return Some(params);
            }
            let name = self.any_word()?;
            let ty = self.type_note()?;
            let default = self.default_behind_gap()?;
            params.push(Param { name, ty, default });
            self.gap();
            self.eats(",");
        }
    }

    /// ` = e`, where the value may stand on the next line.
    fn default_behind_gap(&mut self) -> Option<Option<Expr>> {
        let end = self.at;
        self.blanks();
        if !self.assigned() {
            self.at = end;
            return Some(None);
        }
        self.gap();
        Some(Some(self.expr()?))
    }

    /// `type Slug = string where …`, behind the first word.
    pub fn type_item(&mut self) -> Option<ItemKind> {
        let name = self.declared_name()?;
        self.blanks();
        self.assigned().then_some(())?;
        self.gap();
        let ty = self.ty()?;
        let refinement = self.refinement()?;
        Some(ItemKind::Type(Box::new(TypeItem { name, ty, refinement })))
    }

    /// `input replicas: int = 2 where 1 <= it <= 5 { require … }`, behind the first word.
    pub fn input(&mut self) -> Option<ItemKind> {
        let name = self.declared_name()?;
        let ty = self.type_note()?;
        let default = self.default()?;
        let refinement = self.refinement()?;
        let end = self.at;
        self.blanks();
        let body = match self.peek() {
            b'{' => Some(self.body()?),
            _ => {
                self.at = end;
                None
            }
        };
        Some(ItemKind::Input(Box::new(Input { name, ty, default, refinement, body })))
    }

    /// ` = e` on the line.
    fn default(&mut self) -> Option<Option<Expr>> {
        let end = self.at;
        self.blanks();
        if !self.assigned() {
            self.at = end;
            return Some(None);
        }
        Some(Some(self.value()?))
    }

    /// ` where e`
    fn refinement(&mut self) -> Option<Option<Expr>> {
        let end = self.at;
        if !(self.has_blanks() && self.eats_word("where")) {
            self.at = end;
            return Some(None);
        }
        Some(Some(self.value()?))
    }

    /// A type; what follows it is for the caller to judge.
    pub fn ty(&mut self) -> Option<TypeExpr> {
        let start = self.at;
        self.deeper()?;
        let first = self.type_or_none()?;
        let mut types = Vec::new();
        let mut end = self.at;
        loop {
            self.gap();
            if !self.eats("|") {
                break;
            }
            self.gap();
            types.push(self.type_or_none()?);
            end = self.at;
        }
        self.at = end;
        self.higher();
        if types.is_empty() {
            return Some(first);
        }
        types.insert(0, first);
        Some(TypeExpr { span: self.span(start, end), kind: TypeKind::Union(types) })
    }

    /// One member of a union, with the `?` behind it.
    fn type_or_none(&mut self) -> Option<TypeExpr> {
        let start = self.at;
        let ty = self.one_type()?;
        Some(match self.optional() {
            true => {
                let kind = TypeKind::Optional(Box::new(ty));
                TypeExpr { span: self.span(start, self.at), kind }
            }
            false => ty,
        })
    }

    /// Takes a `?` that is no part of `?.`.
    fn optional(&mut self) -> bool {
        let found = self.peek() == b'?' && self.bytes.get(self.at + 1) != Some(&b'.');
        self.at += usize::from(found);
        found
    }

    fn one_type(&mut self) -> Option<TypeExpr> {
        let start = self.at;
        let kind = match self.peek() {
            b'[' => TypeKind::List(self.enclosed(']')?),
            b'(' => TypeKind::Paren(self.enclosed(')')?),
            b'{' => TypeKind::Object(self.fields()?),
            b'"' => TypeKind::Text(self.plain_string()?.to_owned()),
            b'\'' => TypeKind::Text(self.raw_string()?.to_owned()),
            b'0'..=b'9' => TypeKind::Int(self.whole_number()?),
            _ => self.named_type()?,
        };
        Some(TypeExpr { span: self.span(start, self.at), kind })
    }

    /// The type in brackets.
    fn enclosed(&mut self, closer: char) -> Option<Box<TypeExpr>> {
        self.at += 1;
        self.gap();
        let ty = self.ty()?;
        self.gap();
        self.eats(closer.encode_utf8(&mut [0; 1])).then(|| Box::new(ty))
    }

    /// `map<string, types.Student>`
    fn named_type(&mut self) -> Option<TypeKind> {
        let start = self.at;
        loop {
            let length = self.peek_word().len();
            (length > 0).then_some(())?;
            self.at += length;
            let next = self.bytes.get(self.at + 1);
            let more = next.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
            if self.peek() != b'.' || !more {
                break;
            }
            self.at += 1;
        }
        let name = self.text[start..self.at].to_owned();
        let mut arguments = Vec::new();
        if self.eats("<") {
            self.gap();
            arguments.push(self.ty()?);
            self.gap();
            while self.eats(",") {
                self.gap();
                arguments.push(self.ty()?);
                self.gap();
            }
            self.eats(">").then_some(())?;
        }
        Some(TypeKind::Named(name, arguments))
    }

    /// Digits that are a number of their own.
    fn whole_number(&mut self) -> Option<i64> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let alone = !is_word(self.peek()) && !matches!(self.peek(), b'.' | b'-' | b'/');
        alone.then_some(())?;
        self.text[start..self.at].parse().ok()
    }

    /// `{ a: T, b?: U, c: V = e }`
    fn fields(&mut self) -> Option<Vec<TypeField>> {
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.separators();
            if self.eats("}") {
                return Some(fields);
            }
            fields.push(self.field()?);
        }
    }

    fn field(&mut self) -> Option<TypeField> {
        let name: Name = self.any_word()?;
        let optional = self.optional();
        self.blanks();
        self.eats(":").then_some(())?;
        self.gap();
        let ty = self.ty()?;
        let default = self.default()?;
        self.item_ends()?;
        Some(TypeField { name, optional, ty, default })
    }
}
