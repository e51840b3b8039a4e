//! Words of other tools, typed where people type them: each is answered with what it is here.

use crate::support::project::Project;

/// Top-level statements, and what the answer says.
const DECLARATIONS: &[(&str, &str)] = &[
    ("resource \"proxmox_lxc\" \"web\" {\n}", "container web {"),
    ("data \"x\" \"y\" {\n}", "existing network name"),
    ("variable \"x\" {\n}", "input x"),
    ("var x {\n}", "input name: type = default"),
    ("locals {\n  a = 1\n}", "let a = 1"),
    ("provider \"p\" {\n}", "cluster home {"),
    ("terraform {\n  required_version = \"1\"\n}", "paas { version = "),
    ("param size int = 2", "input size: int = 2"),
    ("param size", "input size"),
    ("var size = 2", "let size = 2"),
    ("variable size = 2", "input size = 2"),
    ("const size = 2", "let size = 2"),
    ("output \"x\" {\n  value = 1\n}", "output x = 1"),
    ("module \"x\" {\n  source = \"./x\"\n}", "module x from"),
    ("services {\n}", "compose { file ="),
    ("networks {\n}", "compose { file ="),
    ("volumes {\n}", "compose { file ="),
    ("job \"x\" {\n}", "app name {"),
    ("group \"x\" {\n}", "app name {"),
    ("task \"x\" {\n}", "app name {"),
    ("target \"x\" {\n}", "app name {"),
    ("define x {\n}", "`for` header"),
    ("class x {\n}", "`for` header"),
    ("node x {\n}", "inside of `cluster`"),
];

/// Attributes: the kind, the word, and what the answer says.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("container", "ram", "called `memory` here"),
    ("container", "mem", "called `memory` here"),
    ("vm", "mem", "called `memory` here"),
    ("container", "cpu", "called `cores` here"),
    ("container", "vcpu", "called `cores` here"),
    ("vm", "vcpu", "called `cores` here"),
    ("container", "cpus", "called `cores` here"),
    ("container", "size", "called `disk` here"),
    ("container", "rootfs", "called `disk` here"),
    ("container", "image", "called `template` here"),
    ("container", "ostemplate", "called `template` here"),
    ("app", "image", "stands in the Compose file"),
    ("container", "ip_address", "called `ip` here"),
    ("vm", "address", "called `ip` here"),
    ("container", "vmid", "called `id` here"),
    ("vm", "vm_id", "called `id` here"),
    ("container", "node", "called `on` here"),
    ("container", "node_name", "called `on` here"),
    ("vm", "target_node", "called `on` here"),
    ("container", "bridge", "called `network` here"),
    ("app", "ports", "called `expose` here"),
    ("app", "publish", "called `expose` here"),
    ("container", "ports", "belongs into an `app`"),
    ("container", "publish", "belongs into an `app`"),
    ("container", "depends_on", "called `after` here"),
    ("container", "count", "written in the header here: `for … in …`"),
    ("app", "for_each", "written in the header here: `for … in …`"),
    ("container", "environment", "called `env` here"),
    ("container", "volumes", "called `mount` here"),
    ("app", "healthcheck", "called `health` here"),
    ("container", "healthcheck", "as `health { … }`"),
    ("container", "prevent_destroy", "lifecycle { protect = true }"),
    ("zone", "prevent_destroy", "lifecycle { protect = true }"),
    ("container", "ignore_changes", "lifecycle { ignore = "),
    ("container", "provisioner", "called `provision` here"),
    ("container", "remote_exec", "called `provision` here"),
    ("app", "provisioner", "belongs to the machine it runs on"),
    ("cluster", "tls_insecure", "tls { verify = false }"),
];

/// Functions, and what the answer says; nothing where they are the same here.
const FUNCTIONS: &[(&str, &str)] = &[
    ("concat([1], [2])", "[...a, ...b]"),
    ("merge({ a = 1 }, { b = 2 })", "{ ...a, ...b }"),
    ("lookup({ a = 1 }, \"a\", 2)", "a[key] ?? default"),
    ("try(1, 2)", "a?.b ?? default"),
    ("tostring(1)", "\"\\(x)\""),
    ("jsonencode({})", "to_json(…)"),
    ("yamlencode({})", "to_yaml(…)"),
    ("templatefile(\"x\", {})", "render(…)"),
    ("cidrhost(10.0.0.0/24, 1)", "nth(…)"),
    ("toset([1])", "not needed"),
    ("element([1], 0)", "list[index]"),
    ("format(\"%s\", 1)", "\"\\(…)\""),
    ("flatten([[1]])", ""),
    ("keys({ a = 1 })", ""),
    ("values({ a = 1 })", ""),
    ("sort([2, 1])", ""),
];

#[track_caller]
fn check(text: &str, part: &str) {
    let said = Project::of(&format!("{text}\nhost h {{ address = 10.0.0.9 }}\n")).run("check");
    let said = format!("{}{}", said.out, said.err);
    match part {
        "" => assert!(!said.contains("error["), "{text}\n{said}"),
        part => assert!(said.contains(part), "`{part}` is missing for:\n{text}\n{said}"),
    }
}

#[test]
fn declarations() {
    DECLARATIONS.iter().for_each(|(text, part)| check(text, part));
}

#[test]
fn attributes() {
    for (kind, word, part) in ATTRIBUTES {
        check(&format!("{kind} web {{\n  {word} = 1\n}}"), part);
    }
}

#[test]
fn functions() {
    for (call, part) in FUNCTIONS {
        check(&format!("let it = {call}"), part);
    }
}
