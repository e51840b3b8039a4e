//! Outputs of modules of Terraform: what a block declares, as a type and as a value known later.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::lower::evaluator::Evaluator;
use crate::lower::nodes::Node;
use crate::lower::scope::{In, ScopeId};
use crate::lower::specs::from_json;
use crate::lower::value::{Data, Val};
use crate::model::{Late, Object, OutputType, Ref, Value};
use crate::problem::names;
use crate::problem::terraform as problem;
use crate::source::Span;
use crate::syntax::tree::{Let, TypeExpr, TypeKind};

/// The kind whose blocks declare outputs.
const KIND: &str = "terraform";

/// How often types may stand for each other.
const HOPS_MAX: usize = 32;

/// The output of this name that a block declares.
pub(super) fn declared<'t>(node: &Node<'t>, name: &str) -> Option<&'t Let> {
    outputs(node).find(|output| output.name.text == name)
}

fn outputs<'n, 't: 'n>(node: &'n Node<'t>) -> impl Iterator<Item = &'t Let> + 'n {
    let layers = node.layers.iter().filter(|_| node.kind.schema().kind == KIND);
    layers.flat_map(|layer| layer.shape.outputs.iter().copied())
}

impl<'t> Evaluator<'t> {
    /// An output as an expression reads it; nothing if the block declares none of this name.
    pub fn read_output(&mut self, node: &Rc<Node<'t>>, name: &str, at: Span) -> Option<Val> {
        let output = declared(node, name)?;
        self.touch(node.id, at);
        let ty = output.ty.as_ref()?;
        let (label, scope) = (output.name.text.as_str(), node.scope);
        if let Some(value) = self.mocked(node.id, name) {
            return Some(self.narrowed(value, ty, label, scope));
        }
        let known = self.known.and_then(|known| known(&node.address, name));
        if let Some(known) = known {
            let value = from_json(&known, at);
            if let Some(value) = self.attempt(|this| this.narrowed(value, ty, label, scope)) {
                return Some(value);
            }
        }
        let of = Ref::Address(node.address.clone());
        let late = Late { of, what: name.to_owned() };
        Some(Val::new(Data::Late(Arc::new(late)), at))
    }

    /// Puts the types of the outputs into the spec; false if one of them cannot be.
    pub fn add_outputs(
        &mut self,
        node: &Rc<Node<'t>>,
        spec: &mut Object,
        origins: &mut Vec<(Box<str>, Span)>,
    ) -> bool {
        if node.kind.schema().kind != KIND {
            // That one stands in a block of another kind is reported where types are.
            return true;
        }
        let (mut all, mut first) = (Object::default(), BTreeMap::<&str, Span>::new());
        let mut sound = true;
        for output in outputs(node) {
            let (name, at) = (output.name.text.as_str(), output.name.span);
            if let Some(first) = first.insert(name, at) {
                self.problems.push(names::declared_twice("output", name, at, first));
                sound = false;
            }
            let ty = match (&output.ty, &output.value) {
                (Some(ty), None) => self.output_type(ty, node.scope, 0),
                (_, Some(value)) => {
                    self.problems.push(problem::output_has_value(name, value.span));
                    None
                }
                (None, None) => {
                    self.problems.push(problem::output_without_type(name, at));
                    None
                }
            };
            match ty.and_then(|ty| Value::of(&ty).ok()) {
                Some(ty) => {
                    all.insert(name, ty);
                    origins.push((format!("outputs/{name}").into(), at));
                }
                None => sound = false,
            }
        }
        if sound && !all.is_empty() {
            spec.insert("outputs", Value::Object(all));
        }
        sound
    }

    /// A type as an output can have it; what cannot be one is reported.
    fn output_type(&mut self, ty: &'t TypeExpr, scope: ScopeId, hops: usize) -> Option<OutputType> {
        let refused = |this: &mut Self| {
            let text = this.sources.text(ty.span).to_owned();
            this.problems.push(problem::no_output_type(&text, ty.span));
            None
        };
        Some(match &ty.kind {
            TypeKind::Bad => return None,
            TypeKind::Paren(inner) => return self.output_type(inner, scope, hops),
            TypeKind::Optional(of) => {
                OutputType::Optional(Box::new(self.output_type(of, scope, hops)?))
            }
            TypeKind::List(of) => OutputType::List(Box::new(self.output_type(of, scope, hops)?)),
            TypeKind::Object(fields) => {
                let mut all = BTreeMap::new();
                for field in fields {
                    let of = self.output_type(&field.ty, scope, hops)?;
                    let absent = field.optional || field.default.is_some();
                    let of = if absent { OutputType::Optional(Box::new(of)) } else { of };
                    all.insert(field.name.text.to_string(), of);
                }
                OutputType::Object(all)
            }
            TypeKind::Named(word, arguments) => {
                if let Some(alias) = self.program.ty(scope, word) {
                    let In { it, scope: inside } = self.program.types[alias];
                    return match hops < HOPS_MAX {
                        true => self.output_type(&it.ty, inside, hops + 1),
                        false => refused(self),
                    };
                }
                match (word.as_str(), arguments.as_slice()) {
                    (word, []) => match OutputType::of_word(word) {
                        Some(known) => known,
                        None => return refused(self),
                    },
                    ("map", [_, of]) => {
                        OutputType::Map(Box::new(self.output_type(of, scope, hops)?))
                    }
                    _ => return refused(self),
                }
            }
            TypeKind::Union(_) | TypeKind::Text(_) | TypeKind::Int(_) => return refused(self),
        })
    }
}
