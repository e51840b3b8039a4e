//! Manifests that are wrong: the message names the file, the line and the way out, and nothing is
//! changed.

use crate::commands::{check, says};
use crate::support::project::Project;

const PLATFORM: &str = r#"secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, bridge = "vmbr0", cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;

/// The commands that read a manifest before they do anything else.
const READERS: [&str; 7] = [
    "check",
    "plan --sandbox",
    "apply --sandbox --yes",
    "drift --sandbox",
    "destroy --sandbox --yes",
    "graph",
    "sandbox set sandbox pace=1",
];

/// A platform and these lines, all after the third.
fn project(lines: &str) -> Project {
    let project = Project::of(&format!("{PLATFORM}{lines}"));
    project
        .write("blog.yml", "services:\n  ghost: { image: \"ghost:5\", ports: [\"2368:2368\"] }\n");
    project
}

/// These lines are refused with all of `parts`, and nothing is changed.
#[track_caller]
fn refused(lines: &str, parts: &[&str]) {
    says(&project(lines).untouched("apply --sandbox --yes", 1), parts);
}

/// A message as a person reads it, in a golden file.
#[track_caller]
fn shown(name: &str, lines: &str) {
    check(&format!("bad/{name}"), &project(lines), &["check"]);
}

#[test]
fn every_command_that_reads_a_manifest_refuses_a_bad_one() {
    let project = project("kontainer web { on = cluster.home }\n");
    for line in READERS {
        let said = project.untouched(line, 1);
        says(
            &said,
            &["P1001", "main.paas:4:1", "no kind `kontainer`", "did you mean `container`?"],
        );
    }
}

#[test]
fn brackets_without_end_are_not_followed() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{ a = ", "}"), ("container a {\n", "}")] {
        let text = format!("let x = {}{}\n", open.repeat(20_000), close.repeat(20_000));
        let said = Project::of(&text).untouched("plan --sandbox", 1);
        says(&said, &["P0114", "this nests too deep", "main.paas:", "200 levels", "`let`"]);
        assert!(said.len() < 2_000, "{} bytes are no message", said.len());
        let text = format!("let x = {}\n", open.repeat(20_000));
        says(&Project::of(&text).untouched("apply --sandbox --yes", 1), &["main.paas:"]);
    }
}

#[test]
fn a_brace_is_never_closed() {
    let lines = "container web {\n  on = cluster.home\n  template = \"debian\"\n\nlet x = 1\n";
    refused(lines, &["P0101", "this `{` is never closed", "main.paas:4:15", "add `}` at line 6"]);
    shown("unclosed", lines);
}

#[test]
fn a_long_line_shows_where_it_is_wrong_and_no_more() {
    let line = format!("let list = [{} oops, {}]\n", "1, ".repeat(5_000), "2, ".repeat(5_000));
    let said = project(&line).untouched("check", 1);
    says(&said, &["main.paas:4:15014", "oops", "1, 1,", "2, 2,"]);
    assert!(said.lines().all(|line| line.chars().count() < 200), "{said}");
    let line = format!("let list = [{} oops]\n", "\"ä\", ".repeat(100));
    says(&project(&line).untouched("check", 1), &["main.paas:4:514"]);
}

#[test]
fn a_name_that_nobody_knows() {
    let lines = r#"kontainer web { on = cluster.home }
container web {
  on = cluster.hoem
  template = "debian"
  memry = 1GiB
  network = network.lan
  tags = [strng(1)]
}
"#;
    refused(lines, &["main.paas:4:1", "no kind `kontainer`", "did you mean `container`?"]);
    refused(lines, &["main.paas:6:16", "no `cluster.hoem`", "did you mean `cluster.home`?"]);
    refused(lines, &["main.paas:8:3", "no attribute `memry`", "did you mean `memory`?"]);
    refused(lines, &["main.paas:10:11", "no function `strng`"]);
    shown("unknown", lines);
}

