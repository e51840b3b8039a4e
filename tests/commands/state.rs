//! `paas state`: what was made, letting go of it, and mending the record.

use paas::lower::Intent;
use paas::model::ObjectId;
use paas::state::{Event, Verb};
use paas::store::Store;

use crate::commands::apply::converged;
use crate::commands::{check, says};
use crate::support::json;
use crate::support::project::Project;

const STATE: &str = "state/sandbox/paas.state.json";
const JOURNAL: &str = "state/sandbox/paas.journal";

#[test]
fn what_was_made_is_listed_and_shown() {
    let project = Project::applied();
    let lines = [
        "state list --sandbox",
        "state show container.web --sandbox",
        "state show container.web#1 --sandbox",
        "state show app.blog/expose.www --sandbox",
        "state show container.wbe --sandbox",
        "state show container.web#2 --sandbox",
        "state repair --sandbox",
        "state list",
    ];
    check("state", &project, &lines);
}

#[test]
fn what_is_forgotten_stays_and_is_taken_back_by_its_mark() {
    let project = Project::applied();
    let before = project.guests();
    let lines = [
        "state forget container.web --sandbox",
        "state list --sandbox",
        "plan --sandbox --summary",
        "apply --sandbox --yes",
        "state forget container.wbe --sandbox",
    ];
    check("forget", &project, &lines);
    assert_eq!(project.guests(), before);
    converged(&project);
}

#[test]
fn forgetting_where_there_is_no_state_makes_none() {
    let project = Project::site();
    says(&project.untouched("state forget container.web --sandbox", 1), &["P7007"]);
    says(&project.untouched("state repair --sandbox", 7), &["P7007"]);
    let project = Project::applied();
    says(&project.untouched("state forget container.wbe --sandbox", 1), &["`container.web`"]);
}

#[test]
fn a_repair_brings_back_all_that_is_known() {
    for (path, end) in [(STATE, 0), (STATE, 300), (JOURNAL, 0), (JOURNAL, 30)] {
        let project = Project::applied();
        let text = project.read(path);
        project.write(path, &text[..end]);
        let said = project.fine("state repair --sandbox");
        says(&said, &["the damaged files are kept: ", "run `paas plan --sandbox` next"]);
        converged(&project);
        says(&project.untouched("state repair --sandbox", 0), &["nothing to repair"]);
        let kept = project.contents().into_iter();
        let mut kept = kept.filter(|(path, _)| path.to_string_lossy().contains("corrupt-"));
        assert!(kept.any(|(_, content)| content == text.as_bytes()[..end]), "{path} {end}");
    }
}

#[test]
fn a_plan_from_before_a_repair_does_not_fit_any_more() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.fine("plan --sandbox --out saved.plan");
    project.write(STATE, "");
    project.fine("state repair --sandbox");
    says(&project.untouched("apply saved.plan", 5), &["P7001", "from serial 17 to 18"]);
}

#[test]
fn a_journal_that_was_cut_off_is_told_once_and_goes_on() {
    let project = Project::site();
    project.fine("sandbox fail 'POST /nodes' --times 2");
    project.ends("apply --sandbox --yes", 3);
    std::fs::remove_file(project.path(STATE)).expect("it was there");
    let said = project.untouched("plan --sandbox", 7);
    says(&said, &["P7002", "is missing"]);
    project.fine("state repair --sandbox");
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn old_states_are_kept_but_not_for_ever() {
    let project = Project::applied();
    for number in 0..25 {
        project.fine(&format!("apply --sandbox --yes --set memory={}MiB", 1024 + number));
    }
    let files = project.contents().into_iter().map(|(path, _)| path.display().to_string());
    let kept: Vec<String> =
        files.filter(|it| it.contains("backups") && it.contains("json")).collect();
    assert_eq!(kept.len(), 20, "{kept:?}");
}

#[test]
fn after_a_lost_state_no_address_is_taken_twice() {
    let project = Project::site();
    project.edit("main.paas", "  ip = \"auto\"\n  memory", "  ip = 10.0.0.9\n  memory");
    project.fine("apply --sandbox --yes");
    let folder = project.path("state/sandbox");
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match (name.starts_with("sandbox."), entry.path().is_dir()) {
            (true, _) => (),
            (false, true) => std::fs::remove_dir_all(entry.path()).unwrap(),
            (false, false) => std::fs::remove_file(entry.path()).unwrap(),
        }
    }
    let said = project.untouched("plan --sandbox", 4);
    says(&said, &["P6201", "guest 10001 (web), which has the address 10.0.0.9, which is not ours"]);
    let others = project.guests();
    project.edit("main.paas", "ip = 10.0.0.9", "ip = \"auto\"");
    let said = project.fine("plan --sandbox");
    assert!(!said.contains("10.0.0.2 ") && said.contains("10.0.0.3"), "{said}");
    assert_eq!(project.guests(), others);
}

/// A record as no `paas` of this version writes it, in a state that is whole.
#[test]
fn a_record_of_another_version_is_told_and_not_guessed() {
    let project = Project::site();
    let folder = project.path("state/sandbox");
    for (object, why) in [("container.web#1", "missing field"), ("castle.web#1", "is no kind")] {
        std::fs::remove_dir_all(&folder).ok();
        let id = ObjectId::parse(object).unwrap();
        let (verb, uid) = (Verb::Create, "7f3a9c2e51d0".to_owned());
        let intent = Intent { spec: json!({"memory": 512}), ..Intent::default() };
        let mut store = Store::open(&folder, "apply").unwrap();
        store.append(&[Event::Started { id, verb, uid, intent }]).unwrap();
        drop(store);
        for line in ["plan", "apply --yes", "drift", "destroy --yes"] {
            let said = project.untouched(&format!("{line} --sandbox"), 7);
            says(&said, &["P7005", why, "paas state forget --sandbox"]);
        }
        let address = object.strip_suffix("#1").unwrap();
        project.fine(&format!("state forget --sandbox {address}"));
        project.fine("plan --sandbox --summary");
    }
}
