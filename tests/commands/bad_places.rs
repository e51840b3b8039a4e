//! What is wrong around a manifest: folders, states, locks, plans and the sandbox. Nothing is
//! changed, and nothing that is damaged counts as nothing.

use paas::model::digest;

use crate::commands::{check, says};
use crate::support::project::Project;

const STATE: &str = "state/sandbox/paas.state.json";
const JOURNAL: &str = "state/sandbox/paas.journal";

/// The commands that need the state.
const USERS: [&str; 8] = [
    "plan --sandbox",
    "apply --sandbox --yes",
    "drift --sandbox",
    "destroy --sandbox --yes",
    "state list --sandbox",
    "state show container.web --sandbox",
    "state forget container.web --sandbox",
    "output --sandbox",
];

#[test]
fn a_folder_without_a_manifest_is_not_an_empty_manifest() {
    let project = Project::applied();
    std::fs::rename(project.path("main.paas"), project.path("main.txt")).expect("it is there");
    let commands = ["check", "plan", "apply --yes", "destroy --yes", "drift", "graph", "output"];
    for line in commands {
        let said = project.untouched(&format!("{line} --sandbox"), 1);
        says(&said, &["P0001", "there is no manifest in `.`", "write a `main.paas`"]);
        says(&said, &["an empty folder never means that everything is destroyed"]);
        let said = project.untouched(&format!("{line} --sandbox nowhere"), 1);
        says(&said, &["P0001", "there is no `nowhere`", "name the folder of a manifest"]);
        says(&said, &["an empty folder never means that everything is destroyed"]);
    }
    says(&project.untouched("plan main.txt", 1), &["P0002", "`main.txt` is no manifest"]);
    says(&project.untouched("apply main.txt", 1), &["P7011", "`main.txt` is no saved plan"]);
    says(&project.untouched("fmt nowhere", 1), &["P0001"]);
    says(&project.untouched("sandbox reset", 1), &["P0001"]);
}

#[test]
fn a_manifest_that_is_no_file() {
    let project = Project::applied();
    std::fs::create_dir(project.path("folder.paas")).expect("a folder");
    for line in ["check", "plan --sandbox", "apply --sandbox --yes", "fmt"] {
        let said = project.untouched(line, 1);
        says(&said, &["P0002", "`folder.paas` cannot be read: it is not a regular file"]);
    }
}

#[test]
fn a_damaged_state_is_never_no_state() {
    for (path, end) in [(STATE, 0), (STATE, 1), (STATE, 400), (JOURNAL, 0), (JOURNAL, 20)] {
        let project = Project::applied();
        let text = project.read(path);
        project.write(path, &text[..end]);
        for line in USERS {
            let said = project.untouched(line, 7);
            says(&said, &["P7002", path, "damaged", "`paas state repair --sandbox`"]);
        }
    }
    let project = Project::applied();
    let text = project.read(STATE);
    project.write(STATE, text.replace("\"memory\":1073741824", "\"memory\":2147483648"));
    says(&project.untouched("plan --sandbox", 7), &["P7002", STATE]);
}

#[test]
fn a_lost_state_is_never_no_state() {
    for path in [STATE, JOURNAL] {
        let project = Project::applied();
        std::fs::remove_file(project.path(path)).expect("it was there");
        for line in USERS {
            let said = project.untouched(line, 7);
            says(&said, &["P7002", path, "is missing", "`paas state repair --sandbox`"]);
        }
    }
}

#[test]
fn a_state_without_its_files_is_found_again_by_its_backups() {
    let project = Project::applied();
    for path in [STATE, JOURNAL, "state/sandbox/paas.state.json.prev"] {
        std::fs::remove_file(project.path(path)).expect("it was there");
    }
    says(&project.untouched("apply --sandbox --yes", 7), &["P7002", "older ones are still there"]);
    says(&project.fine("state repair --sandbox"), &["serial 17", "run `paas plan --sandbox`"]);
    says(&project.fine("plan --sandbox"), &["No changes"]);
}

#[test]
fn a_state_from_a_later_version() {
    let project = Project::applied();
    let text = project.read(STATE);
    let newer = text.replacen("\"format\":1,", "\"format\":2,", 1);
    let newer = newer.replacen("\"paas\":\"0.1.0\"", "\"paas\":\"9.8.7\"", 1);
    let (body, _) = newer.split_once("\"sha256\":").expect("a state ends in its checksum");
    project.write(STATE, format!("{body}\"sha256\":\"{}\"\n}}\n", digest(body.as_bytes())));
    for line in USERS {
        let said = project.untouched(line, 7);
        says(&said, &["P7005", STATE, "has format 2", "paas 9.8.7 wrote it", "use the version"]);
    }
    says(&project.untouched("state repair --sandbox", 7), &["P7005"]);
}

