//! Services, tenants and modules that nothing comes of: what is wrong in them is found as well.

use super::{check, fine};

#[test]
fn a_service_that_is_right() {
    fine(
        r#"service wiki {
  title = "Wiki"
  category = "Notes"
  tags = ["text", "team"]
  needs { cores = 2, memory = 512MiB, disk = 4GiB }
  input port: port = 8080 where it > 1024
  input admin: secret<string>?
  input upload = 64
  input name: string = app.name
  input hosts: [string] = [] { require length(hosts) < 4 else "too many" }
  compose {
    file = "compose.yml"
    env {
      PORT = port, HOST = "https://\(app.fqdn)", ADMIN = admin ?? "", MAX = "\(upload)M"
      ZONE = app.tenant?.timezone ?? "UTC", OWN = "\(self.name) \(app.label)"
      MEMORY = "\(app.needs.memory)", KIND = app.runtime
    }
  }
  nixos { flake = ".", args { port = port, name = name, title = app.title } }
  expose web { port = port, http { host = app.fqdn } }
  expose more for host in hosts { port = port, http { host = host } }
  health { http = "/health", grace = 30s }
  tile web if upload > 1 { group = "Notes" }
}
"#,
    );
}

#[test]
fn names_in_a_service() {
    check(
        "service wiki {\n  input port: port = 8080\n  unit { exec = \"/bin/wiki \\(prot)\" }\n}\n",
        "P1002 3:30 there is no `prot`",
    );
    check(
        "service wiki {\n  unti { exec = \"/bin/wiki\" }\n}\n",
        "P1003 2:3 `app` has no attribute `unti`",
    );
    check(
        "service wiki {\n  unit { exec = \"/bin/wiki \\(app.fqnd)\" }\n}\n",
        "P1003 2:34 `app` has no attribute `fqnd`",
    );
    check(
        "service wiki {\n  unit { exec = \"/bin/wiki\" }\n  expose www { prot = 80 }\n}\n",
        "P1003 3:16 `expose` has no attribute `prot`",
    );
    check(
        "service wiki {\n  unit { exec = upper(lenght(\"x\")) }\n}\n",
        "P1007 2:23 there is no function `lenght`",
    );
}

#[test]
fn types_in_a_service() {
    check(
        "service wiki {\n  input port: port = \"x\"\n  unit { exec = \"/bin/wiki\" }\n}\n",
        "P2001 2:22 `port` is not of type `port`",
    );
    check(
        "service wiki {\n  input upload: int = 4\n  unit { exec = \"/bin/wiki\" }\n  \
         health { http = \"/\", grace = upload }\n}\n",
        "P2001 4:32 `grace` is a duration, this is an int",
    );
    check(
        "service wiki {\n  needs { memory = 512 }\n  unit { exec = \"/bin/wiki\" }\n}\n",
        "P2001 2:20 `memory` is a size, this is an int",
    );
    check(
        "service wiki {\n  input admin: string?\n  unit { exec = upper(admin) }\n}\n",
        "P2010 3:23 this may be null",
    );
}

#[test]
fn a_service_that_is_used_is_told_of_once() {
    let used = "container box { on = cluster.home, template = \"x\" }\ntenant a {\n  on = container.box\n  \
                use wiki {}\n  use wiki as more {}\n}\n";
    check(
        &format!("service wiki {{\n  unit {{ exec = upper(5) }}\n}}\n{used}"),
        "P1016 2:23 `upper` takes a string, its argument is an int",
    );
}

#[test]
fn tenants_without_an_instance() {
    let inside = |line: &str| {
        format!(
            "container box {{ on = cluster.home, template = \"x\" }}\nlet none: [string] = []\n\
             tenant t for name in none {{\n  domain = \"\\(name).lan\"\n  on = container.box\n  \
             {line}\n}}\n"
        )
    };
    fine(&inside("output all = [for a in all.app : a.url]\n  let x = name"));
    fine(&inside("app a { unit { exec = \"/bin/a \\(name)\" } }\n  quota { cores = 4 }"));
    check(&inside("let x = nmae"), "P1002 6:11 there is no `nmae`");
    check(&inside("let x: int = \"\\(name)\""), "P2001 6:16 `x` is not of type `int`");
    check(
        &inside("app a { unti { exec = \"/bin/a\" } }"),
        "P1003 6:11 `app` has no attribute `unti`",
    );
    check(&inside("dmoain = \"x.lan\""), "P1003 6:3 `tenant` has no attribute `dmoain`");
    check(&inside("quota { cores = \"x\" }"), "P2001 6:19 `cores` cannot be \"x\"");
    check(&inside("tenant u if false {\n let x = nmae\n}"), "P1002 7:10 there is no `nmae`");
}
