//! `paas check --format`: the same problems for people, editors, programs and code hosts.

use serde_json::Value;

use crate::support::golden;
use crate::support::project::Project;

/// A mistake with a fix, one with places in two lines, one without a place of its own, a warning.
const MANIFEST: &str = r#"let domain = "example.com"
let title = "日本語, 100%: \(domian)"
output a {
  memory: 4G;
}
output url = "https://${domain}"
input missing: string
"#;

const FORMATS: [&str; 5] = ["concise", "json", "sarif", "github", "narrated"];

fn project() -> Project {
    Project::of(MANIFEST)
}

#[test]
fn each_format_says_the_same() {
    for format in FORMATS {
        let run = project().run(&format!("check --format {format}"));
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{format}");
        golden::check(&format!("cases/messages/check.{format}"), &run.out);
        for code in ["P0104", "P0110", "P1002", "P2015", "L0107"] {
            assert!(run.out.contains(code), "{format}: {code}");
        }
    }
    let run = project().run("check --format human");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    golden::check("cases/messages/check.human", &run.err);
}

#[test]
fn a_project_without_a_mistake_has_empty_documents() {
    let project = Project::of("let a = 1\n");
    for (format, part) in [("json", r#""problems": []"#), ("sarif", r#""results": []"#)] {
        assert!(project.fine(&format!("check --format {format}")).contains(part));
    }
    for format in ["concise", "github", "narrated"] {
        assert_eq!(project.fine(&format!("check --format {format}")), "");
    }
    let json: Value = serde_json::from_str(&project.fine("check --format json")).unwrap();
    assert_eq!((&json["errors"], &json["warnings"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn exit_codes_are_those_of_the_human_format() {
    let warns = Project::of("let a = 1\noutput b = \"${a}\"\n");
    let none = Project::empty();
    for format in FORMATS.into_iter().chain(["human"]) {
        warns.ends(&format!("check --format {format}"), 0);
        warns.ends(&format!("check --deny-warnings --format {format}"), 4);
        none.ends(&format!("check --format {format}"), 1);
    }
    let run = none.run("check --format json");
    assert!(run.out.contains("P0001") && run.err.is_empty(), "{run:?}");
}

#[test]
fn places_are_counted_in_characters_and_in_bytes() {
    let out = project().run("check --format json").out;
    let json: Value = serde_json::from_str(&out).unwrap();
    let problems = json["problems"].as_array().unwrap();
    let problem = problems.iter().find(|it| it["code"] == "P1002").unwrap();
    let span = &problem["spans"][0];
    let (start, end) = (&span["start"], &span["end"]);
    assert_eq!((&start["line"], &start["column"]), (&Value::from(2), &Value::from(27)));
    let byte = usize::try_from(start["byte"].as_u64().unwrap()).unwrap();
    assert_eq!(&MANIFEST[byte..byte + 6], "domian");
    assert_eq!(start["byte_column"], 33, "three characters have two bytes more each");
    assert_eq!(end["column"], 33);
    // The edits of a fix, done by somebody else, give what `paas fix` gives.
    let problem = problems.iter().find(|it| it["code"] == "P0104").unwrap();
    let fix = &problem["fixes"][0];
    assert_eq!(fix["applicability"], "machine");
    let mut text = MANIFEST.to_owned();
    for edit in fix["edits"].as_array().unwrap().iter().rev() {
        let at = |end: &str| usize::try_from(edit[end]["byte"].as_u64().unwrap()).unwrap();
        text.replace_range(at("start")..at("end"), edit["text"].as_str().unwrap());
    }
    let project = project();
    project.run("fix");
    assert_eq!(project.read("main.paas"), text);
}

/// What the schema of SARIF 2.1.0 requires of what is printed.
#[test]
fn sarif_has_what_its_schema_requires() {
    let project = project();
    std::fs::rename(project.path("main.paas"), project.path("my file:100%.paas")).unwrap();
    let out = project.run("check --format sarif").out;
    let log: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "paas");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let mut once = ids.clone();
    once.dedup();
    assert_eq!(ids, once, "rules are unique");
    let mut fixes = 0;
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], ids[index]);
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let places = result["locations"].as_array().unwrap();
        assert!(places.len() <= 1);
        for place in places.iter().chain(result["relatedLocations"].as_array().unwrap()) {
            let physical = &place["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uri"], "my%20file%3A100%25.paas");
            let number = |name: &str| physical["region"][name].as_u64().unwrap();
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!(number("endLine") >= number("startLine") && number("endColumn") >= 1);
        }
        for fix in result["fixes"].as_array().unwrap() {
            let changes = fix["artifactChanges"].as_array().unwrap();
            assert!(!changes.is_empty());
            for change in changes {
                assert!(change["artifactLocation"]["uri"].is_string());
                let replacements = change["replacements"].as_array().unwrap();
                assert!(!replacements.is_empty());
                assert!(replacements.iter().all(|it| it["deletedRegion"]["startLine"].is_u64()));
                fixes += 1;
            }
        }
    }
    assert!(fixes >= 2, "{out}");
}

#[test]
fn commands_of_a_workflow_cannot_be_forged() {
    let manifest = "let x = \"a\" + 'b\r::warning::evil %0A::error::worse, file=etc:passwd'\n";
    let out = Project::of(manifest).run("check --format github").out;
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.starts_with("::error file=main.paas,line=1"), "{out}");
    let manifest = "contianer \"x%y\" {}\n";
    let project = Project::of(manifest);
    std::fs::rename(project.path("main.paas"), project.path("a,b:c%.paas")).unwrap();
    let out = project.run("check --format github").out;
    assert!(out.starts_with("::error file=a%2Cb%3Ac%25.paas,line=1,"), "{out}");
}

#[test]
fn sentences_name_each_file_and_steer_no_terminal() {
    let project = Project::of("import host from \"other.paas\"\nlet b = ip(\"\u{1b}[2J\")\n");
    project.write("other.paas", "let host = 1\nlet host = 2\n");
    let out = project.run("check --format narrated").out;
    assert!(out.contains("Begin snippet for other.paas starting at line"), "{out}");
    assert!(out.contains("\\u{1b}[2J") && !out.contains('\u{1b}'), "{out}");
    // Places behind the last character, and none at all.
    for text in ["", "let a =", "let a = [\n", "# é\nlet a = \"é"] {
        let run = Project::of(text).run("check --format narrated");
        assert!(!run.err.contains("panicked"), "{text:?}: {run:?}");
        assert_eq!(run.out.is_empty(), text.is_empty(), "{text:?}: {run:?}");
    }
}
