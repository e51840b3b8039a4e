//! Modules out of git repositories: fetched, locked, verified, and moved only when asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::says;
use crate::support::project::Project;

const MODULE: &str = "\
input name: string
let greeting = file(\"greeting.txt\")
output text = \"\\(greeting) \\(name)\"
";

/// A repository beside the project with one module in a folder, and a catalogue.
struct Repository {
    folder: PathBuf,
}

impl Repository {
    fn beside(project: &Project) -> Repository {
        let folder = project.path("../repository");
        std::fs::create_dir_all(folder.join("lab")).unwrap();
        let repository = Repository { folder };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write("lab/main.paas", MODULE);
        repository.write("lab/greeting.txt", "hello");
        repository.write("types.paas", "fn twice(text: string) -> string = \"\\(text)\\(text)\"\n");
        repository.commit("v1");
        repository
    }

    fn git(&self, words: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(words)
            .current_dir(&self.folder)
            .status()
            .expect("git is installed");
        assert!(status.success(), "{words:?}");
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.join(path), text).unwrap();
    }

    fn commit(&self, tag: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", tag]);
        self.git(&["tag", "--force", tag]);
    }

    fn url(&self) -> String {
        let folder = std::fs::canonicalize(&self.folder).unwrap();
        format!("git+file://{}", folder.display())
    }
}

fn project() -> (Project, Repository) {
    let project = Project::empty();
    let repository = Repository::beside(&project);
    let url = repository.url();
    project.write(
        "main.paas",
        format!(
            "import \"{url}//types.paas?ref=v1\" as types\nmodule lab from \"{url}//lab?ref=v1\" \
             {{ name = types.twice(\"a\") }}\noutput text = module.lab.text\n"
        ),
    );
    (project, repository)
}

fn cached(project: &Project) -> PathBuf {
    let folders = std::fs::read_dir(project.path(".paas/modules")).unwrap();
    folders.flatten().map(|entry| entry.path()).find(|path| path.join("lab").is_dir()).unwrap()
}

#[test]
fn what_is_not_locked_is_refused_and_update_locks_it() {
    let (project, _repository) = project();
    let run = project.run("check");
    assert_eq!(run.code, 1);
    says(&run.err, &["P1021", "is not in `paas.lock`", "run `paas update`"]);
    assert!(!Path::new(&project.path("paas.lock")).exists());
    assert_eq!(project.run("update --check").code, 4);
    assert!(!project.path("paas.lock").exists());
    says(&project.fine("update"), &["+ git+file://", "paas.lock: 1 module."]);
    says(&project.fine("plan --sandbox"), &["hello aa"]);
    says(&project.fine("update"), &["Nothing moved."]);
}

#[test]
fn a_moved_tag_changes_nothing_until_update() {
    let (project, repository) = project();
    project.fine("update");
    repository.write("lab/greeting.txt", "goodbye");
    repository.commit("v1");
    says(&project.fine("plan --sandbox"), &["hello aa"]);
    assert_eq!(project.run("update --check").code, 4);
    says(&project.fine("update"), &["~ git+file://", " → "]);
    says(&project.fine("plan --sandbox"), &["goodbye aa"]);
}

#[test]
fn the_content_is_what_the_lock_says_or_nothing() {
    let (project, repository) = project();
    project.fine("update");
    let lock = project.read("paas.lock");
    std::fs::write(cached(&project).join("lab/greeting.txt"), "evil").unwrap();
    let run = project.run("check");
    says(&run.err, &["were changed", "remove that folder"]);
    std::fs::remove_dir_all(project.path(".paas")).unwrap();
    says(&project.fine("plan --sandbox"), &["hello aa"]);
    // The same commit with another digest in the lock.
    std::fs::remove_dir_all(project.path(".paas")).unwrap();
    let digest = lock.split("digest = \"").nth(1).unwrap()[..64].to_owned();
    let other = format!("{}{}", if digest.starts_with('0') { "1" } else { "0" }, &digest[1..]);
    project.edit("paas.lock", &digest, &other);
    says(&project.run("check").err, &["does not have the content that `paas.lock` says"]);
    project.write("paas.lock", "version = 1\n[[module]]\nurl = 3\n");
    says(&project.run("check").err, &["`paas.lock` cannot be read"]);
    drop(repository);
}

#[test]
fn a_module_sees_its_own_files_only() {
    let (project, repository) = project();
    project.write("private.txt", "mine");
    repository.write(
        "lab/main.paas",
        "input name: string\noutput text = file(\"../../../../private.txt\")\n",
    );
    repository.commit("v1");
    let run = project.run("update");
    assert_eq!(run.code, 1, "{}", run.out);
    says(&run.err, &["leads out of the repository"]);
    repository.write(
        "lab/main.paas",
        "input name: string\nimport \"../../../../main.paas\" as m\noutput text = name\n",
    );
    repository.commit("v1");
    says(&project.run("update").err, &["leads out of the repository"]);
    std::os::unix::fs::symlink("/etc/passwd", repository.folder.join("lab/link")).unwrap();
    repository.write("lab/main.paas", "input name: string\noutput text = file(\"link\")\n");
    repository.commit("v1");
    project.fine("update");
    says(&project.fine("plan --sandbox"), &["/etc/passwd"]);
}

#[test]
fn a_repository_that_cannot_be_had_is_told_with_its_reason() {
    let project = Project::of("module a from \"git+file:///nowhere/at/all?ref=v1\" {}\n");
    let run = project.run("update");
    assert_eq!(run.code, 1);
    says(&run.err, &["P1021", "cannot be fetched", "main.paas:1:15"]);
    for source in ["https://example.com/x", "git+http://example.com/x", "git+file:///a//../b"] {
        let project = Project::of(&format!("module a from \"{source}\" {{}}\n"));
        says(&project.run("check").err, &["is no source of modules"]);
    }
    for source in ["git+file:///a?ref=--upload-pack=touch", "git+ssh://-oProxyCommand=x/y"] {
        let project = Project::of(&format!("module a from \"{source}\" {{}}\n"));
        says(&project.run("update").err, &["cannot be fetched"]);
    }
}

#[test]
fn what_a_module_is_given_is_checked_before_there_is_one() {
    let module = "type Port = int where 1 <= it <= 65535\n\
                  input name: string\ninput ports: [Port] = []\noutput text = nmae\n";
    let check = |body: &str| {
        let project = Project::of(&format!(
            "let wanted = []\nmodule lab for it in wanted from \"./lab\" {{ {body} }}\n"
        ));
        project.write("lab/main.paas", module);
        project.run("check").err
    };
    // What the module itself says is read too.
    let fine = check("name = \"a\", ports = [80]");
    says(&fine, &["lab/main.paas:4:15", "P1002"]);
    assert_eq!(fine.matches("error[").count(), 1, "{fine}");
    says(&check("name = 3, ports = []"), &["P2001", "main.paas:2:51"]);
    says(&check("name = \"a\", ports = [\"80\"]"), &["P2001", "main.paas:2:65"]);
    says(&check("nam = \"a\""), &["P1003", "main.paas:2:44"]);
}
