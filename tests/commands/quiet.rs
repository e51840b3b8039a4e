//! What only looks writes nothing anywhere: no file, no folder, no lock.

use crate::support::project::Project;

const LOOKS: [&str; 14] = [
    "check",
    "fmt --check",
    "fmt --diff",
    "plan",
    "plan --format json",
    "plan --target container.web",
    "drift",
    "graph",
    "graph --format dot",
    "output",
    "explain container.web",
    "state list",
    "state show container.web",
    "state repair",
];

fn check(project: &Project) {
    for line in LOOKS {
        for line in [line.to_owned(), format!("{line} --sandbox")] {
            let code = project.run(&line).code;
            project.untouched(&line, code);
        }
    }
    project.untouched("sandbox show", 0);
    project.untouched("explain P0001", project.run("explain P0001").code);
    project.untouched("explain container", 0);
}

#[test]
fn in_a_new_project() {
    check(&Project::site());
}

#[test]
fn in_one_that_was_applied() {
    check(&Project::applied().with("PROXMOX_VE_API_TOKEN", "ada@pve!t=1"));
}

#[test]
fn while_things_differ() {
    let project = Project::applied();
    project.fine("sandbox remove container.web");
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    check(&project);
}

#[test]
fn with_a_journal_that_was_cut_off() {
    let project = Project::site();
    project.fine("sandbox fail 'POST /nodes' --times 2");
    project.ends("apply --sandbox --yes", 3);
    let journal = project.read("state/sandbox/paas.journal");
    project.write("state/sandbox/paas.journal", &journal[..journal.len() - 1]);
    check(&project);
}
