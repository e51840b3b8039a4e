//! Shared by `container` and `vm`: what Proxmox is told about a guest, and what it tells back.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kinds::guest_parts::Source;
use crate::kinds::variables::{self, Reader};
use crate::kinds::{Found, Memory, Objection};
use crate::legible::visible;
use crate::model::script;
use crate::model::{Answer, Call, Condition, Effect, Form, GuestKind, GuestSeen, Late, Mark};
use crate::model::{Method, ObjectId, Ref, Size, Step, Target, Text, Value, Wait, exports, quoted};
use crate::schema::{Type, object};

object! {
    /// Somebody who may log in.
    User {
        /// Public keys.
        keys: Vec<String>, Live, default "[]";
        /// May become root.
        sudo: bool, Live, default "false";
        /// Password.
        password: Option<Text>, Live, optional;
    }
}

object! {
    /// The owner's own scripts, kept apart from the template's.
    Provision {
        /// Scripts that run after the template's, in order.
        scripts: Vec<String>, Live, default "[]", is Type::List(std::sync::Arc::new(Type::Path));
        /// Their variables.
        env: BTreeMap<String, Text>, Live, default "{}";
        /// When they run again.
        rerun: String, Note, default "\"change\"", is Type::OneOf(&["never", "change", "always"]);
        /// The text of all of them.
        content: Option<Text>, Live, computed;
    }
}

impl Provision {
    /// Takes the text of its scripts.
    pub fn complete(&mut self, read: impl Fn(&str) -> Result<String, String>) -> Vec<Objection> {
        let mut content = Text::default();
        for path in &self.scripts {
            match read(path) {
                Ok(text) => content.push_str(&format!("# {}\n{text}\n", visible(path))),
                Err(message) => {
                    let help = "paths start at the folder of the manifest".to_owned();
                    return vec![Objection { field: "provision/scripts".into(), message, help }];
                }
            }
        }
        self.content = Some(content).filter(|content| !content.pieces().is_empty());
        variables::objections("provision/env", &self.env, Reader::Shell)
    }

    fn script(&self) -> Option<Text> {
        let mut out = Text::literal("set -eu\n");
        out.push(&exports(&self.env));
        out.push(self.content.as_ref()?);
        Some(out)
    }
}

/// What a guest needs to be told apart from others.
#[derive(Clone, Copy, Debug)]
pub struct Guest<'a> {
    /// Which object.
    pub id: &'a ObjectId,
    /// Its cluster.
    pub cluster: &'a Ref,
    /// Its node.
    pub node: &'a str,
    /// Its number.
    pub vmid: u32,
    /// `lxc` or `qemu`.
    pub api: &'static str,
}

/// How a guest is made as a copy of another one.
#[derive(Clone, Copy, Debug)]
pub struct Copy<'a> {
    /// Which one.
    pub source: &'a Source,
    /// Which making of it.
    pub uid: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The resource pool that it joins.
    pub pool: Option<&'a str>,
    /// It shares disks with its source.
    pub linked: bool,
    /// Where its own disks are.
    pub storage: &'a str,
}

