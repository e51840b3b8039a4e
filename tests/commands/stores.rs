//! Generated secrets in files of `sops` and `age` and in a Vault: they are there, only there, and
//! not lost on the way.

use std::os::unix::fs::PermissionsExt as _;

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::Project;
use crate::support::stores::{all, elsewhere, equipped, output, vault};

/// Where a Vault of the second version has what the tests keep.
pub const SECOND: &str = "/v1/kv/data/paas/prod";

/// Two secrets, and an app that has both.
pub const APP: &str = "host box { address = \"10.0.0.9\" }\n\
    secret a = generate(length = 24)\n\
    secret b = generate(length = 24)\n\
    app blog {\n  on = host.box\n  unit { exec = \"/bin/blog\", \
    env = { A = secret.a, B = upper(secret.b) } }\n}\n";

/// Two secrets and nothing else, so that no machine is needed.
pub const BARE: &str = "secret a = generate(length = 24)\nsecret b = generate(length = 24)\n";

fn value(project: &Project, line: &str) -> String {
    project.fine(line).trim_end().to_owned()
}

/// The values of both secrets of the project.
pub fn both(project: &Project) -> [String; 2] {
    ["a", "b"].map(|name| value(project, &format!("secret reveal secret.{name} --yes")))
}

/// No file of the project or of its home has one of these values in it.
#[track_caller]
fn nowhere(project: &Project, values: &[String]) {
    for (path, content) in project.contents() {
        let text = String::from_utf8_lossy(&content);
        for value in values {
            assert!(!text.contains(value.as_str()), "{} has a value in it", path.display());
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.contains("unfinished"), "{name} is left over");
    }
}

#[test]
fn generated_secrets_are_kept_where_the_manifest_says() {
    for place in all() {
        let project = place.project(APP);
        project.fine("apply --sandbox --yes -vv");
        converged(&project);
        let reveal = "secret reveal secret.a --sandbox --yes";
        let made = value(&project, reveal);
        assert_eq!(made.len(), 24, "{}", place.written);
        project.fine("secret rotate secret.a --sandbox");
        let rotated = value(&project, reveal);
        assert_ne!(made, rotated);
        says(&project.ends("plan --sandbox --exit-code", 2), &["app.blog", "rotated since"]);
        project.fine("apply --sandbox --yes");
        converged(&project);
        says(&project.fine("secret list --sandbox"), &["version 2, 0 d old"]);
        nowhere(&project, &[made, rotated.clone()]);
        let local = project.path("state/sandbox/paas.secrets").exists();
        assert_eq!(local, place.written == "local()", "{}", place.written);
        let file = place.file.is_none_or(|file| project.path(file).is_file());
        assert!(file, "{} is not there", place.written);
        if let Some(vault) = &place.vault {
            let held = vault.held();
            let all: Vec<String> =
                held.secrets.values().map(|(_, fields)| fields.to_string()).collect();
            assert!(all.concat().contains(&rotated), "{all:?}");
        }
        project.fine("destroy --sandbox --yes");
        let said = project.ends("secret reveal secret.a --sandbox --yes", 1);
        says(&said, &["no value yet"]);
    }
}

#[test]
fn the_sandbox_and_the_project_have_values_of_their_own() {
    for place in all() {
        let project = place.project(BARE);
        project.fine("apply --yes");
        project.fine("apply --sandbox --yes");
        let real = both(&project);
        let sandbox = value(&project, "secret reveal secret.a --sandbox --yes");
        assert_ne!(real[0], sandbox);
        project.fine("destroy --sandbox --yes");
        project.fine("sandbox reset");
        project.fine("apply --sandbox --yes");
        assert_eq!(both(&project), real, "{}", place.written);
    }
}

#[test]
fn values_move_to_every_place_from_every_other() {
    let places = all();
    let last = places.len();
    let project = equipped(Project::of(&places[0].manifest(BARE)));
    project.fine("apply --yes");
    let made = both(&project);
    let mut project = project;
    for (index, place) in places.iter().enumerate().skip(1).chain([(last, &places[0])]) {
        // One server at a time can be named.
        if place.vault.is_some() && index > 1 {
            continue;
        }
        project = place.open(project);
        project.write("main.paas", place.manifest(BARE));
        let plan = project.untouched("plan --exit-code", 2);
        says(&plan, &["generated secrets move", place.written, "Plan: generated secrets move."]);
        says(&project.fine("plan --format json"), &["\"relocation\""]);
        says(&project.fine("plan --format markdown"), &["generated secrets move"]);
        says(&project.ends("apply", 1), &["no terminal to ask on"]);
        assert_eq!(both(&project), made, "before it moves to {}", place.written);
        let said = project.fine("apply --yes");
        says(&said, &[&format!("Generated secrets are in {} now.", place.written)]);
        assert_eq!(both(&project), made, "after it moved to {}", place.written);
        says(&project.fine("plan --exit-code"), &["No changes"]);
        nowhere(&project, &made);
        // The place before has nothing of it any more.
        let local = project.path("state/paas.secrets").exists();
        assert_eq!(local, place.written == "local()");
        if let (false, Some(vault)) = (place.vault.is_some(), &places[1].vault) {
            let held = vault.held();
            assert!(!held.secrets[SECOND].1.to_string().contains("paas_generated"));
        }
    }
}

