//! `moved`, `adopt` and `forget`: what is there already follows the manifest, untouched.

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::Project;

const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
host box { address = "10.0.0.9" }
cluster home { api = "https://pve.example.com:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
defaults container {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = "auto"
}
"#;

fn made(more: &str) -> Project {
    let project = Project::of(&format!("{PLATFORM}{more}"));
    project.fine("apply --sandbox --yes --parallel 1");
    project
}

/// What the platform was told since `before` was shown.
fn since(project: &Project, before: &str) -> Vec<String> {
    let shown = project.fine("sandbox show");
    let new = shown.lines().filter(|line| !before.contains(line));
    new.filter(|line| line.contains("/nodes/")).map(str::to_owned).collect()
}

#[test]
fn a_new_name_moves_the_state_and_touches_nothing() {
    let project = made("container old { hostname = \"box\" }\n");
    let before = project.fine("sandbox show");
    project.edit("main.paas", "container old {", "container new {");
    says(&project.untouched("plan --sandbox", 0), &["1 to create", "1 to destroy"]);
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}moved container.old -> container.new\n"));
    let said = project.untouched("plan --sandbox --exit-code", 2);
    says(&said, &["→ container.new", "was container.old", "1 to move"]);
    project.fine("apply --sandbox --yes");
    let guests = project.guests();
    assert_eq!((guests.len(), guests[0].0.as_str()), (1, "10000"));
    let calls = since(&project, &before);
    assert!(calls.iter().all(|call| call.contains("PUT") && call.contains("/config")), "{calls:?}");
    assert!(project.recorded().iter().any(|it| it.starts_with("container.new#1")));
    converged(&project);
    says(&project.ends("plan --sandbox", 0), &["L0203", "has had its effect"]);
    project.edit("main.paas", "moved container.old -> container.new\n", "");
    converged(&project);
}

#[test]
fn what_stands_on_a_machine_keeps_its_files_and_services() {
    let more = "app blog { on = host.box, unit { exec = \"/bin/blog\" } }\n\
                app other { on = host.box, unit { exec = \"/bin/other\" }, after = [app.blog] }\n";
    let project = made(more);
    let services = |project: &Project| -> Vec<String> {
        let shown = project.fine("sandbox show");
        let lines =
            shown.lines().filter(|line| line.starts_with("  /etc/") || line.contains("  unit  "));
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let before = services(&project);
    project.edit("main.paas", "app blog {", "app journal {");
    project.edit("main.paas", "app.blog", "app.journal");
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}moved app.blog -> app.journal\n"));
    says(&project.fine("plan --sandbox"), &["Plan: 1 to move."]);
    project.fine("apply --sandbox --yes");
    assert_eq!(services(&project), before);
    converged(&project);
    // The old name is free for something new, which does not touch what has its files.
    let text = project.read("main.paas");
    let text = text.replace("moved app.blog -> app.journal\n", "");
    project.write(
        "main.paas",
        format!("{text}app blog {{ on = host.box, unit {{ exec = \"/bin/new\" }} }}\n"),
    );
    project.fine("apply --sandbox --yes");
    converged(&project);
    for line in &before {
        assert!(services(&project).contains(line), "{line} is untouched");
    }
    project.fine("destroy --sandbox --yes");
    assert!(services(&project).is_empty(), "all of it goes");
}

