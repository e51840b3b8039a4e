//! When nothing goes wrong any more, one run leads to what is desired, and then nothing is left
//! to do.

use std::collections::{BTreeMap, BTreeSet};

use paas::kinds;
use paas::lower::OnDrift;
use paas::model::{Address, GuestSeen, ObjectId, Question, Ref, Value};
use paas::plan::{DriftKind, Plan};
use paas::state::{Record, State};

use super::life::{How, Life};
use super::project::Project;

/// Services that belong to no object: shared programs, and what NixOS leaves.
const SHARED: [&str; 2] = ["unbound", "nixos:"];

impl Life {
    /// One run without faults; then the world is what the manifest says.
    ///
    /// Gives back why nothing was run, if something stands in the way.
    pub async fn settle(&mut self, project: &Project) -> Result<(), Plan> {
        self.arrive(100).await;
        let (mut unseen, mut runs) = (true, 0);
        while unseen {
            runs += 1;
            assert!(runs < 4, "a machine never answers again");
            let (plan, state) = self.plan(project).await;
            if !plan.blocked.is_empty() {
                return Err(plan);
            }
            // What is on a machine that does not answer is seen only when it does again.
            unseen = plan.drift.iter().any(|drift| drift.what == DriftKind::Unseen);
            let limit = 1 + self.rng.below(8);
            let outcome = self.run(plan, state, How::fine(limit)).await;
            let report = outcome.report.expect("nobody kills this run");
            assert!(report.failed.is_empty(), "in good weather all succeeds: {:#?}", report.failed);
            assert_eq!((report.left, report.skipped.len()), (0, 0), "everything was done");
            assert_eq!(report.broken, None, "the journal takes everything");
        }
        let (plan, state) = self.plan(project).await;
        let left: Vec<String> = plan
            .changes
            .iter()
            .map(|it| format!("{:?} {} {:?} {:?}", it.verb, it.id, it.because, it.leaves))
            .collect();
        assert_eq!(left, [""; 0], "one run was not enough");
        assert_eq!(plan.blocked, [], "nothing stands in the way of nothing");
        self.check_unmanaged(&plan, &state);
        self.compare(project, &state);
        Ok(())
    }

    /// Only what was let go of on purpose is ours and looked after by nobody.
    fn check_unmanaged(&self, plan: &Plan, state: &State) {
        let guests = self.sandbox.guests().into_iter();
        let origins = state.origins();
        let released = guests.filter(|guest| {
            let mark = guest.mark.as_ref().filter(|mark| mark.vmid == guest.vmid);
            mark.is_some_and(|mark| origins.find(state, &mark.object).is_none())
        });
        assert_eq!(released.count(), plan.unmanaged.len(), "unmanaged: {:?}", plan.unmanaged);
    }

    /// The world has what is desired, as it is desired, and nothing else.
    fn compare(&self, project: &Project, state: &State) {
        let wanted: BTreeSet<&Address> = project.desired.resources.keys().collect();
        let recorded: BTreeSet<&Address> = state.records.keys().map(|id| &id.address).collect();
        assert_eq!(recorded, wanted, "what is recorded is what is desired");
        assert_eq!(state.records.len(), wanted.len(), "each address has one object");
        let open = state.records.iter().find(|(_, record)| !record.begun.is_empty());
        assert!(open.is_none(), "something is still open: {open:?}");
        let guests = self.sandbox.guests();
        let ours = guests.iter().filter(|guest| !self.foreign.contains_key(&guest.vmid));
        let by_object: BTreeMap<&ObjectId, &GuestSeen> =
            ours.filter_map(|guest| Some((&guest.mark.as_ref()?.object, guest))).collect();
        for (id, record) in &state.records {
            let desired = &project.desired.resources[&id.address].intent.spec;
            match id.address.kind() {
                "container" => {
                    let guest = by_object.get(id);
                    let guest = guest.unwrap_or_else(|| panic!("{id} does not exist"));
                    compare_guest(id, desired, record, guest);
                }
                "expose" => self.compare_expose(id, desired, record, state),
                _ => (),
            }
        }
        self.compare_places(state);
    }

