//! Zones: what name servers are told, in their own words.

use crate::commands::says;
use crate::support::project::Project;

const MANIFEST: &str = r#"
host gate { address = 192.0.2.1 }
host games { address = 192.0.2.7 }
zone home {
  name = "example.com"
  engine = "dnsmasq"
  on = host.gate
  record www { kind = "CNAME", value = "example.com", ttl = 1h }
  record alias { value = 192.0.2.9 }
  record other { name = "notexample.com", value = 192.0.2.8 }
  record apex { name = "@", kind = "TXT", value = "it's \"so\" \\ so" }
  record mail { kind = "MX", value = "10 mail.example.com." }
}
proxy web { on = host.gate, engine = "traefik", zone = zone.home }
app mc {
  on = host.games
  unit { exec = "/bin/craft" }
  expose site { via = proxy.web, port = 8080, http { host = "craft.example.com" } }
  expose g { via = proxy.web, port = 25565, srv { name = "_minecraft._tcp.example.com" } }
  expose talk {
    via = proxy.web
    port = 64738
    srv { name = "_mumble._udp.example.com", target = "talk.example.org" }
  }
}
"#;

/// The lines of the one file of a zone.
fn lines(engine: &str, manifest: &str) -> Vec<String> {
    let manifest = manifest.replace("\"dnsmasq\"", &format!("\"{engine}\""));
    let project = Project::of(&manifest);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox"), &["No changes"]);
    let mut found = Vec::new();
    for line in project.read("state/sandbox/sandbox.log").lines() {
        let (_checksum, json) = line.split_once(' ').expect("a checksum stands first");
        collect(&serde_json::from_str(json).expect("each line is JSON"), &mut found);
    }
    let text = found.last().expect("the file was written");
    text.lines().map(str::to_owned).collect()
}

fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.starts_with("# zone.home\n") => {
            found.push(text.clone());
        }
        serde_json::Value::Array(all) => all.iter().for_each(|it| collect(it, found)),
        serde_json::Value::Object(all) => all.values().for_each(|it| collect(it, found)),
        _ => (),
    }
}

#[test]
fn dnsmasq_is_told_in_options() {
    let expected = [
        "# zone.home",
        "host-record=alias.example.com,192.0.2.9,300",
        r#"txt-record=example.com,"it's \"so\" \\ so""#,
        "mx-host=mail.example.com,mail.example.com,10",
        "host-record=notexample.com.example.com,192.0.2.8,300",
        "cname=www.example.com,example.com,3600",
        "host-record=craft.example.com,192.0.2.1,300",
        "srv-host=_minecraft._tcp.example.com,app-mc-expose-g.example.com,25565,0,0",
        "host-record=app-mc-expose-g.example.com,192.0.2.7,300",
        "srv-host=_mumble._udp.example.com,talk.example.org,64738,0,0",
    ];
    assert_eq!(lines("dnsmasq", MANIFEST), expected);
}

#[test]
fn unbound_is_told_in_local_data() {
    let expected = [
        "# zone.home",
        "server:",
        "  local-data: 'alias.example.com 300 IN A 192.0.2.9'",
        r#"  local-data: 'example.com 300 IN TXT "it\039s \034so\034 \092 so"'"#,
        "  local-data: 'mail.example.com 300 IN MX 10 mail.example.com.'",
        "  local-data: 'notexample.com.example.com 300 IN A 192.0.2.8'",
        "  local-data: 'www.example.com 3600 IN CNAME example.com'",
        "  local-data: 'craft.example.com 300 IN A 192.0.2.1'",
        "  local-data: '_minecraft._tcp.example.com 300 IN SRV 0 0 25565 app-mc-expose-g.example.com.'",
        "  local-data: 'app-mc-expose-g.example.com 300 IN A 192.0.2.7'",
        "  local-data: '_mumble._udp.example.com 300 IN SRV 0 0 64738 talk.example.org.'",
    ];
    assert_eq!(lines("unbound", MANIFEST), expected);
}

#[test]
fn what_an_engine_has_no_word_for_is_told() {
    let refused = |engine: &str, kind: &str| {
        let project = Project::of(&MANIFEST.replace("\"dnsmasq\"", &format!("\"{engine}\"")));
        let says_it = format!("`{engine}` has no {kind} records");
        says(&project.untouched("check", 1), &["P6101", says_it.as_str()]);
    };
    refused("hosts", "TXT");
    let project = Project::of(
        &MANIFEST.replace("kind = \"MX\", value = \"10 ", "kind = \"CAA\", value = \""),
    );
    says(&project.untouched("check", 1), &["P6101", "no CAA records", "\"unbound\""]);
}

#[test]
fn what_has_no_effect_is_told() {
    let project = Project::of(
        &MANIFEST
            .replace("on = host.gate\n  record", "on = host.gate\n  owned = \"all\"\n  record"),
    );
    says(&project.run("check").err, &["L0301", "`owned` has no effect in this version"]);
    let project = Project::of(
        &MANIFEST
            .replace("on = host.gate\n  record", "on = host.gate\n  owned = \"listed\"\n  record"),
    );
    project.fine("check --deny-warnings");
    let inside = "app a {\n  on = host.games\n  unit { exec = \"/bin/a\" }\n  \
                  health { tcp = 80, on = \"proxy\" }\n  on_unhealthy = \"stop\"\n}\n\
                  defaults app { on_unhealthy = \"keep\" }\n";
    let project = Project::of(&format!("host games {{ address = 192.0.2.7 }}\n{inside}"));
    let err = project.run("check").err;
    assert_eq!(err.matches("L0301").count(), 3, "{err}");
}