#[test]
fn instances_blocks_chains_and_swaps_move() {
    let more = "container dev for name in [\"a\", \"b\"] { hostname = \"h\\(name)\" }\n\
                container x { hostname = \"hx\", cores = 1 }\n\
                container y { hostname = \"hy\", cores = 2 }\n";
    let project = made(more);
    let numbers = |project: &Project| {
        let mut all: Vec<(String, String)> = project
            .guests()
            .into_iter()
            .map(|(number, _, whose)| (number, whose.split('#').next().unwrap().to_owned()))
            .collect();
        all.sort();
        all.into_iter().map(|(_, whose)| whose).collect::<Vec<_>>()
    };
    let all = ["container.dev[\"a\"]", "container.dev[\"b\"]", "container.x", "container.y"];
    assert_eq!(numbers(&project), all);
    let text = project.read("main.paas");
    let text = text.replace("dev for name in [\"a\", \"b\"]", "worker for name in [\"z\", \"b\"]");
    let text = text.replace("\"h\\(name)\"", "name == \"z\" ? \"ha\" : \"hb\"");
    let text =
        text.replace("name == \"z\" ? \"ha\" : \"hb\"", "if name == \"z\" then \"ha\" else \"hb\"");
    let text =
        text.replace("container x {", "container t {").replace("container y {", "container x {");
    let text = text.replace("container t {", "container y {");
    let moves = "moved container.dev -> container.worker\n\
                 moved container.dev[\"a\"] -> container.mid\n\
                 moved container.mid -> container.worker[\"z\"]\n\
                 moved container.x -> container.y\n\
                 moved container.y -> container.x\n";
    project.write("main.paas", format!("{text}{moves}"));
    says(&project.fine("plan --sandbox"), &["Plan: 4 to move."]);
    project.fine("apply --sandbox --yes");
    let now = ["container.worker[\"z\"]", "container.worker[\"b\"]", "container.y", "container.x"];
    assert_eq!(numbers(&project), now);
    converged(&project);
    // An exchange happens once, however long it is written.
    project.fine("apply --sandbox --yes");
    assert_eq!(numbers(&project), now);
    project.write("main.paas", text);
    converged(&project);
}

#[test]
fn a_move_that_was_interrupted_goes_on() {
    let project = made("container old { hostname = \"box\" }\n");
    project.edit("main.paas", "container old {", "container new {");
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}moved container.old -> container.new\n"));
    project.fine("sandbox fail '/config' --how refused");
    project.ends("apply --sandbox --yes", 1);
    says(&project.fine("state list --sandbox"), &["container.new#1"]);
    says(&project.fine("plan --sandbox"), &["was container.old"]);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn a_new_name_and_new_values_are_one_change() {
    let project = made("container old { hostname = \"box\" }\n");
    project.edit(
        "main.paas",
        "container old { hostname",
        "container new { memory = 2GiB, hostname",
    );
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}moved container.old -> container.new\n"));
    says(&project.fine("plan --sandbox"), &["~ container.new", "it was container.old", "memory"]);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn both_names_in_the_state_stand_in_the_way() {
    let project = made("container old {}\ncontainer new {}\n");
    project.edit("main.paas", "container old {}\n", "moved container.old -> container.new\n");
    let said = project.untouched("apply --sandbox --yes", 4);
    says(&said, &["P7017", "both exist"]);
}

#[test]
fn statements_about_what_is_not_so_are_problems() {
    let refused = |more: &str, parts: &[&str]| {
        let said = Project::of(&format!("{PLATFORM}{more}")).untouched("check", 1);
        says(&said, parts);
    };
    refused("container a {}\nmoved container.b -> container.c\n", &["P1030", "`container.c`"]);
    refused("container a {}\ncontainer b {}\nmoved container.a -> container.b\n", &["P1031"]);
    refused(
        "vm a { on = cluster.home, template = \"x\" }\nmoved container.a -> vm.a\n",
        &["P1032"],
    );
    refused("container a {}\nforget container.a\n", &["P1031", "still in the manifest"]);
    refused("container a {}\nadopt container.b = \"1\"\n", &["P1030", "container.a"]);
    refused("adopt network.lan = \"1\"\n", &["P1034"]);
    refused("container a {}\nmoved contaner.b -> container.a\n", &["container"]);
}

/// A guest that somebody else made, as the sandbox keeps it.
fn foreign(project: &Project) {
    project.fine("sandbox show");
    let other = "container theirs { hostname = \"web\", memory = 1GiB, cores = 2 }\n";
    project.write("main.paas", format!("{PLATFORM}{other}"));
    project.fine("apply --sandbox --yes");
    project.fine("sandbox set container.theirs description=");
    project.fine("state forget container.theirs --sandbox");
}

