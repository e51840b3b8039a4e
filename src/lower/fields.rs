//! Attributes of resources: what is written, else `defaults`, else the schema, else a reading.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap as HashMap;

use crate::kinds::{self, Reading, Source};
use crate::lower::SecretSource;
use crate::lower::evaluator::{Evaluator, Stage, StageName};
use crate::lower::memo::only_attribute;
use crate::lower::nodes::{Layer, Node, NodeId, Role};
use crate::lower::shape::Entry;
use crate::lower::value::{Data, Val};
use crate::model::{Key, Late, Ref, Text};
use crate::problem::{lower, names as problem};
use crate::schema::{Choice, Field, Need, Type};
use crate::source::{FileId, Span};
use crate::syntax::tree::{Expr, ExprKind, ItemKind, TextPart};

/// Words whose block in `defaults` says how, not whether: it needs a written one to apply to.
const ONLY_WITH: [&str; 6] = ["expose", "health", "db", "login", "backup", "tile"];

/// Whether the language has a facet of this name, in this version or a later one.
pub(super) fn is_facet_word(word: &str) -> bool {
    ONLY_WITH.contains(&word)
}

/// An expression of a schema, and the attribute of `self` that is all it reads.
struct SchemaText {
    expr: Expr,
    only: Option<String>,
}

/// The expressions that stand in schemas, read once.
static SCHEMA_TEXTS: LazyLock<HashMap<&'static str, SchemaText>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    for kind in kinds::all().values() {
        field_texts(&kind.schema().fields, &mut texts);
        texts.extend(kind.traits().readings.iter().filter_map(|reading| match reading.from {
            Source::Expression(text) => Some(text),
            Source::Secret | Source::Spec(_) | Source::Late(_) => None,
        }));
    }
    let read = |text: &'static str| {
        let expr = parsed(text);
        let only = only_attribute(&expr).map(str::to_owned);
        (text, SchemaText { expr, only })
    };
    texts.into_iter().map(read).collect()
});

fn field_texts(fields: &[Field], texts: &mut Vec<&'static str>) {
    for field in fields {
        if let Need::Default(text) | Need::Derived(text) = field.need {
            texts.push(text);
        }
        type_texts(&field.ty, texts);
    }
}

fn type_texts(ty: &Type, texts: &mut Vec<&'static str>) {
    match ty {
        Type::Object(fields) => field_texts(fields, texts),
        Type::List(of) | Type::Map(of) | Type::Blocks(of) => type_texts(of, texts),
        Type::Either(types) => types.iter().for_each(|ty| type_texts(ty, texts)),
        _ => (),
    }
}

/// An expression out of a schema; its places mean nothing, [`Env::at`] replaces them.
fn parsed(text: &'static str) -> Expr {
    let file = FileId(u32::MAX);
    let (tree, problems) = crate::syntax::parse(file, &format!("value = {text}"));
    debug_assert!(problems.is_empty(), "a schema has a broken expression: {text}");
    let items = tree.items.into_iter();
    let values = items.filter_map(|item| match item.kind {
        ItemKind::Attribute(attribute) => Some(attribute.value),
        _ => None,
    });
    let nothing = || Expr { span: Span::new(file, 0, 0), kind: ExprKind::Bad };
    values.into_iter().next().unwrap_or_else(nothing)
}

/// Whether a field that nobody writes is the same in every resource of its kind.
fn is_plain(need: Need) -> bool {
    match need {
        Need::Optional | Need::Computed => true,
        Need::Default(text) => SCHEMA_TEXTS.get(text).is_some_and(|it| match &it.expr.kind {
            ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Size(_) => true,
            ExprKind::Duration(_) | ExprKind::Null => true,
            ExprKind::Str(text) => text.parts.iter().all(|it| matches!(it, TextPart::Literal(_))),
            _ => false,
        }),
        Need::Required | Need::Derived(_) => false,
    }
}

