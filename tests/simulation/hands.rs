//! What people do behind everybody's back.

use paas::lower::OnDrift;
use paas::model::GuestSeen;

use super::life::Life;

impl Life {
    /// Somebody does something at the console.
    pub fn meddle(&mut self) {
        let done = match self.rng.below(10) {
            0..2 => self.edit_guest(),
            2 => self.stop_guest(),
            3..5 => self.remove_guest(),
            5..8 => self.edit_app(),
            _ => self.foreign_guest(),
        };
        self.story.extend(done.map(|it| format!("by hand: {it}")));
    }

    /// Somebody clears away what is not ours.
    pub fn make_room(&mut self) {
        for vmid in std::mem::take(&mut self.foreign).into_keys() {
            self.story.push(format!("by hand: foreign guest {vmid} goes"));
            self.sandbox.remove(&vmid.to_string()).expect("it is there");
        }
    }

    fn ours(&mut self) -> Option<GuestSeen> {
        let guests = self.sandbox.guests().into_iter();
        let ours: Vec<GuestSeen> =
            guests.filter(|guest| !self.foreign.contains_key(&guest.vmid)).collect();
        (!ours.is_empty()).then(|| self.rng.pick(&ours).clone())
    }

    fn edit_guest(&mut self) -> Option<String> {
        let guest = self.ours()?;
        let (name, value) = *self.rng.pick(&[
            ("memory", "777"),
            ("cores", "7"),
            ("swap", "77"),
            ("hostname", "stranger"),
            ("onboot", "0"),
        ]);
        self.sandbox.set(&guest.vmid.to_string(), name, value).ok()?;
        Some(format!("{name} of {} is {value}", guest.vmid))
    }

    /// A guest whose drift is left alone would stay stopped, and nothing on it could be changed.
    fn stop_guest(&mut self) -> Option<String> {
        let guest = self.ours()?;
        let state = self.disk.load();
        let origins = state.origins();
        let id = guest.mark.as_ref().and_then(|mark| origins.find(state, &mark.object))?;
        let record = &state.records[id];
        if record.possible().any(|it| it.lifecycle.drift != OnDrift::Fix) {
            return None;
        }
        self.sandbox.set(&guest.vmid.to_string(), "running", "false").ok()?;
        Some(format!("{} is stopped", guest.vmid))
    }

    fn remove_guest(&mut self) -> Option<String> {
        let guest = self.ours()?;
        self.sandbox.remove(&guest.vmid.to_string()).expect("it is there");
        self.released.remove(&guest.vmid);
        Some(format!("{} is removed", guest.vmid))
    }

    fn edit_app(&mut self) -> Option<String> {
        let state = self.disk.load();
        let kinds = ["app", "expose", "proxy", "tile"];
        let ids: Vec<_> =
            state.records.keys().filter(|id| kinds.contains(&id.address.kind())).collect();
        if ids.is_empty() {
            return None;
        }
        let address = self.rng.pick(&ids).address.to_string();
        match self.rng.below(3) {
            0 => self.sandbox.remove(&address).ok()?,
            1 => self.sandbox.set(&address, "running", "false").ok()?,
            _ => {
                let slug = self.rng.pick(&ids).address.slug();
                let path = format!("file:/opt/paas/{slug}/compose.yml");
                self.sandbox.set(&address, &path, "services: { main: { image: other } }").ok()?;
            }
        }
        Some(format!("{address} is changed"))
    }

    /// Somebody else takes a number: the next free one, one that the manifest wants, or they copy
    /// a guest of ours with its mark.
    fn foreign_guest(&mut self) -> Option<String> {
        let copied = self.ours().filter(|_| self.rng.chance(30));
        let mut config = copied.map(|guest| guest.config).unwrap_or_default();
        config.retain(|key, _| key == "description" || key == "memory");
        config.insert("hostname".to_owned(), "theirs".to_owned());
        let vmid = match self.rng.below(2) {
            0 => 10_000 + self.rng.below(4),
            _ => 5000 + self.rng.below(4),
        };
        let vmid = u32::try_from(vmid).expect("numbers of guests are small");
        self.sandbox.add_guest(vmid, "pve1", config.clone()).ok()?;
        self.foreign.insert(vmid, config);
        Some(format!("guest {vmid} is somebody else's"))
    }
}
