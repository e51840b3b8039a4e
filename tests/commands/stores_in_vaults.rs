//! Generated secrets in a Vault that does not answer, refuses, or is written by others.

use serde_json::json;

use crate::commands::apply::converged;
use crate::commands::says;
use crate::commands::stores::{APP, BARE, SECOND, both};
use crate::support::project::Project;
use crate::support::stores::{Place, vault};
use crate::support::vault::Fault;

/// A place and its project, in which both secrets were made.
fn applied(place: &Place) -> Project {
    let project = place.project(BARE);
    project.fine("apply --yes");
    project
}

#[test]
fn an_answer_that_a_vault_does_not_give_is_looked_up() {
    for version in [1, 2] {
        for fault in
            [Fault::ErrorBefore, Fault::ErrorAfter, Fault::SilenceBefore, Fault::SilenceAfter]
        {
            let place = vault(version);
            let project = place.project(BARE);
            let server = place.vault.as_ref().unwrap();
            server.held().faults.push_back(fault);
            project.fine("apply --yes");
            let made = both(&project);
            assert!(server.held().faults.is_empty());
            let writes = server.held().writes;
            assert_eq!(writes, 1, "{fault:?}");
            // So is a change that comes on top.
            server.held().faults.extend([fault, fault]);
            project.fine("secret rotate secret.a");
            assert_eq!(server.held().writes, writes + 1, "{fault:?}");
            assert_eq!(both(&project)[1], made[1]);
            project.fine("apply --yes");
            says(&project.fine("plan --exit-code"), &["No changes"]);
        }
    }
}

#[test]
fn two_runners_do_not_overwrite_each_other_in_a_vault() {
    let place = vault(2);
    let project = place.project(BARE);
    let server = place.vault.as_ref().unwrap();
    server.held().secrets.insert(SECOND.to_owned(), (3, json!({ "theirs": "kept" })));
    // What somebody else does to another field is kept, and ours comes on top.
    server.held().faults.push_back(Fault::OtherField);
    project.fine("apply --yes");
    let fields = server.held().secrets[SECOND].1.clone();
    assert_eq!((&fields["theirs"], &fields["other"]), (&json!("kept"), &json!("by somebody")));
    let made = both(&project);
    // What somebody else does to ours is not overwritten.
    server.held().faults.push_back(Fault::SameField);
    let said = project.ends("secret rotate secret.a", 5);
    says(&said, &["P4013", "somebody has changed", "run it again"]);
    assert_eq!(server.held().secrets[SECOND].1["paas_generated"], json!({ "format": 1 }));
    server.held().secrets.insert(SECOND.to_owned(), (9, fields));
    assert_eq!(both(&project), made);
    says(&project.fine("plan --exit-code"), &["No changes"]);
}

#[test]
fn a_place_that_cannot_be_had_is_told_before_anything_is_changed() {
    let place = vault(2);
    let project = place.project(APP);
    let server = place.vault.as_ref().unwrap();
    // A plan needs no value, and so no server.
    server.held().sealed = true;
    says(&project.fine("plan --sandbox"), &["Plan: 4 to create."]);
    let said = project.ends("apply --sandbox --yes", 1);
    says(
        &said,
        &["P4013", "vault(\"kv/paas/prod\")", "the Vault is sealed", "nothing was changed"],
    );
    assert!(project.recorded().is_empty());
    server.held().sealed = false;
    server.held().faults.push_back(Fault::Forbidden);
    let said = project.ends("apply --sandbox --yes", 1);
    says(&said, &["P4013", "may not write `kv/paas/prod`", "(403)", "nothing was changed"]);
    assert!(project.recorded().is_empty());
    project.fine("apply --sandbox --yes");
    server.held().sealed = true;
    let run = project.run("plan --sandbox");
    assert_eq!(run.code, 0, "{}", run.err);
    says(&run.out, &["No changes"]);
    says(&run.err, &["P4006", "the Vault is sealed"]);
    project.edit("main.paas", "/bin/blog", "/bin/other");
    says(&project.untouched("apply --sandbox --yes", 1), &["P4013", "sealed"]);
    server.held().sealed = false;
    project.fine("apply --sandbox --yes");
    converged(&project);
    // Without the programs there is no place either.
    for written in ["sops(\"x.yaml\")", "age(\"x.age\")"] {
        let project = Project::of(&format!("paas {{ secrets = {written} }}\n{BARE}"));
        let said = project.ends("apply --yes", 1);
        says(&said, &["P4013", &format!("cannot be kept in `{written}`"), "nothing was changed"]);
        assert!(project.fine("state list").lines().count() < 2);
    }
}

#[test]
fn the_old_place_is_left_later_if_it_cannot_be_reached() {
    let place = vault(2);
    let project = applied(&place);
    let made = both(&project);
    project.write("main.paas", BARE);
    let server = place.vault.as_ref().unwrap();
    server.held().faults.push_back(Fault::Forbidden);
    let run = project.run("apply --yes");
    assert_eq!(run.code, 0, "{}", run.err);
    says(&run.err, &["P4013", "copies of generated secrets are left in `vault", "may not write"]);
    assert!(server.held().secrets[SECOND].1.to_string().contains(&made[0]));
    assert_eq!(both(&project), made);
    project.write("main.paas", format!("{BARE}secret c = generate()\n"));
    project.fine("apply --yes");
    assert_eq!(server.held().secrets[SECOND].1, json!({}));
    assert_eq!(both(&project), made);
}