/// An expression of a schema.
pub(super) fn schema_expression(text: &'static str) -> Option<&'static Expr> {
    SCHEMA_TEXTS.get(text).map(|it| &it.expr)
}

impl<'t> Evaluator<'t> {
    /// The value of an expression of a schema, as attribute of a node.
    pub fn schema_value(&mut self, text: &'static str, node: NodeId) -> Val {
        let at = self.nodes[node].span;
        let Some(SchemaText { expr, only }) = SCHEMA_TEXTS.get(text) else {
            return Val::new(Data::Bad, at);
        };
        // Most are plain words and numbers: no need to ask the evaluator.
        match &expr.kind {
            ExprKind::Bool(it) => return Val::new(Data::Bool(*it), at),
            ExprKind::Int(it) => return Val::new(Data::Int(*it), at),
            _ => (),
        }
        let fields = &self.nodes[node].kind.schema().fields;
        let place = |only: &String| fields.iter().position(|field| field.name == only);
        match only.as_ref().and_then(place) {
            Some(attribute) => self.in_common(expr, attribute, node),
            None => self.eval(expr, &self.schema_env(node)),
        }
    }

    /// The value of a field, by its place in the schema, checked; null if it is absent.
    pub fn field(&mut self, id: NodeId, index: usize) -> Val {
        let node = Rc::clone(&self.nodes[id]);
        let field = &node.kind.schema().fields[index];
        let left_open = !node.written[index];
        if left_open && let Some(data) = &self.plain[node.plain][index] {
            return Val::new(data.clone(), node.span);
        }
        let written = node.layers[0].shape.entries(field.name).first();
        let span = written.map_or(node.span, Entry::name_span);
        let stage = Stage { what: StageName::Attribute(id, field.name), span };
        let broken = Val::new(Data::Bad, node.span);
        let value = self.once(
            |this| this.fields[id].at(index),
            stage,
            broken,
            |this| this.make_field(&node, field),
        );
        if left_open && is_plain(field.need) {
            self.plain[node.plain][index] = Some(value.data.clone());
        }
        value
    }

    fn make_field(&mut self, node: &Rc<Node<'t>>, field: &'static Field) -> Val {
        let written = match field.writable() {
            true => self.written(node, field),
            false => None,
        };
        match (written, field.need) {
            (Some(value), _) => self.fit(&value, &field.ty, field.name, node.id),
            (None, Need::Default(text) | Need::Derived(text)) => {
                let value = self.schema_value(text, node.id);
                match value.data {
                    Data::Null => value,
                    _ => self.fit(&value, &field.ty, field.name, node.id),
                }
            }
            (None, Need::Required) => match self.tenants_word(node, field.name) {
                Some(value) => self.fit(&value, &field.ty, field.name, node.id),
                // It is reported once, with the others of its block.
                None => Val::new(Data::Bad, node.span),
            },
            (None, Need::Optional | Need::Computed) => Val::new(Data::Null, node.span),
        }
    }

    /// What is written for a field or said by `defaults`: objects are merged, the strongest wins.
    fn written(&mut self, node: &Rc<Node<'t>>, field: &Field) -> Option<Val> {
        let mut merged: Option<Val> = None;
        for layer in &node.layers {
            if layer.role == Role::Defaults {
                let only_with = ONLY_WITH.contains(&field.name) && merged.is_none();
                if only_with || (merged.is_none() && self.has_rival(node, field.name, layer)) {
                    continue;
                }
            }
            let Some(value) = self.layer_value(layer, field.name) else { continue };
            merged = match merged {
                None => Some(value),
                Some(strong) => Some(merge(&strong, &value)),
            };
            if !matches!(merged, Some(Val { data: Data::Map(_), .. })) {
                break;
            }
        }
        merged
    }

    /// Whether the block itself writes another field of a group of which only one may be.
    fn has_rival(&mut self, node: &Rc<Node<'t>>, name: &str, layer: &Layer<'t>) -> bool {
        let groups = node.kind.traits().one_of;
        let Some(group) = groups.iter().find(|group| group.contains(&name)) else { return false };
        if layer.entries(name).is_empty() && layer.shape.spreads.is_empty() {
            return false;
        }
        let own = node.layers.iter().filter(|layer| layer.role != Role::Defaults);
        let mut pairs = own.flat_map(|layer| group.iter().map(move |rival| (layer, *rival)));
        pairs.any(|(layer, rival)| rival != name && self.layer_value(layer, rival).is_some())
    }

    /// What one body says about a field; null says nothing.
    pub fn layer_value(&mut self, layer: &Layer<'t>, name: &str) -> Option<Val> {
        let shape = Rc::clone(&layer.shape);
        let entries = layer.entries(name);
        if !entries.is_empty() {
            let value = self.entries_value(name, entries, &layer.env)?;
            return (value.data != Data::Null).then_some(value);
        }
        if layer.hidden.contains(&name) {
            return None;
        }
        for expr in shape.spreads.iter().rev() {
            let spread = self.eval(expr, &layer.env);
            if let Some(value) = spread.get(name)
                && value.data != Data::Null
            {
                return Some(value.clone());
            }
        }
        None
    }

    /// An attribute of a resource as an expression reads it.
    pub fn read(&mut self, id: NodeId, name: &str, name_at: Span, at: Span) -> Val {
        let node = Rc::clone(&self.nodes[id]);
        let schema = node.kind.schema();
        if let Some(value) = self.read_output(&node, name, at) {
            return value;
        }
        if let Some(index) = schema.fields.iter().position(|field| field.name == name) {
            let value = self.field(id, index);
            let field = &schema.fields[index];
            if let Some(choice) = field.choice
                && is_left_open(choice, &value.data)
            {
                return self.late(id, (field.name, &field.ty), at);
            }
            if let Type::Blocks(of) = &field.ty {
                return self.with_open_parts(id, field.name, of, value, at);
            }
            if value.data != Data::Null {
                return value;
            }
            if matches!(field.need, Need::Computed) {
                return self.computed(&node, field.name);
            }
        }
        let readings = &node.kind.traits().readings;
        if let Some(index) = readings.iter().position(|reading| reading.name == name) {
            return self.reading(&node, index, at);
        }
        if schema.field(name).is_some() {
            return Val::new(Data::Null, at);
        }
        let facets = node.kind.traits().facets;
        if let Some(position) = facets.iter().position(|word| *word == name) {
            return self.facets_of(id, position).value;
        }
        if let Some(value) = self.read_scoped(&node, name, at) {
            return value;
        }
        match name {
            "address" => Val::str(node.address.as_str(), at),
            "name" => Val::str(node.address.name(), at),
            "key" => match node.address.key() {
                Some(Key::Text(text)) => Val::str(text, at),
                Some(Key::Int(number)) => Val::new(Data::Int(number), at),
                None => Val::new(Data::Null, at),
            },
            "doc" => node.doc.map_or(Val::new(Data::Null, at), |doc| Val::str(doc, at)),
            "health" | "backup" | "tile" => Val::new(Data::Null, at),
            "expose" | "db" | "login" => Val::map(BTreeMap::new(), at),
            "exposures" => self.exposures(id, at),
            "ports" => self.exposed_ports(id, at),
            _ => {
                let fields = schema.fields.iter().map(|field| field.name);
                let all = fields.chain(readings.iter().map(|reading| reading.name));
                let outputs = self
                    .scope_of
                    .get(&node.address)
                    .map(|scope| self.program.scopes[*scope].outputs.keys().copied());
                let all = all.chain(facets.iter().copied());
                let all: Vec<&str> = all.chain(outputs.into_iter().flatten()).collect();
                let near = crate::problem::nearest(name, all);
                self.bad(problem::no_reading(schema.kind, name, name_at, &near), at)
            }
        }
    }

    /// Blocks with a hole wherever a choice in one of them is left open.
    fn with_open_parts(&mut self, id: NodeId, field: &str, of: &Type, value: Val, at: Span) -> Val {
        let (Type::Object(parts), Data::Map(blocks)) = (of, &value.data) else { return value };
        if parts.iter().all(|part| part.choice.is_none()) {
            return value;
        }
        let mut out = BTreeMap::clone(blocks);
        for part in parts.iter() {
            let Some(choice) = part.choice else { continue };
            for (name, block) in blocks.iter() {
                let said = block.get(part.name).filter(|it| is_left_open(choice, &it.data));
                let (Some(said), Data::Map(fields)) = (said, &block.data) else { continue };
                let what = format!("{field}/{}/{}", super::fit::plain(name), part.name);
                let mut fields = BTreeMap::clone(fields);
                let hole = self.late_part(id, what, said.origin, at);
                fields.insert(Key::Text(part.name.into()), hole);
                out.insert(name.clone(), Val::map(fields, block.origin));
            }
        }
        Val::map(out, value.origin)
    }

    fn late_part(&mut self, of: NodeId, what: String, origin: Span, at: Span) -> Val {
        self.touch(of, at);
        let of = self.nodes[of].address.clone();
        if let Some(known) = self.known.and_then(|known| known(&of, &what)) {
            return super::specs::from_json(&known, origin);
        }
        Val::new(Data::Late(Arc::new(Late { of: Ref::Address(of), what })), origin)
    }

    /// Every way from outside to a resource.
    fn exposures(&mut self, id: NodeId, at: Span) -> Val {
        let facets = self.nodes[id].kind.traits().facets;
        let position = facets.iter().position(|word| *word == "expose");
        let Some(position) = position else { return Val::list(Vec::new(), at) };
        let found = self.facets_of(id, position).nodes;
        Val::list(found.iter().map(|node| self.reference(*node, at)).collect(), at)
    }

    fn exposed_ports(&mut self, id: NodeId, at: Span) -> Val {
        let exposures = self.exposures(id, at);
        let Data::List(list) = &exposures.data else { return exposures };
        let mut ports = Vec::new();
        for exposure in list.iter() {
            if let Data::Ref(address) = &exposure.data
                && let Some(node) = self.by_address.get(address).copied()
            {
                ports.push(self.read(node, "port", at, at));
            }
        }
        Val::list(ports, at)
    }

    fn reading(&mut self, node: &Rc<Node<'t>>, index: usize, at: Span) -> Val {
        let reading: &'static Reading = &node.kind.traits().readings[index];
        match reading.from {
            Source::Expression(text) => {
                let slot = node.kind.schema().fields.len() + index;
                let stage =
                    Stage { what: StageName::Attribute(node.id, reading.name), span: node.span };
                let broken = Val::new(Data::Bad, node.span);
                let id = node.id;
                self.once(
                    |this| this.fields[id].at(slot),
                    stage,
                    broken,
                    |this| this.schema_value(text, id),
                )
            }
            Source::Secret => {
                let name = self.made_secret(node, reading.name);
                Val::new(Data::Text(Text::secret(name).into()), at)
            }
            Source::Spec(read) => self.of_spec(node, read),
            Source::Late(_) => self.late(node.id, (reading.name, &reading.ty), at),
        }
    }

    /// Registers the secret that is made for a node.
    pub fn made_secret(&mut self, node: &Node<'t>, reading: &str) -> String {
        let name = format!("{}.{reading}", node.address);
        self.add_secret(name.clone(), SecretSource::Made, node.span);
        name
    }

    fn late(&mut self, of: NodeId, (what, ty): (&'static str, &Type), at: Span) -> Val {
        self.touch(of, at);
        if let Some(value) = self.known_by_now(of, (what, ty), at) {
            return value;
        }
        let of = Ref::Address(self.nodes[of].address.clone());
        Val::new(Data::Late(Arc::new(Late { of, what: what.to_owned() })), at)
    }

    /// A late value as problems tell of it.
    pub fn late_told(&self, late: &Late) -> lower::Late {
        let what = format!("`{}` of `{}`", late.what, late.of.address());
        lower::Late { what, why: self.why_late(late) }
    }

    /// Why a value is not known when the manifest is read.
    fn why_late(&self, late: &Late) -> String {
        let of = late.of.address();
        if of.kind() == "secret" {
            return lower::WITHOUT_SECRETS.to_owned();
        }
        let Some(node) = self.by_address.get(of).map(|id| &self.nodes[*id]) else {
            return "it comes back from the platform".to_owned();
        };
        let first = late.what.split(['.', '/']).next().unwrap_or_default();
        let reading = node.kind.traits().readings.iter().find(|reading| reading.name == first);
        let chosen = node.kind.schema().field(first).is_some_and(|field| field.choice.is_some());
        match reading.map(|reading| reading.from) {
            Some(Source::Secret) => lower::WITHOUT_SECRETS.to_owned(),
            Some(Source::Late(kinds::Stage::Apply)) => {
                format!("it is known once `{of}` has been made")
            }
            None if of.kind() == "terraform" => {
                format!("Terraform tells it once it has applied `{of}`")
            }
            _ if chosen => {
                format!("it is left to the planner: write `{first}` in `{of}` to fix it")
            }
            _ => "it is decided by the planner".to_owned(),
        }
    }
}

/// Whether the manifest leaves the choice to somebody else.
pub(super) fn is_left_open(choice: Choice, data: &Data) -> bool {
    match data {
        Data::Str(text) if &**text == "auto" => true,
        Data::Str(text) => choice == Choice::Ip && &**text == "dhcp",
        _ => false,
    }
}

/// Two objects as one: at every depth the first one's values win.
pub(super) fn merge(strong: &Val, weak: &Val) -> Val {
    let (Data::Map(first), Data::Map(second)) = (&strong.data, &weak.data) else {
        return strong.clone();
    };
    let mut merged: BTreeMap<_, _> = second.as_ref().clone();
    for (key, value) in first.iter() {
        let value = match merged.get(key) {
            Some(below) if value.data != Data::Null => merge(value, below),
            Some(_) | None => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    Val::map(merged, strong.origin)
}
