//! `paas test`: what is given, made up and expected; and every way in which a test is wrong.

use crate::commands::{check, says};
use crate::support::project::Project;

/// A container for each person, with an address from outside and a port that the plan chooses.
const SITE: &str = r#"
input memory: size = 1GiB
input token: secret<string>
let people = ["ada", "bob"]
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1, pool = ["10.0.0.50-10.0.0.99"] }
proxy edge { on = container.gate, engine = "caddy", ports = [2200-2299/tcp] }
container gate { on = cluster.home, template = "debian-12-standard", network = network.lan, features { nesting = true } }
container web for p in people by p {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = "dhcp"
  memory = memory
  require self.memory >= 512MiB else "too small"
  expose ssh { via = proxy.edge, port = 22, tcp { port = "auto" } }
}
check small for c in all.container by c.address {
  require c.memory <= 8GiB else "\(c.name) is too large"
}
check narrow for c in all.container by c.address {
  level = "warn"
  require c.memory <= 4GiB else "\(c.name) is wide"
}
"#;

fn project(tests: &str) -> Project {
    Project::of(&format!("{SITE}\n{tests}\n"))
}

#[track_caller]
fn passes(tests: &str) {
    project(tests).untouched("test", 0);
}

#[track_caller]
fn fails(tests: &str, parts: &[&str]) {
    says(&project(tests).untouched("test", 1), parts);
}

#[test]
fn tests_that_pass_and_tests_that_fail() {
    let project = project(include_str!("../cases/commands/tests.paas"));
    check("tests", &project, &["test", "test --filter nothing", "test --filter address"]);
}

#[test]
fn every_mistake_in_a_test_is_told_by_check() {
    let project = Project::empty();
    project.write("main.paas", include_str!("../cases/commands/bad_tests.paas"));
    project.write("lib.paas", "let a = 1\ntest \"of a library\" { expect a == 1 }\n");
    check("bad_tests", &project, &["check --format concise"]);
}

#[test]
fn there_may_be_no_tests() {
    let project = Project::of("let a = 1\n");
    says(&project.untouched("test", 0), &["no tests"]);
    says(&project.ends("test --filter a", 1), &["no test has `a`", "this project has no tests"]);
    says(&project.ends("test --format json", 0), &["\"tests\": []"]);
}

#[test]
fn numbers_that_the_plan_chooses_are_known() {
    passes(
        r#"test "ports" {
  expect container.web["ada"].expose.ssh.external_port in 2200-2299/tcp
  expect container.gate.ip in network.lan.cidr && container.gate.ip != network.lan.gateway
}"#,
    );
}

#[test]
fn the_plan_tells_what_changes_against_what_was_before() {
    passes(
        r#"test "from nothing" {
  expect container.gate in plan.create
  expect plan.update == [] && plan.destroy == []
}
test "one more" {
  before { people = ["ada"] }
  expect length(plan.create) == 2 && container.web["bob"] in plan.create
  expect plan.update == [] && plan.replace == [] && plan.destroy == []
}
test "one less" {
  before { people = ["ada", "bob", "eve"] }
  expect "container.web[\"eve\"]" in plan.destroy
}
test "more memory" {
  before { memory = 1GiB }
  given { memory = 2GiB }
  expect plan.update == ["container.web[\"ada\"]", "container.web[\"bob\"]"]
  expect plan.replace == [] else "nothing is lost"
}"#,
    );
}

#[test]
fn a_mock_is_for_one_instance_or_for_all() {
    passes(
        r#"test "all" {
  mock container.web { ip = 10.0.0.7 }
  expect container.web["ada"].ip == 10.0.0.7 && container.web["bob"].ip == 10.0.0.7
}
test "one" {
  mock container.web["ada"] { ip = 10.0.0.7 }
  mock container.web["bob"] { ip = base }
  expect [for c in container.web : c.ip] == [10.0.0.7, 10.0.0.8]
}
test "inside" {
  mock container.web/expose.ssh { external_port = 2210/tcp }
  expect container.web["bob"].expose.ssh.external_port == 2210
}
let base = 10.0.0.8
"#,
    );
    fails(
        r#"test "nobody" { mock container.web["eve"] { ip = 10.0.0.7 } }"#,
        &["P1030", "the manifest has no `container.web[\"eve\"]`"],
    );
    fails(
        r#"test "itself" {
  mock container.web["ada"] { ip = container.web["ada"].ip }
  expect container.web["ada"].ip == 10.0.0.1
}"#,
        &["P3002", "`ip` must be known when the plan is made"],
    );
    fails(
        r#"test "open" { mock container.web { ip = "dhcp" }, expect container.web["ada"].ip != null }"#,
        &["P1041", "`dhcp` makes up no `ip`"],
    );
}

