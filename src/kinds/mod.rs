//! The resource kinds. To add one: one file here and its two lines below.

mod app;
mod backup;
mod cert;
pub mod cluster;
mod composed;
mod container;
mod dashboard;
mod database;
mod engines;
mod expose;
mod guest;
mod guest_fields;
mod guest_parts;
mod hcl;
mod health;
mod host;
mod identity;
mod import;
mod macros;
mod network;
mod proxy;
mod records;
mod run;
pub mod secret;
mod takeover;
mod template;
mod tenant;
mod terraform;
mod variables;
mod vm;
mod zone;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Address, Answer, Bundle, BundleFound, GuestSeen, ObjectId, Question, Step, Value,
};
use crate::problem::Problem;
use crate::schema::{Class, Field, Fields, Schema, Type};
use crate::source::{FileId, Span};
use crate::syntax::literal::Positions;

/// Which of the two goes first when one object takes the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The new one is made while the old one still serves.
    Create,
    /// The two cannot exist at once.
    Delete,
}

/// Where a facet stands in the order, seen from the resource around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is no facet.
    Alone,
    /// The owner needs it.
    BeforeOwner,
    /// It needs the owner.
    AfterOwner,
    /// Neither waits for the other.
    BesideOwner,
}

/// When an attribute that nobody writes gets its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The planner picks it, or it was picked before.
    Plan,
    /// It is a fact that comes back from the world.
    Apply,
}

/// An attribute that can be read but not written, beyond the kind's own fields.
#[derive(Clone, Debug)]
pub struct Reading {
    /// As it is read: `ip`.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it is.
    pub ty: Type,
    /// How it gets its value.
    pub from: Source,
}

impl Reading {
    /// A reading that follows from the others.
    pub fn expression(name: &'static str, doc: &'static str, text: &'static str) -> Reading {
        Reading { name, doc, ty: Type::Any, from: Source::Expression(text) }
    }

    /// A reading that comes back from the world.
    pub fn fact(name: &'static str, doc: &'static str, ty: Type) -> Reading {
        Reading { name, doc, ty, from: Source::Late(Stage::Apply) }
    }
}

/// How a [`Reading`] gets its value.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// An expression of the language over `self` and `owner`; reading it waits for nothing.
    Expression(&'static str),
    /// A secret that is made for this resource before anything uses it; reading it waits for
    /// nothing.
    Secret,
    /// It follows from the spec and the files that it names; reading it waits for nothing.
    Spec(fn(&Value) -> Value),
    /// A hole until then; reading it waits for the resource.
    Late(Stage),
}

/// What a kind's own code may ask while it completes a spec.
pub trait Around {
    /// The text of a project file; the path is relative to the manifest.
    fn read(&self, path: &str) -> Result<String, String>;
    /// The paths that match a pattern, sorted.
    fn matching(&self, pattern: &str) -> Result<Vec<String>, String>;
    /// The same file as one that problems can show.
    fn shown(&self, path: &str) -> Option<FileId>;
    /// Where a field is written, by its path from the spec; else where the resource is.
    fn place(&self, field: &str) -> Span;
    /// Where the name of a field is written; else its value.
    fn name(&self, field: &str) -> Span;
    /// Where the characters of a field's text are written.
    fn positions(&self, field: &str, text: &str) -> Positions;
}

/// What is wrong with a spec beyond its types: the field it is about, and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Objection {
    /// Path from the spec: `compose/file`.
    pub field: String,
    /// What is wrong, as a problem's message.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What was found out there where an object should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Its place could not be seen: a machine does not answer.
    Unseen,
    /// Nothing is there.
    Nothing,
    /// Something is there that is not ours.
    Foreign(String),
    /// It is there. For each field that can be compared and differs: what is seen.
    Ours(BTreeMap<String, Value>),
}

/// What is remembered of an object, as far as looking at it needs.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    /// Which object.
    pub id: &'a ObjectId,
    /// Which making of it.
    pub uid: &'a str,
    /// The lineage of the state.
    pub lineage: &'a str,
    /// The state has it: files in its place are ours, stamped or not.
    pub recorded: bool,
    /// What came back when it was made.
    pub facts: &'a BTreeMap<String, Value>,
    /// What it stood for when its mark was written, if that is something else by now.
    pub moved_from: Option<&'a Address>,
}

