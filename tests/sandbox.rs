//! The sandbox behaves like clusters with machines: a step as text in, what comes back as text out.

#![allow(clippy::unwrap_used)]

mod cluster;
mod faults;
mod folder;
mod machine;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use paas::drivers::{Fault, World};
use paas::model::{
    Address, Answer, Call, Command, Condition, Effect, File, Late, MachineSeen, Mark, Method,
    ObjectId, Piece, Question, Ref, Step, Target, Text, Wait,
};
use paas::sandbox::{ClusterLayout, Layout, Sandbox};

const CLUSTER: &str = "cluster.pve";

/// A container of ours, running, as most tests need one.
const WEB: &str = "POST /nodes/pve1/lxc vmid=101 mark=container.web#1 start=1 memory=1024 \
                   ostemplate=debian-12-standard rootfs=local-lvm:8 hostname=web \
                   net0=name=eth0,bridge=vmbr0,ip=10.0.0.5/24,gw=10.0.0.1";

fn layout() -> Layout {
    let pve = ClusterLayout::default_nodes(&[]);
    let mut layout = Layout::default();
    layout.clusters.insert(Address::parse(CLUSTER).unwrap(), pve);
    layout
}

fn sandbox() -> Sandbox {
    Sandbox::in_memory(layout())
}

/// A sandbox in which these steps were done.
#[track_caller]
fn after(steps: &[&str]) -> Sandbox {
    let sandbox = sandbox();
    steps.iter().for_each(|step| does(&sandbox, step));
    sandbox
}

/// The step is done.
#[track_caller]
fn does(sandbox: &Sandbox, step: &str) {
    let result = outcome(sandbox, step);
    assert!(result.starts_with("ok"), "{step}: {result}");
}

#[track_caller]
fn check(sandbox: &Sandbox, step: &str, expected: &str) {
    assert_eq!(outcome(sandbox, step), expected, "{step}");
}

/// `ok ip=10.0.0.5`, `refused: …`, `unknown: …`.
fn outcome(sandbox: &Sandbox, text: &str) -> String {
    match block(sandbox.perform(&step(text))) {
        Ok(outcome) => outcome.facts.iter().fold("ok".to_owned(), |out, (key, value)| {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            let value = if value.len() == 64 { value[..8].to_owned() } else { value };
            format!("{out} {key}={value}")
        }),
        Err(Fault::Refused(message)) => format!("refused: {message}"),
        Err(Fault::Unknown(message)) => format!("unknown: {message}"),
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Reads a step: `POST /path key=value`, `REF: write PATH CONTENT`, `REF: wait http PORT`,
/// `REF: PROGRAM …`, with `<` before what the program reads. `§x` is the secret `x`.
fn step(text: &str) -> Step {
    let (on, rest) = match text.split_once(": ") {
        Some((on, rest)) => (on, rest),
        None => return Step { on: Target::Cluster(reference(CLUSTER)), effect: call(text) },
    };
    let effect = match rest.split_once(' ') {
        Some(("POST" | "PUT" | "DELETE", _)) => call(rest),
        Some(("write", file)) => {
            let (path, content) = file.split_once(' ').unwrap();
            let (path, content) = (path.to_owned(), value(content));
            let open = path.ends_with(".open") || !content.has_secret();
            let mode = if open { 0o640 } else { 0o600 };
            Effect::Write(File { path, content, mode })
        }
        Some(("wait", until)) => Effect::Wait(Wait { until: condition(until), within_secs: 60 }),
        _ => {
            let (words, stdin) = rest.split_once(" <").map_or((rest, None), |(a, b)| (a, Some(b)));
            let argv = words.split_whitespace().map(value).collect();
            Effect::Run(Command { argv, stdin: stdin.map(value), timeout_secs: 60 })
        }
    };
    let target = match on {
        "here" => Target::Here,
        idp if idp.starts_with("service.") => Target::Service(reference(idp)),
        machine => Target::Machine(reference(machine)),
    };
    Step { on: target, effect }
}

fn call(text: &str) -> Effect {
    let mut words = text.split_whitespace();
    let method = match words.next().unwrap() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    let path = words.next().unwrap().to_owned();
    let mut body: BTreeMap<String, Text> = words
        .map(|word| word.split_once('=').unwrap())
        .map(|(key, text)| (key.to_owned(), value(text)))
        .collect();
    if let Some(object) = body.remove("mark") {
        let vmid = body["vmid"].as_literal().unwrap().parse().unwrap();
        body.insert("description".to_owned(), mark(vmid, object.as_literal().unwrap()).into());
    }
    Effect::Call(Call { method, path, body })
}

fn mark(vmid: u32, object: &str) -> String {
    let text = Mark::text(vmid, &ObjectId::parse(object).unwrap(), "u1");
    let project = |piece: &Piece| matches!(piece, Piece::Project { .. }).then(|| "p1".to_owned());
    text.filled(project).to_string()
}

fn condition(text: &str) -> Condition {
    match text.split_once(' ') {
        Some(("http", port)) => Condition::Http { port: port.parse().unwrap(), path: "/".into() },
        Some(("tcp", port)) => Condition::Tcp { port: port.parse().unwrap() },
        Some((_, line)) => Condition::Command { line: line.into() },
        None => Condition::Ready,
    }
}

fn value(text: &str) -> Text {
    match (text.split_once('§'), text.split_once("@late")) {
        (Some((before, name)), _) => {
            let mut out = Text::literal(before);
            out.push(&Text::secret(format!("secret.{name}")));
            out
        }
        (None, Some(_)) => Text::late(Late { of: reference("container.web#1"), what: "ip".into() }),
        (None, None) => text.into(),
    }
}

fn reference(text: &str) -> Ref {
    Ref::parse(text).unwrap()
}

fn config(sandbox: &Sandbox, vmid: u32, key: &str) -> String {
    let guests = sandbox.guests();
    let guest = guests.iter().find(|guest| guest.vmid == vmid).unwrap();
    guest.config.get(key).cloned().unwrap_or_default()
}

/// What a machine shows of these files and services.
fn seen(sandbox: &Sandbox, machine: &str, files: &[&str], services: &[&str]) -> MachineSeen {
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    let (files, services) = (names(files), names(services));
    let question = Question::Machine { machine: reference(machine), files, services };
    match block(sandbox.look(&[question])).remove(0) {
        Ok(Answer::Machine(seen)) => seen,
        other => panic!("{other:?}"),
    }
}
