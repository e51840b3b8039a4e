//! Decides which object stands for each address, and what it takes to make it so.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::kinds::{self, AnyKind, Found};
use crate::lower::{Intent, OnDrift, Replacing, Resource};
use crate::model::{Address, ObjectId, Ref, Step, Value};
use crate::plan::adopt::{self, Taken};
use crate::plan::allocate::Pools;
use crate::plan::difference::{costs, leaves_of, reason};
use crate::plan::impact::of_class;
use crate::plan::make::patient;
use crate::plan::needs::{needed_first, place};
use crate::plan::resolve::{Specs, each_ref, spec};
use crate::plan::source::{self, Sources};
use crate::plan::{Blocked, Change, Drift, DriftKind, Inputs, Leaf, Outdated, Reason};
use crate::plan::{inside, secrets, snapshot};
use crate::problem::change;
use crate::schema::{Choice, Class};
use crate::state::{Origins, Record, Verb};

/// A plan while it is made.
#[derive(Default)]
pub struct Draft {
    /// The object that stands for each desired address.
    pub chosen: BTreeMap<Address, ObjectId>,
    /// The decided specs.
    pub specs: Specs,
    /// See [`crate::plan::Plan`].
    pub changes: Vec<Change>,
    /// See [`crate::plan::Plan`].
    pub outdated: Vec<Outdated>,
    /// See [`crate::plan::Plan`].
    pub drift: Vec<Drift>,
    /// See [`crate::plan::Plan`].
    pub blocked: Vec<Blocked>,
    /// See [`crate::plan::Plan`].
    pub unchanged: usize,
    /// What was made under another address than it stands for.
    pub origins: Origins,
    /// What becomes of the generated secrets.
    pub versions: secrets::Versions,
    /// What modules are, without what they tell.
    pub modules: inside::Modules,
}

impl Draft {
    /// The next object of an address.
    pub fn next(&self, inputs: Inputs<'_>, address: &Address, old: Option<&ObjectId>) -> ObjectId {
        self.origins.next(address, old, |name| {
            inputs.state.latest(name).is_some() || inputs.desired.resources.contains_key(name)
        })
    }
}

/// Goes through everything desired, what is needed first.
pub fn draft(inputs: Inputs<'_>) -> Draft {
    let (origins, versions) = (inputs.state.origins(), secrets::versions(inputs));
    let mut draft = Draft { origins, versions, ..Draft::default() };
    let (mut pools, sources) = (Pools::new(inputs), Sources::new(inputs));
    for address in needed_first(inputs) {
        decide(inputs, (&mut pools, &sources), &mut draft, address);
    }
    draft
}

