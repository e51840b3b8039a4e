//! Words of other tools and languages, and what is written here instead.

use crate::problem::{Applicability, Edit, Fix, Problem};
use crate::source::Span;

/// Kinds, the tool they are from, and what to write instead.
const KINDS: [(&[&str], &str, &str); 13] = [
    (&["resource"], "Terraform", "the kind comes first and the name is bare: `container web {`"),
    (&["variable", "var"], "Terraform", "write `input name: type = default`"),
    (&["param"], "Bicep", "write `input name: type = default`"),
    (&["locals"], "Terraform", "write `let name = value`"),
    (
        &["data"],
        "Terraform",
        "write `existing network name { … }`, or read a file with `json(file(…))`",
    ),
    (&["provider"], "Terraform", "write `cluster home { api = …, token = … }`"),
    (&["output"], "Terraform", "write `output name = value`"),
    (&["dynamic"], "Terraform", "repeat the block itself: `expose for name, port in ports { … }`"),
    (
        &["services", "networks", "volumes"],
        "Compose",
        "write `app name { compose { file = \"compose.yml\" } }`",
    ),
    (&["job", "group", "task"], "Nomad", "write `app name { … }`"),
    (&["target"], "Bake", "write `app name { … }`"),
    (&["define", "class"], "Puppet", "write a `fn`, or a block with a `for` header"),
    (&["server", "location", "upstream"], "NGINX", "write `expose` in an `app`"),
];

/// Attributes of kinds: how others call them, and what is here instead.
const ATTRIBUTES: [(&[&str], Synonym); 27] = [
    (&["ram", "mem"], Synonym::Called("memory")),
    (&["cpu", "vcpu", "cpus"], Synonym::Called("cores")),
    (&["size", "rootfs"], Synonym::Called("disk")),
    (&["image", "ostemplate", "os_template"], Synonym::Called("template")),
    (&["ip_address", "address", "ipv4"], Synonym::Called("ip")),
    (&["vmid", "vm_id", "ctid"], Synonym::Called("id")),
    (&["host_name"], Synonym::Called("hostname")),
    (&["node", "node_name", "target_node"], Synonym::Named("on", "it names the cluster or node")),
    (&["bridge"], Synonym::Named("network", "it names a `network`, which has the bridge")),
    (&["ports", "publish"], Synonym::Named("expose", "a block for each way from outside")),
    (
        &["depends_on"],
        Synonym::Named("after", "it orders and waits for health, and makes nothing unknown"),
    ),
    (&["count", "for_each", "replicas", "scale", "instances"], Synonym::Header),
    (&["environment"], Synonym::Called("env")),
    (&["volumes"], Synonym::Named("mount", "a block for each")),
    (&["healthcheck", "health_check"], Synonym::Called("health")),
    (&["prevent_destroy"], Synonym::Named("lifecycle.protect", "`lifecycle { protect = true }`")),
    (
        &["ignore_changes"],
        Synonym::Named("lifecycle.ignore", "`lifecycle { ignore = [\"name\"] }`"),
    ),
    (&["provisioner", "remote_exec"], Synonym::Called("provision")),
    (&["tls_insecure", "insecure"], Synonym::Named("tls.verify", "`tls { verify = false }`")),
    (&["authorized_keys", "ssh_authorized_keys", "ssh_public_keys"], Synonym::Called("ssh_keys")),
    (&["onboot", "autostart"], Synonym::Called("on_boot")),
    (&["nesting", "keyctl", "fuse"], Synonym::Named("features", "`features { nesting = true }`")),
    (&["description", "comment"], Synonym::Called("doc")),
    (&["name"], Synonym::Named("its label", "the word behind the kind")),
    (&["datastore", "datastore_id", "target_storage"], Synonym::Called("storage")),
    (&["server", "url", "endpoint"], Synonym::Called("api")),
    (&["domain_name"], Synonym::Called("fqdn")),
];

/// Attributes that are somewhere else: the kinds that they are looked for in, the words, and where.
const ELSEWHERE: [(&[&str], &[&str], &str); 4] = [
    (
        &["container", "vm", "host"],
        &["ports", "publish", "expose", "compose", "image_name"],
        "belongs into an `app` that runs on it",
    ),
    (
        &["app"],
        &["image", "volumes", "command", "restart", "environment", "env", "build", "networks"],
        "stands in the Compose file, or in `compose { … }`",
    ),
    (
        &["container", "vm", "host"],
        &["healthcheck", "health_check", "health"],
        "belongs into an `app` that runs on it, as `health { … }`",
    ),
    (
        &["app"],
        &["memory", "cores", "disk", "ip", "provision", "provisioner", "remote_exec"],
        "belongs to the machine it runs on",
    ),
];

