//! `backup`: copies of a guest or of an app, made by a timetable.

use std::collections::BTreeMap;

use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Place};
use crate::model::{Answer, Bundle, Call, Effect, Method, ObjectId, Question, Ref, Step, Target};
use crate::model::{Text, is_calendar, quoted, run};
use crate::schema::{Type, object, spec};

object! {
    /// How many copies stay.
    Keep {
        /// The newest ones.
        last: Option<u32>, Live, optional;
        /// One for each of so many days.
        daily: Option<u32>, Live, optional;
        /// One for each of so many weeks.
        weekly: Option<u32>, Live, optional;
        /// One for each of so many months.
        monthly: Option<u32>, Live, optional;
    }
}

spec! {
    /// Copies of a guest, by the cluster, or of what an app keeps, by a timer on its machine.
    "backup" Backup {
        /// When: `daily 02:30`, `mon..fri 12:00`, `hourly`.
        schedule: String, Live, default "\"daily\"";
        /// How many copies stay; all, when it says nothing.
        keep: Keep, Live, default "{}";
        /// How a guest is copied while it runs.
        mode: String, Live, default "\"snapshot\"",
            is Type::OneOf(&["snapshot", "suspend", "stop"]);
        /// Where copies go: for guests a storage, for apps a folder of the machine.
        to: Option<String>, Live, optional;
        /// What of an app is copied: folders, from the app's own.
        include: Vec<String>, Live, default "[]";
        /// When a copy is restored beside the original, to see whether it can be.
        verify: Option<String>, Live, optional,
            idle "no copy is restored to see whether it can be";
        /// The machine of an app.
        machine: Option<Ref>, Replace, derived "if owner.guest_id == null then owner.machine \
            else null", is Type::Ref(&["machine"]);
        /// The cluster of a guest.
        cluster: Option<Ref>, Replace, derived "if owner.guest_id == null then null \
            else owner.cluster", is Type::Ref(&["cluster"]);
        /// The number of a guest.
        vmid: Option<Text>, Live, derived "if owner.guest_id == null then null \
            else \"\\(owner.guest_id)\"";
    }
}

/// A timetable as Proxmox and systemd both read it.
fn calendar(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["daily", time] => format!("*-*-* {time}:00"),
        ["weekly", time] => format!("mon *-*-* {time}:00"),
        ["monthly", time] => format!("*-*-01 {time}:00"),
        _ => text.to_owned(),
    }
}

/// Objects to a text that is no schedule.
pub fn no_calendar(field: &str, text: &str) -> Option<Objection> {
    (!is_calendar(text)).then(|| Objection {
        field: field.to_owned(),
        message: format!("`{text}` says no time"),
        help: "write something like `daily 02:30`, `mon..fri 12:00` or `hourly`".to_owned(),
    })
}

