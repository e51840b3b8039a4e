//! Values that nobody writes: what a Compose file runs, which generation, what is outdated.

use crate::commands::says;
use crate::support::project::Project;

const COMPOSE: &str = "services:\n  web: { image: \"nginx:${TAG}\" }\n  db: { image: \
                       \"postgres:16@sha256:abc\" }\n  debug: { image: \"busybox:1\", profiles: [debug] }\n  \
                       built: { build: . }\n  late: { image: \"x:${TOKEN}\" }\n";

#[test]
fn the_images_of_an_app_are_known_when_the_manifest_is_read() {
    let project = Project::of(
        "host infra { address = 10.0.0.9 }\nsecret token = env(\"T\")\n\
         app blog {\n  on = host.infra\n  compose { file = \"compose.yml\", env { TAG = \"1.27\", \
         TOKEN = secret.token } }\n}\n\
         app plain { on = host.infra, unit { exec = \"/x\" } }\n\
         app other {\n  on = host.infra\n  unit { exec = \"/x \\(app.blog.images.web)\" }\n}\n\
         output images = app.blog.images\noutput none = app.plain.images\n",
    )
    .with("T", "t");
    project.write("compose.yml", COMPOSE);
    project.fine("apply --sandbox --yes");
    let said = project.fine("output --sandbox");
    says(&said, &["\"web\": \"nginx:1.27\"", "\"db\": \"postgres:16@sha256:abc\"", "\"none\": {}"]);
    for part in ["busybox", "built", "late"] {
        assert!(!said.contains(part), "{said}");
    }
    says(&project.fine("plan --sandbox"), &["No changes"]);
    project.edit("main.paas", "\"1.27\"", "\"1.28\"");
    says(&project.fine("plan --sandbox"), &["\"/x nginx:1.27\" → \"/x nginx:1.28\""]);
    says(&project.fine("explain app.blog.images --sandbox"), &["the files it names"]);
    project.edit(
        "main.paas",
        "output none = app.plain.images",
        "output none = app.blog.images.wbe",
    );
    let said = project.run("check");
    assert!(said.code == 0 || said.err.contains("wbe"), "{said:?}");
}

#[test]
fn the_generation_of_nixos_comes_back_and_others_have_none() {
    let project = Project::of(
        "host infra { address = 10.0.0.9 }\n\
         app nix { on = host.infra, nixos { flake = \".\", args = { a = 1 } } }\n\
         app plain { on = host.infra, unit { exec = \"/x\" } }\n\
         app after {\n  on = host.infra\n  \
         unit { exec = \"/x\", env { G = \"\\(app.nix.generation ?? 0)\" } }\n}\n\
         output generation = app.nix.generation\noutput none = app.plain.generation\n",
    );
    says(&project.fine("plan --sandbox"), &["made_generation of app.nix"]);
    project.fine("apply --sandbox --yes");
    let said = project.fine("output --sandbox");
    says(&said, &["\"generation\": 1", "\"none\": null"]);
    project.edit("main.paas", "a = 1", "a = 2");
    project.fine("apply --sandbox --yes");
    says(&project.fine("output --sandbox"), &["\"generation\": 2"]);
}

#[test]
fn a_guest_tells_that_its_template_has_gone_on() {
    let project = Project::of(
        "secret pve = env(\"PVE_TOKEN\")\n\
         cluster home { api = \"https://pve.lan:8006\", token = secret.pve, node pve1 {} }\n\
         network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }\n\
         template base { base = \"local:vztmpl/debian-12.tar.zst\", packages = [\"curl\"] }\n\
         container old { on = cluster.home, template = template.base }\n\
         container own { on = cluster.home, template = \"local:vztmpl/debian-12.tar.zst\" }\n\
         output old = container.old.outdated\noutput own = container.own.outdated\n\
         output new = [for c in all.container : c.outdated]\n\
         check current { require !container.old.outdated }\n",
    )
    .with("PVE_TOKEN", "t");
    project.fine("apply --sandbox --yes");
    let said = project.fine("output --sandbox");
    says(&said, &["\"old\": false", "\"own\": false"]);
    project.edit("main.paas", "\"curl\"", "\"curl\", \"git\"");
    let said = project.run("apply --sandbox --yes");
    says(&said.err, &["P2016", "!container.old.outdated"]);
    says(&project.fine("output --sandbox"), &["\"old\": true", "\"own\": false"]);
    project.edit(
        "main.paas",
        "template = template.base }",
        "template = template.base, \
                  on_template_change = \"replace\" }",
    );
    project.fine("apply --sandbox --yes");
    says(&project.fine("output --sandbox"), &["\"old\": false"]);
}

#[test]
fn an_app_tells_what_its_service_needs() {
    let project = Project::of(
        "host infra { address = 10.0.0.9 }\n\
         service wiki {\n  needs { cores = 2, memory = 1GiB }\n  unit { exec = \"/wiki\" }\n}\n\
         app w { on = host.infra, service = service.wiki }\n\
         output cores = app.w.needs.cores\noutput memory = app.w.needs.memory\n",
    );
    project.fine("apply --sandbox --yes");
    says(&project.fine("output --sandbox"), &["\"cores\": 2", "\"memory\":"]);
}
