//! Whole runs of the program on many resources: `cargo bench`, or `PAAS_BENCH_COUNT=1000 cargo bench`.
//!
//! Each line is one command on one project: time on the clock, time on the processor, and the
//! most memory it had. The sandbox is the world, so no machine but this one has a part in it.

#![allow(clippy::print_stdout, reason = "its table is what a benchmark is for")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Ticks of `/proc/PID/stat` in a second, on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() {
    let count = std::env::var("PAAS_BENCH_COUNT").ok().and_then(|text| text.parse().ok());
    let count: usize = count.unwrap_or(10_000);
    // The first start reads the program from the disk.
    let mut warm = Command::new(env!("CARGO_BIN_EXE_paas"));
    warm.arg("--version").stdout(Stdio::null());
    assert!(warm.status().is_ok_and(|status| status.success()), "the program starts");
    println!("{count} containers      {:>20} {:>9} {:>9} {:>9}", "", "wall s", "cpu s", "MB");
    for (name, text) in [("for", one_loop(count)), ("blocks", blocks(count))] {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        fs::write(folder.path().join("main.paas"), text).expect("the manifest can be written");
        lines(name, folder.path(), count);
    }
}

/// Every command in the order of a life.
fn lines(name: &str, folder: &Path, count: usize) {
    let manifest = folder.join("main.paas");
    measure(name, "check", folder, &["check"]);
    measure(name, "first plan", folder, &["plan", "--sandbox"]);
    measure(name, "apply", folder, &["apply", "--sandbox", "--yes"]);
    let journal = journal_bytes(folder);
    measure(name, "plan, no change", folder, &["plan", "--sandbox", "--exit-code"]);
    let text = fs::read_to_string(&manifest).expect("the manifest is there");
    let changed = text.replacen("memory = 512MiB", "memory = if true then 1GiB else 0B", 1);
    fs::write(&manifest, changed).expect("the manifest can be written");
    measure(name, "plan, one edit", folder, &["plan", "--sandbox"]);
    fs::write(&manifest, text).expect("the manifest can be written");
    measure(name, "destroy", folder, &["destroy", "--sandbox", "--yes"]);
    println!("{name:<8} journal of the apply: {} bytes a resource", journal / count);
}

fn measure(name: &str, what: &str, folder: &Path, arguments: &[&str]) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_paas"))
        .args(arguments)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (mut kilobytes, mut ticks) = (0, 0);
    // A process that has ended keeps its times until it is waited for, but not its memory.
    while let Some(stat) = stat(child.id()) {
        kilobytes = peak(child.id()).unwrap_or(kilobytes);
        ticks = stat.ticks;
        if stat.ended {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let wall = start.elapsed().as_secs_f64();
    let status = child.wait().expect("the program ends");
    let code = status.code().unwrap_or(-1);
    let cpu = f64::from(ticks) / TICKS_PER_SECOND;
    let megabytes = kilobytes / 1000;
    println!("{name:<8} {what:<32} {wall:>9.2} {cpu:>9.2} {megabytes:>9}   exit {code}");
}

struct Stat {
    ended: bool,
    ticks: u32,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = rest.get(11)?.parse::<u32>().ok()? + rest.get(12)?.parse::<u32>().ok()?;
    Some(Stat { ended: *rest.first()? == "Z", ticks })
}

fn peak(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The longest journal that was kept.
fn journal_bytes(folder: &Path) -> usize {
    let kept = fs::read_dir(folder.join("state/sandbox/backups")).into_iter().flatten().flatten();
    let sizes = kept
        .filter(|entry| entry.file_name().to_string_lossy().contains("journal"))
        .filter_map(|entry| entry.metadata().ok())
        .map(|about| usize::try_from(about.len()).unwrap_or(0));
    sizes.max().unwrap_or(0)
}

const HEAD: &str = r#"secret pve = env("TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan {
  cluster = cluster.home
  cidr = 10.0.0.0/16
  gateway = 10.0.0.1
  pool = ["10.0.1.0-10.0.200.255"]
}
"#;

const BODY: &str = r#"  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  memory = 512MiB
"#;

/// One block over a map.
fn one_loop(count: usize) -> String {
    let mut text = format!("{HEAD}let boxes = {{\n");
    for index in 0..count {
        let _ = writeln!(text, "  b{index} = {{ cores = {} }}", 1 + index % 4);
    }
    let _ =
        write!(text, "}}\ncontainer box for name, b in boxes {{\n{BODY}  cores = b.cores\n}}\n");
    text
}

/// As many blocks, each of which waits for up to three that are written before it.
fn blocks(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for index in 0..count {
        let mut before = vec![index / 3, index / 2, index.saturating_sub(1)];
        before.dedup();
        before.retain(|other| *other < index);
        let names: Vec<String> = before.iter().map(|other| format!("container.b{other}")).collect();
        let (cores, names) = (1 + index % 4, names.join(", "));
        let _ = write!(
            text,
            "container b{index} {{\n{BODY}  cores = {cores}\n  after = [{names}]\n}}\n"
        );
    }
    text
}