impl Backup {
    fn keeps(&self) -> [(&'static str, Option<u32>); 4] {
        let Keep { last, daily, weekly, monthly } = self.keep;
        [("last", last), ("daily", daily), ("weekly", weekly), ("monthly", monthly)]
    }

    /// A job of the cluster.
    fn call(&self, id: &ObjectId, method: Method) -> Option<Step> {
        let on = Target::Cluster(self.cluster.clone()?);
        let name = format!("paas-{}", id.slug());
        let mut body = BTreeMap::new();
        let path = match method {
            Method::Post => {
                body.insert("id".to_owned(), Text::literal(name));
                "/cluster/backup".to_owned()
            }
            Method::Put | Method::Delete => format!("/cluster/backup/{name}"),
        };
        if method != Method::Delete {
            let mut put = |name: &str, text: Text| drop(body.insert(name.to_owned(), text));
            put("vmid", self.vmid.clone().unwrap_or_default());
            put("schedule", calendar(&self.schedule).into());
            put("mode", self.mode.as_str().into());
            put("enabled", "1".into());
            if let Some(storage) = &self.to {
                put("storage", storage.as_str().into());
            }
            let keeps = self.keeps().into_iter();
            let keeps: Vec<String> =
                keeps.filter_map(|(name, count)| Some(format!("keep-{name}={}", count?))).collect();
            let keeps = if keeps.is_empty() { "keep-all=1".to_owned() } else { keeps.join(",") };
            put("prune-backups", keeps.into());
        }
        Some(Step { on, effect: Effect::Call(Call { method, path, body }) })
    }

    /// A timer on the app's machine.
    fn bundle(&self, id: &ObjectId, machine: &Ref) -> Bundle {
        let owner = id.address.parent().map_or_else(String::new, |owner| owner.slug());
        let name = format!("paas-backup-{owner}");
        let to = self.to.clone().unwrap_or_else(|| format!("/var/backups/paas/{owner}"));
        let include = match self.include.is_empty() {
            true => ".".to_owned(),
            false => self.include.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(" "),
        };
        let kept = self.keeps().into_iter().filter_map(|(_, count)| count).sum::<u32>();
        let prune = match kept {
            0 => String::new(),
            kept => format!("ls -1t *.tar.gz | tail -n +{} | xargs -r rm -f --\n", kept + 1),
        };
        let script = format!(
            "#!/bin/sh\nset -eu\numask 077\nmkdir -p {to}\n\
             tar -C /opt/paas/{owner} -czf {to}/$(date +%Y%m%d-%H%M%S).tar.gz {include}\n\
             cd {to}\n{prune}",
            to = quoted(&to),
        );
        let path = format!("/usr/local/lib/{name}.sh");
        let service = format!(
            "[Unit]\nDescription=paas: backup of {owner}\n\n[Service]\nType=oneshot\n\
             ExecStart=/bin/sh {path}\n"
        );
        let timer = format!(
            "[Timer]\nOnCalendar={}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
            calendar(&self.schedule),
        );
        let unit = format!("{name}.timer");
        let mut bundle = Bundle::on(machine)
            .file(path, script)
            .file(format!("/etc/systemd/system/{name}.service"), service)
            .file(format!("/etc/systemd/system/{unit}"), timer);
        bundle.start.push(run(&["systemctl", "daemon-reload"]));
        bundle.start.push(run(&["systemctl", "enable", "--now", &unit]));
        bundle.stop.push(run(&["systemctl", "disable", "--now", &unit]));
        bundle.settle.push(run(&["systemctl", "daemon-reload"]));
        bundle
    }
}

impl Kind for Backup {
    const WORD: &'static str = Backup::KIND;
    const ABOUT: &'static str = Backup::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::AfterOwner;

    fn complete(&mut self, _: &dyn Around) -> Vec<Objection> {
        let verify = self.verify.iter().filter_map(|text| no_calendar("verify", text));
        no_calendar("schedule", &self.schedule).into_iter().chain(verify).collect()
    }

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        match &self.machine {
            Some(machine) => self.bundle(id, machine).create(id),
            None => self.call(id, Method::Post).into_iter().collect(),
        }
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Backup, _: &[&str]) -> Vec<Step> {
        match (&self.machine, &before.machine) {
            (Some(machine), Some(old)) => {
                self.bundle(id, machine).update(id, &before.bundle(id, old))
            }
            (Some(_) | None, _) => self.call(id, Method::Put).into_iter().collect(),
        }
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        match &self.machine {
            Some(machine) => self.bundle(id, machine).delete(id),
            None => self.call(id, Method::Delete).into_iter().collect(),
        }
    }

    fn look(&self, id: &ObjectId) -> Option<Question> {
        self.machine.as_ref().map(|machine| self.bundle(id, machine).look(id))
    }

    fn found(&self, memory: Memory<'_>, answer: &Answer) -> Found {
        match &self.machine {
            Some(machine) => memory.found(&self.bundle(memory.id, machine), answer),
            None => Found::Ours(BTreeMap::new()),
        }
    }
}