#[test]
fn what_only_one_may_have() {
    let lines = r#"container a {
  on = cluster.home, template = "debian", network = network.lan
  id = 500, ip = 10.0.0.5, hostname = "h"
}
container b {
  on = cluster.home, template = "debian", network = network.lan
  id = 500, ip = 10.0.0.5, hostname = "h"
}
"#;
    for (what, value) in [("id", "500"), ("address", "10.0.0.5"), ("host name", "h")] {
        let both = format!("`container.a` and `container.b` both have the {what} `{value}`");
        let help = format!("give one of them another {what}");
        refused(lines, &["P5003", &both, "main.paas:10:", &help]);
    }
    shown("twice", lines);
    let again = "network lan { cluster = cluster.home, cidr = 10.1.0.0/24 }\n";
    refused(again, &["P1006", "network `lan` is declared twice", "main.paas:4:9", "another name"]);
}

#[test]
fn a_route_and_a_port_belong_to_one() {
    let lines = r#"container web { on = cluster.home, template = "debian", network = network.lan, ip = "auto" }
proxy edge { on = container.web, engine = "traefik" }
app one {
  on = container.web
  unit { exec = "/usr/bin/one" }
  expose www { via = proxy.edge, port = 2368, http { host = "a.example.com" } }
  expose ssh { via = proxy.edge, port = 22, tcp { port = 2222 } }
}
app two {
  on = container.web
  unit { exec = "/usr/bin/two" }
  expose www { via = proxy.edge, port = 2368, http { host = "a.example.com" } }
  expose ssh { via = proxy.edge, port = 22, tcp { port = 2222 } }
}
"#;
    let www = "`app.one/expose.www` and `app.two/expose.www` both have the route `a.example.com/`";
    refused(lines, &["P5003", www, "main.paas:15:", "give one of them another route"]);
    let ssh = "`app.one/expose.ssh` and `app.two/expose.ssh` both have the port `2222/tcp`";
    refused(lines, &["P5003", ssh, "main.paas:16:", "give one of them another port"]);
    shown("routes", lines);
}

#[test]
fn a_circle_is_shown_whole() {
    let guest = |name: &str, after: &str| {
        let on = "on = cluster.home, template = \"debian\"";
        format!("container {name} {{ {on}, after = [container.{after}] }}\n")
    };
    let lines = guest("a", "b") + &guest("b", "c") + &guest("c", "a");
    let path = "`container.a` → `container.b` → `container.c` → `container.a`";
    refused(&lines, &["P5001", "main.paas:4:", path, "take one of these references away"]);
    shown("circle", &lines);
    let names: Vec<String> = (0..20).map(|number| format!("g{number}")).collect();
    let next = |index: usize| &names[(index + 1) % names.len()];
    let long = names.iter().enumerate().map(|(index, name)| guest(name, next(index)));
    let said = project(&long.collect::<String>()).untouched("check", 1);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    names.iter().for_each(|name| says(&said, &[&format!("`container.{name}` →")]));
}

#[test]
fn values_that_need_each_other() {
    let lines = "let a = b\nlet b = c\nlet c = a\n";
    refused(lines, &["P5001", "main.paas:6:5", "`c` needs `a`", "without the reference"]);
    refused("let x = x + 1\n", &["P5001", "`x` needs its own value", "main.paas:4:5"]);
}

#[test]
fn an_address_the_network_does_not_have() {
    let guest = |ip: &str| {
        let on = "on = cluster.home, template = \"debian\", network = network.lan";
        format!("container web {{\n  {on}\n  ip = {ip}\n}}\n")
    };
    let outside = ["P5004", "`10.0.1.5` is not an address of `network.lan`", "main.paas:6:8"];
    refused(&guest("10.0.1.5"), &outside);
    refused(&guest("10.0.1.5"), &["write an address of `10.0.0.0/24`, or `ip = \"auto\"`"]);
    refused(&guest("10.0.0.1"), &["`10.0.0.1` is the gateway of `network.lan`", "main.paas:6:8"]);
    refused(&guest("10.0.0.256"), &["P0111", "not an IPv4 address", "main.paas:6:"]);
}

#[test]
fn a_file_that_is_not_there() {
    let lines = r#"container web { on = cluster.home, template = template.base, network = network.lan }
template base { cluster = cluster.home, base = "debian", scripts = ["gone.sh"] }
app blog { on = container.web, compose { file = "gone.yml" } }
let keys = lines(file("gone.pub"))
"#;
    refused(lines, &["there is no file `gone.sh`", "main.paas:5:", "the folder of the manifest"]);
    refused(lines, &["there is no file `gone.yml`", "main.paas:6:", "in `app.blog`"]);
    refused(lines, &["there is no file `gone.pub`", "main.paas:7:"]);
    shown("no-file", lines);
}

