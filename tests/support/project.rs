//! A project in a folder of its own, and the program run in it as a person would.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use paas::model::digest;

/// What the tests of the commands work on: two machines, a proxy, a blog and a template.
const SITE: [(&str, &str); 3] = [
    ("main.paas", include_str!("../cases/commands/site/main.paas")),
    ("blog.yml", include_str!("../cases/commands/site/blog.yml")),
    ("setup.sh", include_str!("../cases/commands/site/setup.sh")),
];

/// A state that was never made has no lineage to hide.
const NO_LINEAGE: &str = "no lineage";

/// A folder with a manifest, a home beside it, and nothing of the machine the tests run on.
pub struct Project {
    root: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

/// What came of one command line.
#[derive(Clone, Debug)]
pub struct Run {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Project {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for folder in ["site", "home"] {
            fs::create_dir(root.path().join(folder)).expect("the folder is new");
        }
        Project { root, variables: BTreeMap::new() }
    }

    /// A folder with one manifest.
    pub fn of(manifest: &str) -> Project {
        let project = Project::empty();
        project.write("main.paas", manifest);
        project
    }

    /// A folder with the manifest that most tests work on.
    pub fn site() -> Project {
        let project = Project::empty();
        SITE.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// The same, applied in the sandbox.
    pub fn applied() -> Project {
        let project = Project::site();
        // One after the other, so that the sandbox is the same each time.
        project.fine("apply --sandbox --yes --parallel 1");
        project
    }

    /// The same project with a variable in its environment.
    pub fn with(mut self, name: &str, value: &str) -> Project {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The project's folder.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("site")
    }

    /// Where a file of the project is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(path)).expect("the file is there")).into_owned()
    }

    /// Replaces a text in a file by another one.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "`{path}` has no `{from}`");
        self.write(path, text.replacen(from, to, 1));
    }