/// Functions, and what is here instead.
const FUNCTIONS: [(&[&str], Function); 21] = [
    (&["concat"], Function::Written("[...a, ...b]")),
    (&["merge"], Function::Written("{ ...a, ...b }")),
    (&["lookup"], Function::Written("a[key] ?? default")),
    (&["try", "can"], Function::Written("a?.b ?? default")),
    (&["tostring", "str"], Function::Written("\"\\(x)\"")),
    (&["jsonencode", "toJSON"], Function::Called("to_json")),
    (&["yamlencode", "toYAML"], Function::Called("to_yaml")),
    (&["jsondecode", "fromJSON"], Function::Called("json")),
    (&["yamldecode", "fromYAML"], Function::Called("yaml")),
    (&["templatefile"], Function::Called("render")),
    (&["cidrhost"], Function::Called("nth")),
    (&["len", "size_of"], Function::Called("length")),
    (&["readFile", "read"], Function::Called("file")),
    (&["element"], Function::Written("list[index]")),
    (&["format", "sprintf"], Function::Written("\"\\(…)\"")),
    (&["mkIf", "optional", "optionals"], Function::Written("if condition then a else b")),
    (&["coalesce"], Function::Written("a ?? b")),
    (&["toset", "tolist"], Function::NotNeeded("a list can be gone through as it is")),
    (&["tonumber"], Function::Written("int(text)")),
    (&["map"], Function::Written("[for x in list : …]")),
    (&["filter"], Function::Written("[for x in list : x if …]")),
];

