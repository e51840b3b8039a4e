//! Mistakes that people make, and the whole frame that `paas check` answers each with.

use crate::support::golden;
use crate::support::project::Project;

/// What the examples stand on, behind their own lines so that these begin at the first line.
const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;

/// What `paas check` says about these lines.
#[track_caller]
pub fn shown(name: &str, lines: &str) {
    shown_with(name, lines, &[]);
}

/// The same with other files in the folder.
#[track_caller]
pub fn shown_with(name: &str, lines: &str, files: &[(&str, &str)]) {
    let project = Project::of(&format!("{lines}{PLATFORM}"));
    files.iter().for_each(|(path, text)| project.write(path, text));
    golden::check(&format!("cases/messages/bad/{name}.txt"), &project.session(&["check"]));
}

#[test]
fn a_missing_brace() {
    shown(
        "01-missing-brace",
        r#"container web {
  on = cluster.home
  template = "alpine-3.20"
  features { nesting = true

output address = container.web.hostname
"#,
    );
}

#[test]
fn blocks_of_terraform() {
    shown(
        "02-terraform",
        r#"resource "proxmox_lxc" "web-1" {
  cores = 2
}
variable "region" {
  type        = list(string)
  default     = ["eu"]
  description = "Where it runs."
}
locals {
  zone = "a"
  size = 4
}
output "address" {
  value = var.region
}
provider "proxmox" {
  endpoint = "https://pve.lan:8006"
}
data "proxmox_nodes" "all" {}
resource "random_password" "pw" {
  length = 16
}
dynamic "port" {
  for_each = var.ports
}
"#,
    );
}

#[test]
fn assignments_of_yaml_and_nix() {
    shown(
        "03-assignments",
        r#"container web {
  on = cluster.home
  template = "alpine-3.20"
  memory: 512MiB
  cores = 2;
}
"#,
    );
}

#[test]
fn operators_of_other_languages() {
    shown(
        "04-operators",
        r#"let prod = true
let cores = prod ? 8 : 2
let both = prod and not prod or prod
let same = cores === 8
let other = cores <> 8
let square = cores ** 2
let people = [{ login = "ada" }]
let logins = people[*].login
let first = people.0
let flags = [yes, None, True]
"#,
    );
}

#[test]
fn a_dash_in_a_name() {
    shown(
        "05-dash",
        r#"container web-1 { on = cluster.home, template = "alpine-3.20" }
proxy edge { on = container.web-1, engine = "nginx" }
"#,
    );
}

#[test]
fn a_string_without_an_end() {
    shown(
        "06-string",
        r#"container web {
  doc = "The team's blog
  on = cluster.home
  template = "alpine-3.20"
}
"#,
    );
}

#[test]
fn units_of_other_tools() {
    shown(
        "07-units",
        r#"container web {
  on = cluster.home, template = "alpine-3.20"
  memory = 4G
  disk = 512Megs
}
"#,
    );
}

#[test]
fn addresses_that_are_none() {
    shown(
        "08-addresses",
        r#"network dmz {
  cluster = cluster.home
  cidr = 192.168.99.17/24
  gateway = 192.168.300.1
}
"#,
    );
}

#[test]
fn interpolation_of_terraform() {
    shown(
        "09-interpolation",
        r#"let domain = "example.com"
output blog = "blog.${domain}"
output script = """
  echo ${HOME} ${domain:-x}
  curl https://${var.domain}
  """
# paas: allow L0107
output template = "${domain}"
output plain = '${domain}'
"#,
    );
}

#[test]
fn a_kind_that_is_misspelt() {
    shown("10-kind", "contianer api { on = cluster.home }\nfurnace oven {}\n");
}

#[test]
fn a_reference_that_is_misspelt() {
    shown(
        "11-reference",
        r#"container web { on = cluster.home, template = "alpine-3.20" }
let domain = "example.com"
proxy edge { on = container.wbe, engine = "nginx" }
output shown = domian
output other = var.domain
tenant acme {
  secret password = env("PASSWORD")
  output copy: secret<string> = secret.pasword
}
output outputs = tenant.acne
"#,
    );
}

#[test]
fn attributes_of_other_tools() {
    shown(
        "13-attributes",
        r#"container web {
  on = cluster.home
  template = "alpine-3.20"
  memroy = 1GiB
  ip_address = 10.0.0.5
  depends_on = [container.db]
  count = 3
  ports = ["80:80"]
}
container db {
  on = cluster.home
  image = "alpine-3.20"
}
"#,
    );
}

#[test]
fn functions_of_other_tools() {
    shown(
        "functions",
        r#"let lists = concat([1], [2])
let text = jsonencode({ a = 1 })
let count = lenght([1])
let nothing = frobnicate(1)
let ids = toset(["a"])
let missing = file("gone.txt")
"#,
    );
}

#[test]
fn lists_and_maps_of_yaml() {
    shown(
        "yaml",
        r#"services:
  web-1:
    image: nginx
    ports:
      - "80:80"
      - 443
volumes:
  data:
container:
  web:
    on: cluster.home
    memory: 512MiB
let hosts = {
  names:
    - login: ada
      admin: yes
    - login: bob
  ports: [80, 443]
}
"#,
    );
}

#[test]
fn texts_of_shells_and_nix() {
    shown(
        "texts",
        r#"let script = <<-EOF
  #!/bin/sh
  if [ -f "x" ]; then echo 'it''s'; fi
  sed 's/\./,/'
EOF
let banner = {
  text = ''
    hello {
  '';
}
let after = ${banner}
// a comment
/* another
 * of two lines */
"#,
    );
}
