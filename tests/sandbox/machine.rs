//! Files, programs and services on machines.

use super::{WEB, after, check, does, outcome, reference, sandbox, seen};

const READY: &str = "container.web#1: wait ready";
const UP: &str = "container.web#1: docker compose -p blog -f /opt/blog/compose.yaml up -d --wait";

/// Which of these ports answer once a Compose file with this service runs.
#[track_caller]
fn check_ports(service: &str, expected: &str) {
    let file = format!("services:\n  web:\n    image: nginx\n{service}");
    let write = format!("container.web#1: write /opt/blog/compose.yaml {file}");
    let sandbox = after(&[WEB, &write, UP]);
    let ports = [80, 443, 8080, 8081, 9000];
    let answers = |port: &u16| {
        let wait = format!("container.web#1: wait tcp {port}");
        outcome(&sandbox, &wait).starts_with("ok")
    };
    let open: Vec<String> = ports.iter().filter(|it| answers(it)).map(u16::to_string).collect();
    assert_eq!(open.join(" "), expected, "{service}");
}

#[test]
fn ports_are_published_in_the_short_way() {
    check_ports("", "");
    check_ports("    ports: [\"8080:80\"]", "8080");
    check_ports("    ports:\n      - 127.0.0.1:443:8443\n      - 80:80/tcp", "80 443");
    check_ports("    ports: [\"8080-8081:80-81\"]", "8080 8081");
    check_ports("    ports: [\"9000:53/udp\"]", "");
    check_ports("    ports: [80, \"443\"]", "");
    check_ports("    ports: [\"[::1]:9000:80\"]", "9000");
    check_ports("    ports: [\"127.0.0.1::80\"]", "");
    check_ports("    ports: [\"${PORT:-9000}:80\"]", "9000");
    check_ports("    network_mode: host", "80 443 8080 8081 9000");
}

#[test]
fn a_compose_file_is_read_with_its_variables_and_profiles() {
    let file = r#"{"services":{"a":{"ports":["${A}:1"]},"b":{"profiles":["p"],"ports":["80:1"]}}}"#;
    let up = "container.web#1: docker compose -p x -f /x.yml --env-file /.env up -d";
    let write = format!("container.web#1: write /x.yml {file}");
    let env = "container.web#1: write /.env A=\"8080\"\nB=\"§x\"\n";
    let sandbox = after(&[WEB, &write]);
    check(&sandbox, up, "refused: docker compose: there is no file `/.env`");
    does(&sandbox, env);
    does(&sandbox, up);
    does(&sandbox, "container.web#1: wait tcp 8080");
    let refused = "refused: container.web#1 did not answer on 80 within 60 s: \
                   nothing listens there; `x` listens on 8080";
    check(&sandbox, "container.web#1: wait tcp 80", refused);
    does(&sandbox, &up.replace("up -d", "--profile p up -d"));
    does(&sandbox, "container.web#1: wait tcp 80");
}

#[test]
fn ports_are_published_in_the_long_way() {
    check_ports("    ports:\n      - target: 80\n        published: 8080", "8080");
    check_ports(
        "    ports: [{target: 80, published: \"8080-8081\", host_ip: 127.0.0.1}]",
        "8080 8081",
    );
    check_ports("    ports: [{target: 80}]", "");
    check_ports("    ports: [{target: 80, published: 9000, protocol: udp}]", "");
}

#[test]
fn a_compose_file_may_be_json() {
    let file = r#"{"services":{"web":{"ports":["8080:80"],"labels":{"paas.digest":"d1"}}}}"#;
    let write = format!("container.web#1: write /opt/blog/compose.yaml {file}");
    let sandbox = after(&[WEB, &write, UP, "container.web#1: wait http 8080"]);
    let seen = seen(&sandbox, "container.web#1", &[], &["blog", "other"]);
    assert_eq!(seen.services.len(), 1);
    assert!(seen.services["blog"].running);
    assert_eq!(seen.services["blog"].digest.as_deref(), Some("d1"));
}

#[test]
fn what_does_not_answer_is_waited_for_in_vain() {
    let sandbox = after(&[WEB]);
    let refused = "refused: container.web#1 did not answer on 8080 within 60 s: \
                   nothing listens there";
    let before = sandbox.clock_ms();
    check(&sandbox, "container.web#1: wait http 8080", refused);
    assert_eq!(sandbox.clock_ms() - before, 60_000);
    does(&sandbox, "container.web#1: wait tcp 22");
    does(&sandbox, "container.web#1: wait command pg_isready");
    let file = "{\"services\":{\"a\":{\"ports\":[\"80:80\"]}}}";
    does(&sandbox, &format!("container.web#1: write /opt/blog/compose.yaml {file}"));
    does(&sandbox, UP);
    let publishes = "refused: container.web#1 did not answer on 8080 within 60 s: \
                     nothing listens there; `blog` listens on 80";
    check(&sandbox, "container.web#1: wait tcp 8080", publishes);
    does(&sandbox, "POST /nodes/pve1/lxc/101/status/stop");
    let stopped = "refused: container.web#1 was not ready within 60 s: guest 101 is stopped";
    check(&sandbox, READY, stopped);
}