impl Guest<'_> {
    /// A call below the guest's own path.
    pub fn call(&self, method: Method, below: &str, body: BTreeMap<String, Text>) -> Step {
        let path = format!("/nodes/{}/{}/{}{below}", self.node, self.api, self.vmid);
        let on = Target::Cluster(self.cluster.clone());
        Step { on, effect: Effect::Call(Call { method, path, body }) }
    }

    /// The call that makes it.
    pub fn make(&self, uid: &str, config: BTreeMap<String, Text>) -> Step {
        let mut body = config;
        body.insert("vmid".to_owned(), self.vmid.to_string().into());
        body.insert("description".to_owned(), Mark::text(self.vmid, self.id, uid));
        let path = format!("/nodes/{}/{}", self.node, self.api);
        let on = Target::Cluster(self.cluster.clone());
        Step { on, effect: Effect::Call(Call { method: Method::Post, path, body }) }
    }

    /// The calls that make it as a copy of another guest. Its mark is there from the beginning,
    /// or it would carry the one of what it is copied from.
    pub fn copy(&self, copy: &Copy<'_>) -> Vec<Step> {
        let Copy { source, linked, .. } = *copy;
        let away = source.node != self.node;
        let name = if self.api == "lxc" { "hostname" } else { "name" };
        let mut body = body_of([
            ("newid", self.vmid.to_string()),
            (name, copy.name.to_owned()),
            ("full", u8::from(!linked).to_string()),
        ]);
        body.insert("description".to_owned(), Mark::text(self.vmid, self.id, copy.uid));
        body.extend(copy.pool.map(|pool| ("pool".to_owned(), pool.into())));
        // Disks that are shared are where they are; others are copied near the source, and then
        // taken along.
        match (linked, away) {
            (true, true) => drop(body.insert("target".to_owned(), self.node.into())),
            (true, false) => (),
            (false, _) => {
                let storage = (!away).then(|| ("storage".to_owned(), copy.storage.into()));
                body.extend(storage);
            }
        }
        let path = format!("/nodes/{}/{}/{}/clone", source.node, self.api, source.id);
        let on = Target::Cluster(self.cluster.clone());
        let effect = Effect::Call(Call { method: Method::Post, path, body });
        let mut steps = vec![Step { on, effect }];
        if away && !linked {
            let key = if self.api == "lxc" { "target-storage" } else { "targetstorage" };
            let body = [("target", self.node.to_owned()), (key, copy.storage.to_owned())];
            let there = Guest { node: &source.node, ..*self };
            steps.push(there.call(Method::Post, "/migrate", body_of(body)));
        }
        steps
    }

    /// Writes anew whose it is.
    pub fn mark(&self, uid: &str) -> Step {
        let description = Mark::text(self.vmid, self.id, uid);
        let body = [("description".to_owned(), description)];
        self.call(Method::Put, "/config", body.into())
    }

    /// `start`, `shutdown`, `reboot`.
    pub fn status(&self, word: &str) -> Step {
        let body = match word {
            // What does not end by itself is ended.
            "shutdown" => body_of([("timeout", "60".to_owned()), ("forceStop", "1".to_owned())]),
            _ => BTreeMap::new(),
        };
        self.call(Method::Post, &format!("/status/{word}"), body)
    }

    /// Grows a disk.
    pub fn resize(&self, disk: &str, size: Size) -> Step {
        let body = [("disk", disk.to_owned()), ("size", format!("{}G", size.gib()))];
        self.call(Method::Put, "/resize", body_of(body))
    }

    /// Waits until it takes commands.
    pub fn ready(&self) -> Step {
        self.inside(Effect::Wait(Wait { until: Condition::Ready, within_secs: 300 }))
    }

    /// The template's script, taken from the template's own record when it runs.
    pub fn template(&self, template: &Value) -> Option<Step> {
        let of = template.read::<Ref>().ok()?;
        let text = Text::late(Late { of, what: "script".to_owned() });
        Some(self.inside(script(text)))
    }

    /// The owner's scripts.
    pub fn provision(&self, provision: Option<&Provision>) -> Option<Step> {
        provision.and_then(Provision::script).map(|text| self.inside(script(text)))
    }

    /// Who may log in.
    pub fn users(&self, users: &BTreeMap<String, User>, timezone: Option<&str>) -> Option<Step> {
        if users.is_empty() && timezone.is_none() {
            return None;
        }
        let mut out = Text::literal("set -eu\n");
        if let Some(zone) = timezone {
            let zone = quoted(&format!("/usr/share/zoneinfo/{zone}"));
            out.push_str(&format!("ln -sf {zone} /etc/localtime\n"));
        }
        for (name, user) in users {
            out.push_str(&format!(
                "id {name} >/dev/null 2>&1 || useradd -m -s /bin/sh {name}\n\
                 install -d -m 700 -o {name} ~{name}/.ssh\n\
                 printf '%s\\n' {} > ~{name}/.ssh/authorized_keys\n\
                 chown {name} ~{name}/.ssh/authorized_keys\n",
                quoted(&user.keys.join("\n")),
            ));
            if user.sudo {
                let line = format!("{name} ALL=(ALL) NOPASSWD:ALL");
                // A file with a dot in its name would not be read.
                let file = name.replace('.', "%2e");
                out.push_str(&format!("echo '{line}' > /etc/sudoers.d/paas-{file}\n"));
            }
            if let Some(password) = &user.password {
                out.push(&told_password(name, password));
            }
        }
        Some(self.inside(script(out)))
    }

    /// The steps that remove it; one that Proxmox protects is let go first.
    pub fn delete(&self, is_protected: bool) -> Vec<Step> {
        let released = body_of([("protection", "0".to_owned())]);
        let released = is_protected.then(|| self.call(Method::Put, "/config", released));
        // Jobs and rules that name it go too, or they would speak of whoever gets its number.
        let gone = self.call(Method::Delete, "", body_of([("purge", "1".to_owned())]));
        released.into_iter().chain([self.status("stop"), gone]).collect()
    }

    /// The call that makes its resource pool, which may be there already.
    pub fn pool(&self, name: &str) -> Step {
        let body = body_of([("poolid", name.to_owned())]);
        let call = Call { method: Method::Post, path: "/pools".to_owned(), body };
        Step { on: Target::Cluster(self.cluster.clone()), effect: Effect::Call(call) }
    }

    /// The call from one configuration to another; `again` says what is sent although it agrees.
    pub fn configure(
        &self,
        old: &BTreeMap<String, Text>,
        new: &BTreeMap<String, Text>,
        again: impl Fn(&str) -> bool,
    ) -> Option<Step> {
        let mut config: BTreeMap<String, Text> = new
            .iter()
            .filter(|(name, value)| old.get(*name) != Some(*value) || again(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let gone: Vec<&str> =
            old.keys().filter(|name| !new.contains_key(*name)).map(String::as_str).collect();
        if !gone.is_empty() {
            config.extend(body_of([("delete", gone.join(","))]));
        }
        (!config.is_empty()).then(|| self.call(Method::Put, "/config", config))
    }

    /// Lets these keys in as root, and no longer those that were let in before.
    pub fn keys(&self, before: &[String], after: &[String]) -> Step {
        let mut out = String::from(
            "set -eu\ninstall -d -m 700 /root/.ssh\ncd /root/.ssh\ntouch authorized_keys\n",
        );
        let known: Vec<String> =
            before.iter().chain(after).map(|key| format!("-e {}", quoted(key))).collect();
        out.push_str(&format!("{{ grep -vxF {} authorized_keys || true; ", known.join(" ")));
        for key in after {
            out.push_str(&format!("printf '%s\\n' {}; ", quoted(key)));
        }
        out.push_str("} > keys.new\nchmod 600 keys.new\nmv keys.new authorized_keys\n");
        self.inside(script(out))
    }

    /// Sets somebody's password.
    pub fn password(&self, user: &str, password: &Text) -> Step {
        let mut out = Text::literal("set -eu\n");
        out.push(&told_password(user, password));
        self.inside(script(out))
    }

    /// The guest, if it is ours, and why not otherwise.
    pub fn seen<'a>(&self, memory: Memory<'_>, answer: &'a Answer) -> Result<&'a GuestSeen, Found> {
        let Answer::Cluster(cluster) = answer else { return Err(Found::Unseen) };
        let kind = if self.api == "lxc" { GuestKind::Container } else { GuestKind::Machine };
        let at = cluster.guests.binary_search_by_key(&self.vmid, |guest| guest.vmid);
        let Some(guest) = at.ok().map(|at| &cluster.guests[at]) else { return Err(Found::Nothing) };
        let ours = guest.mark.as_ref().is_some_and(|mark| {
            let known = memory.uid.is_empty() || mark.uid == memory.uid;
            mark.project == memory.lineage
                && mark.vmid == guest.vmid
                && mark.object.origin() == memory.id.origin()
                && known
        });
        match ours && guest.kind == kind {
            true => Ok(guest),
            false => {
                let name = guest.config.get("hostname").or_else(|| guest.config.get("name"));
                let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
                Err(Found::Foreign(format!("guest {}{name}", guest.vmid)))
            }
        }
    }

    fn inside(&self, effect: Effect) -> Step {
        Step { on: Target::Machine(Ref::Object(self.id.clone())), effect }
    }
}

/// A line for the program that sets passwords; the name before it is never the line's end.
fn told_password(user: &str, password: &Text) -> Text {
    let mut out = Text::literal(format!("chpasswd <<'END'\n{user}:"));
    out.push(&password.quoted(Form::Line));
    out.push_str("\nEND\n");
    out
}

/// Users that no machine can have: names and passwords are told to programs in lines.
pub fn bad_users(users: &BTreeMap<String, User>) -> Vec<Objection> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_user =
        |name: &str| name.starts_with(first) && name.chars().all(rest) && name.len() <= 32;
    let each = users.iter().flat_map(|(name, user)| {
        let field = format!("users/{}", name.replace('~', "~0").replace('/', "~1"));
        let named = (!is_user(name)).then(|| Objection {
            field: field.clone(),
            message: format!("`{}` is no name of a user", visible(name)),
            help: "write at most 32 letters, digits, `_`, `-` and `.`, and a letter first".into(),
        });
        let password = user.password.as_ref();
        let field = format!("{field}/password");
        named.or_else(|| variables::unwritable(&field, password?, Form::Line))
    });
    each.collect()
}

