//! Types as they are written.

use pest::iterators::Pair;

use crate::problem::syntax as problem;
use crate::syntax::build::Builder;
use crate::syntax::build_expr::next_is;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{TextPart, TypeExpr, TypeField, TypeKind, Word};

impl Builder<'_> {
    /// A type, or a word about the one that is missing.
    pub fn type_expr(&mut self, pair: Pair<'_, Rule>) -> TypeExpr {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::missing_type {
            let span = self.missing(&pair, "a type");
            return TypeExpr { span, kind: TypeKind::Bad };
        }
        if !self.enter(&pair) {
            return TypeExpr { span, kind: TypeKind::Bad };
        }
        let mut inner = pair.into_inner();
        let mut types = Vec::new();
        while let Some(pair) = inner.next() {
            let mut ty = self.one_type(pair);
            if let Some(mark) = inner.peek().filter(|pair| pair.as_rule() == Rule::optional) {
                inner.next();
                let span = ty.span.to(self.span(&mark));
                ty = TypeExpr { span, kind: TypeKind::Optional(Box::new(ty)) };
            }
            types.push(ty);
        }
        self.leave();
        match types.len() {
            0 => TypeExpr { span, kind: TypeKind::Bad },
            1 => types.remove(0),
            _ => TypeExpr { span, kind: TypeKind::Union(types) },
        }
    }

    fn one_type(&mut self, pair: Pair<'_, Rule>) -> TypeExpr {
        let span = self.span(&pair);
        let before = self.problems.len();
        let kind = match pair.as_rule() {
            Rule::missing_type => return self.type_expr(pair),
            Rule::type_list | Rule::type_paren => {
                let list = pair.as_rule() == Rule::type_list;
                let mut inner = pair.into_inner();
                let element = inner.next().map(|pair| self.type_expr(pair));
                let bad = TypeExpr { span, kind: TypeKind::Bad };
                let element = Box::new(element.unwrap_or(bad));
                self.rest(inner, before);
                if list { TypeKind::List(element) } else { TypeKind::Paren(element) }
            }
            Rule::type_object => TypeKind::Object(self.fields(pair)),
            Rule::type_name => {
                let mut inner = pair.into_inner();
                let name = inner.next().map(|path| path.as_str().to_owned()).unwrap_or_default();
                let mut arguments = Vec::new();
                for pair in inner {
                    match pair.as_rule() {
                        Rule::missing_angle => {
                            self.missing(&pair, "`>`");
                        }
                        _ => arguments.push(self.type_expr(pair)),
                    }
                }
                TypeKind::Named(name, arguments)
            }
            Rule::number => match pair.as_str().replace('_', "").parse() {
                Ok(number) => TypeKind::Int(number),
                Err(_) => {
                    self.problems.push(problem::not_a_type(span, pair.as_str()));
                    TypeKind::Bad
                }
            },
            _ => {
                let text = self.text(pair, None);
                match text.parts.into_iter().next() {
                    Some(TextPart::Literal(text)) => TypeKind::Text(text.to_string()),
                    _ => TypeKind::Text(String::new()),
                }
            }
        };
        TypeExpr { span, kind }
    }

    fn fields(&mut self, pair: Pair<'_, Rule>) -> Vec<TypeField> {
        let mut fields = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::field => fields.push(self.field(pair)),
                Rule::semicolon => {
                    let span = self.span(&pair);
                    self.foreign_sign(span, ";", "");
                }
                Rule::bad_field => {
                    self.problems.push(problem::not_a_field(self.span(&pair)));
                }
                _ => {}
            }
        }
        fields
    }

    fn field(&mut self, pair: Pair<'_, Rule>) -> TypeField {
        let before = self.problems.len();
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = match inner.next() {
            Some(word) => self.name(&word),
            None => crate::syntax::tree::Name { text: Word::default(), span },
        };
        let optional = next_is(&mut inner, Rule::optional);
        if optional {
            inner.next();
        }
        let ty = match inner.next() {
            Some(pair) => self.type_expr(pair),
            None => TypeExpr { span, kind: TypeKind::Bad },
        };
        let more = inner.peek().is_some_and(|pair| pair.as_rule() != Rule::tail);
        let default = more.then(|| self.expr(&mut inner));
        self.rest(inner, before);
        TypeField { name, optional, ty, default }
    }
}
