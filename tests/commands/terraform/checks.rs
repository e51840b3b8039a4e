//! What `check` says of modules without a program: it reads the headers of their blocks.

use super::{MANIFEST, MODULE, project};
use crate::commands::says;
use crate::support::project::Project;

/// What `check` says about a block with these lines and this module.
#[track_caller]
fn check(module: &str, lines: &str, parts: &[&str]) {
    let project =
        Project::of(&format!("terraform edge {{\n  source = \"./firewall\"\n{lines}\n}}"));
    project.write("firewall/main.tf", module);
    let code = i32::from(!parts.is_empty());
    says(&project.ends("check", code), parts);
}

#[test]
fn a_module_that_fits_is_fine() {
    project(MANIFEST).ends("check", 0);
}

#[test]
fn a_folder_without_a_module() {
    let project = Project::of("terraform edge { source = \"nothing\" }");
    says(&project.ends("check", 1), &["`nothing` has no files of Terraform", "main.paas:1:27"]);
    project.write("nothing/readme.md", "resource");
    says(&project.ends("check", 1), &["has no files of Terraform"]);
}

#[test]
fn variables_are_those_that_the_module_has() {
    check(
        MODULE,
        "vars { port = [80], ports = [] }",
        &["has no variable `port`", "declares `ports`"],
    );
    check(MODULE, "", &["the variable `ports` of `./firewall` has no value"]);
    check(MODULE, "vars { ports = [] }", &[]);
}

#[test]
fn outputs_are_those_that_the_module_has() {
    let vars = "vars { ports = [] }\n";
    check(MODULE, &format!("{vars}output ip: ip"), &["has no output `ip`", "main.paas:4:8"]);
    let secret = MODULE.replace("value = length(", "sensitive = true\n  value = length(");
    check(&secret, &format!("{vars}output count: int"), &["the output `count`", "is sensitive"]);
    check(MODULE, &format!("{vars}output count = 3"), &["P2022", "comes from Terraform"]);
    check(MODULE, &format!("{vars}output count: 3 | 4"), &["P2022", "cannot be of this type"]);
    check(MODULE, &format!("{vars}output count: int\noutput count: int"), &["P1006", "twice"]);
}

#[test]
fn a_type_of_ones_own_and_its_use_are_checked() {
    let vars = "vars { ports = [] }\n";
    let project = project("");
    let whole = |rest: &str| {
        format!(
            "type Many = [string]\nterraform edge {{\nsource = \"firewall\"\n{vars}\
             output ports: Many\n}}\n{rest}\n"
        )
    };
    project.write("main.paas", whole("output all = terraform.edge.ports"));
    project.ends("check", 0);
    project.write("main.paas", whole("output all = terraform.edge.port"));
    says(&project.ends("check", 1), &["P1003", "`port`"]);
    project.write("main.paas", whole("container web for p in terraform.edge.ports {}"));
    says(&project.ends("check", 1), &["P3"]);
}

#[test]
fn headers_are_found_in_whatever_stands_around_them() {
    let module = r#"
# variable "no" {
/* variable "neither" {
*/ // output "x" {}
locals { a = "variable \"q\" { ${ { b = "}" }["b"] } %{ if true }x%{ endif } $${" }
variable "one" { default = <<-EOT
  variable "inside" {
  EOT
}
  variable   two {
}
resource "terraform_data" "it" {
  input = { variable = "three" }
  variable "nested" {}
}
output "tell" { value = [for v in ["}"] : { sensitive = true }] }
"#;
    check(module, "vars { two = 1 }\noutput tell: data", &[]);
    check(module, "", &["the variable `two`"]);
    check(module, "vars { two = 1, inside = 2 }", &["has no variable `inside`", "`one`, `two`"]);
    check(module, "vars { two = 1, nested = 2 }", &["has no variable `nested`"]);
    for cut in (0..module.len()).step_by(29) {
        if module.is_char_boundary(cut) {
            let project = Project::of("terraform edge { source = \"m\" }");
            project.write("m/main.tf", &module[..cut]);
            let run = project.run("check");
            assert!(run.code <= 1, "cut at {cut}: {}", run.err);
        }
    }
}

#[test]
fn json_is_read_too() {
    let project = Project::of("terraform edge { source = \"m\", vars { a = 1 }, output o: int }");
    project.write(
        "m/main.tf.json",
        r#"{"variable": {"a": {}, "b": {"default": 1}}, "output": {"o": {"value": 1}}}"#,
    );
    project.ends("check", 0);
    project.edit("m/main.tf.json", r#""value": 1"#, r#""value": 1, "sensitive": true"#);
    says(&project.ends("check", 1), &["is sensitive"]);
}

#[test]
fn one_state_has_one_owner() {
    let two = "terraform one { source = \"firewall\", vars { ports = [] } }\n\
               terraform two { source = \"./firewall/\", vars { ports = [] } }\n";
    let project = project(two);
    says(&project.ends("check", 1), &["P5013", "use one module in one workspace"]);
    project.edit("main.paas", "\"./firewall/\"", "\"./firewall/\", workspace = \"other\"");
    project.ends("check", 0);
}

#[test]
fn an_output_can_be_made_up_in_a_test() {
    let manifest = format!(
        "{MANIFEST}\ntest \"address\" {{\n  mock terraform.edge {{ public_ip = 10.9.9.9 }}\n  \
         expect terraform.edge.public_ip == 10.9.9.9\n}}\n"
    );
    let project = project(&manifest);
    project.fine("test");
    project.edit("main.paas", "public_ip = 10.9.9.9", "public_ip = \"no address\"");
    says(&project.ends("test", 1), &["public_ip"]);
}
