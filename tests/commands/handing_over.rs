//! Ports and files of a machine go from one app to another.

use crate::commands::says;
use crate::support::project::Project;

/// Two apps on a host; `{}` stands for what each of them publishes.
fn manifest(apps: &[(&str, u16)]) -> String {
    let app = |(name, port): &(&str, u16)| {
        format!(
            "app {name} {{\n  on = host.box\n  compose {{ file = {{ services = {{ main = {{ \
             image = \"web:1\", ports = [\"{port}:80\"] }} }} }} }}\n}}\n"
        )
    };
    let apps: String = apps.iter().map(app).collect();
    format!("host box {{ address = 192.0.2.1 }}\n{apps}")
}

fn becomes(before: &[(&str, u16)], after: &[(&str, u16)]) -> Project {
    let project = Project::of(&manifest(before));
    project.fine("apply --sandbox --yes");
    project.write("main.paas", manifest(after));
    project
}

fn settles(project: &Project) {
    project.fine("apply --sandbox --yes --parallel 8");
    says(&project.fine("plan --sandbox"), &["No changes"]);
    says(&project.fine("drift --sandbox"), &["No drift"]);
}

#[test]
fn another_name_has_the_port_of_the_old_one() {
    settles(&becomes(&[("a", 8000)], &[("b", 8000)]));
    settles(&becomes(&[("b", 8000)], &[("a", 8000)]));
}

#[test]
fn a_port_that_is_given_up_is_free_for_another() {
    settles(&becomes(&[("a", 8000), ("b", 8001)], &[("a", 8002), ("b", 8000)]));
    settles(&becomes(&[("a", 8000), ("b", 8001)], &[("a", 8001), ("b", 8002)]));
    settles(&becomes(&[("a", 8000)], &[("a", 8001), ("c", 8000)]));
}

#[test]
fn two_that_exchange_their_ports_are_told_before() {
    let (one, other) = ([("a", 8000), ("b", 8001)], [("a", 8001), ("b", 8000)]);
    let project = becomes(&one, &other);
    let told = project.ends("apply --sandbox --yes", 4);
    says(&told, &["P7019", "cannot exchange `port 800", "of host.box in one go"]);
    project.write("main.paas", manifest(&[("b", 8000)]));
    settles(&project);
    project.write("main.paas", manifest(&other));
    settles(&project);
}

#[test]
fn a_file_goes_from_one_to_another_and_stays() {
    let app = |name: &str| {
        format!(
            "host box {{ address = 192.0.2.1 }}\napp {name} {{\n  on = host.box\n  unit {{ \
             exec = \"/bin/{name}\", files {{ \"/etc/shared.conf\" = \"for {name}\" }} }}\n}}\n"
        )
    };
    let project = Project::of(&app("a"));
    project.fine("apply --sandbox --yes");
    project.write("main.paas", app("b"));
    settles(&project);
    says(&project.fine("sandbox show"), &["/etc/shared.conf"]);
}
