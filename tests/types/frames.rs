//! Mistakes as somebody types them, and the whole frame that a person reads.

use paas::problem::{Style, print};

use super::problems;
use crate::support::golden;

/// The frames of a text, without those of what a short example leaves out.
#[track_caller]
fn frame(name: &str, text: &str) {
    let (problems, sources) = problems(text);
    let style = Style { colour: false, unicode: true, width: 120 };
    golden::check(&format!("cases/types/{name}.txt"), &print(&problems, &sources, style));
}

#[test]
fn a_wrong_type() {
    frame(
        "wrong-type",
        "container web {\n  memory = 2\n  on = cluster.home, template = \"debian\"\n}\n",
    );
}

#[test]
fn not_one_of_the_choices() {
    frame(
        "choice",
        "host one { address = 10.0.0.9 }\nproxy edge {\n  engine = \"ngnix\"\n  on = host.one\n}\n",
    );
}

#[test]
fn branches_that_differ() {
    frame(
        "branches",
        "input prod: bool = true\n\
         let big = { cores = 8, memory = 16GiB, gpu = \"yes\" }\n\
         let spec: { cores: int, memory: size, gpu: bool = false } = if prod then big else small\n\
         let small = { cores = 1, memory = 1GiB }\n",
    );
}

#[test]
fn what_might_not_exist() {
    frame(
        "absent",
        "container gpu if has_gpu { on = cluster.home, template = \"x\", ip = 10.0.0.7 }\n\
         output addr: ip = container.gpu.ip\n\
         input has_gpu: bool = true\n",
    );
}

#[test]
fn two_runtimes() {
    frame(
        "runtimes",
        "app blog {\n  on = host.one\n  compose { file = \"compose.yml\" }\n  nixos { flake = \".\" }\n}\n\
         host one { address = 10.0.0.9 }\n",
    );
}

#[test]
fn a_key_that_is_known_too_late() {
    frame(
        "late-key",
        "container dev for n in [\"a\", \"b\"] { on = cluster.home, template = \"x\"\n  ip = \"dhcp\"\n}\n\
         zone z { name = \"lan\", engine = \"hosts\"\n  \
         record a for name, addr in { for c in container.dev : c.ip => c.hostname } { value = addr }\n}\n",
    );
}

#[test]
fn a_key_that_comes_through_names() {
    frame(
        "late-key-names",
        "container dev { on = cluster.home, template = \"x\", ip = \"dhcp\" }\n\
         let address = container.dev.ip\n\
         let some = [address]\n\
         host h for a in some { address = a }\n\
         host g if address == 10.0.0.7 { address = 10.0.0.7 }\n",
    );
}

#[test]
fn a_list_without_a_key() {
    frame(
        "list",
        "let names: [{ name: string, cores: int }] = []\n\
         container web for m in names { cores = m.cores, on = cluster.home, template = \"x\" }\n",
    );
}