/// What another tool's attribute is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synonym {
    /// An attribute with another name.
    Called(&'static str),
    /// Something with another name that also takes another value.
    Named(&'static str, &'static str),
    /// A part of the header.
    Header,
    /// Something of another block.
    Elsewhere(&'static str),
}

/// What another tool's function is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// A function with another name.
    Called(&'static str),
    /// An expression.
    Written(&'static str),
    /// Nothing at all.
    NotNeeded(&'static str),
}

impl Synonym {
    /// The label at the word.
    pub fn told(self) -> String {
        match self {
            Synonym::Called(here) => format!("called `{here}` here"),
            Synonym::Named("its label", what) => format!("called its name here: {what}"),
            Synonym::Named(here, what) => format!("called `{here}` here: {what}"),
            Synonym::Header => "written in the header here: `for … in …`".to_owned(),
            Synonym::Elsewhere(place) => place.to_owned(),
        }
    }

    /// The word that takes the place of the other one and fits its value.
    pub fn spelling(self) -> Option<&'static str> {
        match self {
            Synonym::Called(here) => Some(here),
            Synonym::Named("after", _) => Some("after"),
            Synonym::Named(..) | Synonym::Header | Synonym::Elsewhere(_) => None,
        }
    }
}

/// The tool that a kind is from, and what to write instead.
pub fn kind(word: &str) -> Option<(&'static str, &'static str)> {
    let found = KINDS.iter().find(|(words, ..)| words.contains(&word));
    found.map(|(_, tool, advice)| (*tool, *advice))
}

/// What an attribute of another tool is in a block of this kind, which has the attributes `known`.
pub fn attribute(kind: Option<&str>, word: &str, known: &[&str]) -> Option<Synonym> {
    let elsewhere = ELSEWHERE.iter().find(|(kinds, words, _)| {
        kind.is_some_and(|kind| kinds.contains(&kind)) && words.contains(&word)
    });
    if let Some((.., place)) = elsewhere {
        return Some(Synonym::Elsewhere(place));
    }
    let (_, synonym) = ATTRIBUTES.iter().find(|(words, _)| words.contains(&word))?;
    let fits = match synonym {
        Synonym::Called(here) | Synonym::Named(here, _) => {
            let root = here.split('.').next().unwrap_or(here);
            let common = matches!(root, "after" | "lifecycle" | "doc" | "its label");
            known.contains(&root) || common && kind.is_some()
        }
        Synonym::Header => kind.is_some(),
        Synonym::Elsewhere(_) => true,
    };
    fits.then_some(*synonym)
}

/// What a function of another tool is here.
pub fn function(word: &str) -> Option<Function> {
    let (_, here) = FUNCTIONS.iter().find(|(words, _)| words.contains(&word))?;
    Some(*here)
}

/// Nobody declares anything in a longer line than this, in bytes.
const DECLARATION_MAX: usize = 1000;

/// A declaration as Bicep, HCL's users or other languages write it, with what it would be here;
/// nothing if it is none.
pub fn declaration(span: Span, line: &str) -> Option<Problem> {
    if line.len() > DECLARATION_MAX {
        return None;
    }
    let (head, value) = match line.split_once('=') {
        Some((head, value)) => (head, Some(value.trim())),
        None => (line, None),
    };
    let words: Vec<&str> = head.split_whitespace().collect();
    let (word, name, ty) = match words.as_slice() {
        [word, name] => (*word, name.trim_end_matches(':'), None),
        [word, name, ty] => (*word, name.trim_end_matches(':'), Some(*ty)),
        _ => return None,
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let here = match word {
        "param" | "variable" => "input",
        "var" | "const" | "local" if value.is_some() => "let",
        _ => return None,
    };
    if !name.chars().all(is_word) {
        return None;
    }
    let ty = ty.filter(|ty| matches!(*ty, "string" | "int" | "bool"));
    let ty = ty.map(|ty| format!(": {ty}")).unwrap_or_default();
    let value = value.map(|value| format!(" = {value}")).unwrap_or_default();
    let better = format!("{here} {name}{ty}{value}");
    let fix = Fix::maybe(format!("write `{better}`"), vec![Edit::new(span, better)]);
    let message = format!("`{word}` declares nothing here");
    Some(Problem::error("P0102", message).at(span, format!("called `{here}` here")).fix(fix))
}

/// A block of Terraform.
pub struct ForeignBlock<'a> {
    /// Its first word.
    pub word: &'a str,
    /// What follows in quotes.
    pub labels: Vec<&'a str>,
    /// Both.
    pub header: Span,
    /// All of it.
    pub whole: Span,
    /// Its attributes as they are written; none if it has other things as well.
    pub attributes: Vec<(String, &'a str)>,
}

/// P1001: a block of Terraform, with what it would be here; nothing if that cannot be told.
pub fn block(block: &ForeignBlock<'_>) -> Option<Problem> {
    let word = block.word;
    let problem =
        Problem::error("P1001", format!("`{word}` is not a kind; this looks like Terraform"));
    let value = |name: &str| {
        let found = block.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, text)| *text)
    };
    let name = |label: &str| -> String {
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    };
    let (text, better) = match (word, block.labels.as_slice()) {
        ("resource", [ty, label]) => {
            let problem =
                problem.at(block.header, "the kind comes first and the name is bare here");
            let name = name(label);
            return Some(match kind_of(ty) {
                Some(kind) => {
                    let edit = Edit::new(block.header, format!("{kind} {name}"));
                    problem.fix(Fix::maybe(format!("write `{kind} {name} {{`"), vec![edit]))
                }
                None => {
                    let edit = Edit::new(block.header, format!("KIND {name}"));
                    let title = format!("write its kind and the name: `KIND {name} {{`");
                    problem
                        .fix(Fix::new(title, Applicability::Placeholder, vec![edit]))
                        .help("`paas explain kinds` lists what there is")
                }
            });
        }
        ("variable", [label]) => {
            let ty = value("type").and_then(type_of).map(|ty| format!(": {ty}"));
            let default = value("default").map(|default| format!(" = {default}"));
            let doc = value("description").map(|text| format!("## {}\n", text.trim_matches('"')));
            let (doc, ty) = (doc.unwrap_or_default(), ty.unwrap_or_default());
            let better = format!("{doc}input {}{ty}{}", name(label), default.unwrap_or_default());
            ("an `input` is one line here", better)
        }
        ("output", [label]) => {
            let better = format!("output {} = {}", name(label), value("value")?);
            ("an `output` is one line here", better)
        }
        ("locals", []) if !block.attributes.is_empty() => {
            let lets = block.attributes.iter().map(|(name, text)| format!("let {name} = {text}"));
            ("each of these is a `let` here", lets.collect::<Vec<_>>().join("\n"))
        }
        _ => {
            let (_, advice) = kind(word).filter(|(tool, _)| *tool == "Terraform")?;
            return Some(problem.at(block.header, "there is no such block here").help(advice));
        }
    };
    let problem = problem.at(block.header, text);
    let lines = better.lines().count();
    let edit = vec![Edit::new(block.whole, better.as_str())];
    Some(match (lines, block.word) {
        (1, _) => problem.fix(Fix::maybe(format!("write `{better}`"), edit)),
        (_, "locals") => problem.fix(Fix::maybe("write a `let` for each", edit).shown()),
        (_, _) => problem.fix(Fix::maybe("write an `input`", edit).shown()),
    })
}

/// The kind that a type of a provider is here.
fn kind_of(ty: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| ty.contains(word));
    match () {
        () if has(&["lxc", "container"]) => Some("container"),
        () if has(&["vm", "qemu", "instance", "server"]) => Some("vm"),
        () if has(&["vlan", "bridge", "network"]) => Some("network"),
        () if has(&["template", "image", "download_file"]) => Some("template"),
        () if has(&["certificate", "acme"]) => Some("cert"),
        () if has(&["zone"]) => Some("zone"),
        () => None,
    }
}

/// A type of Terraform as it is written here.
fn type_of(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = |word: &str| text.strip_prefix(word)?.trim().strip_prefix('(')?.strip_suffix(')');
    if let Some(element) = inner("list").or_else(|| inner("set")) {
        return Some(format!("[{}]", type_of(element)?));
    }
    if let Some(element) = inner("map") {
        return Some(format!("map<string, {}>", type_of(element)?));
    }
    match text {
        "string" | "bool" => Some(text.to_owned()),
        "number" => Some("int".to_owned()),
        _ => None,
    }
}