#[test]
fn what_needs_no_mock_is_told_with_its_value() {
    let manifest =
        SITE.replace("ip = \"dhcp\"", "ip = 10.0.0.9").replace("[\"ada\", \"bob\"]", "[\"ada\"]");
    let test = "test \"fixed\" { mock container.web { ip = 10.0.0.7 } }\n";
    let project = Project::of(&format!("{manifest}{test}"));
    says(&project.ends("test", 1), &["P1041", "the manifest says 10.0.0.9"]);
}

#[test]
fn an_error_is_expected_by_its_code_or_by_the_name_of_a_check() {
    passes(
        r#"test "code" { given { memory = 9MiB }, expect_error = "P2016" }
test "check" { given { memory = 9GiB }, expect_error = "small" }
test "warning" { given { memory = 5GiB }, expect_error = "narrow" }
test "type" { given { memory = "much" }, expect_error = "P2001" }"#,
    );
    fails(r#"test "none" { expect_error = "small" }"#, &["P2021", "nothing fails with `small`"]);
    fails(
        r#"test "other" { given { memory = 9MiB }, expect_error = "small" }"#,
        &["P2021", "something else fails than `small`", "instead there is P2016: too small"],
    );
}

#[test]
fn a_warning_fails_no_test() {
    passes(r#"test "wide" { given { memory = 5GiB }, expect length(container.web) == 2 }"#);
}

#[test]
fn inputs_come_from_the_test_then_from_the_command_line() {
    let tests = "test \"given\" { given { memory = 2GiB }, expect memory == 2GiB }\n\
                 test \"outside\" { expect memory == 3GiB }\n";
    project(tests).fine("test --set memory=3GiB");
    let project = Project::of(
        "input name: string\ntest \"a\" { given { name = \"x\" }, expect name == \"x\" }\n",
    );
    project.fine("test");
    says(&project.ends("check", 1), &["P2015"]);
    let project = Project::of("input name: string\ntest \"a\" { expect name == \"x\" }\n");
    says(&project.ends("test", 1), &["P2015", "1 test failed"]);
}

#[test]
fn secrets_are_named_and_never_seen() {
    let test = "output key: secret<string> = token\n\
                test \"key\" { expect token == \"hunter2\" }\n\
                test \"said\" { expect length(\"\\(token)\") == 3 }\n";
    let project = project(test).with("PAAS_INPUT_token", "planted-secret");
    for format in ["human", "json", "junit"] {
        let said = project.ends(&format!("test --format {format}"), 1);
        assert!(!said.contains("planted-secret"), "{said}");
    }
}

#[test]
fn a_manifest_that_is_wrong_runs_no_test() {
    let said = project("test \"a\" { expect true }\nlet b = nothing\n").ends("test", 1);
    says(&said, &["P1002"]);
    assert!(!said.contains("passed"), "{said}");
}

#[test]
fn the_tests_of_a_module_are_run_in_its_folder() {
    let project = Project::of("module lab from \"./lab\" { name = \"a\" }\n");
    project.write(
        "lab/main.paas",
        "input name: string\ntest \"own\" { given { name = \"b\" }, expect name == \"b\" }\n",
    );
    project.fine("check");
    says(&project.fine("test"), &["no tests"]);
    says(&project.fine("test lab"), &["passed  own"]);
}

#[test]
fn formats_for_programs() {
    let project = project(
        "test \"a <b> & \\\"c\\\"\" { expect memory == 2GiB }\ntest \"d\" { expect true }\n",
    );
    let said = project.ends("test --format json", 1);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["format"], "paas.test/1.0");
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    assert_eq!(json["tests"][0]["problems"][0]["code"], "P2020");
    assert_eq!(json["tests"][0]["file"], "main.paas");
    assert_eq!(json["tests"][1]["verdict"], "passed");
    let said = project.ends("test --format junit", 1);
    says(
        &said,
        &[
            "<testsuites tests=\"2\" failures=\"1\" errors=\"0\"",
            "name=\"a &lt;b&gt; &amp; &quot;c&quot;\"",
            "<failure type=\"P2020\" message=\"an expectation is not met\">",
            "this is 1GiB",
            "</testsuites>",
        ],
    );
}

#[test]
fn the_examples_pass_their_tests() {
    for example in ["campus", "catalogue"] {
        let folder = format!("{}/examples/{example}", env!("CARGO_MANIFEST_DIR"));
        let said = Project::empty().fine(&format!("test '{folder}'"));
        says(&said, &["passed"]);
    }
}

#[test]
fn the_page_about_tests_shows_tests_that_pass() {
    let page = include_str!("../../docs/testing.md");
    for block in page.split("```paas\n").skip(1) {
        let example = block.split("```").next().unwrap();
        let platform = "cluster home { api = \"https://pve.lan:8006\", token = env_token }\n\
                        secret pve = env(\"PVE_TOKEN\")\nlet env_token = secret.pve\n\
                        network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }\n";
        let said = Project::of(&format!("{platform}{example}")).fine("test");
        says(&said, &["passed"]);
    }
}