#[test]
fn a_compose_file_that_is_none() {
    let app = "container web { on = cluster.home, template = \"debian\" }\n\
               app blog { on = container.web, compose { file = \"x.yml\" } }\n";
    for text in ["", "services: [", "- a\n- b\n", "services: 5\n", "\u{0}"] {
        let project = project(app);
        project.write("x.yml", text);
        let said = project.untouched("plan --sandbox", 1);
        says(&said, &["x.yml", "main.paas:5:"]);
    }
}

#[test]
fn text_that_is_no_text() {
    let project = project("");
    project.write("b.paas", b"# fine\nlet x = \"\xff\xfe\"\n");
    for line in READERS {
        says(&project.untouched(line, 1), &["P0002", "`b.paas`", "line 2 is not text in UTF-8"]);
    }
    project.write("b.paas", "let x = \"a\u{0}b\"\n");
    says(&project.untouched("plan --sandbox", 1), &["P0119", "b.paas:1:11", "U+0000", "remove it"]);
    project.write("b.paas", [0x7f, b'E', b'L', b'F', 0, 1, 2, 0xff, 0xfe, 0x80]);
    says(&project.untouched("plan --sandbox", 1), &["P0002", "`b.paas`", "line 1"]);
}

#[test]
fn a_secret_that_is_not_there() {
    let lines = r#"secret env = env("APP_PASSWORD")
secret file = file("password.txt")
container web { on = cluster.home, template = "debian", network = network.lan, ip = "auto", features { nesting = true } }
app blog {
  on = container.web
  compose { file = "blog.yml", env = { A = secret.env, B = secret.file } }
}
"#;
    {
        let said = project(lines).untouched("apply --sandbox --yes", 1);
        says(&said, &["P4002", "`secret.env` has no value", "main.paas:4:8"]);
        says(&said, &["`APP_PASSWORD` is not set", "export APP_PASSWORD="]);
        says(&said, &["`secret.file` has no value", "main.paas:5:8", "`password.txt`"]);
        assert!(!said.contains("os error"), "{said}");
        assert!(!said.contains("`secret.pve` has"), "the sandbox needs no token:\n{said}");
    }
    shown("no-secret", lines);
    let project = project(lines);
    check("bad/no-secret-apply", &project, &["apply --sandbox --yes"]);
    // A plan needs no value: nothing is compared that was not sent yet.
    project.untouched("plan --sandbox", 0);
    project.write("password.txt", "");
    let project = project.with("APP_PASSWORD", "");
    let said = project.untouched("apply --sandbox --yes", 1);
    says(&said, &["`APP_PASSWORD` is empty", "`password.txt` is empty"]);
    says(&project.untouched("apply --yes", 1), &["`secret.pve` has no value", "PVE_TOKEN"]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let lines = "kontainer a {}\nlet x = \nvm b { memry = 1 }\nlet y = nope\n";
    refused(lines, &["main.paas:4:1", "main.paas:5:", "main.paas:6:", "main.paas:7:9"]);
    let many = "let x = nope\n".replace('x', "x0");
    let many: String = (0..50).map(|number| many.replace("x0", &format!("x{number}"))).collect();
    says(&project(&many).untouched("check", 1), &["and 30 more"]);
}

#[test]
fn one_bad_file_of_two_never_means_that_its_half_is_gone() {
    let project = Project::applied();
    project.write("more.paas", "container more {");
    for line in ["plan --sandbox", "apply --sandbox --yes", "destroy --sandbox --yes"] {
        says(&project.untouched(line, 1), &["more.paas:1:"]);
    }
    project.write("more.paas", "import \"gone\" as gone\n");
    let said = project.untouched("apply --sandbox --yes", 1);
    says(&said, &["more.paas:1:"]);
    std::fs::remove_file(project.path("more.paas")).expect("it was there");
    std::os::unix::fs::symlink("nowhere.paas", project.path("more.paas")).expect("a link");
    says(&project.untouched("apply --sandbox --yes", 1), &["`more.paas` cannot be read"]);
    assert_eq!(project.recorded().len(), 8);
}