/// What a kind's file says about it. Pure: a kind does nothing, it only says which steps would.
pub trait Kind: Fields + Serialize + DeserializeOwned + 'static {
    /// The word in the manifest.
    const WORD: &'static str;
    /// What it is, for reference pages.
    const ABOUT: &'static str;
    /// Which goes first when one is replaced.
    const FIRST: First;
    /// Where it stands as a facet.
    const PLACE: Place = Place::Alone;
    /// Interfaces: a `container` is a `machine`.
    const ALSO: &'static [&'static str] = &[];
    /// The facets it may have.
    const FACETS: &'static [&'static str] = &[];
    /// Groups of fields of which exactly one must be written.
    const ONE_OF: &'static [&'static [&'static str]] = &[];
    /// Destroying one loses data that nothing else holds.
    const HOLDS_DATA: bool = false;
    /// Something outside of the manifest and the state is made for it.
    const OUTSIDE: bool = true;
    /// A change that did not end is gone on with: what is there of it is known elsewhere.
    const RESUMES: bool = false;

    /// The attributes that can be read beyond the fields.
    fn readings() -> Vec<Reading> {
        Vec::new()
    }

    /// Fills in what follows from project files, and objects to what cannot work.
    fn complete(&mut self, _around: &dyn Around) -> Vec<Objection> {
        Vec::new()
    }

    /// Reads the files that it names as their own programs would, and tells what is wrong or
    /// doubtful in them.
    fn review(&self, _around: &dyn Around) -> Vec<Problem> {
        Vec::new()
    }

    /// What a new value of a field costs; nothing if the object keeps the old value instead.
    fn class(&self, _before: &Self, field: &Field) -> Option<Class> {
        Some(field.class)
    }

    /// The steps that make it.
    fn create(&self, id: &ObjectId, uid: &str) -> Vec<Step>;

    /// The steps that change `before` into this, given the names of the fields that differ.
    fn update(&self, id: &ObjectId, uid: &str, before: &Self, changed: &[&str]) -> Vec<Step>;

    /// What it takes to look after a guest that is there already; nothing for other kinds.
    fn take_over(&self, _id: &ObjectId, _uid: &str, _seen: &GuestSeen) -> Option<Takeover> {
        None
    }

    /// The steps that remove it.
    fn delete(&self, id: &ObjectId) -> Vec<Step>;

    /// The steps that write anew whose it is, if that is written anywhere.
    fn mark(&self, _id: &ObjectId, _uid: &str) -> Vec<Step> {
        Vec::new()
    }

    /// Where to look for it; nothing for what exists only in the manifest.
    fn look(&self, id: &ObjectId) -> Option<Question>;

    /// What only one object on its machine can have, beside its files: `port 8080/tcp`.
    fn claims(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the answer says about it.
    fn found(&self, memory: Memory<'_>, answer: &Answer) -> Found;
}

/// A [`Kind`] whose spec is plain JSON, so that plans and state need not know it.
pub trait AnyKind: Send + Sync {
    /// Its fields.
    fn schema(&self) -> &Schema;
    /// The facts that do not depend on a spec.
    fn traits(&self) -> &Traits;
    /// What a remembered spec lacks, or has too much, to be one of this kind.
    fn reads(&self, spec: &Value) -> Result<(), String>;
    /// See [`Kind::complete`], and [`Kind::review`] if there is nothing to object to.
    fn complete(&self, spec: &mut Value, around: &dyn Around) -> (Vec<Objection>, Vec<Problem>);
    /// See [`Kind::class`].
    fn class(&self, before: &Value, after: &Value, field: &Field) -> Option<Class>;
    /// See [`Kind::create`].
    fn create(&self, id: &ObjectId, uid: &str, after: &Value) -> Vec<Step>;
    /// See [`Kind::update`].
    fn update(
        &self,
        id: &ObjectId,
        uid: &str,
        before: &Value,
        after: &Value,
        changed: &[&str],
    ) -> Vec<Step>;
    /// See [`Kind::take_over`].
    fn take_over(
        &self,
        id: &ObjectId,
        uid: &str,
        after: &Value,
        seen: &GuestSeen,
    ) -> Option<Takeover>;
    /// See [`Kind::delete`].
    fn delete(&self, id: &ObjectId, before: &Value) -> Vec<Step>;
    /// See [`Kind::mark`].
    fn mark(&self, id: &ObjectId, uid: &str, spec: &Value) -> Vec<Step>;
    /// See [`Kind::look`].
    fn look(&self, id: &ObjectId, spec: &Value) -> Option<Question>;
    /// See [`Kind::claims`].
    fn claims(&self, spec: &Value) -> Vec<String>;
    /// See [`Kind::found`].
    fn found(&self, memory: Memory<'_>, spec: &Value, answer: &Answer) -> Found;
}

/// The constants of a [`Kind`], as values.
#[derive(Debug)]
pub struct Traits {
    /// See [`Kind::FIRST`].
    pub first: First,
    /// See [`Kind::PLACE`].
    pub place: Place,
    /// See [`Kind::ALSO`].
    pub also: &'static [&'static str],
    /// See [`Kind::FACETS`].
    pub facets: &'static [&'static str],
    /// See [`Kind::ONE_OF`].
    pub one_of: &'static [&'static [&'static str]],
    /// See [`Kind::HOLDS_DATA`].
    pub holds_data: bool,
    /// See [`Kind::OUTSIDE`].
    pub outside: bool,
    /// See [`Kind::RESUMES`].
    pub resumes: bool,
    /// See [`Kind::readings`].
    pub readings: Vec<Reading>,
}

impl Memory<'_> {
    /// What an answer says about a bundle of ours.
    fn found(self, bundle: &Bundle, answer: &Answer) -> Found {
        let written = |path: &str| {
            let fact = self.facts.get(&format!("file:{path}"))?;
            fact.as_str().map(str::to_owned)
        };
        let before = self.moved_from.map(|address| self.id.moved_to(address.clone()));
        let ids: Vec<&ObjectId> = std::iter::once(self.id).chain(&before).collect();
        match bundle.found(&ids, self.lineage, written, answer) {
            BundleFound::Unseen => Found::Unseen,
            BundleFound::Nothing => Found::Nothing,
            BundleFound::Foreign(path) if self.recorded => {
                Found::Ours(BTreeMap::from([(path, "without its stamp".into())]))
            }
            BundleFound::Foreign(path) => Found::Foreign(path),
            BundleFound::Ours(differs) => {
                Found::Ours(differs.into_iter().map(|(name, how)| (name, how.into())).collect())
            }
        }
    }
}

struct Erased<K> {
    schema: Schema,
    traits: Traits,
    kind: PhantomData<fn() -> K>,
}

use macros::{bundled, declared};

pub use composed::document as compose_document;
pub use guest::disk as disk_size;
pub use guest_parts::slot;
pub use import::Import;
pub use network::ends as range_ends;
pub use takeover::Takeover;
pub use terraform::module;

/// Every kind, by its word.
pub fn all() -> &'static BTreeMap<&'static str, Box<dyn AnyKind>> {
    static ALL: std::sync::LazyLock<BTreeMap<&'static str, Box<dyn AnyKind>>> =
        std::sync::LazyLock::new(|| {
            let kinds = [
                Erased::<app::App>::boxed(),
                Erased::<backup::Backup>::boxed(),
                Erased::<cert::Cert>::boxed(),
                Erased::<cluster::Cluster>::boxed(),
                Erased::<cluster::Node>::boxed(),
                Erased::<container::Container>::boxed(),
                Erased::<dashboard::Dashboard>::boxed(),
                Erased::<dashboard::Tile>::boxed(),
                Erased::<database::Database>::boxed(),
                Erased::<database::Db>::boxed(),
                Erased::<expose::Expose>::boxed(),
                Erased::<host::Host>::boxed(),
                Erased::<identity::Identity>::boxed(),
                Erased::<identity::Login>::boxed(),
                Erased::<network::Network>::boxed(),
                Erased::<proxy::Proxy>::boxed(),
                Erased::<run::Run>::boxed(),
                Erased::<secret::Secret>::boxed(),
                Erased::<template::Template>::boxed(),
                Erased::<tenant::Tenant>::boxed(),
                Erased::<terraform::Terraform>::boxed(),
                Erased::<vm::Vm>::boxed(),
                Erased::<zone::Zone>::boxed(),
            ];
            kinds.into_iter().map(|kind| (kind.schema().kind, kind)).collect()
        });
    &ALL
}

/// The kind of this word.
pub fn find(word: &str) -> Option<&'static dyn AnyKind> {
    all().get(word).map(AsRef::as_ref)
}