/// Parameters of a call.
pub fn body_of<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, Text> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// A field as it stands in a spec.
pub fn value<T: Serialize>(field: &T) -> Value {
    Value::of(field).expect("fields are JSON")
}

/// The fields in which what is seen differs from what was made: field, made, seen.
pub fn differing<const N: usize>(
    pairs: [(&str, Value, Option<Value>); N],
) -> BTreeMap<String, Value> {
    let differs = |(name, made, seen): (&str, Value, Option<Value>)| {
        seen.filter(|seen| *seen != made).map(|seen| (name.to_owned(), seen))
    };
    pairs.into_iter().filter_map(differs).collect()
}

/// An amount of memory as Proxmox writes it, as a field's value.
pub fn mib(text: Option<&String>) -> Option<Value> {
    text?.parse().ok().map(|mib| Size::from_mib(mib).0.into())
}

/// The size in `local-lvm:vm-100-disk-0,size=8G` or `local-lvm:8`, as a field's value.
pub fn disk(text: Option<&String>) -> Option<Value> {
    let text = text?;
    let size = text.split(',').find_map(|part| part.strip_prefix("size="));
    let size = size.or_else(|| text.split(',').next()?.rsplit(':').next())?;
    let (number, unit) = match size.strip_suffix('G') {
        Some(number) => (number, 30),
        None => match size.strip_suffix('M') {
            Some(number) => (number, 20),
            None => (size, 30),
        },
    };
    number.parse::<u64>().ok().map(|number| Value::from(number << unit))
}

/// The number in a field that is a number or `"auto"`.
pub fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}