#[test]
fn a_guest_is_taken_over_and_only_what_differs_is_sent() {
    let project = Project::of(PLATFORM);
    foreign(&project);
    let before = project.fine("sandbox show");
    let web = "container web { hostname = \"web\", memory = 2GiB, cores = 2 }\n";
    project
        .write("main.paas", format!("{PLATFORM}{web}adopt container.web = \"pve1/lxc/10000\"\n"));
    let said = project.untouched("plan --sandbox", 0);
    says(&said, &["⇣ container.web", "adopted pve1/lxc/10000", "memory", "1 to adopt"]);
    assert!(!said.contains("restart"), "nothing restarts:\n{said}");
    project.fine("apply --sandbox --yes");
    let calls = since(&project, &before);
    assert_eq!(calls.len(), 1, "one call: {calls:?}");
    assert_eq!(project.guests()[0].2, "container.web#1");
    says(&project.ends("plan --sandbox", 0), &["No changes", "L0205"]);
    project.edit("main.paas", "adopt container.web = \"pve1/lxc/10000\"\n", "");
    converged(&project);
}

#[test]
fn what_belongs_to_somebody_or_is_something_else_is_not_taken_over() {
    let project = Project::of(PLATFORM);
    foreign(&project);
    let plan = |more: &str| {
        project.write("main.paas", format!("{PLATFORM}{more}"));
        project.untouched("plan --sandbox", 4)
    };
    let web = "container web {}\n";
    let adopt = |id: &str| format!("{web}adopt container.web = \"{id}\"\n");
    says(&plan(&adopt("4001")), &["P7018", "no guest 4001"]);
    says(&plan(&adopt("pve2/lxc/10000")), &["`pve1/lxc/10000` by now"]);
    says(&plan(&adopt("four")), &["no number of a guest"]);
    let vm = "vm web { on = cluster.home, template = \"debian-12-cloud\", ip = \"dhcp\" }\n\
              adopt vm.web = 10000\n";
    says(&plan(vm), &["P7018", "is a container"]);
    says(&plan("container web { id = 777 }\nadopt container.web = 10000\n"), &["P7018", "`id`"]);
    let mark = "<!-- paas:1 p=ffffffffffffffff v=10000 g=1 n=abc a=container.web -->";
    project.fine(&format!("sandbox set 10000 'description={mark}'"));
    says(&plan(&adopt("10000")), &["another project"]);
}

#[test]
fn what_the_state_lost_is_compared_and_not_restarted() {
    let project = made("container web { memory = 1GiB, features { nesting = true } }\n");
    project.fine("state forget container.web --sandbox");
    let before = project.fine("sandbox show");
    let said = project.fine("plan --sandbox");
    says(&said, &["⇣ container.web", "found", "1 to adopt"]);
    project.fine("apply --sandbox --yes");
    let calls = since(&project, &before);
    assert!(calls.iter().all(|call| call.contains("/config")), "{calls:?}");
    converged(&project);
}

