//! `reveal`: a secret becomes public, with a reason that whoever reviews the plan reads.

use crate::commands::says;
use crate::support::project::Project;

/// A project with this below two secrets.
fn project(rest: &str) -> Project {
    let secrets = "secret given = env(\"GIVEN\")\nsecret made = generate(length = 20)\n";
    Project::of(&format!("{secrets}{rest}\n")).with("GIVEN", "canary-1")
}

#[test]
fn a_revealed_output_is_printed_and_every_plan_says_why() {
    let project = project(
        "output console = \"admin:\\(reveal(secret.given, \"the console prints it anyway\"))\"\n\
         output made = reveal(secret.made, \"first login\")\n\
         output kept: secret<string> = secret.given",
    );
    project.fine("check");
    for format in ["human", "json", "markdown"] {
        let said = project.fine(&format!("plan --sandbox --format {format}"));
        says(&said, &["secret.given", "the console prints it anyway", "secret.made"]);
        says(&said, &["first login"]);
        assert!(!said.contains("canary"), "a plan has no values:\n{said}");
    }
    let said = project.fine("plan --sandbox");
    says(&said, &["made public", "main.paas:3", "\"admin:«revealed given»\"", "«secret given»"]);
    let said = project.fine("apply --sandbox --yes");
    says(&said, &["made public", "the console prints it anyway"]);
    assert_eq!(project.fine("output --sandbox --name console"), "admin:canary-1\n");
    assert_eq!(project.fine("output --sandbox --name made").trim().len(), 20);
    let all = project.fine("output --sandbox");
    says(&all, &["admin:canary-1", "\"$secret\": \"given\""]);
    // Also what is public is read where it is kept: the state has only its name.
    let found =
        project.contents().into_iter().filter(|(_, it)| it.windows(8).any(|it| it == b"canary-1"));
    assert_eq!(found.count(), 0, "a value is in a file");
    // It is told again, as long as it is so.
    let said = project.fine("plan --sandbox --exit-code");
    says(&said, &["No changes", "made public", "first login"]);
}

#[test]
fn a_saved_plan_says_again_what_it_makes_public() {
    let project = project("output made = reveal(secret.made, \"first login\")");
    project.fine("plan --sandbox --out it.plan");
    says(&project.fine("apply it.plan"), &["made public", "secret.made", "first login"]);
}

#[test]
fn what_the_manifest_reveals_no_more_is_not_printed() {
    let project = project("output o = reveal(secret.given, \"why not\")");
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "reveal(secret.given, \"why not\")", "\"nothing\"");
    let said = project.fine("output --sandbox --name o");
    says(&said, &["\"$revealed\": \"given\""]);
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_revealed_value_that_cannot_be_had_is_told() {
    let project = project("output o = reveal(secret.given, \"why not\")");
    project.fine("apply --sandbox --yes");
    let project = project.with("GIVEN", "");
    let said = project.ends("output --sandbox --name o", 1);
    says(&said, &["P4002", "`secret.given` has no value", "the environment variable `GIVEN`"]);
}

#[test]
fn what_follows_from_revealed_secrets_is_revealed() {
    let project = project(
        "output both = upper(reveal(secret.given, \"why not\"))\n\
         output list = reveal([secret.given, \"plain\"], \"why not\")",
    );
    project.fine("apply --sandbox --yes");
    assert_eq!(project.fine("output --sandbox --name both"), "CANARY-1\n");
    says(&project.fine("output --sandbox --name list"), &["\"canary-1\"", "\"plain\""]);
    // One secret that is not revealed keeps all of it.
    project.edit(
        "main.paas",
        "upper(reveal(secret.given, \"why not\"))",
        "base64(\"\\(reveal(secret.given, \"a\")) \\(secret.made)\")",
    );
    says(&project.ends("check", 1), &["P4001", "output both: secret<string>"]);
}

