//! The campus is lived with: a tenant and a developer join, and a secret stays one.

use super::{Project, SECRET, check};

/// Adds to a file of the example.
fn add(campus: &Project, path: &str, more: &str) {
    let path = campus.path().join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text + more).unwrap();
}

/// A block of an example's `README.md`.
fn told_in_readme(campus: &Project, word: &str) -> String {
    let readme = std::fs::read_to_string(campus.path().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(&format!("```{word}\n")).unwrap();
    rest.split("```").next().unwrap().to_owned()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn the_campus_is_planned_and_applied() {
    check("campus");
}

#[test]
fn a_developer_who_needs_a_graphics_processor_comes_to_the_node_that_has_one() {
    let plan = Project::new("campus").told("plan --sandbox", 0);
    let (_, john) = plan.split_once("container.dev[\"john_smith\"]").unwrap();
    let node = john.lines().find(|line| line.trim_start().starts_with("node ")).unwrap();
    assert_eq!(node.split_whitespace().nth(1), Some("gpu"), "{plan}");
}

#[test]
fn a_tenant_joins_with_six_lines() {
    let campus = Project::new("campus");
    campus.told("apply --sandbox --yes", 0);
    let tenant = told_in_readme(&campus, "paas");
    assert_eq!(tenant.lines().count(), 6, "{tenant}");
    add(&campus, "main.paas", &format!("\n{tenant}"));
    let plan = campus.told("plan --sandbox", 0);
    says(
        &plan,
        &[
            "tenant initech",
            "adminer.initech.apps.campus.example",
            "Plan: 4 to create, 1 to update.",
        ],
    );
    assert!(!plan.contains("tenant acme") && !plan.contains("container.dev"), "{plan}");
    campus.told("apply --sandbox --yes", 0);
    campus.told("plan --sandbox --exit-code", 0);
    campus.told("drift --sandbox", 0);
}

#[test]
fn a_developer_joins_with_two_lines_and_leaves_with_one() {
    let campus = Project::new("campus");
    campus.told("apply --sandbox --yes", 0);
    let ports = campus.told("output --sandbox", 0);
    let developer = told_in_readme(&campus, "yaml");
    assert_eq!(developer.lines().count(), 2, "{developer}");
    add(&campus, "people.yml", &developer);
    let plan = campus.told("plan --sandbox", 0);
    says(&plan, &["container.dev[\"linus\"]", "Plan: 2 to create."]);
    campus.told("apply --sandbox --yes", 0);
    let more = campus.told("output --sandbox", 0);
    for port in ports.lines().filter(|line| line.contains(": \"2000")) {
        assert!(more.contains(port.trim_end_matches(',')), "a port moved:\n{ports}\n{more}");
    }
    add(&campus, "people.yml", "  active: false\n");
    let plan = campus.told("plan --sandbox", 0);
    says(&plan, &["- container.dev[\"linus\"]", "it is backed up first", "Plan: 2 to destroy."]);
    campus.told("apply --sandbox --yes", 0);
    campus.told("plan --sandbox --exit-code", 0);
}

#[test]
fn the_secret_of_a_tenant_is_nowhere_to_be_read() {
    let campus = Project::new("campus");
    let mut texts = vec![campus.told("plan --sandbox --full", 0)];
    texts.push(campus.told("plan --sandbox --format json", 0));
    texts.push(campus.told("apply --sandbox --yes", 0));
    texts.push(campus.told("output --sandbox", 0));
    texts.push(campus.told("sandbox show", 0));
    let mut folders = vec![campus.path().join("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => texts.push(String::from_utf8_lossy(&std::fs::read(entry).unwrap()).into()),
            }
        }
    }
    assert!(texts.len() > 8, "the state has files");
    texts.iter().for_each(|text| assert!(!text.contains(SECRET), "{text}"));
}

#[test]
fn the_campus_goes_without_a_trace() {
    let campus = Project::new("campus");
    campus.told("apply --sandbox --yes", 0);
    campus.told("destroy --sandbox --yes", 0);
    assert!(campus.told("state list --sandbox", 0).starts_with("0 objects"));
    let shown = campus.told("sandbox show", 0);
    let (there, _) = shown.split_once("\ntasks, ").unwrap();
    assert!(!there.contains("container.") && !there.contains("vm.host"), "{shown}");
}