#[test]
fn a_compose_project_comes_and_goes() {
    let sandbox = after(&[WEB]);
    let missing = "refused: docker compose: there is no file `/opt/blog/compose.yaml`";
    check(&sandbox, UP, missing);
    let file = "{\"services\":{\"a\":{\"ports\":[\"80:80\"]}}}";
    does(&sandbox, &format!("container.web#1: write /opt/blog/compose.yaml {file}"));
    does(&sandbox, "container.web#1: docker compose -p blog -f /opt/blog/compose.yaml pull");
    does(&sandbox, UP);
    check(&sandbox, &UP.replace("-p blog", "-p shop"), "refused: port 80 is taken by `blog`");
    does(&sandbox, "container.web#1: docker compose -p blog -f /opt/blog/compose.yaml down");
    assert!(sandbox.services(&reference("container.web#1")).is_empty());
    does(&sandbox, "container.web#1: docker compose -p blog down --volumes");
}

#[test]
fn files_are_digested_unless_they_hold_a_secret() {
    let sandbox = after(&[WEB]);
    let motd = "container.web#1: write /etc/motd hello";
    check(&sandbox, motd, "ok file:/etc/motd=2cf24dba");
    let key = "container.web#1: write /etc/key token=§pve";
    check(&sandbox, key, "ok file:/etc/key=secret");
    let refused = "refused: `/etc/key.open` has a secret in it, and others could read it";
    check(&sandbox, "container.web#1: write /etc/key.open token=§pve", refused);
    let files = sandbox.files(&reference("container.web#1"));
    assert_eq!(files["/etc/key"], ("secret".to_owned(), "token=«secret pve»".to_owned()));
    let found = seen(&sandbox, "container.web#1", &["/etc/motd", "/etc/key", "/nope"], &[]);
    assert_eq!(found.files.len(), 2);
    assert_eq!(found.files["/etc/key"], "secret");
    check(&sandbox, "container.web#1: write motd x", "refused: `motd` is not absolute");
    does(&sandbox, "container.web#1: rm -f /etc/motd /nope");
    check(&sandbox, "container.web#1: rm /nope", "refused: rm: there is no `/nope`");
    check(&sandbox, "container.web#1: rm -f /etc", "refused: rm: `/etc` is a folder");
    does(&sandbox, "container.web#1: write /etcetera x");
    does(&sandbox, "container.web#1: rm -rf /etc");
    let left = sandbox.files(&reference("container.web#1"));
    assert_eq!(left.keys().collect::<Vec<_>>(), ["/etcetera"]);
}

#[test]
fn what_is_in_a_guest_goes_with_it() {
    let sandbox = after(&[
        WEB,
        "container.web#1: write /etc/motd hello",
        "container.web#1: systemctl enable --now paas-x",
        "POST /nodes/pve1/lxc/101/status/stop",
        "DELETE /nodes/pve1/lxc/101",
        WEB,
    ]);
    assert!(sandbox.files(&reference("container.web#1")).is_empty());
    assert!(sandbox.services(&reference("container.web#1")).is_empty());
}

#[test]
fn units_start_and_stop() {
    let write = "host.a#1: write /etc/systemd/system/app.service [Service]";
    let sandbox = after(&[write, "host.a#1: systemctl daemon-reload"]);
    let state = || seen(&sandbox, "host.a#1", &[], &["app.service"]).services.remove("app.service");
    assert_eq!(state(), None);
    does(&sandbox, "host.a#1: systemctl enable --now app.service");
    let digest = seen(&sandbox, "host.a#1", &["/etc/systemd/system/app.service"], &[]);
    let running = state().unwrap();
    assert!(running.running);
    assert_eq!(running.digest, digest.files.into_values().next());
    does(&sandbox, "host.a#1: wait http 3000");
    does(&sandbox, "host.a#1: systemctl stop app");
    assert!(!state().unwrap().running);
    let refused = "refused: host.a#1 did not answer on 3000 within 60 s: nothing listens there";
    check(&sandbox, "host.a#1: wait http 3000", refused);
    check(&sandbox, "host.a#1: systemctl reload app", "refused: systemctl: `app` does not run");
    does(&sandbox, "host.a#1: systemctl restart app");
    does(&sandbox, "host.a#1: systemctl stop app");
    does(&sandbox, "host.a#1: rm -f /etc/systemd/system/app.service");
    does(&sandbox, "host.a#1: systemctl daemon-reload");
    assert_eq!(state(), None);
    does(&sandbox, "host.a#1: systemctl disable --now app");
}

#[test]
fn a_proxy_does_not_answer_for_the_apps_behind_it() {
    let sandbox = after(&[WEB, "container.web#1: systemctl enable --now traefik"]);
    does(&sandbox, "container.web#1: wait http 443");
    let refused = "refused: container.web#1 did not answer on 8080 within 60 s: \
                   nothing listens there; `traefik` listens on 80, 443";
    check(&sandbox, "container.web#1: wait http 8080", refused);
}

