//! Pages about `terraform`: P2022, P5013 and P7027.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P2022",
        "an output of Terraform without a type of its own",
        r#"
`output NAME: TYPE` in a `terraform` block says what the output of the module is. Its value comes
from Terraform, so it has no value here, and a value of another type is refused when it comes.
There are `string`, `bool`, `int`, `float`, `ip`, `cidr`, `port`, `fqdn`, `url` and `data`, lists,
maps and objects of them, and names of your own that stand for one.

```paas-error
terraform edge { source = "terraform", output public_ip = "203.0.113.7" }
```

```paas
terraform edge {
  source = "terraform"
  vars { ports = [80, 443] }
  output public_ip: ip
}
output address = terraform.edge.public_ip
```
"#,
    ),
    Page::new(
        "P5013",
        "a module of Terraform twice",
        r#"
A folder and a workspace have one state of Terraform. Two blocks with both would undo each other's
work: each apply would bring everything back to the variables of its own block. Blocks with
`targets` have a part each, and may share the rest.

```paas-error
terraform one { source = "terraform", vars { ports = [80] } }
terraform two { source = "./terraform", vars { ports = [443] } }
```

```paas
terraform one { source = "terraform", vars { ports = [80] } }
terraform two { source = "./terraform", workspace = "two", vars { ports = [443] } }
```
"#,
    ),
    Page::new(
        "P7027",
        "Terraform cannot plan",
        "`paas plan` asks Terraform what it would change in each module, and it could not say. The \
         message has its own words. If its state is locked, somebody else is at work, or a command \
         was killed before it could release the lock: then `terraform force-unlock` does, once it \
         is sure that nobody is at work any more. Nothing was changed. `--target` with other \
         resources goes on without the module.",
    ),
];