#[test]
fn a_revealed_secret_goes_where_plain_text_goes() {
    let project = Project::site().with("GIVEN", "canary-1");
    let text = project.read("main.paas");
    let app = "container c {\n  on = cluster.home\n  template = template.base\n  \
               network = network.lan\n  ip = \"auto\"\n  features { nesting = true }\n}\n\
               app c {\n  on = container.c\n  compose { file = \"c.yml\" }\n  \
               health { cmd = \"check \\(IT)\" }\n}\n\
               secret given = env(\"GIVEN\")\n";
    project.write("c.yml", "services:\n  c: { image: \"c:1\" }\n");
    project.write("main.paas", text.clone() + &app.replace("IT", "secret.given"));
    says(&project.ends("check", 1), &["P4001", "health"]);
    let shown = app.replace("IT", "reveal(secret.given, \"it is no secret there\")");
    project.write("main.paas", text + &shown);
    project.fine("check");
    let said = project.fine("plan --sandbox --full");
    says(&said, &["check «revealed given»", "it is no secret there"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    // A new value is noticed like that of any secret.
    let project = project.with("GIVEN", "canary-2");
    says(&project.ends("plan --sandbox --exit-code", 2), &["«revealed given»\" changed"]);
}

#[test]
fn a_reveal_needs_a_reason_that_stands_in_the_manifest() {
    let wrong = [
        ("reveal(secret.given, \"\")", "P4011"),
        ("reveal(secret.given, \"  \")", "P4011"),
        ("reveal(secret.given, reason = \"\")", "P4011"),
        ("reveal(secret.given, why)", "P4011"),
        ("reveal(secret.given, secret.made)", "P4011"),
        ("reveal(secret.given)", "`reason` is missing"),
        ("reveal()", "`value` is missing"),
        ("reveal(secret.given, \"a\", \"b\")", "reveal"),
        ("reveal(secret.given, because = \"a\")", "because"),
        ("reveal(secret.given, 7)", "reveal"),
    ];
    for (call, says_what) in wrong {
        let project = project(&format!("input why: string = \"because\"\noutput o = {call}"));
        let said = project.ends("check", 1);
        says(&said, &[says_what]);
        assert!(said.matches("error[").count() == 1, "`{call}` is told once:\n{said}");
    }
    for call in ["reveal(secret.given, \"a\")", "reveal(value = secret.given, reason = \"a\")"] {
        project(&format!("output o = {call}")).fine("check");
    }
    // What is no secret stays what it is, and may decide things.
    let plain = "output o = if reveal(true, \"a\") then 1 else 2";
    project(plain).fine("check");
}

#[test]
fn a_revealed_secret_decides_nothing_while_planning() {
    let wrong = [
        "run r if reveal(secret.given, \"a\") == \"b\" { on = container.c, create = \"x\" }",
        "output o = { (reveal(secret.given, \"a\")) = 1 }",
        "output o = if reveal(secret.given, \"a\") == \"b\" then 1 else 2",
        "output o = [for x in [1]: x if reveal(secret.given, \"a\") == \"b\"]",
    ];
    for rest in wrong {
        let said = project(rest).ends("check", 1);
        says(&said, &["P300", "`value` of `secret.given` is known"]);
        assert!(!said.contains("P9"), "{said}");
    }
}

#[test]
fn a_project_can_forbid_to_reveal() {
    let forbids = "paas { policy { allow_reveal = false } }\n";
    let says_no = |rest: &str| {
        let project = project(&format!("{forbids}{rest}"));
        let said = project.ends("check", 1);
        says(&said, &["P4012", "it is forbidden here"]);
    };
    says_no("output o = reveal(secret.given, \"a\")");
    // Also where nobody goes today.
    says_no("fn shown(x) = reveal(x, \"a\")\noutput o = if false then shown(secret.given) else 1");
    let allows = "paas { policy { allow_reveal = true } }\n";
    project(&format!("{allows}output o = reveal(secret.given, \"a\")")).fine("check");
    let unclear = "input x: bool = false\npaas { policy { allow_reveal = x } }\n";
    says(&project(unclear).ends("check", 1), &["P4011", "`allow_reveal` is `true` or `false`"]);
    let other = "paas { policy { allow_revael = false } }\n";
    says(&project(other).ends("check", 1), &["P1003", "allow_reveal"]);
}

#[test]
fn a_reveal_of_no_secret_is_pointed_out_where_it_can_be_told() {
    let lint = |text: &str| Project::of(text).fine("check").contains("L0402");
    let said = Project::of("output o = reveal(\"plain\", \"why\")\n").run("check");
    says(&(said.out + &said.err), &["L0402", "main.paas:1:19", "this is a string, and no secret"]);
    let quiet = [
        "secret a = generate()\noutput o = reveal(secret.a, \"why\")\n",
        "secret a = generate()\noutput o = reveal(length(secret.a) > 3, \"why\")\n",
        "input a: secret<string> = \"x\"\noutput o = reveal(a, \"why\")\n",
        "fn shown(x) = reveal(x, \"why\")\noutput o = shown(\"plain\")\n",
        "secret a = generate()\noutput o = reveal([\"plain\", secret.a], \"why\")\n",
        "# paas: allow L0402\noutput o = reveal(\"plain\", \"why\")\n",
    ];
    for text in quiet {
        let project = Project::of(text).with("PAAS_INPUT_a", "x");
        let run = project.run("check");
        assert!(!(run.out + &run.err).contains("L0402"), "{text}");
    }
    assert!(!lint("let a = 1\n"));
}

#[test]
fn what_is_computed_of_a_revealed_secret_can_be_revealed_itself() {
    let start = "secret a = generate()\n";
    let late = format!(
        "{start}let open = reveal(secret.a, \"why\")\noutput o = if open == \"x\" then 1 else 2\n"
    );
    let said = Project::of(&late).ends("check", 1);
    says(&said, &["P3002", "without the values of secrets", "reveal what is computed instead"]);
    let answer = format!("{start}output o = reveal(if secret.a == \"x\" then 1 else 2, \"why\")\n");
    Project::of(&answer).fine("check");
}

#[test]
fn a_file_that_a_secret_comes_from_is_not_read_as_plain_text_unnoticed() {
    for (source, path, found) in [
        ("file(\"keys/a.txt\")", "keys/a.txt", true),
        ("file(\"keys/a.txt\")", "./keys/../keys//a.txt", true),
        ("sops(\"keys/a.txt\", \"x\")", "keys/a.txt", true),
        ("age(\"keys/a.txt\")", "keys/a.txt", true),
        ("file(\"keys/b.txt\")", "keys/a.txt", false),
        ("env(\"keys\")", "keys/a.txt", false),
    ] {
        let text = format!("secret a = {source}\noutput o = length(file(\"{path}\"))\n");
        let project = Project::of(&text);
        project.write("keys/a.txt", "hidden\n");
        let run = project.run("check");
        let said = run.out + &run.err;
        assert_eq!(said.contains("L0401"), found, "{text}{said}");
        if found {
            says(&said, &["`keys/a.txt` is no secret", "main.paas:2:19", "from the same file"]);
        }
        assert_eq!(run.code, 0);
        project.edit("main.paas", "output", "# paas: allow L0401\noutput");
        let run = project.run("check");
        assert!(!(run.out + &run.err).contains("L0401"));
    }
}
