//! Tenants, services, modules and imports: a platform for many, written once.

use crate::commands::{check, says};
use crate::support::project::Project;

const CAMPUS: [(&str, &str); 7] = [
    ("main.paas", include_str!("../cases/commands/campus/main.paas")),
    ("catalog.paas", include_str!("../cases/commands/campus/catalog.paas")),
    ("compose/blog.yml", include_str!("../cases/commands/campus/compose/blog.yml")),
    ("lib/types.paas", include_str!("../cases/commands/campus/lib/types.paas")),
    ("lib/text.paas", include_str!("../cases/commands/campus/lib/text.paas")),
    ("modules/lab/main.paas", include_str!("../cases/commands/campus/modules/lab/main.paas")),
    ("modules/lab/setup.sh", include_str!("../cases/commands/campus/modules/lab/setup.sh")),
];

/// The last line of `main.paas` before the outputs, to write more below it.
const END: &str = "output loud = ";

fn campus() -> Project {
    let project = Project::empty().with("PVE_TOKEN", "t").with("ACME_GREETING", "very secret");
    CAMPUS.iter().for_each(|(path, text)| project.write(path, text));
    project
}

/// What `paas check` says when this is in the manifest too.
#[track_caller]
fn refused(more: &str) -> String {
    let project = campus();
    project.edit("main.paas", END, &format!("{more}\n{END}"));
    let run = project.run("check");
    assert_eq!(run.code, 1, "{}", run.out);
    run.err
}

