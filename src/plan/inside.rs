//! Plans inside of a plan: what Terraform is to be asked, and what its answers say of the plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kinds::{self, Found};
use crate::model::{Address, Effect, InnerAction, InnerChange, Late, Module, ModuleSeen, ObjectId};
use crate::model::{Piece, Ref, Text, Value};
use crate::plan::choose::Draft;
use crate::plan::impact::of_class;
use crate::plan::secrets::Renewed;
use crate::plan::{Blocked, Change, Inputs, Seen};
use crate::problem::terraform as problem;
use crate::schema::Class;
use crate::state::{State, Verb};

/// The kind that plans for itself.
const KIND: &str = "terraform";

/// What Terraform would do with one object, as a part of our plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// Which object.
    pub id: ObjectId,
    /// What Terraform would change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<InnerChange>,
    /// Why Terraform can plan only while this plan is applied, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<String>,
}

/// What was asked about a module, and what came back.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleAnswer {
    /// What was asked: the answer is about nothing else.
    pub asked: Module,
    /// The answer, or why there is none.
    pub said: Result<ModuleSeen, String>,
}

/// What can be asked about a module.
enum Ask {
    /// This.
    Now(Box<Module>),
    /// Nothing: a variable waits for this.
    Later(String),
}

/// What Terraform is to be asked now; once it has answered, there may be more.
pub fn questions(inputs: Inputs<'_>) -> Vec<Module> {
    let desired = inputs.desired.resources.keys();
    let mut all = desired.chain(inputs.state.records.keys().map(|id| &id.address));
    if !all.any(|address| address.kind() == KIND) {
        return Vec::new();
    }
    let draft = super::drafted(inputs);
    let open = asks(inputs, &draft).into_iter().filter_map(|(id, ask)| match ask {
        Ask::Now(module) => {
            let answer = inputs.seen.modules.get(&id);
            answer.is_none_or(|it| it.asked != *module).then_some(*module)
        }
        Ask::Later(_) => None,
    });
    open.collect()
}

impl Seen {
    /// Notes what Terraform has answered. What it would change although it is asked for the same
    /// as before was changed outside.
    pub fn answered(&mut self, state: &State, asked: Module, said: Result<ModuleSeen, String>) {
        let id = asked.object.clone();
        let found = match (&said, state.records.get(&id)) {
            (Err(_), _) => Some(Found::Unseen),
            (Ok(_), None) => None,
            (Ok(seen), Some(record)) => {
                let before = kinds::module(&id, &record.intent.spec).map(|module| {
                    let fill = |piece: &Piece| match piece {
                        Piece::Late { late, .. } => state.text_of(late, piece),
                        Piece::Literal(_)
                        | Piece::Secret { .. }
                        | Piece::Revealed { .. }
                        | Piece::Project { .. } => None,
                    };
                    Module { vars: module.vars.filled(fill), ..module }
                });
                let same = before.is_some_and(|before| is_same_work(&before, &asked));
                let differs = seen.changes.iter().filter(|_| same && !asked.destroys);
                let differs = differs.filter(|it| it.action != InnerAction::Read).map(|it| {
                    let what = format!("Terraform would {} it", it.action.word());
                    (super::difference::escaped(&it.address), Value::from(what))
                });
                Some(Found::Ours(differs.collect()))
            }
        };
        self.objects.extend(found.map(|found| (id.clone(), found)));
        self.modules.insert(id, ModuleAnswer { asked, said });
    }

    /// What an output of a module will be, as far as that is known.
    fn output(&self, late: &Late) -> Option<Value> {
        let answer = self.modules.iter().rev().find(|(id, answer)| {
            !answer.asked.destroys
                && match &late.of {
                    Ref::Object(of) => *id == of,
                    Ref::Address(address) => id.address == *address,
                }
        });
        answer?.1.said.as_ref().ok()?.outputs.get(&late.what).cloned()
    }
}

/// Whether two of them ask Terraform for the same.
fn is_same_work(one: &Module, other: &Module) -> bool {
    let work = |it: &Module| {
        let outputs: Vec<String> = it.outputs.keys().cloned().collect();
        (it.source.clone(), it.workspace.clone(), it.targets.clone(), outputs, it.digest.clone())
    };
    work(one) == work(other) && one.vars == other.vars
}

/// The decided spec of a module with its outputs beside its fields: whoever reads one gets its
/// value, as far as it is known.
pub fn with_outputs(seen: &Seen, id: &ObjectId, spec: &Value) -> Value {
    let mut spec = spec.clone();
    let answer = seen.modules.get(id).and_then(|answer| answer.said.as_ref().ok());
    let declared = spec["outputs"].as_object().map(|all| all.keys().map(str::to_owned).collect());
    let declared: Vec<String> = declared.unwrap_or_default();
    for name in declared {
        let value = answer.and_then(|seen| seen.outputs.get(&name)).cloned();
        // A field of this name is not what is read.
        spec.set(&name, value.unwrap_or(Value::Null));
    }
    spec
}

