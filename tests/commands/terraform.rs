//! `terraform`: modules in the sandbox, and with the real program.

mod checks;
mod real;

use std::path::Path;

use crate::commands::says;
use crate::support::project::Project;
use crate::support::terraform;

/// A module that only uses what is built into Terraform.
const MODULE: &str = r#"
variable "ports" {
  type = list(number)
}
variable "token" {
  type    = string
  default = "none"
}
resource "terraform_data" "rule" {
  for_each = toset([for port in var.ports : tostring(port)])
  input    = { port = each.key, token = var.token }
}
resource "terraform_data" "ip" {
  input = "203.0.113.7"
}
output "public_ip" {
  value = terraform_data.ip.output
}
output "ports" {
  value = [for port in var.ports : "p${port}"]
}
output "count" {
  value = length(var.ports)
}
"#;

const MANIFEST: &str = r#"
secret token = env("FW_TOKEN")
terraform edge {
  source = "./firewall"
  vars { ports = [80, 443], token = secret.token }
  output public_ip: ip
  output ports: [string]
  output count: int
}
output address = terraform.edge.public_ip
output ports = terraform.edge.ports
output count = terraform.edge.count
output text = "at \(terraform.edge.public_ip)"
"#;

fn project(manifest: &str) -> Project {
    let project = Project::of(manifest);
    project.write("firewall/main.tf", MODULE);
    project
}

/// The same with a real Terraform in front of the others.
fn real(manifest: &str) -> Option<Project> {
    let folder = terraform::folder()?;
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.display());
    Some(project(manifest).with("PATH", &path).with("FW_TOKEN", "hunter2secret"))
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => files(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

#[test]
fn the_sandbox_makes_up_what_a_module_does() {
    let project = project(MANIFEST);
    let said = project.fine("plan --sandbox");
    says(
        &said,
        &["Terraform: 2 to create", "+ terraform_data.rule", "‹public_ip of terraform.edge›"],
    );
    project.fine("apply --sandbox --yes");
    let outputs = project.fine("output --sandbox");
    says(&outputs, &["\"address\": \"203.0.113.", "\"count\": ", "\"ports\": ["]);
    says(&project.fine("plan --sandbox"), &["No changes"]);
    project.ends("drift --sandbox", 0);
    project.edit("main.paas", "80, 443", "80");
    let said = project.fine("plan --sandbox");
    says(&said, &["~ terraform.edge", "Terraform: 2 to update", "~ terraform_data.ip"]);
    project.fine("apply --sandbox --yes");
    project.edit(
        "firewall/main.tf",
        "resource \"terraform_data\" \"ip\"",
        "resource \"terraform_data\" \"address\"",
    );
    let said = project.fine("plan --sandbox");
    says(&said, &["+ terraform_data.address", "- terraform_data.ip", "digest"]);
    let said = project.fine("destroy --sandbox --yes");
    says(&said, &["- terraform.edge", "Terraform: 2 to destroy"]);
}

#[test]
fn what_a_module_tells_reaches_who_reads_it() {
    let manifest = r#"
terraform edge {
  source = "./firewall"
  vars { ports = [80] }
  output public_ip: ip
}
terraform other {
  source = "./other"
  vars { at = terraform.edge.public_ip, all = { a = "<\(terraform.edge.public_ip)>" } }
  output said: string
}
host box { address = "10.0.0.5" }
app web {
  on = host.box
  unit { exec = "/bin/web", env = { AT = "at \(terraform.edge.public_ip)" } }
}
"#;
    let project = project(manifest);
    let other = "variable \"at\" {}\nvariable \"all\" {}\noutput \"said\" {\n  value = var.at\n}\n";
    project.write("other/main.tf", other);
    let said = project.fine("plan --sandbox");
    says(
        &said,
        &[
            "Terraform plans when this is applied",
            "a variable waits for `public_ip` of `terraform.edge`",
        ],
    );
    project.fine("apply --sandbox --yes");
    // Whoever has read it has the value, so nothing is different the next time.
    says(&project.fine("plan --sandbox"), &["No changes"]);
    let state = project.fine("state show app.web --sandbox");
    says(&state, &["at 203.0.113."]);
}