/// Whether a resource of kind `word` may stand where `wanted` is asked for.
pub fn is(word: &str, wanted: &str) -> bool {
    word == wanted || find(word).is_some_and(|kind| kind.traits().also.contains(&wanted))
}

impl<K: Kind> Erased<K> {
    fn boxed() -> Box<dyn AnyKind> {
        Box::new(Erased::<K> {
            schema: Schema { kind: K::WORD, doc: K::ABOUT, fields: K::fields() },
            traits: Traits {
                first: K::FIRST,
                place: K::PLACE,
                also: K::ALSO,
                facets: K::FACETS,
                one_of: K::ONE_OF,
                holds_data: K::HOLDS_DATA,
                outside: K::OUTSIDE,
                resumes: K::RESUMES,
                readings: K::readings(),
            },
            kind: PhantomData,
        })
    }
}

impl<K: Kind> AnyKind for Erased<K> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn traits(&self) -> &Traits {
        &self.traits
    }

    fn reads(&self, spec: &Value) -> Result<(), String> {
        K::deserialize(spec).map(drop).map_err(|error| error.to_string())
    }

    fn complete(&self, spec: &mut Value, around: &dyn Around) -> (Vec<Objection>, Vec<Problem>) {
        let mut typed: K = typed(spec);
        let objections = typed.complete(around);
        *spec = json(&typed);
        let problems = if objections.is_empty() { typed.review(around) } else { Vec::new() };
        (objections, problems)
    }

    fn class(&self, before: &Value, after: &Value, field: &Field) -> Option<Class> {
        typed::<K>(after).class(&typed(before), field)
    }

    fn create(&self, id: &ObjectId, uid: &str, after: &Value) -> Vec<Step> {
        typed::<K>(after).create(id, uid)
    }

    fn update(
        &self,
        id: &ObjectId,
        uid: &str,
        before: &Value,
        after: &Value,
        changed: &[&str],
    ) -> Vec<Step> {
        typed::<K>(after).update(id, uid, &typed(before), changed)
    }

    fn take_over(
        &self,
        id: &ObjectId,
        uid: &str,
        after: &Value,
        seen: &GuestSeen,
    ) -> Option<Takeover> {
        typed::<K>(after).take_over(id, uid, seen)
    }

    fn delete(&self, id: &ObjectId, before: &Value) -> Vec<Step> {
        typed::<K>(before).delete(id)
    }

    fn mark(&self, id: &ObjectId, uid: &str, spec: &Value) -> Vec<Step> {
        typed::<K>(spec).mark(id, uid)
    }

    fn look(&self, id: &ObjectId, spec: &Value) -> Option<Question> {
        typed::<K>(spec).look(id)
    }

    fn claims(&self, spec: &Value) -> Vec<String> {
        typed::<K>(spec).claims()
    }

    fn found(&self, memory: Memory<'_>, spec: &Value, answer: &Answer) -> Found {
        typed::<K>(spec).found(memory, answer)
    }
}

fn typed<K: Kind>(spec: &Value) -> K {
    K::deserialize(spec)
        .expect("specs are checked where they enter: by the lowering, and by whoever reads a state")
}

/// Absent fields are left out, so that a spec is as short as what was written.
fn json<K: Kind>(spec: &K) -> Value {
    Value::without_nulls(spec).expect("a spec is JSON")
}
