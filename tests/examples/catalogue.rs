//! The catalogue: every service in it is used once, and nothing is wrong with any.

use regex::Regex;

use super::{Project, check};

/// A line that uses each service, with all that it must be given.
fn used(services: &str) -> Vec<String> {
    let needed = Regex::new(r"(?m)^  input (\w+): secret<string>$").unwrap();
    let blocks = services.split("\nservice ").skip(1);
    let line = |block: &str| {
        let name = block.split_whitespace().next().unwrap();
        let inputs = needed.captures_iter(block).map(|it| format!("{} = secret.any", &it[1]));
        format!("  use catalogue.{name} {{ {} }}\n", inputs.collect::<Vec<_>>().join(", "))
    };
    blocks.map(line).collect()
}

#[test]
fn the_catalogue_is_planned_and_applied() {
    check("catalogue");
}

#[test]
fn every_service_of_the_catalogue_can_be_used_as_it_is() {
    let catalogue = Project::new("catalogue");
    let uses = used(&std::fs::read_to_string(catalogue.path().join("services.paas")).unwrap());
    assert!(uses.len() >= 10, "{uses:?}");
    let main = catalogue.path().join("main.paas");
    let text = std::fs::read_to_string(&main).unwrap();
    let more = format!(
        "tenant everything {{\n  domain = \"all.example.net\"\n  on = container.box\n  container box \
         {{}}\n  proxy edge {{ on = container.box, engine = \"caddy\" }}\n  defaults app {{ expose {{ \
         via = proxy.edge }} }}\n  secret any = env(\"OFFICE_N8N_KEY\")\n{}}}\n",
        uses.concat()
    );
    // Everything at once is more than any tenant of the example has.
    let (before, rest) = text.split_once("check room ").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    std::fs::write(&main, format!("{before}{more}{after}")).unwrap();
    let checked = catalogue.told("check --deny-warnings", 0);
    assert!(checked.contains("0 warnings"), "{checked}");
    catalogue.told("apply --sandbox --yes", 0);
    catalogue.told("plan --sandbox --exit-code", 0);
    catalogue.told("drift --sandbox", 0);
}

#[test]
fn services_with_a_module_run_under_nixos_too() {
    let catalogue = Project::new("catalogue");
    let main = catalogue.path().join("main.paas");
    let text = std::fs::read_to_string(&main).unwrap();
    let (before, rest) = text.split_once("tenant family {").unwrap();
    let (_, after) = rest.split_once("\ncheck room").unwrap();
    let tenant = "tenant nix {\n  domain = \"nix.example.net\"\n  runtime = \"nixos\"\n  on = \
                  container.box\n  container box {}\n  proxy edge { on = container.box, engine = \
                  \"caddy\" }\n  defaults app { expose { via = proxy.edge }, nixos { flake = \".\", \
                  host = \"nix\" } }\n  secret any = env(\"OFFICE_N8N_KEY\")\n";
    let uses = "  use catalogue.forgejo {}\n  use catalogue.vaultwarden {}\n  use \
                catalogue.jellyfin {}\n  use catalogue.grafana { admin_password = secret.any }\n}\n";
    std::fs::write(&main, format!("{before}{tenant}{uses}check room{after}")).unwrap();
    let plan = catalogue.told("plan --sandbox --full", 0);
    assert_eq!(plan.matches("nixos.module").count(), 4, "{plan}");
    assert!(!plan.contains("compose.file"), "{plan}");
    catalogue.told("apply --sandbox --yes", 0);
    catalogue.told("plan --sandbox --exit-code", 0);
}
