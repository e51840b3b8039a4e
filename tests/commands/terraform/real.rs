//! Modules with the real program: nothing but what is built into it is used.

use std::os::unix::fs::PermissionsExt as _;

use super::{MANIFEST, files, real};
use crate::commands::says;

#[test]
fn a_module_lives_through_all_commands() {
    let Some(project) = real(MANIFEST) else { return };
    let said = project.fine("plan");
    says(
        &said,
        &["Terraform: 6 to create", "+ terraform_data.rule[\"443\"]", "+ output.public_ip"],
    );
    says(&said, &["ports     [p80, p443]", "«secret token»"]);
    let json = project.fine("plan --format json");
    says(&json, &["\"inside\": [", "\"address\": \"terraform_data.rule[\\\"80\\\"]\""]);
    says(
        &project.fine("plan --format markdown"),
        &["Terraform: 6 to create", "+ terraform_data.ip"],
    );
    project.fine("apply --yes");
    let outputs = project.fine("output");
    says(&outputs, &["\"address\": \"203.0.113.7\"", "\"count\": 2", "\"p443\"", "at 203.0.113.7"]);
    says(&project.fine("plan"), &["No changes"]);
    project.ends("drift", 0);
    project.edit("main.paas", "80, 443", "443, 8080");
    let said = project.fine("plan");
    says(&said, &["+ terraform_data.rule[\"8080\"]", "- terraform_data.rule[\"80\"]", "high 1"]);
    project.fine("apply --yes");
    says(&project.fine("output"), &["\"p8080\""]);
    let said = project.fine("destroy --yes");
    says(&said, &["- terraform_data.rule[\"443\"]"]);
    assert!(!project.path("state/terraform/terraform-edge.1").exists());
    says(&project.read("firewall/terraform.tfstate"), &["\"resources\": []"]);
}

#[test]
fn what_was_changed_outside_is_drift() {
    let Some(project) = real(MANIFEST) else { return };
    project.fine("apply --yes");
    project.edit("firewall/terraform.tfstate", "\"port\": \"80\"", "\"port\": \"81\"");
    let said = project.ends("drift", 2);
    says(
        &said,
        &["terraform.edge", "terraform_data.rule[\\\"80\\\"]", "Terraform would update it"],
    );
    says(&project.fine("plan"), &["~ terraform_data.rule[\"80\"]  input, output"]);
    project.fine("apply --yes");
    says(&project.fine("plan"), &["No changes"]);
    project.ends("drift", 0);
}

#[test]
fn a_saved_plan_is_applied_as_it_is_or_not_at_all() {
    let Some(project) = real(MANIFEST) else { return };
    project.fine("plan --out a.plan");
    project.fine("plan --out b.plan");
    project.fine("apply a.plan");
    says(&project.ends("apply b.plan", 5), &["serial"]);
    project.edit("main.paas", "80, 443", "80");
    project.fine("plan --out c.plan");
    let mut kept = Vec::new();
    files(&project.path("state/terraform"), &mut kept);
    let [plan] = kept.as_slice() else { panic!("{kept:?}") };
    let mode = std::fs::metadata(plan).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(plan, "something else").unwrap();
    says(&project.ends("apply c.plan", 1), &["the plan that Terraform has saved is gone"]);
    says(&project.fine("plan"), &["- terraform_data.rule[\"443\"]"]);
    project.fine("plan --out d.plan");
    project.edit("firewall/terraform.tfstate", "\"serial\": ", "\"serial\": 1");
    says(&project.ends("apply d.plan", 1), &["Saved plan is stale"]);
    project.fine("apply --yes");
}

#[test]
fn a_secret_is_nowhere_but_where_terraform_keeps_it() {
    let Some(project) = real(MANIFEST) else { return };
    let mut said = project.fine("plan");
    said += &project.fine("plan --format json");
    said += &project.fine("apply --yes");
    said += &project.fine("output");
    said += &project.fine("state show terraform.edge");
    assert!(!said.contains("hunter2"), "{said}");
    let project = project.with("FW_TOKEN", "another-secret");
    let said = project.fine("plan");
    says(&said, &["Terraform: 2 to update", "vars.token"]);
    project.fine("apply --yes");
    let mut all = Vec::new();
    files(&project.folder(), &mut all);
    for file in
        all.iter().filter(|file| !file.to_string_lossy().contains("firewall/terraform.tfstate"))
    {
        let bytes = std::fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hunter2") && !text.contains("another-secret"), "{file:?}");
        assert!(!text.contains(".tfplan"), "{file:?}");
    }
}

