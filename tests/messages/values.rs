//! Mistakes in values, references and the graph, and the whole frame that each is answered with.

use super::bad_inputs::{shown, shown_with};

#[test]
fn a_number_without_a_unit() {
    shown(
        "14-unit",
        r#"container web {
  on = cluster.home, template = "alpine-3.20"
  memory = 2
}
"#,
    );
}

#[test]
fn a_choice_that_is_misspelt() {
    shown(
        "15-choice",
        r#"container web { on = cluster.home, template = "alpine-3.20" }
proxy edge {
  on = container.web, engine = "ngnix"
}
"#,
    );
}

#[test]
fn data_of_the_wrong_shape() {
    shown_with(
        "16-data",
        r#"type Slug = string where matches(it, '^[a-z][a-z0-9_]{0,30}$')
type Student = { login: Slug, keys: [string] = [] }
let people: [Student] = yaml(file("people.yml"))
output logins = [for p in people : p.login]
"#,
        &[(
            "people.yml",
            "- login: ada\n  keys: []\n- login: Bob Smith\n  keys: ssh-ed25519 BBBB\n",
        )],
    );
}

#[test]
fn branches_that_differ() {
    shown(
        "17-branches",
        r#"let prod = true
let big = { cores = 8, memory = 16GiB, gpu = "yes" }
let small = { cores = 2, memory = 2GiB }
let spec: { cores: int, memory: size, gpu: bool = false } = if prod then big else small
output cores = spec.cores
"#,
    );
}

#[test]
fn something_that_might_not_exist() {
    shown(
        "18-absent",
        r#"input has_gpu: bool = false
container gpu if has_gpu { on = cluster.home, template = "alpine-3.20" }
output address = container.gpu.hostname
"#,
    );
}

#[test]
fn two_runtimes() {
    shown_with(
        "19-runtimes",
        r#"container web {
  on = cluster.home, template = "alpine-3.20", features { nesting = true }
}
app blog {
  on = container.web
  compose { file = "compose.yml" }
  nixos { flake = "." }
}
"#,
        &[("compose.yml", "services:\n  ghost: { image: \"ghost:5.80\" }\n")],
    );
}

#[test]
fn a_key_that_is_known_too_late() {
    shown(
        "20-late-key",
        r#"container dev for name in ["a", "b"] {
  on = cluster.home, template = "alpine-3.20"
  ip = "dhcp"
}
container twin for address in [for c in container.dev : c.ip] {
  on = cluster.home, template = "alpine-3.20"
}
"#,
    );
}

#[test]
fn a_list_without_a_key() {
    shown(
        "21-list",
        r#"let names = [{ name = "a", cores = 1 }, { name = "b", cores = 2 }]
container web for m in names {
  on = cluster.home, template = "alpine-3.20", cores = m.cores
}
"#,
    );
}

#[test]
fn a_secret_where_it_would_be_seen() {
    shown(
        "22-secret",
        r#"secret db = env("DB")
let url = "postgres://app:\(secret.db)@10.0.0.5/app"
container web {
  on = cluster.home, template = "alpine-3.20"
  hostname = url
}
run migrate { on = container.web, create = "migrate \(url)" }
run direct { on = container.web, create = "login \(secret.db) --now" }
output shown = url
tenant acme {
  let line = "x \(url)"
  app blog { on = container.web, unit { exec = "/bin/blog" }, health { cmd = "check \(line)" } }
}
"#,
    );
}

#[test]
fn a_circle() {
    shown(
        "23-circle",
        r#"container web { on = cluster.home, template = "alpine-3.20" }
app postgresql {
  on = container.web
  after = [app.authentik]
  unit { exec = "/usr/bin/postgres" }
}
app authentik {
  on = container.web
  after = [app.postgresql]
  unit { exec = "/usr/bin/authentik" }
}
"#,
    );
    shown(
        "23-circle-of-values",
        r#"container db {
  on = cluster.home, template = "alpine-3.20", network = network.lan
  ip = "dhcp", after = [app.shop]
}
let database = "postgres://\(container.db.ip)/shop"
container web { on = cluster.home, template = "alpine-3.20" }
app shop {
  on = container.web
  unit { exec = "/usr/bin/shop", env { DATABASE = database } }
}
"#,
    );
}

#[test]
fn what_the_machine_and_the_compose_file_say() {
    shown_with(
        "24-compose",
        r#"container web { on = cluster.home, template = "alpine-3.20", ip = 10.0.0.5, network = network.lan }
app blog {
  on = container.web
  compose { file = "compose.yml" }
  expose www { via = proxy.edge, port = 2368, http { host = "blog.example.com" } }
}
proxy edge { on = container.web, engine = "nginx" }
"#,
        &[(
            "compose.yml",
            "services:\n  ghost:\n    image: ghost:5.80\n    ports: [\"8080:2368\"]\n",
        )],
    );
}

#[test]
fn the_secret_of_another_tenant() {
    shown(
        "12-tenant",
        r#"tenant acme { secret vw_admin = env("ACME_VW") }
tenant globex {
  let stolen = tenant.acme.secret.vw_admin
  output shown: secret<string> = stolen
}
"#,
    );
}