#[test]
fn a_state_that_cannot_be_used() {
    let project = Project::site();
    project.write("state", "a file in the way\n");
    says(&project.untouched("apply --sandbox --yes", 7), &["P7006", "state/sandbox"]);
    let project = Project::applied();
    let text = project.read(STATE);
    std::fs::remove_file(project.path(STATE)).expect("it was there");
    project.write("elsewhere.json", text);
    std::os::unix::fs::symlink(project.path("elsewhere.json"), project.path(STATE)).expect("link");
    let said = project.untouched("apply --sandbox --yes", 7);
    says(&said, &["P7006", STATE, "it is not a regular file"]);
}

#[test]
fn somebody_else_works_on_the_state() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.edit("main.paas", "container edge {", "container other {");
    project.edit("main.paas", "on = container.edge,", "on = container.other,");
    project.fine("plan --sandbox --out saved.plan");
    project.fine("sandbox set sandbox pace=200");
    let other = project.start("apply --sandbox --yes");
    let holder = project.path("state/sandbox/paas.lock.json");
    project.wait_until("the other run holds the lock", || holder.exists());
    let by = format!("process {} of `ada`", other.id());
    let lines = ["apply --sandbox --yes", "destroy --sandbox --yes", "apply saved.plan"];
    let more = ["state forget container.web --sandbox", "state repair --sandbox"];
    for line in lines.into_iter().chain(more) {
        let said = project.ends(line, 6);
        says(&said, &["P7004", "locked", "`apply` has run for", &by, "wait until it ends"]);
    }
    says(&project.ends("sandbox set container.web memory=4GiB", 1), &["P6302", "in use"]);
    says(&project.ends("plan --sandbox", 0), &["state serial"]);
    let output = other.wait_with_output().expect("it ends by itself");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    says(&project.ends("plan --sandbox --exit-code", 0), &["No changes"]);
}

#[test]
fn a_lock_that_a_crash_left_behind_holds_nobody_up() {
    let project = Project::applied();
    let left = "{\"pid\":1,\"host\":\"x\",\"user\":\"y\",\"purpose\":\"apply\",\"since_secs\":1}";
    project.write("state/sandbox/paas.lock.json", left);
    says(&project.fine("destroy --sandbox --yes"), &["Apply: 8 done."]);
}

#[test]
fn the_sandbox_refuses() {
    let project = Project::site();
    project.fine("sandbox fail 'POST /nodes' --times 9");
    let said = project.ends("apply --sandbox --yes", 3);
    says(
        &said,
        &["is refused: fault on request", "container.web", "To go on: paas apply --sandbox ."],
    );
    let project = Project::applied();
    let log = project.read("state/sandbox/sandbox.log");
    project.write("state/sandbox/sandbox.log", log.replacen("container", "kontainer", 1));
    for line in ["plan --sandbox", "apply --sandbox --yes", "drift --sandbox", "sandbox show"] {
        says(&project.untouched(line, 1), &["P6302", "sandbox.log", "is damaged", "sandbox reset"]);
    }
}

#[test]
fn a_damaged_sandbox_can_be_emptied_as_its_message_says() {
    let project = Project::applied();
    let log = project.read("state/sandbox/sandbox.log");
    project.write("state/sandbox/sandbox.log", log.replacen("container", "kontainer", 1));
    project.fine("sandbox reset");
    says(&project.fine("plan --sandbox"), &["gone"]);
}

#[test]
fn a_node_that_is_down_is_told_and_not_taken_for_gone() {
    let project = Project::applied();
    project.fine("sandbox set node.pve2 online=false");
    let said = project.untouched("plan --sandbox", 0);
    assert!(!said.contains("gone"), "{said}");
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    let before = project.guests();
    let run = project.run("apply --sandbox --yes");
    assert_ne!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(project.guests(), before);
    project.fine("sandbox set node.pve2 online=true");
    project.fine("apply --sandbox --yes");
    says(&project.ends("plan --sandbox --exit-code", 0), &["No changes"]);
}

#[test]
fn messages_about_places() {
    let project = Project::site();
    let lines = [
        "plan --sandbox nowhere",
        "plan --sandbox --target container.wbe",
        "plan --sandbox --values nope.paas",
        "plan --sandbox --env prod",
        "plan --sandbox --out nowhere/x.plan",
        "plan --sandbox --set memory",
        "plan --sandbox --set memori=1GiB",
        "state list --sandbox",
        "apply blog.yml",
        "apply --sandbox nowhere.plan",
    ];
    check("places", &project, &lines);
    project.fine("apply --sandbox --yes");
    project.write(STATE, "");
    check("damaged", &project, &["plan --sandbox"]);
}