    /// The program with these words; `'` keeps words together.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paas"));
        command.args(words(line));
        self.surround(&mut command);
        command
    }

    /// Gives a command the clean surroundings of this project.
    pub fn surround(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.folder()).stdin(Stdio::null()).env_clear();
        command.env("PATH", path).env("HOME", self.root.path().join("home"));
        command.env("NO_COLOR", "1").env("USER", "ada").env("LC_ALL", "C.UTF-8");
        command.envs(&self.variables);
    }

    /// Runs one command line.
    pub fn run(&self, line: &str) -> Run {
        self.told(&self.command(line).output().expect("the program can be started"))
    }

    /// Starts one command line and does not wait for it.
    pub fn start(&self, line: &str) -> Child {
        let mut command = self.command(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program can be started")
    }

    /// Runs one command line that must end well.
    #[track_caller]
    pub fn fine(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!(run.code, 0, "`paas {line}` fails:\n{}{}", run.out, run.err);
        run.out
    }

    /// Runs one command line that must end with `code`, and gives everything it said.
    #[track_caller]
    pub fn ends(&self, line: &str, code: i32) -> String {
        let run = self.run(line);
        let said = run.out + &run.err;
        assert_eq!(run.code, code, "`paas {line}` ends otherwise:\n{said}");
        said
    }

    /// The same for one that must leave every file and folder as it is.
    #[track_caller]
    pub fn untouched(&self, line: &str, code: i32) -> String {
        let before = self.everything();
        let said = self.ends(line, code);
        let after = self.everything();
        let differ = |(path, was): (&String, &String)| {
            (after.get(path) != Some(was)).then(|| format!("{path}: {was}"))
        };
        let gone: Vec<String> = before.iter().filter_map(differ).collect();
        let new = after.keys().filter(|path| !before.contains_key(*path));
        let new: Vec<&String> = new.collect();
        assert!(gone.is_empty() && new.is_empty(), "`paas {line}` wrote {gone:?} {new:?}:\n{said}");
        said
    }

    /// Runs one command line on a terminal on which somebody types this at the first question.
    pub fn typed(&self, line: &str, keys: &str) -> Run {
        let program = env!("CARGO_BIN_EXE_paas");
        // Whoever runs the tests may ignore Ctrl-C; a terminal does not hand that on.
        let line = format!("exec env --default-signal=INT '{program}' {line}");
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]);
        self.surround(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("`script` of util-linux is there");
        let mut keyboard = child.stdin.take().expect("it was asked for");
        let mut screen = child.stdout.take().expect("it was asked for");
        let (mut shown, mut byte) = (Vec::new(), [0]);
        while !shown.ends_with(b"goes on: ") && screen.read(&mut byte).is_ok_and(|read| read > 0) {
            shown.extend(byte);
        }
        // Who was not asked has ended already, and reads nothing.
        let _ = keyboard.write_all(keys.as_bytes());
        if keys.is_empty() {
            drop(keyboard);
        }
        screen.read_to_end(&mut shown).expect("what is shown can be read");
        let status = child.wait().expect("it ends by itself");
        self.told(&Output { status, stdout: shown, stderr: Vec::new() })
    }

    /// Sends a signal to a process, as a terminal does at Ctrl-C.
    pub fn interrupt(&self, child: &Child) {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("kill -INT {}", child.id())]);
        assert!(command.status().expect("a shell").success(), "the process has ended already");
    }

    /// A session as it stands on a terminal; what is different each time is named instead.
    pub fn session(&self, lines: &[&str]) -> String {
        let mut out = String::new();
        for line in lines {
            let Run { out: result, err, code } = self.run(line);
            let said = result + &err;
            writeln!(out, "$ paas {line}\n{said}[exit {code}]\n").expect("a string can grow");
        }
        out
    }

    /// Waits until something is so; a bound says when it never will be.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !so() {
            assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What a process said, with places and lineages named.
    pub fn told(&self, output: &Output) -> Run {
        let text = |bytes: &[u8]| self.named(&String::from_utf8_lossy(bytes));
        let code = output.status.code().unwrap_or(-1);
        Run { out: text(&output.stdout), err: text(&output.stderr), code }
    }

    /// The addresses in the state of the sandbox.
    pub fn recorded(&self) -> Vec<String> {
        let list = self.fine("state list --sandbox");
        list.lines().skip(1).map(|line| line.trim().to_owned()).collect()
    }

    /// The guests of the sandbox: number, address, and whose each is.
    pub fn guests(&self) -> Vec<(String, String, String)> {
        let shown = self.fine("sandbox show");
        let guest = |line: &str| {
            let mut words = line.split_whitespace();
            let number = words.next()?.to_owned();
            let rest: Vec<&str> = words.collect();
            let is_guest = matches!(rest.first(), Some(&"lxc" | &"qemu"));
            is_guest.then(|| (number, rest[4].to_owned(), rest[rest.len() - 1].to_owned()))
        };
        shown.lines().filter_map(guest).collect()
    }

    /// Every file of the project and of its home with what it holds, for a search.
    pub fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = walk(self.root.path()).into_iter().filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read(path).expect("the file is there"))).collect()
    }

    fn named(&self, text: &str) -> String {
        let state = fs::read_to_string(self.path("state/sandbox/paas.state.json"));
        let (_, rest) =
            state.as_deref().unwrap_or_default().split_once("\"lineage\":\"").unwrap_or_default();
        let lineage = rest.get(..32).unwrap_or(NO_LINEAGE);
        let root = self.root.path().display().to_string();
        let text = text.replace(&root, "[root]").replace(lineage, "[lineage]");
        let text = text.replace(&lineage[..8], "[lineage]");
        text.split_inclusive('\n').map(without_mark).collect()
    }

    /// Every path with what stands there and when it was touched last.
    pub fn everything(&self) -> BTreeMap<String, String> {
        let told = |path: PathBuf| {
            let about = fs::symlink_metadata(&path).expect("nobody else is here");
            let modified = about.modified().expect("the system knows when");
            let content = match about.is_file() {
                true => fs::read(&path).map_or_else(|_| "unreadable".to_owned(), |it| digest(&it)),
                false => String::new(),
            };
            (path.display().to_string(), format!("{modified:?} {content}"))
        };
        walk(self.root.path()).into_iter().map(told).collect()
    }
}

/// A line without the digest of a file of marks: the lineage is in that file.
fn without_mark(line: &str) -> String {
    let is_digest = |word: &str| word.len() >= 12 && word.bytes().all(|it| it.is_ascii_hexdigit());
    match line.trim_end().rsplit_once(' ') {
        Some((start, word)) if start.contains("/var/lib/paas/objects/") && is_digest(word) => {
            format!("{start} [digest]\n")
        }
        Some(_) | None => line.to_owned(),
    }
}

/// Everything below a folder, and the folder.
fn walk(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_path_buf()];
    if path.is_dir() && !path.is_symlink() {
        let entries = fs::read_dir(path).expect("the folder can be read");
        found.extend(entries.flatten().flat_map(|entry| walk(&entry.path())));
    }
    found
}

/// The words of a command line.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
