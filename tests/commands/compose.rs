//! What a manifest and its Compose files say of each other: every frame as a person reads it.

use crate::commands::{check, says};
use crate::support::project::Project;

const PLATFORM: &str = r#"secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, bridge = "vmbr0", cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
container web { on = cluster.home, template = "debian", features { nesting = true } }
container edge { on = cluster.home, template = "debian" }
proxy edge { on = container.edge, engine = "caddy" }
"#;

/// A platform, these lines after its six, and one Compose file.
fn project(lines: &str, compose: &str) -> Project {
    let project = Project::of(&format!("{PLATFORM}{lines}"));
    project.write("blog/compose.yml", compose);
    project
}

/// An app with this inside of its `compose`.
fn app(inside: &str) -> String {
    format!(
        "app blog {{\n  on = container.web\n  compose {{\n    file = \"blog/compose.yml\"\n\
         {inside}  }}\n  health {{ http = \"/\" }}\n}}\n"
    )
}

/// What `paas check` says of a file is in a golden file.
#[track_caller]
fn shown(name: &str, inside: &str, compose: &str) {
    check(&format!("compose/{name}"), &project(&app(inside), compose), &["check"]);
}

/// `paas check` has nothing to say.
#[track_caller]
fn right(inside: &str, compose: &str) {
    let said = project(&app(inside), compose).ends("check", 0);
    assert!(said.ends_with(", 0 warnings\n"), "{compose}\n{said}");
}

/// `paas check` says all of these.
#[track_caller]
fn told(inside: &str, compose: &str, code: i32, parts: &[&str]) {
    says(&project(&app(inside), compose).ends("check", code), parts);
}

#[test]
fn what_the_machine_and_the_file_say() {
    let lines = r#"container small { on = cluster.home, template = "alpine-3.20" }
app blog {
  on = container.small
  compose { file = "blog/compose.yml" }
  expose www { via = proxy.edge, port = 2368, http { host = "blog.example.com" } }
  health { http = "/" }
}
"#;
    let compose = "services:\n  ghost:\n    image: ghost:5\n    ports: [\"8080:2368\"]\n";
    check("compose/machine", &project(lines, compose), &["check"]);
}

#[test]
fn a_file_that_is_no_yaml() {
    shown("no-yaml", "", "services:\n  ghost:\n    image: \"ghost:5\n  web: {}\n");
    told("", "services:\n\tghost: {}\n", 1, &["P6102", "blog/compose.yml:2:"]);
    told("", "", 1, &["P6105", "has no `services`"]);
    told("", "- a\n", 1, &["P6105", "this is a list", "blog/compose.yml:1:1"]);
}

#[test]
fn shapes_and_names() {
    shown(
        "shapes",
        "",
        "servces: {}\nservices:\n  one:\n    imagee: a:1\n  two:\n    image: a:1\n    ports: 80\n  \
         three:\n    image: a:1\n    ports: [\"http:80\"]\n    environment: [[A]]\n    volumes:\n      \
         - type: volume\n        source: data\n        target: /data\n    depends_on: [tow]\n    \
         networks: { back: {} }\n    secrets: [key]\n",
    );
}

#[test]
fn every_form_that_compose_takes() {
    let compose = r#"
name: site
x-common: &common
  image: "app:1"
  restart: unless-stopped
services:
  web:
    <<: *common
    ports:
      - "8080:80"
      - 127.0.0.1:9090-9091:9090-9091/tcp
      - "[::1]:6000:6000/udp"
      - 3000
      - target: 443
        published: "8443"
        protocol: tcp
        host_ip: 0.0.0.0
    environment:
      A: 1
      B: "${B:-x}"
      C:
    depends_on: { db: { condition: service_healthy } }
    volumes:
      - data:/data:ro
      - /srv:/srv
      - type: bind
        source: /etc/localtime
        target: /etc/localtime
    networks: [default, back]
    configs: [one]
    secrets:
      - source: two
        target: two
    profiles: [main]
  db:
    image: "registry.example.com:5000/postgres@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    env_file:
      - path: ./none.env
        required: false
    command: ["sh", "-c", "echo $$HOME"]
    deploy: { resources: { limits: { cpus: "1" } } }
  job: { build: { context: "https://example.com/repo.git" } }
volumes: { data: }
networks: { back: { driver: bridge } }
configs: { one: { content: "x" } }
secrets: { two: { external: true } }
"#;
    right("    profiles = [\"main\"]\n", compose);
}

#[test]
fn ports_in_every_form() {
    let lines = |port: u16, proto: &str| {
        let expose = match proto {
            "udp" => {
                format!("  expose a {{ via = proxy.edge, port = {port}, udp {{ port = 5 }} }}\n")
            }
            _ => format!("  expose a {{ via = proxy.edge, port = {port}, tcp {{ port = 5 }} }}\n"),
        };
        app("").replace("  health", &format!("{expose}  health"))
    };
    let compose = |ports: &str| format!("services:\n  a: {{ image: \"a:1\", ports: {ports} }}\n");
    let heard = |port: u16, proto: &str, ports: &str| {
        project(&lines(port, proto), &compose(ports)).fine("check");
    };
    let unheard = |port: u16, proto: &str, ports: &str, parts: &[&str]| {
        says(&project(&lines(port, proto), &compose(ports)).ends("check", 1), parts);
    };
    heard(8005, "tcp", "[\"8000-8010:8000-8010\"]");
    heard(53, "udp", "[\"53:53/udp\"]");
    heard(8443, "tcp", "[{ target: 443, published: 8443 }]");
    heard(8080, "tcp", "[\"${PORT:-8080}:80\"]");
    unheard(8011, "tcp", "[\"8000-8010:8000-8010\"]", &["P6104", "publishes 8000-8010/tcp"]);
    unheard(53, "tcp", "[\"53:53/udp\"]", &["P6104", "53/udp of another protocol"]);
    unheard(80, "tcp", "[\"80\"]", &["P6104", "another port for this each time"]);
    unheard(80, "tcp", "[]", &["P6104", "publishes no port", "[\"80:80\"]"]);
    unheard(80, "tcp", "[\"127.0.0.1:80:80\"]", &["P6104", "for the machine itself only"]);
    unheard(1, "tcp", "[{ target: 443, published: 8443 }]", &["P6104", "8443/tcp"]);
    let host = "services:\n  a: { image: \"a:1\", network_mode: host }\n";
    project(&lines(1234, "tcp"), host).fine("check");
    let off = "services:\n  a: { image: \"a:1\", ports: [\"80:80\"], profiles: [p] }\n  b: { image: \"b:1\" }\n";
    says(&project(&lines(80, "tcp"), off).ends("check", 1), &["P6104"]);
}