    /// A route leads to where its workload is.
    fn compare_expose(&self, id: &ObjectId, desired: &Value, record: &Record, state: &State) {
        let machine = super::world::on(&record.intent.spec).expect("a proxy is on a machine");
        let workload = desired["workload"]["$ref"].as_str().and_then(Ref::parse);
        let workload = workload.expect("a workload is somewhere");
        let ip = match state.latest(workload.address()) {
            Some((_, record)) if workload.address().kind() == "host" => {
                record.intent.spec["address"].as_str().map(str::to_owned)
            }
            Some((_, record)) => match record.intent.spec["ip"].as_str() {
                Some("dhcp") => record.facts.get("ip").and_then(Value::as_str).map(str::to_owned),
                fixed => fixed.map(str::to_owned),
            },
            None => None,
        };
        let upstream = format!("{}:{}", ip.expect("a workload has an address"), desired["port"]);
        let files = self.sandbox.files(&machine);
        let slug = format!("/{}.", id.slug());
        let routes = files.iter().any(|(path, (_, text))| {
            path.contains(&slug) && !path.contains("/objects/") && text.contains(&upstream)
        });
        assert!(routes || record.intent.lifecycle.drift != OnDrift::Fix, "{id} leads nowhere");
    }

    /// Each machine has the files and services of what is recorded there, and no others.
    fn compare_places(&self, state: &State) {
        let mut expected: BTreeMap<Ref, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        let mut left_alone = BTreeSet::new();
        for (id, record) in &state.records {
            if kinds::is(id.address.kind(), "machine") {
                expected.entry(Ref::Object(id.clone())).or_default();
            }
            let kind = kinds::find(id.address.kind()).expect("recorded kinds exist");
            let Some(Question::Machine { machine, files, services }) =
                kind.look(id, &record.intent.spec)
            else {
                continue;
            };
            if record.intent.lifecycle.drift != OnDrift::Fix {
                left_alone.extend(files.iter().chain(&services).cloned());
            }
            let place = expected.entry(machine).or_default();
            place.0.extend(files);
            place.1.extend(services);
        }
        for (machine, (files, services)) in expected {
            let there: BTreeSet<String> = self.sandbox.files(&machine).into_keys().collect();
            let wrong = |name: &&String| !left_alone.contains(*name);
            let differ: Vec<_> = files.symmetric_difference(&there).filter(wrong).collect();
            assert!(differ.is_empty(), "files missing or left over on {machine}: {differ:?}");
            let there = self.sandbox.services(&machine);
            for name in services.iter().filter(wrong) {
                let plain = name.strip_suffix(".service").unwrap_or(name);
                assert_eq!(there.get(plain), Some(&true), "{name} runs on {machine}");
            }
            let plain: BTreeSet<&str> =
                services.iter().map(|it| it.strip_suffix(".service").unwrap_or(it)).collect();
            let shared = |name: &str| SHARED.iter().any(|it| name.starts_with(it));
            let more = there.keys().find(|name| !plain.contains(name.as_str()) && !shared(name));
            assert_eq!(more, None, "a service is left over on {machine}");
        }
    }
}

/// A guest is what the manifest says it is.
fn compare_guest(id: &ObjectId, desired: &Value, record: &Record, guest: &GuestSeen) {
    let get = |name: &str| guest.config.get(name).map_or("", String::as_str);
    let lifecycle = &record.intent.lifecycle;
    let spec = &record.intent.spec;
    if let Some(number) = desired["id"].as_u64() {
        assert_eq!(u64::from(guest.vmid), number, "{id} has the number that is written");
    }
    assert_eq!(spec["id"], Value::from(guest.vmid), "{id} has the number that is recorded");
    assert_eq!(spec["node"], *guest.node, "{id} is on the node that is recorded");
    if lifecycle.drift == OnDrift::Fix {
        let mib = |name: &str| (desired[name].as_u64().unwrap_or(0) >> 20).to_string();
        assert!(lifecycle.ignore.contains(&"memory".to_owned()) || get("memory") == mib("memory"));
        assert_eq!(get("swap"), mib("swap"), "{id}: swap");
        assert_eq!(get("cores"), desired["cores"].to_string(), "{id}: cores");
        assert_eq!(desired["hostname"], get("hostname"), "{id}: hostname");
        assert_eq!(Value::from(guest.running), desired["start"], "{id}: running");
    }
    let size = get("rootfs").split("size=").nth(1).expect("a root disk has a size");
    let gib = format!("{}G", desired["disk"].as_u64().expect("a disk has a size") >> 30);
    assert_eq!(size, gib, "{id}: disk");
    let features = ["nesting", "keyctl", "fuse"].into_iter();
    let features = features.filter(|name| desired["features"][*name] == true);
    let features: Vec<String> = features.map(|name| format!("{name}=1")).collect();
    assert_eq!(get("features"), features.join(","), "{id}: features");
    let tags: Vec<&str> =
        desired["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(get("tags").split(';').skip(1).collect::<Vec<_>>(), tags, "{id}: tags");
    let ip = spec["ip"].as_str().expect("an address is decided");
    assert!(get("net0").contains(&format!("ip={ip}")), "{id}: {} has not {ip}", get("net0"));
}