#[test]
fn a_campus_is_planned_applied_and_at_rest() {
    let project = campus();
    check("campus", &project, &["check", "plan --sandbox"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(project.run("plan --sandbox --exit-code").code, 0);
    assert_eq!(project.run("drift --sandbox").code, 0);
    check("campus-outputs", &project, &["output --sandbox"]);
}

#[test]
fn a_second_tenant_is_six_lines() {
    let project = campus();
    project.fine("apply --sandbox --yes");
    let tenant = "tenant globex {\n  domain = \"globex.example.com\"\n  on = container.box\n  \
                  container box {}\n  proxy edge { on = container.box, engine = \"caddy\" }\n  \
                  use catalog.blog { greeting = \"hi\" }\n}\ndefaults app { expose { via = proxy.edge } }";
    let tenant = tenant.replace("}\ndefaults app", "  defaults app").replace("} }", "} }\n}");
    project.edit("main.paas", END, &format!("{tenant}\n{END}"));
    let plan = project.fine("plan --sandbox");
    says(&plan, &["tenant globex", "blog.globex.example.com", "+ 5 create   14 unchanged"]);
    assert!(!plan.contains("tenant acme"), "{plan}");
}

#[test]
fn what_is_removed_with_a_tenant_is_only_its_own() {
    let project = campus();
    project.fine("apply --sandbox --yes");
    let text = project.read("main.paas");
    let (before, rest) = text.split_once("tenant acme {").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    let after = after.replace("output acme = tenant.acme.site\n", "");
    project.write("main.paas", format!("{before}{after}"));
    let plan = project.fine("plan --sandbox --summary");
    says(&plan, &["- 7 destroy   7 unchanged"]);
    let removed = plan.lines().filter(|line| line.trim_start().starts_with("- "));
    removed.for_each(|line| assert!(!line.contains("module."), "{line}"));
    project.fine("apply --sandbox --yes");
    assert_eq!(project.run("plan --sandbox --exit-code").code, 0);
}

#[test]
fn names_of_another_tenant_cannot_be_said() {
    says(
        &refused("tenant globex { output theirs: secret<string> = secret.greeting }"),
        &["P1004", "`secret.greeting` belongs to `tenant.acme`", "declared inside"],
    );
    says(
        &refused("tenant globex { output theirs = tenant.acme.container.box.ip }"),
        &["P1004", "cannot be reached from outside"],
    );
    says(&refused("output theirs = container.box.ip"), &["P1004", "`container.box` belongs to"]);
    says(&refused("output theirs = module.lab[\"north\"].base"), &["P1002", "no output `base`"]);
    says(&refused("output theirs = tenant.acme.sit"), &["did you mean `site`?"]);
}

#[test]
fn a_service_says_what_it_needs_and_how_it_runs() {
    let none = "container c {}\ndefaults app { on = container.c }\nproxy p { on = container.c, \
                engine = \"caddy\" }\ndefaults expose { via = proxy.p }\n";
    let with = |more: &str| refused(&format!("{none}tenant t {{ {more} }}"));
    says(&with("use catalog.blog {}"), &["P2015", "needs a value for its input `greeting`"]);
    says(&with("use catalog.blgo {}"), &["no service `catalog.blgo`", "did you mean `blog`?"]);
    says(
        &with("use catalog.blog { greeting = \"a\", prot = 1 }"),
        &["P1003", "did you mean `port`?"],
    );
    says(
        &with("use catalog.blog { greeting = \"a\", port = \"x\" }"),
        &["`port` is not of type `port`", "main.paas", "catalog.paas"],
    );
    says(
        &with("runtime = \"nixos\", use catalog.blog { greeting = \"a\" }"),
        &["P1023", "does not say how it runs under `nixos`"],
    );
    says(&refused("service again for x in [1] { unit { exec = \"a\" } }"), &["P1023"]);
}

#[test]
fn how_an_app_runs_is_its_own_choice_then_its_tenants() {
    let project = campus();
    project.edit(
        "main.paas",
        "  on = container.box\n",
        "  on = container.box\n  runtime = \"unit\"\n",
    );
    let plan = project.fine("plan --sandbox --full");
    says(&plan, &["unit.exec", "/usr/local/bin/blog --port 8081"]);
    assert!(!plan.contains("compose.file"), "{plan}");
    project.edit(
        "main.paas",
        "  use catalog.blog as news { port = 8081, greeting = \"news\" }",
        "  app news { service = catalog.blog, runtime = \"compose\", options { greeting = \"n\" }, \
         expose web { http { host = \"other.example.com\" } } }",
    );
    let plan = project.fine("plan --sandbox --full");
    says(&plan, &["compose.file", "other.example.com"]);
    assert!(!plan.contains("news.acme.example.com"), "{plan}");
}

#[test]
fn what_cannot_be_imported_is_told_at_its_place() {
    says(&refused("import \"./nope.paas\" as nope"), &["P1021", "no file `./nope.paas`"]);
    says(&refused("import \"./modules\" as nope"), &["P1021", "is a folder, not a file"]);
    says(&refused("module m from \"./nope\" {}"), &["P1021", "no folder `./nope`"]);
    says(&refused("module m from \"./catalog.paas\" {}"), &["P1021", "is a file, not a folder"]);
    says(&refused("module m from \".\" {}"), &["P1021", "is the project itself"]);
    says(&refused("import { Slg } from \"./lib/types.paas\""), &["P1022", "did you mean `Slug`?"]);
    says(&refused("let x = catalog"), &["P1022", "is an imported file, not a value"]);
    says(&refused("let x = catalog.nothing"), &["P1022", "`catalog` declares no `nothing`"]);
    says(
        &refused("module m from \"./modules/lab\" { site = \"a\", clustre = 1 }"),
        &["P1003", "did you mean `cluster`?", "P2015", "`module.m` needs a value"],
    );
    let project = campus();
    project.write("lib/text.paas", "output x = 1\nfn upper_case(text: string) -> string = text\n");
    says(&project.run("check").err, &["P1020", "lib/text.paas:1:8"]);
}

#[test]
fn modules_may_be_chosen_by_a_value_and_contain_others() {
    let project = campus();
    project.write(
        "modules/deep/main.paas",
        "module inner from \"../lab\" {\n  site = \"deep\"\n  \
                   cluster = cluster\n}\ninput cluster: cluster\noutput host = module.inner.host\n",
    );
    project.edit(
        "main.paas",
        END,
        &format!(
            "let which = \"deep\"\nmodule chosen from \"./modules/\\(which)\" {{ cluster = \
             cluster.home }}\noutput chosen = module.chosen.host\n{END}"
        ),
    );
    let plan = project.fine("plan --sandbox");
    says(&plan, &["module.chosen", "module.inner", "desk-deep"]);
    project.write("modules/deep/main.paas", "module again from \"../deep\" {}\n");
    says(&project.run("check").err, &["P1024", "`again` contains itself"]);
}

#[test]
fn a_tenant_cannot_have_more_than_its_quota() {
    let text = refused(
        "tenant big {\n  quota { memory = 1GiB, apps = 0 }\n  container a { memory = 2GiB }\n}",
    );
    says(&text, &["P5006", "more than its quota of 1GiB memory", "its resources come to 2GiB"]);
}

#[test]
fn names_of_ones_own_change_nothing_about_the_kinds() {
    let project = campus();
    project.edit("main.paas", "all.tenant", "[tenant.acme]");
    let before = project.fine("plan --sandbox --full");
    let own = "let all = 1\nfn slug(text: string) -> string = \"x\"\nfn first(of: int) -> int = of\n\
               fn length(of: int) -> int = of\n";
    project.edit("main.paas", END, &format!("{own}{END}"));
    let after = project.fine("plan --sandbox --full");
    let rows = |plan: &str| {
        let rows = plan.lines().filter(|line| !line.contains("config "));
        let rows = rows.map(|line| line.split("edited").next().unwrap().trim_end().to_owned());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(rows(&before), rows(&after));
}

#[test]
fn only_what_says_all_of_itself_is_existing() {
    let given = [
        ("existing container web { on = cluster.home }", "`adopt` it"),
        ("existing cluster other { api = \"https://a.lan:8006\" }", "is never made"),
        ("existing template base { base = \"debian-12-standard\" }", "name the image"),
        (
            "existing zone lan { name = \"lan\", engine = \"hosts\" }",
            "only a `host` or a `network`",
        ),
    ];
    for (block, way) in given {
        let said = Project::of(&format!("{block}\n")).ends("check", 1);
        says(&said, &["P1009", "main.paas:1:", way]);
    }
    let fine =
        "existing host old { address = 10.0.0.9 }\nexisting network lan { cidr = 10.0.0.0/24 }\n";
    Project::of(fine).fine("check");
}
