//! Text to tree: megabytes a second of one core, and bytes of memory for each byte of text.
//!
//! `cargo bench --bench parser`, or `PAAS_BENCH_MB=1 cargo bench --bench parser`. Each text is read
//! in a process of its own, so that the most memory it had is its own.

#![allow(clippy::print_stdout, reason = "its table is what a benchmark is for")]

use std::fs;
use std::process::Command;

use mimalloc::MiMalloc;
use paas::source::FileId;
use paas::syntax::{format, parse};

/// The one of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What is read: manifests as people write them, and what programs write.
const TEXTS: [(&str, &str); 4] = [
    ("lab", include_str!("../tests/cases/language/whole/lab.paas")),
    ("campus", include_str!("../tests/cases/language/whole/campus-main.paas")),
    ("blocks", BLOCKS),
    ("rows", ROWS),
];

const BLOCKS: &str = r#"container box {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  memory = 512MiB
  cores = 4
  after = [container.b1, container.b2]
}
"#;

const ROWS: &str = r#"let rows = {
  first = { cores = 1, memory = 4GiB, name = "first" }
  second = { cores = 2, memory = 4GiB, name = "second", tags = ["a", "b"] }
}
"#;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    if let Some(name) = arguments.next() {
        return one(&name);
    }
    println!(
        "{:<10} {:>10} {:>10} {:>12} {:>12}",
        "", "MB/s", "ns/byte", "peak x text", "fmt MB/s"
    );
    for (name, _) in TEXTS {
        let program = std::env::current_exe().expect("this program has a path");
        let output = Command::new(program).arg(name).output().expect("this program starts");
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The fastest of some readings, and the most memory that any of them took.
fn one(name: &str) {
    let megabytes = std::env::var("PAAS_BENCH_MB").ok().and_then(|text| text.parse().ok());
    let length = megabytes.unwrap_or(10) * 1_000_000;
    let (_, piece) = TEXTS.iter().find(|(known, _)| *known == name).expect("the name of a text");
    let text = piece.repeat(length / piece.len() + 1);
    let before = kilobytes("VmRSS:");
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let start = seconds();
        let (tree, problems) = parse(FileId(0), &text);
        best = best.min(seconds() - start);
        assert!(problems.is_empty() && !tree.items.is_empty(), "{name} is read without a problem");
    }
    let peak = kilobytes("VmHWM:") - before;
    let start = seconds();
    let formatted = format(FileId(0), &text);
    let formatting = seconds() - start;
    assert!(!formatted.is_empty(), "it is formatted");
    let size = text.len() as f64;
    println!(
        "{name:<10} {:>10.1} {:>10.1} {:>12.1} {:>12.1}",
        size / best / 1e6,
        best / size * 1e9,
        peak * 1000.0 / size,
        size / formatting / 1e6
    );
}

/// What this process had of the processor, whoever else wants it.
fn seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").expect("the system keeps accounts");
    let nanoseconds = text.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    nanoseconds.expect("a number of nanoseconds") / 1e9
}

/// A line of what the system knows about this process.
fn kilobytes(line: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