fn decide<'a>(
    inputs: Inputs<'a>,
    (pools, sources): (&mut Pools<'a>, &Sources<'a>),
    draft: &mut Draft,
    address: &'a Address,
) {
    let resource = &inputs.desired.resources[address];
    let kind = kinds::find(address.kind()).expect("the lowering checks kinds");
    let latest = inputs.state.latest(address);
    let placed = latest.map(|(id, record)| placed(inputs, kind, id, record));
    let latest = latest.map(|(id, _)| id).zip(placed.as_deref());
    let taken = match latest {
        Some(_) => None,
        None => match adopt::taken(inputs, draft, address) {
            Ok(taken) => taken,
            Err(blocked) => return draft.blocked.push(blocked),
        },
    };
    let mut wanted = spec(&resource.intent.spec, &draft.chosen, &draft.specs);
    let kept = latest.map(|(_, record)| &newest(record).spec);
    let taken_over = taken.as_ref().map(Taken::decided);
    let lost = latest.is_some_and(|(id, record)| {
        record.half_made() && matches!(inputs.seen.objects.get(id), Some(Found::Foreign(_)))
    });
    let before = taken_over.as_ref().or(kept).filter(|_| !lost);
    let exists = latest.is_some_and(|(id, _)| {
        !matches!(inputs.seen.objects.get(id), Some(Found::Nothing | Found::Foreign(_)))
    });
    if let Err(blocked) = source::choose(sources, address, &mut wanted, before) {
        draft.blocked.push(blocked);
        return;
    }
    if let Err(blocked) = pools.fill(address, &mut wanted, before, exists) {
        draft.blocked.push(blocked);
        return;
    }
    secrets::number(address, &draft.versions, &mut wanted);
    let recorded = latest.map(|(_, record)| &record.intent);
    let after = resource.intent.after.iter().filter_map(|it| draft.chosen.get(it.address()));
    let intent = Intent {
        fingerprints: secrets::fingerprints(inputs, &draft.versions, recorded, &wanted),
        spec: wanted,
        after: after.cloned().map(Ref::Object).chain(facet_edges(draft, inputs, address)).collect(),
        lifecycle: resource.intent.lifecycle.clone(),
    };
    let here = Here { inputs, kind, address, resource };
    let id = match (latest, taken) {
        (Some((id, record)), _) => here.again(pools, draft, id, record, intent),
        (None, Some(taken)) => here.adopt(draft, taken, intent),
        (None, None) => {
            let id = draft.next(inputs, address, None);
            here.create(draft, id, None, intent, Reason::Edited { at: here.at() })
        }
    };
    if address.kind() == "terraform"
        && let Some(spec) = draft.specs.remove(address)
    {
        let told = inside::with_outputs(inputs.seen, &id, &spec);
        draft.specs.insert(address.clone(), told);
        draft.modules.insert(address.clone(), spec);
    }
    draft.chosen.insert(address.clone(), id);
}

/// A record with the place where its object was found: a node is where something is, and nothing
/// of what it is. Whoever moved it, it is the same.
fn placed<'a>(
    inputs: Inputs<'_>,
    kind: &dyn AnyKind,
    id: &ObjectId,
    record: &'a Record,
) -> Cow<'a, Record> {
    let mut record = Cow::Borrowed(record);
    if let Some(Found::Ours(differs)) = inputs.seen.objects.get(id) {
        for field in kind.schema().fields.iter().filter(|it| it.choice == Some(Choice::Node)) {
            if let Some(seen) = differs.get(field.name) {
                record.to_mut().intent.spec.set(field.name, seen.clone());
            }
        }
    }
    record
}

/// The place of a facet in the order, as edges that the state remembers.
fn facet_edges(draft: &Draft, inputs: Inputs<'_>, address: &Address) -> Vec<Ref> {
    let mut edges = Vec::new();
    if let (Some(parent), kinds::Place::AfterOwner) = (address.parent(), place(address)) {
        edges.extend(draft.chosen.get(&parent).cloned().map(Ref::Object));
    }
    let has_facets = kinds::find(address.kind()).is_some_and(|it| !it.traits().facets.is_empty());
    if has_facets {
        let first = Address::new(Some(address), "", "", None);
        let prefix = format!("{address}/");
        let below = inputs.desired.resources.range(first..);
        let below = below.take_while(|(it, _)| it.as_str().starts_with(&prefix));
        let before = below.map(|(it, _)| it).filter(|it| {
            place(it) == kinds::Place::BeforeOwner && it.parent().as_ref() == Some(address)
        });
        edges.extend(before.filter_map(|it| draft.chosen.get(it)).cloned().map(Ref::Object));
    }
    edges
}

/// What the object is, or was about to be when it was last heard of.
fn newest(record: &Record) -> &Intent {
    record.begun.last().map_or(&record.intent, |(_, intent)| intent)
}

/// One resource and where it is decided.
pub struct Here<'a> {
    /// Everything the plan follows from.
    pub inputs: Inputs<'a>,
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// Its address.
    pub address: &'a Address,
    /// What is desired.
    pub resource: &'a Resource,
}