#[test]
fn variables() {
    let compose = "services:\n  a:\n    image: \"a:${TAG}\"\n    command: \"${RUN:?what to run} $1\"\n    \
                   environment:\n      LEVEL: info\n";
    shown("variables", "    env { LEVEL = \"debug\", TAGG = \"1\" }\n", compose);
    let taken =
        "services:\n  a:\n    image: \"a:1\"\n    environment: [A, \"B=${B}\", \"C=${C:-${D}}\"]\n";
    right("    env { A = \"1\", B = \"2\", C = \"3\", D = \"4\" }\n", taken);
    let own = "services:\n  a: { image: \"a:1\", env_file: .env }\n";
    right("    env { ANY = \"1\" }\n", own);
}

#[test]
fn files_beside_it() {
    let compose = "services:\n  a:\n    image: a\n    env_file: [web.env, gone.env]\n    environment:\n      \
                   THEME: dark\n    volumes: [\"./conf:/conf:ro\"]\n    build: .\n";
    let project = project(&app(""), compose);
    project.write("blog/web.env", "# of the web\nTHEME=light\n");
    check("compose/files", &project, &["check"]);
    project.write("blog/conf/a.conf", "a");
    assert!(!project.ends("check", 1).contains("L0606"));
}

#[test]
fn profiles_and_health() {
    let compose = "services:\n  a: { image: \"a:1\" }\n  b: { image: \"b:1\", profiles: [mail] }\n";
    shown("profiles", "    profiles = [\"mial\"]\n", compose);
    let lines = app("").replace("  health { http = \"/\" }\n", "");
    says(&project(&lines, compose).ends("check", 0), &["L0602", "nobody can tell"]);
    let healthy =
        compose.replace("\"a:1\" }", "\"a:1\", healthcheck: { test: [\"CMD\", \"true\"] } }");
    assert!(!project(&lines, &healthy).ends("check", 0).contains("L0602"));
}

#[test]
fn ports_belong_to_one() {
    let compose = "services:\n  a: { image: \"a:1\", ports: [\"80:80\", \"25565:25565\"] }\n";
    let lines = app("").replace("on = container.web", "on = container.edge")
        + "defaults container { features { nesting = true } }\n"
        + "app other {\n  on = container.web\n  unit { exec = \"/bin/x\" }\n  \
           expose www { via = proxy.edge, port = 1, http { host = \"a.example.com\" } }\n  \
           expose game { via = proxy.edge, port = 1, tcp { port = 25565 } }\n}\n";
    check("compose/ports", &project(&lines, compose), &["check"]);
    let twice = "services:\n  a: { image: \"a:1\", ports: [\"80:80\"] }\n  b: { image: \"a:1\", ports: [\"80:81\"] }\n";
    told("", twice, 1, &["P6111", "service `b` of `app.blog`", "service `a`"]);
    let apart = "services:\n  a: { image: \"a:1\", ports: [\"10.0.0.8:80:80\"] }\n  b: { image: \"a:1\", ports: [\"10.0.0.9:80:81\"] }\n";
    right("", apart);
}

/// Text in the manifest itself: the places are those of the manifest.
#[test]
fn inline_text_is_shown_in_the_manifest() {
    let lines = r#"let tag = "5"
app blog {
  on = container.web
  compose {
    file = yaml"""
      # \u{e4} and \(tag)
      services:
        ghost:
          image: "ghost:\(tag)"
          portz: ["8080:80"]
          command: echo $5
      """
  }
  health { http = "/" }
}
app other {
  on = container.web
  compose { file = { services = { a = { image = "a", ports = ["80:x"] } } } }
  health { http = "/" }
}
"#;
    check("compose/inline", &project(lines, ""), &["check"]);
}

#[test]
fn a_lint_is_silenced_by_a_comment() {
    let compose = "services:\n  a: { image: a }\n";
    told("", compose, 0, &["L0601", "`a` may be another image tomorrow", "1 warning"]);
    right("", "services:\n  # paas: allow L0601\n  a: { image: a }\n");
    let above = app("").replace("    file =", "    # paas: allow L0603, L0601\n    file =");
    assert!(project(&above, compose).ends("check", 0).contains("0 warnings"));
    told("", "services:\n  # paas: allow L0602\n  a: { image: a }\n", 0, &["L0601"]);
    told("", "services:\n  # paas: allow P6105\n  a: { imag: a }\n", 1, &["P6105"]);
    let denied = project(&app(""), compose).ends("check --deny-warnings", 4);
    says(&denied, &["L0601"]);
}