#[test]
fn an_output_that_has_a_secret_in_it_is_refused() {
    let Some(project) = real(MANIFEST) else { return };
    project.edit(
        "firewall/main.tf",
        "value = [for",
        "value = [for n in [1] : \"<${var.token}>\"]\n}\noutput \"x\" {\n  value = [for",
    );
    let said = project.ends("plan", 4);
    says(&said, &["P7027", "its output `ports` has the value of `secret.token` in it"]);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn an_output_of_another_type_is_refused() {
    let manifest = MANIFEST.replace("output count: int", "output count: ip");
    let Some(project) = real(&manifest) else { return };
    says(&project.ends("plan", 4), &["P7027", "its output `count` is not of the type `ip`"]);
}

#[test]
fn what_terraform_says_is_wrong_is_told_and_nothing_is_done() {
    let Some(project) = real(MANIFEST) else { return };
    project.edit("firewall/main.tf", "input = \"203.0.113.7\"", "input = nothing.here");
    let said = project.ends("apply --yes", 4);
    says(
        &said,
        &["P7027", "Terraform cannot plan `./firewall`", "Reference to undeclared resource"],
    );
    assert!(!project.path("state/paas.state.json").exists());
    let manifest = MANIFEST.replacen("output count", "version = \"< 0.5\"\n  output count", 1);
    let project = real(&manifest).unwrap();
    says(&project.ends("plan", 4), &["`< 0.5` is asked for"]);
    let manifest =
        MANIFEST.replacen("output count", "program = \"no-such-thing\"\n  output count", 1);
    let project = real(&manifest).unwrap();
    says(&project.ends("plan", 4), &["there is no program `no-such-thing`"]);
}

#[test]
fn workspaces_are_worlds_of_their_own_and_a_new_one_comes_after_the_old_one() {
    let manifest = MANIFEST.replacen("output count", "workspace = \"blue\"\n  output count", 1);
    let Some(project) = real(&manifest) else { return };
    project.fine("apply --yes");
    assert!(project.path("firewall/terraform.tfstate.d/blue/terraform.tfstate").exists());
    project.edit("main.paas", "\"blue\"", "\"green\"");
    let said = project.fine("plan");
    says(
        &said,
        &["± terraform.edge", "the old one goes first", "Terraform: 6 to create", "to destroy"],
    );
    project.fine("apply --yes");
    let old = project.read("firewall/terraform.tfstate.d/blue/terraform.tfstate");
    says(&old, &["\"resources\": []"]);
    says(&project.read("firewall/terraform.tfstate.d/green/terraform.tfstate"), &["203.0.113.7"]);
    says(&project.fine("plan"), &["No changes"]);
}

#[test]
fn a_variable_that_waits_is_planned_when_it_is_known() {
    let manifest = r#"
terraform edge {
  source = "./firewall"
  vars { ports = [80] }
  output public_ip: ip
  output ports: [string]
}
terraform other {
  source = "./other"
  vars { at = terraform.edge.public_ip, ports = terraform.edge.ports }
  output said: string
}
output said = terraform.other.said
"#;
    let Some(project) = real(manifest) else { return };
    project.write(
        "other/main.tf",
        "variable \"at\" {}\nvariable \"ports\" {\n  type = list(string)\n}\n\
         resource \"terraform_data\" \"it\" {\n  \
         input = \"${var.at} ${join(\" \", var.ports)}\"\n}\n\
         output \"said\" {\n  value = terraform_data.it.output\n}\n",
    );
    let said = project.fine("plan");
    says(&said, &["a variable waits for `public_ip` of `terraform.edge`"]);
    project.fine("apply --yes");
    says(&project.fine("output"), &["\"said\": \"203.0.113.7 p80\""]);
    says(&project.fine("plan"), &["No changes"]);
    // What the first one tells anew is known before it is applied, and so is what follows.
    project.edit("main.paas", "ports = [80]", "ports = [81]");
    let said = project.fine("plan");
    says(&said, &["~ terraform.edge", "~ terraform_data.it  input, output"]);
    project.fine("apply --yes");
    says(&project.fine("output"), &["\"said\": \"203.0.113.7 p81\""]);
    says(&project.fine("plan"), &["No changes"]);
}

#[test]
fn an_apply_that_was_killed_is_gone_on_with() {
    let Some(project) = real(MANIFEST) else { return };
    let slow = "resource \"terraform_data\" \"slow\" {\n  provisioner \"local-exec\" {\n    \
                command = \"touch begun; sleep 3\"\n  }\n}\n";
    let module = project.read("firewall/main.tf") + slow;
    project.write("firewall/main.tf", module);
    let mut child = project.start("apply --yes");
    project.wait_until("it has begun", || project.path("firewall/begun").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    // Terraform is at work all the same, and holds its lock as long as it is.
    let lock = project.path("firewall/.terraform.tfstate.lock.info");
    project.wait_until("Terraform has ended", || !lock.exists());
    let said = project.fine("plan");
    says(&said, &["+ terraform.edge", "interrupted", "Terraform: nothing to change"]);
    project.fine("apply --yes");
    says(&project.fine("output"), &["\"address\": \"203.0.113.7\""]);
    says(&project.fine("plan"), &["No changes"]);
    assert_eq!(project.fine("state list").matches("terraform.edge").count(), 1);
}

#[test]
fn what_fails_half_way_is_gone_on_with() {
    let Some(project) = real(MANIFEST) else { return };
    let fails = "resource \"terraform_data\" \"last\" {\n  depends_on = [terraform_data.ip]\n  \
                 provisioner \"local-exec\" {\n    command = \"test -e allowed\"\n  }\n}\n";
    let module = project.read("firewall/main.tf") + fails;
    project.write("firewall/main.tf", module);
    says(&project.ends("apply --yes", 3), &["terraform apply", "test -e allowed"]);
    project.write("firewall/allowed", "");
    let said = project.fine("apply --yes");
    says(&said, &["± terraform_data.last"]);
    assert!(!said.contains("terraform_data.ip\n"), "{said}");
    says(&project.fine("plan"), &["No changes"]);
    assert_eq!(project.fine("state list").matches("terraform.edge").count(), 1);
}