#[test]
fn a_script_starts_the_units_it_plainly_starts() {
    let sandbox = after(&["host.a#1: sh -s web <set -e\napt-get install -y caddy\n  \
         systemctl enable --now caddy || true\n"]);
    assert_eq!(sandbox.services(&reference("host.a#1")).get("caddy"), Some(&true));
    assert!(sandbox.tasks()[0].what.starts_with("host.a#1: sh -s web <"));
}

#[test]
fn a_server_listens_once_a_script_has_installed_it() {
    let sandbox = after(&[
        WEB,
        "container.web#1: sh -s <else apt-get install -qy 'postgresql-16' nginx-light; fi\n",
        "container.web#1: wait tcp 5432",
        "container.web#1: wait http 80",
    ]);
    let services = sandbox.services(&reference("container.web#1"));
    assert_eq!(services.keys().collect::<Vec<_>>(), ["nginx", "postgresql"]);
    let result = outcome(&sandbox, "container.web#1: wait tcp 3306");
    assert!(result.starts_with("refused: "), "{result}");
}

#[test]
fn a_host_has_servers_that_nobody_deployed() {
    let sandbox = after(&["host.a#1: wait tcp 5432"]);
    let refused = "refused: host.a#1 did not answer on 80 within 60 s: nothing listens there";
    check(&sandbox, "host.a#1: wait http 80", refused);
}

#[test]
fn a_nixos_machine_counts_its_generations() {
    let nixos = |verb: &str| format!("host.a#1: nixos-rebuild {verb} --flake /etc/paas#web");
    let sandbox = after(&[]);
    check(&sandbox, &nixos("switch"), "ok made_generation=1");
    check(&sandbox, &nixos("test"), "ok made_generation=2");
    check(&sandbox, "host.a#1: nixos-rebuild switch --rollback", "ok made_generation=1");
    check(&sandbox, &nixos("boot"), "ok made_generation=3");
    let seen = seen(&sandbox, "host.a#1", &[], &["nixos:web", "nixos"]);
    assert_eq!(seen.services.len(), 2);
    does(&sandbox, "host.a#1: wait http 443");
    let unknown = "refused: the sandbox does not know `nixos-rebuild dance`";
    check(&sandbox, &nixos("dance"), unknown);
}

#[test]
fn known_programs_run_and_others_are_refused() {
    let sandbox = sandbox();
    for line in [
        "host.a#1: psql -v ON_ERROR_STOP=1 <create role x password '§db'",
        "host.a#1: caddy validate --config /etc/caddy/Caddyfile",
        "host.a#1: caddy reload --config /etc/caddy/Caddyfile",
        "host.a#1: nginx -t",
        "host.a#1: traefik version",
        "host.a#1: mkdir -p /srv",
        "host.a#1: install -d -m 0700 /srv/x",
        "host.a#1: /usr/bin/openssl rand 1",
        "here: openssl genrsa",
        "here: sh -s <true",
        "service.idp#1: wait http 443",
    ] {
        does(&sandbox, line);
    }
    check(&sandbox, "host.a#1: ansible all", "refused: the sandbox does not know `ansible`");
    check(&sandbox, "here: make", "refused: the sandbox does not know `make`");
    let secret = "refused: a secret stands in the arguments, where everybody can read it";
    check(&sandbox, "host.a#1: psql -c §db", secret);
    does(&sandbox, "host.a#1: write /a x");
    does(&sandbox, "host.a#1: install -m 0600 /a /b");
    assert_eq!(sandbox.files(&reference("host.a#1"))["/b"].1, "x");
}

#[test]
fn a_machine_that_is_missing_stopped_or_locked_takes_no_commands() {
    let sandbox = sandbox();
    let nginx = "container.web#1: nginx -t";
    let missing = "refused: container.web#1 is no machine: no guest carries its mark";
    check(&sandbox, nginx, missing);
    assert!(!seen(&sandbox, "container.web#1", &[], &[]).reachable);
    assert!(seen(&sandbox, "host.a#1", &[], &[]).reachable);
    does(&sandbox, &WEB.replace("start=1", "start=0"));
    let start = "refused: container.web#1 takes no commands: guest 101 is";
    check(&sandbox, nginx, &format!("{start} stopped"));
    assert!(!seen(&sandbox, "container.web#1", &[], &[]).reachable);
    does(&sandbox, "POST /nodes/pve1/lxc/101/status/start");
    does(&sandbox, nginx);
    assert!(seen(&sandbox, "container.web#1", &[], &[]).reachable);
    sandbox.set("container.web", "lock", "migrate").unwrap();
    check(&sandbox, nginx, &format!("{start} locked (migrate)"));
}

#[test]
fn shared_services_keep_what_they_are_sent() {
    let sandbox = after(&[
        "service.idp#1: POST /clients id=blog secret=§oidc",
        "service.idp#1: POST /clients id=shop",
        "service.idp#1: POST /users name=ada",
        "service.idp#1: DELETE /users",
        "service.idp#1: DELETE /users",
    ]);
    let objects = sandbox.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects["service/service.idp#1/clients"]["id"], "shop");
}
