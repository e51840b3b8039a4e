//! Who logs in, and how the certificate is checked.

use serde_json::json;

use crate::proxmox::WEB;
use crate::support::pve;

#[test]
fn a_token_is_read_in_every_form_it_is_kept_in() {
    let Some(pve) = pve::cluster() else { return };
    let token = pve.token();
    let mut project = pve.project(WEB);
    for form in [
        format!("PVEAPIToken={token}"),
        format!("PROXMOX_VE_API_TOKEN={token}"),
        format!("export PROXMOX_VE_API_TOKEN=\"{token}\"\n"),
        format!("# kept by hand\n{token}\n"),
    ] {
        project = project.with("PVE_TOKEN", &form);
        project.fine("plan");
    }
    project = project.with("PVE_TOKEN", "abc");
    let said = project.ends("plan", 1);
    assert!(said.contains("USER@REALM!NAME=UUID") && !said.contains("abc"), "{said}");
    project = project.with("PVE_TOKEN", &token.replace("1111", "9999"));
    let said = project.ends("plan", 1);
    assert!(said.contains("does not accept `root@pam!paas`"), "{said}");
    assert!(!said.contains("9999"), "{said}");
}

#[test]
fn a_password_gives_a_ticket_and_a_new_one_when_that_ends() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(&WEB.replace("tags", "features { keyctl = true }\n  tags"));
    project.edit("main.paas", "token = secret.pve", "user = \"root@pam\"\n  password = secret.pve");
    let project = project.with("PVE_TOKEN", "secret");
    project.fine("apply --yes");
    let features = pve.guest(10_000)["config"]["features"].clone();
    assert_eq!(features, "keyctl=1", "root may do what no token may");
    pve.ask("revoke_tickets", json!([]));
    project.fine("plan --exit-code");
    let project = project.with("PVE_TOKEN", "wrong");
    let said = project.ends("plan", 1);
    assert!(said.contains("does not accept `root@pam`"), "{said}");
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    let pinned = format!("  tls {{ fingerprint = \"{}\" }}\n", pve.fingerprint);
    project.edit("main.paas", &pinned, "");
    let said = project.ends("plan", 1);
    assert!(said.contains("certificate") && said.contains("tls.fingerprint"), "{said}");
    let other = pve.fingerprint.replace(['0', '1', '2', '3'], "a");
    let line = format!("  tls {{ fingerprint = \"{other}\" }}\n  node pve1");
    project.edit("main.paas", "  node pve1", &line);
    let said = project.ends("plan", 1);
    assert!(said.contains("another certificate"), "{said}");
    assert!(pve.requests().is_empty(), "no token was sent to whoever that is");
}