#[test]
fn what_is_forgotten_stays_and_is_nobodys_business() {
    let project = made("container old { lifecycle { protect = true } }\n");
    project.write("main.paas", PLATFORM);
    says(&project.untouched("plan --sandbox", 4), &["P7003", "`forget container.old`"]);
    project.write("main.paas", format!("{PLATFORM}forget container.old\n"));
    let said = project.fine("plan --sandbox");
    says(&said, &["⇡ container.old", "it stays as it is", "1 to forget"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(project.guests().len(), 1);
    assert!(!project.recorded().iter().any(|it| it.contains("container.old")));
    says(&project.ends("plan --sandbox", 0), &["L0204"]);
}

const KEPT: &str = r#"
host web { address = "10.0.0.8" }
app pg { on = host.box, compose { file = "pg.yml" } }
database main { on = app.pg, engine = "postgres" }
secret old = generate(length = 24)
app blog {
  on = host.web
  unit { exec = "/bin/blog", env = { PASSWORD = secret.old, BOTH = upper(secret.old) } }
  db main { on = database.main, name = "blog", owner = "blog" }
}
"#;

/// A project whose app has a secret, and one that comes with its database.
fn kept() -> Project {
    let project = Project::of(&format!("{PLATFORM}{KEPT}"));
    let service = "services:\n  db: { image: \"postgres:16\", ports: [\"5432:5432\"] }\n";
    project.write("pg.yml", service);
    project.fine("apply --sandbox --yes --parallel 1");
    project
}

/// The value of a generated secret.
fn value(project: &Project, address: &str) -> String {
    project.fine(&format!("secret reveal {address} --yes --sandbox"))
}

#[test]
fn what_is_moved_keeps_its_generated_secrets() {
    let project = kept();
    let (own, password) = ("secret.old", "app.blog/db.main.made_password");
    let before = (value(&project, own), value(&project, password));
    let text = project.read("main.paas").replace("secret.old", "secret.new");
    let text = text.replace("secret old =", "secret new =").replace("app blog {", "app journal {");
    let moved = "moved secret.old -> secret.new\nmoved app.blog -> app.journal\n";
    project.write("main.paas", format!("{text}{moved}"));
    let (own, password) = ("secret.new", "app.journal/db.main.made_password");
    // Before the apply they are called so already, and a new value is not lost by it.
    assert_eq!((value(&project, own), value(&project, password)), before);
    let said = project.untouched("plan --sandbox", 0);
    says(&said, &["Plan: 3 to move."]);
    assert!(!said.contains("«secret"), "nothing about the secret has changed:\n{said}");
    project.fine("apply --sandbox --yes");
    assert_eq!((value(&project, own), value(&project, password)), before);
    converged(&project);
    project.write("main.paas", text);
    converged(&project);
    assert_eq!((value(&project, own), value(&project, password)), before);
}

#[test]
fn a_secret_that_is_rotated_before_its_move_has_the_new_value() {
    let project = kept();
    let text = project.read("main.paas").replace("secret.old", "secret.new");
    let text = text.replace("secret old =", "secret new =");
    project.write("main.paas", format!("{text}moved secret.old -> secret.new\n"));
    project.fine("secret rotate secret.new --sandbox");
    let rotated = value(&project, "secret.new");
    says(&project.fine("secret list --sandbox"), &["version 2"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "secret.new"), rotated);
    converged(&project);
}

#[test]
fn secrets_whose_names_are_swapped_keep_their_values() {
    let two = "secret a = generate(length = 10)\nsecret b = generate(length = 12)\n";
    let project = made(two);
    let before = (value(&project, "secret.a"), value(&project, "secret.b"));
    let swapped = two.replace("= 10", "= 9").replace("= 12", "= 10").replace("= 9", "= 12");
    let moved = "moved secret.a -> secret.b\nmoved secret.b -> secret.a\n";
    project.write("main.paas", format!("{PLATFORM}{swapped}{moved}"));
    assert_eq!((value(&project, "secret.b"), value(&project, "secret.a")), before);
    project.fine("apply --sandbox --yes");
    assert_eq!((value(&project, "secret.b"), value(&project, "secret.a")), before);
    converged(&project);
    assert_eq!((value(&project, "secret.b"), value(&project, "secret.a")), before);
}

#[test]
fn an_old_name_is_free_for_another_secret() {
    let project = made("secret a = generate(length = 10)\n");
    let before = value(&project, "secret.a");
    let moved = "secret b = generate(length = 10)\n";
    project.write("main.paas", format!("{PLATFORM}{moved}moved secret.a -> secret.b\n"));
    project.fine("apply --sandbox --yes");
    project.write("main.paas", format!("{PLATFORM}{moved}secret a = generate(length = 11)\n"));
    says(&project.fine("plan --sandbox"), &["secret.a", "1 to create"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "secret.b"), before);
    assert_eq!(value(&project, "secret.a").trim().len(), 11);
    converged(&project);
}

#[test]
fn a_tenant_with_another_name_keeps_its_secrets() {
    let tenant = "tenant acme {\n  secret db = generate(length = 18)\n  output db: secret<string> = secret.db\n}\n";
    let project = made(tenant);
    let before = value(&project, "tenant.acme/secret.db");
    let renamed = tenant.replace("acme", "globex");
    let moved = "moved tenant.acme -> tenant.globex\n";
    project.write("main.paas", format!("{PLATFORM}{renamed}{moved}"));
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "tenant.globex/secret.db"), before);
    converged(&project);
}