/// What can be asked about every module that stays or goes.
fn asks(inputs: Inputs<'_>, draft: &Draft) -> Vec<(ObjectId, Ask)> {
    let stay = draft.modules.iter().filter_map(|(address, spec)| {
        let id = draft.chosen.get(address)?;
        Some((id.clone(), kinds::module(id, spec)?))
    });
    let go = draft.changes.iter().filter(|it| it.verb == Verb::Delete && is_module(&it.id));
    let go = go.filter_map(|change| {
        let module = kinds::module(&change.id, &change.intent.spec)?;
        Some((change.id.clone(), Module { destroys: true, ..module }))
    });
    let all = stay.chain(go);
    all.map(|(id, module)| (id, ask(inputs, draft, module))).collect()
}

fn is_module(id: &ObjectId) -> bool {
    id.address.kind() == KIND
}

/// The question, with every value put in that is not secret.
fn ask(inputs: Inputs<'_>, draft: &Draft, module: Module) -> Ask {
    let mut later = None;
    let vars = module.vars.filled(|piece| match piece {
        Piece::Late { late, .. } => {
            let value = match module.destroys {
                // What is to go was made with what is known now.
                true => inputs.state.text_of(late, piece),
                false => settled(inputs, draft, late, piece),
            };
            if value.is_none() {
                later = Some(format!("`{}` of `{}`", late.what, late.of.address()));
            }
            value
        }
        Piece::Secret { secret, .. } | Piece::Revealed { revealed: secret, .. } => {
            if !module.destroys && is_made_first(inputs, draft, secret) {
                later = Some(format!("`{secret}`"));
            }
            None
        }
        Piece::Literal(_) | Piece::Project { .. } => None,
    });
    match later {
        Some(what) => Ask::Later(format!("a variable waits for {what}")),
        None => Ask::Now(Box::new(Module { vars, ..module })),
    }
}

/// A late value that nothing in this plan makes or changes.
fn settled(inputs: Inputs<'_>, draft: &Draft, late: &Late, piece: &Piece) -> Option<String> {
    let of = late.of.address();
    if of.kind() == KIND {
        let value = inputs.seen.output(late)?;
        return match (piece.forms(), value.as_str()) {
            ([crate::model::Form::Json], _) | (_, None) => {
                Some(serde_json::Value::from(&value).to_string())
            }
            (_, Some(text)) => Some(text.to_owned()),
        };
    }
    let moves = |change: &Change| change.id.address == *of && !change.steps.is_empty();
    match draft.changes.iter().any(moves) {
        true => None,
        false => inputs.state.text_of(late, piece),
    }
}

/// Whether a secret gets its value only when the plan is applied.
fn is_made_first(inputs: Inputs<'_>, draft: &Draft, secret: &str) -> bool {
    let renewed = draft.versions.get(secret).is_some_and(|(_, it)| *it == Renewed::Yes);
    let Some(item) = inputs.desired.secrets.get(secret) else { return renewed };
    let kept = inputs.seen.secrets.versions.as_ref();
    let missing = kept.is_some_and(|kept| !kept.contains_key(secret));
    renewed
        || item.source.recipe().is_some() && missing
        || item.source.bases().iter().any(|base| is_made_first(inputs, draft, base))
}

/// Binds the changes to what Terraform has planned, and tells where it could not plan.
pub fn settle(inputs: Inputs<'_>, draft: &mut Draft) -> Vec<Inside> {
    let mut all = Vec::new();
    for (id, ask) in asks(inputs, draft) {
        let change = draft.changes.iter_mut().find(|it| it.id == id && !it.steps.is_empty());
        let answer = inputs.seen.modules.get(&id);
        match (ask, answer, change) {
            (Ask::Now(asked), Some(ModuleAnswer { said: Err(why), .. }), _) => {
                let problem = problem::cannot_plan(&asked.source, why, lock_in(why));
                draft.blocked.push(Blocked::by(&problem, &id.address));
            }
            (Ask::Now(asked), Some(ModuleAnswer { asked: was, said: Ok(seen) }), Some(change))
                if was == &*asked =>
            {
                bind(change, seen);
                all.push(Inside { id, changes: seen.changes.clone(), later: None });
            }
            (Ask::Later(why), _, Some(_)) => {
                all.push(Inside { id, changes: Vec::new(), later: Some(why) });
            }
            (Ask::Now(_) | Ask::Later(_), _, _) => (),
        }
    }
    all
}

/// The lock that a message of Terraform names: `… (lock 1f2e)`.
fn lock_in(why: &str) -> Option<&str> {
    let (_, rest) = why.split_once("(lock ")?;
    Some(rest.split_once(')')?.0)
}

/// The step applies the plan that is shown, and nothing else.
fn bind(change: &mut Change, seen: &ModuleSeen) {
    for step in &mut change.steps {
        if let Effect::Call(call) = &mut step.effect {
            call.body.insert("plan".to_owned(), Text::literal(&*seen.plan));
            if change.verb == Verb::Delete {
                // Its secrets may be gone from the manifest; the plan that is kept has them.
                call.body.remove("vars");
            }
        }
    }
    let destroys =
        |it: &InnerChange| matches!(it.action, InnerAction::Replace | InnerAction::Delete);
    if change.verb == Verb::Update && seen.changes.iter().any(destroys) {
        change.impact = of_class(Class::Replace);
    }
}

/// The decided specs of the modules, by address.
pub type Modules = BTreeMap<Address, Value>;
