//! What is right stays right.

use super::fine;

const WEB: &str = r#"
container web { on = cluster.home, template = "debian-12-standard" }
proxy edge { on = container.web, engine = "traefik" }
"#;

#[test]
fn inputs_and_functions() {
    fine("input replicas: int = 2 where 1 <= it <= 5");
    fine(
        "input db: { name: string, memory: size = 2GiB, extensions: [string] = [] } = { name = \"a\" }",
    );
    fine(
        "input domain: fqdn = \"a.lan\"\nlet site: fqdn = \"app.\\(domain)\"\n\
         fn backup_name(app: string, day: int = 0) -> string = \"\\(app)-\\(day)\"\n\
         output url: url = \"https://\\(site)\"\noutput b = backup_name(\"x\")",
    );
    fine(
        "type Slug = string where matches(it, '^[a-z]+$')\nlet s: Slug = \"abc\"\nlet l = length(s)",
    );
    fine(
        "fn unit(names: [string]) -> string = join(\" && \", [for n in names : \"is-active \\(n)\"])\nlet arr = { a = 1 }\noutput x = unit([\"b\", ...keys(arr)])",
    );
}

#[test]
fn resources_and_headers() {
    fine(
        "let machines: map<string, { n: int, cores: int = 2, memory: size = 2GiB, enabled: bool = true }> = {\n\
         caddy = { n = 10 }, dns = { n = 13, cores = 4 }\n}\n\
         container box for name, m in machines if m.enabled {\n\
         on = cluster.home, template = \"x\", hostname = \"\\(name).lan\", ip = nth(10.0.0.0/24, m.n)\n\
         cores = m.cores, memory = m.memory, features { nesting = true }\n}\n\
         check ids { require unique([for c in container.box : c.ip]) else \"twice\" }\n\
         output one = container.box[\"dns\"].ip",
    );
    fine(
        "input people: [{ login: string, cores: int?, keys: [string], active: bool = true }] = []\n\
         container dev for p in people by p.login if p.active {\n\
         on = cluster.home, template = \"x\", hostname = p.login, cores = min(p.cores ?? 2, 8)\n\
         users = { (p.login) = { keys = p.keys, sudo = true } }\n\
         ip = if p.active then \"auto\" else \"dhcp\"\n network = network.lan\n}",
    );
}

#[test]
fn facets_and_hubs() {
    fine(&format!(
        "defaults app {{ expose {{ via = proxy.edge, tls = true }} }}\n\
         let arr = {{ sonarr = 8989, radarr = 7878 }}\n\
         app media {{ on = container.web, compose {{ file = \"compose.yml\" }}\n\
         expose tools for name, port in {{ ...arr, transmission = 9091 }} {{ port = port, http {{ host = \"\\(name).lan\" }} }}\n\
         expose discovery {{ port = 7359, udp {{ port = \"auto\" }} }}\n\
         health {{ http = \"/\", interval = 30s }}\n lifecycle {{ protect = arr.sonarr > 3 }}\n}}\n\
         output urls: [url] = sort([for e in all.expose : e.url if e.http != null && e.url != null])\n\
         check named for e in all.expose if e.http != null {{ require e.http.host != \"\" else \"\\(e.address)\" }}\n\
         check backed for a in all.app if a.db != {{}} {{ level = \"warn\"\n require a.backup != null }}{WEB}"
    ));
    fine(
        "input services: [{ name: string, kind: \"http\" | \"tcp\", port: port, external: port? }] = []\n\
         host h { address = 10.0.0.9\n\
         expose l4 for s in services by s.name {\n via = proxy.edge, port = s.port\n\
         tcp if s.kind == \"tcp\" { port = s.external ?? \"auto\" }\n\
         http if s.kind == \"http\" { host = \"\\(s.name).lan\" }\n}\n}\n\
         proxy edge { on = host.h, engine = \"nginx\" }",
    );
}

#[test]
fn collections() {
    fine(
        "let a = { b = [1, 2], c = \"x\" }\nlet d = a.b[0] + 1\nlet e = a[\"c\"]\nlet f = flatten([[1], [2]])[0] + 1",
    );
    fine("let g = group_by([{ n = 1, on = \"a\" }], \"on\")\nlet n = [for k, l in g : length(l)]");
    fine("let z = zip([\"a\"], [1])\nlet s = sum([512MiB, 1GiB]) / 2\nlet t = max(1, 2.5) * 2");
    fine("let m = deep_merge({ a = { x = 1 } }, { b = 2 })\nlet n = m.a.x");
    fine("let base = { a = 1, b = null }\nlet m = { ...base, b = 2 }\nlet c = m.a + m.b");
    fine(
        "let x = [1, \"a\", 2s]\nlet y = [for e in x : e]\nlet z = {for k, v in { a = 1 } : \"\\(k)!\" => v}",
    );
}

#[test]
fn tenants_see_what_is_around_them() {
    fine(
        "input domain: fqdn = \"a.lan\"\n\
         fn at(name: string) -> string = \"\\(name).\\(domain)\"\n\
         type Size = { cores: int = 1 }\n\
         defaults container { on = cluster.home, template = \"x\" }\n\
         tenant acme {\n domain = \"acme.lan\"\n let own: Size = {}\n\
         container box { cores = own.cores, hostname = at(\"box\"), network = network.lan }\n\
         output url = container.box.hostname\n}\n\
         output there = tenant.acme.url",
    );
}