impl Here<'_> {
    /// The object that takes the place of another.
    pub(super) fn next(&self, draft: &Draft, old: &ObjectId) -> ObjectId {
        draft.next(self.inputs, self.address, Some(old))
    }

    fn at(&self) -> String {
        (self.inputs.place)(self.resource.span)
    }

    /// Decides about an address that has an object.
    fn again(
        &self,
        pools: &mut Pools<'_>,
        draft: &mut Draft,
        id: &ObjectId,
        record: &Record,
        intent: Intent,
    ) -> ObjectId {
        let found = self.inputs.seen.objects.get(id);
        if let (Some(Found::Foreign(what)), false) = (found, record.half_made()) {
            return self.not_ours(draft, id, record, what);
        }
        let resumes = self.kind.traits().resumes;
        if record.half_made() {
            let before = &newest(record).spec;
            let costs = costs(self.kind, before, &mut intent.spec.clone()).0;
            if resumes && !costs.iter().any(|(_, class)| *class == Class::Replace) {
                let uid = Some(record.uid.clone());
                return self.create(draft, id.clone(), uid, intent, Reason::Interrupted);
            }
            let nothing_there = matches!(found, None | Some(Found::Nothing));
            let next = |draft: &Draft| self.next(draft, id);
            return match nothing_there && newest(record).spec == intent.spec {
                // Nothing came of it: the same object is made, under the same mark.
                true => {
                    let uid = Some(record.uid.clone());
                    self.create(draft, id.clone(), uid, intent, Reason::Interrupted)
                }
                // One object is never looked for in two places.
                false => {
                    let id = next(draft);
                    self.create(draft, id, None, intent, Reason::Interrupted)
                }
            };
        }
        if matches!(found, Some(Found::Nothing | Found::Foreign(_))) {
            draft.drift.push(Drift {
                address: self.address.clone(),
                what: DriftKind::Missing,
                why: None,
                leaves: Vec::new(),
                mended: true,
            });
            let id = self.next(draft, id);
            return self.create(draft, id, None, intent, Reason::Gone);
        }
        if !resumes && record.begun.iter().any(|(verb, _)| *verb == Verb::Delete) {
            let id = self.next(draft, id);
            return self.create(draft, id, None, intent, Reason::Interrupted);
        }
        self.compare(pools, draft, id, record, intent)
    }

    /// Its place is taken by something without our mark: nothing is done until that is settled.
    fn not_ours(&self, draft: &mut Draft, id: &ObjectId, record: &Record, what: &str) -> ObjectId {
        draft.specs.insert(self.address.clone(), record.intent.spec.clone());
        let problem = change::without_mark(what, &id.to_string());
        draft.blocked.push(Blocked::by(&problem, self.address));
        id.clone()
    }

    /// Decides about an object that is there.
    fn compare(
        &self,
        pools: &mut Pools<'_>,
        draft: &mut Draft,
        id: &ObjectId,
        record: &Record,
        mut intent: Intent,
    ) -> ObjectId {
        let before = &record.intent;
        let (differ, kept) = costs(self.kind, &before.spec, &mut intent.spec);
        if kept.contains(&"template_version") {
            self.outdated(draft, before);
        }
        let mut changed: BTreeMap<String, Class> =
            differ.iter().map(|(name, class)| ((*name).to_owned(), *class)).collect();
        let mut leaves = self.leaves(before, &intent, &changed);
        for (_, other) in &record.begun {
            for (name, class) in costs(self.kind, &other.spec, &mut intent.spec.clone()).0 {
                changed.entry(name.to_owned()).or_insert(class);
            }
        }
        self.drift(draft, id, before, &mut changed, &mut leaves);
        if let Some(leaf) = self.made_from(before, &intent) {
            changed.insert(leaf.path.clone(), Class::Replace);
            leaves.push(leaf);
        }
        let (around, here) = ((self.inputs, &draft.versions), (self.kind, record, &intent.spec));
        secrets::add_rotated(around, here, &mut changed, &mut leaves);
        if changed.values().max() == Some(&Class::Replace) {
            let forcing = leaves.iter().find(|leaf| leaf.class == Class::Replace);
            if intent.lifecycle.replace == Replacing::Never {
                let forcing = forcing.map(|leaf| leaf.path.as_str());
                let problem = change::never_replaced(self.address.as_str(), forcing);
                draft.blocked.push(Blocked::by(&problem, self.address));
                draft.specs.insert(self.address.clone(), before.spec.clone());
                return id.clone();
            }
            let because = forcing.map_or(Reason::Interrupted, |leaf| leaf.because.clone());
            return self.replace(pools, draft, id, intent, leaves, because);
        }
        let same = changed.is_empty() && record.begun.is_empty() && record.moved_from.is_none();
        draft.specs.insert(self.address.clone(), intent.spec.clone());
        if same && before.after == intent.after && before.lifecycle == intent.lifecycle {
            draft.unchanged += 1;
        } else {
            let mut change = self.update(id, record, intent, &changed, leaves);
            snapshot::add(&mut change);
            draft.changes.push(change);
        }
        id.clone()
    }

    /// The values that it was made from, if others are written now.
    fn made_from(&self, before: &Intent, intent: &Intent) -> Option<Leaf> {
        let (old, new) = (&before.lifecycle.replace_on, &intent.lifecycle.replace_on);
        // Whoever begins or ends to name such values replaces nothing.
        let differ = !old.is_empty() && !new.is_empty() && old != new;
        differ.then(|| Leaf {
            path: "lifecycle/replace_on".to_owned(),
            before: Some(old.iter().cloned().collect()),
            after: Some(new.iter().cloned().collect()),
            class: Class::Replace,
            because: Reason::Edited { at: self.at() },
        })
    }

    /// What was changed outside joins what is to be changed, if it is to be mended.
    fn drift(
        &self,
        draft: &mut Draft,
        id: &ObjectId,
        before: &Intent,
        changed: &mut BTreeMap<String, Class>,
        leaves: &mut Vec<Leaf>,
    ) {
        let address = self.address.clone();
        let drifted = self.drifted(id, before, changed);
        if !drifted.is_empty() {
            let mended = before.lifecycle.drift == OnDrift::Fix;
            let what = DriftKind::Changed;
            let differs = drifted.clone();
            draft.drift.push(Drift { address, what, why: None, leaves: differs, mended });
            if mended {
                leaves.retain(|leaf| !drifted.iter().any(|it| it.path == leaf.path));
                leaves.extend(drifted);
            }
        } else if self.inputs.seen.objects.get(id) == Some(&Found::Unseen) {
            let (what, leaves) = (DriftKind::Unseen, Vec::new());
            let why = self.inputs.seen.unseen.get(id).cloned();
            draft.drift.push(Drift { address, what, why, leaves, mended: false });
        }
    }

    /// The change that makes an object as it is intended, in place.
    fn update(
        &self,
        id: &ObjectId,
        record: &Record,
        intent: Intent,
        changed: &BTreeMap<String, Class>,
        leaves: Vec<Leaf>,
    ) -> Change {
        let names: Vec<&str> = changed.keys().map(String::as_str).collect();
        let quiet = changed.values().all(|class| *class == Class::Note) && record.begun.is_empty();
        let steps = match quiet {
            true => Vec::new(),
            false => patient(self.resent(id, record, &intent.spec, &names), &intent.lifecycle),
        };
        let moved_from = record.moved_from.clone();
        let mark = moved_from.iter().flat_map(|_| self.kind.mark(id, &record.uid, &intent.spec));
        let steps = mark.chain(steps).collect();
        let because = match leaves.first() {
            Some(leaf) => leaf.because.clone(),
            None if let Some(from) = &moved_from => Reason::Moved { from: from.clone() },
            None if record.begun.is_empty() => Reason::Edited { at: self.at() },
            None => Reason::Interrupted,
        };
        Change {
            id: id.clone(),
            verb: Verb::Update,
            uid: record.uid.clone(),
            replaces: None,
            moved_from,
            intent,
            after: Vec::new(),
            steps,
            undo: Vec::new(),
            limit_secs: None,
            leaves,
            because,
            impact: of_class(changed.values().max().copied().unwrap_or(Class::Note)),
        }
    }

    /// The steps to a spec from whatever the object may be by now.
    fn resent(&self, id: &ObjectId, record: &Record, after: &Value, names: &[&str]) -> Vec<Step> {
        let from = |before: &Value| self.kind.update(id, &record.uid, before, after, names);
        let mut steps = from(&record.intent.spec);
        // A change that began may have left parts of its own: they go first.
        for (_, other) in &record.begun {
            let more = from(&other.spec).into_iter().filter(|step| !steps.contains(step));
            let more: Vec<Step> = more.collect();
            steps.splice(0..0, more);
        }
        steps
    }

    fn leaves(
        &self,
        before: &Intent,
        intent: &Intent,
        changed: &BTreeMap<String, Class>,
    ) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for (name, class) in changed {
            let (old, new) = (before.spec.get(name), intent.spec.get(name));
            for (path, old, new) in leaves_of(name, old, new) {
                let known = template_reason(name, before, intent)
                    .or_else(|| secrets::version_reason(self.inputs, self.address, name));
                let because = match known {
                    Some(reason) => reason,
                    None => reason(
                        self.inputs,
                        self.kind,
                        self.resource,
                        &path,
                        old.as_ref(),
                        new.as_ref(),
                    ),
                };
                leaves.push(Leaf { path, before: old, after: new, class: *class, because });
            }
        }
        leaves
    }

    /// The fields that were changed outside; those that are to be mended join `changed`.
    fn drifted(
        &self,
        id: &ObjectId,
        before: &Intent,
        changed: &mut BTreeMap<String, Class>,
    ) -> Vec<Leaf> {
        let Some(Found::Ours(differs)) = self.inputs.seen.objects.get(id) else {
            return Vec::new();
        };
        let lifecycle = &before.lifecycle;
        if lifecycle.drift == OnDrift::Ignore {
            return Vec::new();
        }
        let mut leaves = Vec::new();
        for (name, seen) in differs {
            let field = self.kind.schema().field(name);
            let is_place = field.is_some_and(|field| field.choice == Some(Choice::Node));
            if lifecycle.ignore.contains(name) || is_place && !changed.contains_key(name) {
                continue;
            }
            let mut was = before.spec.clone();
            was.set(name, seen.clone());
            let class = field
                .map_or(Some(Class::Redeploy), |field| self.kind.class(&was, &before.spec, field));
            let class = class.unwrap_or(Class::Note);
            if lifecycle.drift == OnDrift::Fix {
                let cost = changed.entry(name.clone()).or_insert(class);
                *cost = (*cost).max(class);
            }
            let wanted = match field {
                Some(_) if is_place => self.resource.intent.spec.get(name).cloned(),
                Some(_) => before.spec.get(name).cloned(),
                None => Some(Value::from("as it was made")),
            };
            let (path, because) = (name.clone(), Reason::Drift);
            leaves.push(Leaf { path, before: Some(seen.clone()), after: wanted, class, because });
        }
        leaves
    }

    fn outdated(&self, draft: &mut Draft, before: &Intent) {
        let mut template = None;
        each_ref(&before.spec["template"], &mut |it| template = Some(it.address().clone()));
        let version = |spec: &Value| spec["template_version"].as_str().map(str::to_owned);
        let from = version(&before.spec);
        let to = template.as_ref().and_then(|it| self.inputs.desired.templates.get(it)).cloned();
        if let (Some(template), Some(from), Some(to)) = (template, from, to) {
            draft.outdated.push(Outdated { address: self.address.clone(), template, from, to });
        }
    }
}

fn template_reason(name: &str, before: &Intent, intent: &Intent) -> Option<Reason> {
    if name != "template_version" {
        return None;
    }
    let mut template = None;
    each_ref(&intent.spec["template"], &mut |it| template = Some(it.address().clone()));
    let version = |intent: &Intent| intent.spec["template_version"].as_str().map(str::to_owned);
    let (from, to) = (version(before)?, version(intent)?);
    Some(Reason::Template { address: template?, from, to })
}