#[test]
fn other_keys_of_a_sops_file_stay_and_nothing_is_ever_plain() {
    let Some(place) = elsewhere().into_iter().find(|it| it.written.contains("all.yaml")) else {
        return;
    };
    let project = place.project(BARE);
    let plain = "# who: me\ntoken: theirs\nlist: [1, two]\n";
    let config = project.path(".sops.yaml").display().to_string();
    let arguments = ["--config", &config, "encrypt", "--filename-override", "all.yaml"];
    let types = ["--input-type", "yaml", "--output-type", "yaml"];
    let sealed = output("sops", &[&arguments[..], &types[..]].concat(), plain).unwrap();
    project.write("secrets/all.yaml", &sealed);
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(project.path("secrets/all.yaml"), mode).unwrap();
    project.write("more.paas", "secret theirs = sops(\"secrets/all.yaml\", \"token\")\n");
    project.fine("apply --yes");
    let made = both(&project);
    nowhere(&project, &made);
    let about = std::fs::metadata(project.path("secrets/all.yaml")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o640);
    let opened = |project: &Project| {
        let path = project.path("secrets/all.yaml").display().to_string();
        let keys = project.path("../home/.config/sops/age/keys.txt").display().to_string();
        let mut command = std::process::Command::new("sops");
        let command = command.args(["--decrypt", &path]).env("SOPS_AGE_KEY_FILE", keys);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    says(&opened(&project), &["# who: me", "token: theirs", "- two", &made[0], "secret.a:"]);
    // What did not change is the same as before, byte for byte.
    let line = |name: &str| {
        let text = project.read("secrets/all.yaml");
        text.lines().find(|line| line.starts_with(name)).unwrap().to_owned()
    };
    let token = line("token:");
    project.fine("secret rotate secret.a");
    assert_eq!(line("token:"), token);
    // The key goes, and the rest stays.
    project.write("main.paas", format!("paas {{ secrets = local() }}\n{BARE}"));
    project.fine("apply --yes");
    let rest = opened(&project);
    says(&rest, &["token: theirs", "- two"]);
    assert!(!rest.contains("paas_generated"), "{rest}");
}

#[test]
fn rules_of_sops_that_leave_values_plain_are_noticed_before_there_is_one() {
    let Some(place) = elsewhere().into_iter().find(|it| it.written.contains("all.yaml")) else {
        return;
    };
    for there in [false, true] {
        let project = place.project(BARE);
        let rules = project.read(".sops.yaml");
        if there {
            // The file has the rules that it was made with.
            let rules = format!("{rules}    encrypted_regex: ^token$\n");
            project.write(".sops.yaml", rules);
            let config = project.path(".sops.yaml").display().to_string();
            let arguments = ["--config", &config, "encrypt", "--filename-override", "all.yaml"];
            let types = ["--input-type", "yaml", "--output-type", "yaml"];
            let all = [&arguments[..], &types[..]].concat();
            let sealed = output("sops", &all, "token: theirs\n").unwrap();
            project.write("secrets/all.yaml", sealed);
        } else {
            project.write(".sops.yaml", format!("{rules}    encrypted_regex: ^token$\n"));
        }
        let before = there.then(|| project.read("secrets/all.yaml"));
        let said = project.ends("apply --yes", 1);
        says(
            &said,
            &["P4013", "would leave `paas_generated`", "plain text", "nothing was changed"],
        );
        let after = there.then(|| project.read("secrets/all.yaml"));
        assert_eq!(before, after);
        assert!(project.fine("state list").lines().count() < 2);
        nowhere(&project, &[]);
    }
    // A name that `sops` takes for plain text by itself.
    let project = place.project("secret a_unencrypted = generate(length = 24)\n");
    says(&project.ends("apply --yes", 1), &["P4013", "plain text"]);
    assert!(!project.path("secrets/all.yaml").exists());
}

#[test]
fn values_are_in_no_command_line() {
    for place in elsewhere() {
        let project = place.project(BARE);
        for program in ["sops", "age"] {
            let Some(real) = output("sh", &["-c", &format!("command -v {program}")], "") else {
                return;
            };
            let real = String::from_utf8(real).unwrap();
            let script = format!(
                "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$HOME/words\"\nexec {} \"$@\"\n",
                real.trim()
            );
            project.write(&format!("../home/bin/{program}"), script);
            let mode = std::fs::Permissions::from_mode(0o755);
            let path = project.path(&format!("../home/bin/{program}"));
            std::fs::set_permissions(path, mode).unwrap();
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let first = project.path("../home/bin").display().to_string();
        let project = project.with("PATH", &format!("{first}:{path}"));
        project.fine("apply --yes");
        let before = both(&project);
        project.fine("secret rotate secret.a");
        let after = both(&project);
        let words = project.read("../home/words");
        let known = |word: &str| words.contains(word);
        assert!(known("secrets/") && (known("encrypt") || known("set")), "{words}");
        for value in before.iter().chain(&after) {
            assert!(!words.contains(value.as_str()), "{words}");
        }
    }
}

#[test]
fn what_is_missing_in_its_place_is_not_made_anew() {
    for place in all().into_iter().filter(|it| it.written != "local()") {
        let project = place.project(BARE);
        project.fine("apply --yes");
        let made = both(&project);
        let saved = place.file.map(|file| std::fs::read(project.path(file)).unwrap());
        let held = place.vault.as_ref().map(|it| it.held().secrets.clone());
        match (place.file, &place.vault) {
            (Some(file), _) => std::fs::remove_file(project.path(file)).unwrap(),
            (None, Some(vault)) => vault.held().secrets.clear(),
            (None, None) => (),
        }
        let places = &[place.written, "`secret.a`, `secret.b`", "made anew", "rotate"];
        for line in ["plan", "apply --yes", "secret list"] {
            let said = project.untouched(line, 1);
            says(&said, &["P4013"]);
            says(&said, places);
        }
        // Also when the manifest names another place by now: they are not there either.
        project.write("main.paas", format!("paas {{ secrets = local() }}\n{BARE}"));
        says(&project.untouched("apply --yes", 1), places);
        project.write("main.paas", place.manifest(BARE));
        if let (Some(file), Some(bytes)) = (place.file, saved) {
            project.write(file, bytes);
        }
        if let (Some(vault), Some(held)) = (&place.vault, held) {
            vault.held().secrets = held;
        }
        assert_eq!(both(&project), made);
        says(&project.fine("plan --exit-code"), &["No changes"]);
        // One that is gone for good gets a new value because somebody says so.
        match (place.file, &place.vault) {
            (Some(file), _) => std::fs::remove_file(project.path(file)).unwrap(),
            (None, Some(vault)) => vault.held().secrets.clear(),
            (None, None) => (),
        }
        project.fine("secret rotate secret.a");
        says(&project.ends("plan", 1), &["no value of `secret.b`"]);
        project.fine("secret rotate secret.b");
        project.fine("apply --yes");
        says(&project.fine("secret list"), &["version 2"]);
        assert_ne!(both(&project), made);
        says(&project.fine("plan --exit-code"), &["No changes"]);
    }
}

#[test]
fn another_state_finds_its_place_taken() {
    for place in all().into_iter().filter(|it| it.written != "local()") {
        let project = place.project(BARE);
        project.fine("apply --yes");
        let made = both(&project);
        std::fs::rename(project.path("state"), project.path("gone")).unwrap();
        let said = project.ends("apply --yes", 7);
        says(&said, &["P4013", "another state", "nothing was changed", "paas_generated"]);
        std::fs::remove_dir_all(project.path("state")).unwrap();
        std::fs::rename(project.path("gone"), project.path("state")).unwrap();
        assert_eq!(both(&project), made);
    }
}

#[test]
fn a_new_project_key_costs_no_value_that_is_kept_elsewhere() {
    for place in all().into_iter().filter(|it| it.written != "local()") {
        let project = place.project(APP);
        project.fine("apply --sandbox --yes");
        let reveal = "secret reveal secret.a --sandbox --yes";
        let made = value(&project, reveal);
        std::fs::remove_file(project.path("../home/.config/paas/keys/sandbox.key")).unwrap();
        says(&project.ends(reveal, 1), &["P4007", "new-key"]);
        project.fine("secret new-key --sandbox");
        assert_eq!(value(&project, reveal), made, "{}", place.written);
        let said = project.fine("apply --sandbox --yes");
        says(&said, &["app.blog"]);
        assert_eq!(value(&project, reveal), made, "{}", place.written);
        converged(&project);
    }
}

#[test]
fn nobody_is_left_out_of_a_file_of_age() {
    let Some(place) = elsewhere().into_iter().find(|it| it.written.contains("age(")) else {
        return;
    };
    let other = crate::support::stores::identity().unwrap();
    let project = place.project(BARE);
    let own = project.read("../home/.config/sops/age/keys.txt");
    let own = own.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
    project.write("secrets/.age-recipients", format!("# us\n{own}\n{}\n", other.1));
    project.fine("apply --yes");
    let made = both(&project);
    // Somebody else opens it, too.
    project.write("../home/other", &other.0);
    let named = project.path("../home/other").display().to_string();
    let project = project.with("SOPS_AGE_KEY_FILE", &named);
    assert_eq!(both(&project), made);
    project.fine("secret rotate secret.a");
    // Without the list, whoever writes next would be the only one who opens it.
    std::fs::remove_file(project.path("secrets/.age-recipients")).unwrap();
    let before = project.read("secrets/generated.age");
    let said = project.ends("secret rotate secret.a", 1);
    says(&said, &["opens for 2, and would for 1", ".age-recipients"]);
    // A list without oneself is a mistake as well.
    project.write("secrets/.age-recipients", format!("{own}\n"));
    let said = project.ends("secret rotate secret.a", 1);
    assert_eq!(project.read("secrets/generated.age"), before);
    says(&said, &["opens for none of yours", "age-keygen -y"]);
    // What is there and is something else is never overwritten.
    let sealed = output("age", &["--recipient", &other.1], "their text").unwrap();
    project.write("theirs.age", &sealed);
    let wanted = format!("paas {{ secrets = age(\"theirs.age\") }}\n{BARE}");
    let fresh = Project::of(&wanted).with("SOPS_AGE_KEY_FILE", &named);
    fresh.write("theirs.age", &sealed);
    says(&fresh.ends("apply --yes", 1), &["P4013", "`theirs.age` holds something else"]);
    assert_eq!(std::fs::read(fresh.path("theirs.age")).unwrap(), sealed);
}

#[test]
fn a_place_may_depend_on_an_input_and_on_nothing_that_comes_later() {
    let manifest = "input stage: \"dev\" | \"prod\" = \"dev\"\n\
                    paas { secrets = vault(\"kv/paas/\\(stage)\") }\n";
    let place = vault(2);
    let project = place.open(Project::of(&format!("{manifest}{BARE}")));
    project.fine("apply --yes --set stage=prod");
    let held = place.vault.as_ref().unwrap().held();
    assert_eq!(held.secrets.keys().collect::<Vec<_>>(), [SECOND]);
    drop(held);
    for (written, part) in [
        ("sops()", "`sops` takes one file"),
        ("sops(\"a.yaml\", \"key\")", "`sops` takes one file"),
        ("sops(\"a.txt\")", "ends in `.yaml`"),
        ("age(12)", "`file` of `age` is plain text"),
        ("age(secret.a)", "`file` of `age` is plain text"),
        ("vault(\"kv\")", "is no path of a secret in a Vault"),
        ("vault(\"kv/../x\")", "is no path of a secret in a Vault"),
        ("vault(\"kv/a\", \"field\")", "`vault` takes one path"),
        ("local(1)", "`local` takes nothing"),
        ("env(\"A\")", "no place for generated secrets"),
        ("\"secrets.yaml\"", "no place for generated secrets"),
    ] {
        let project = Project::of(&format!("paas {{ secrets = {written} }}\n{BARE}"));
        says(&project.ends("check", 1), &["P4004", part, "main.paas:1:"]);
    }
}

#[test]
fn a_state_from_a_backup_does_not_bring_old_values_back() {
    let place = vault(2);
    let project = Project::of(BARE);
    project.fine("apply --yes");
    let copy = project.path("copy");
    let copied = || {
        let mut command = std::process::Command::new("cp");
        command.arg("-a").arg(project.path("state")).arg(&copy).status().unwrap()
    };
    assert!(copied().success());
    let project = place.open(project);
    project.write("main.paas", place.manifest(BARE));
    project.fine("apply --yes");
    project.fine("secret rotate secret.a");
    project.fine("apply --yes");
    let newer = both(&project);
    let now = project.path("now");
    std::fs::rename(project.path("state"), &now).unwrap();
    std::fs::rename(project.path("copy"), project.path("state")).unwrap();
    let said = project.ends("apply --yes", 1);
    says(&said, &["P4013", "has a newer value of `secret.a` than `local()`", "backup"]);
    std::fs::remove_dir_all(project.path("state")).unwrap();
    std::fs::rename(&now, project.path("state")).unwrap();
    assert_eq!(both(&project), newer);
}

#[test]
fn what_the_new_place_does_not_take_stays_in_the_old_one() {
    let project = Project::of(BARE);
    project.fine("apply --yes");
    let made = both(&project);
    // It can be read, since nothing is there, and not be written: there is nobody to encrypt for.
    project.write("main.paas", format!("paas {{ secrets = age(\"x.age\") }}\n{BARE}"));
    says(&project.ends("apply --yes", 1), &["P4013", "nobody to encrypt", "nothing was changed"]);
    assert_eq!(both(&project), made);
    project.write("main.paas", BARE);
    says(&project.fine("plan --exit-code"), &["No changes"]);
}
