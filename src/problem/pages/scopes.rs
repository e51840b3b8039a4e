//! Pages about tenants, services, modules and imports: P1004, P102x, P5006, P5007.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P1004",
        "the name belongs to another tenant",
        r#"
A tenant is a scope: what is declared in it cannot be named from outside, so one tenant cannot use
another one's secrets or machines by accident or on purpose. The names around a tenant are seen in
it, and everybody sees its outputs.

```paas-error
tenant acme {
  secret token = env("ACME_TOKEN")
}
tenant globex {
  output copy: secret<string> = secret.token
}
```

```paas
secret token = env("SHARED_TOKEN")
tenant globex {
  output copy: secret<string> = secret.token
}
```
"#,
    ),
    Page::new(
        "P1020",
        "an imported file creates nothing",
        r#"
`import` brings names: types, functions, lets and services. A file that makes resources, asks for
inputs or has outputs is a module, and is used with `module NAME from "./folder" { … }`, which gives
everything it makes an address of its own.

A file that another file of its folder imports is no longer a part of the folder's own module: its
names are reached through the import only.
`shapes.paas`:

```paas
type Size = "small" | "large"
let default_size: Size = "small"
container extra { on = cluster.home, template = "debian-12-standard" }
```

```paas-error
import "./shapes.paas" as shapes
```

`shapes.paas`:

```paas
type Size = "small" | "large"
let default_size: Size = "small"
```

```paas
import "./shapes.paas" as shapes
output size = shapes.default_size
```
"#,
    ),
    Page::new(
        "P1021",
        "an import or a module cannot be read",
        r#"
The source of an import is a `.paas` file, that of a module a folder with such files; both are paths
from the file that they are written in. The message tells what was looked for, and where.
```paas-error
import { Size } from "./sizes.paas"
```

`shapes.paas`:

```paas
type Size = "small" | "large"
```

```paas
import { Size } from "./shapes.paas"
input size: Size = "small"
```
"#,
    ),
    Page::new(
        "P1022",
        "an imported file does not have this name",
        r#"
`import "./catalog.paas" as catalog` makes everything in the file reachable as `catalog.NAME`;
`import { Student } from "./types.paas"` makes single names reachable as they are. The file itself
is no value.
`shapes.paas`:

```paas
let cores = { small = 1, large = 8 }
```

```paas-error
import "./shapes.paas" as shapes
output most = shapes.core.large
```

`shapes.paas`:

```paas
let cores = { small = 1, large = 8 }
```

```paas
import "./shapes.paas" as shapes
output most = shapes.cores.large
```
"#,
    ),
    Page::new(
        "P1023",
        "a service cannot be used like this",
        r#"
A `service` is an entry of a catalogue: it makes nothing by itself, so it has no instances, and an
app that is made from it runs in one of the ways that the service describes. How an app runs is what
its own block says, then `runtime` of the app, then `runtime` of its tenant, then the first way
that the service knows.

```paas-error
service blog for name in ["a", "b"] {
  compose { file = "blog.yml" }
}
```

```paas
service blog {
  title = "Blog"
}
```
"#,
    ),
    Page::new(
        "P1024",
        "a scope cannot have this",
        r#"
A module that contains itself would never end, and an input of a tenant could be given by nobody:
inputs belong to the project, to modules and to services.

```paas-error
tenant acme {
  input size: int = 1
}
```

```paas
input size: int = 1
tenant acme {
  output twice = size * 2
}
```
"#,
    ),
    Page::new(
        "P5006",
        "a tenant asks for more than its quota",
        r#"
The cores, memory and disk of all containers and virtual machines of a tenant, and the number of its
apps, may not be more than its `quota` says. The message tells what they come to.

```paas-error
tenant acme {
  quota { memory = 256MiB }
  container box {
    on = cluster.home
    template = "debian-12-standard"
    memory = 1GiB
  }
}
```

```paas
tenant acme {
  quota { memory = 2GiB }
  container box {
    on = cluster.home
    template = "debian-12-standard"
    memory = 1GiB
  }
}
```
"#,
    ),
    Page::new(
        "P5007",
        "two NixOS configurations of one machine",
        r#"
A machine that runs NixOS has one configuration. Two apps on it that are built from different ones
would each take the other away. Let both name the same `flake` and `host`; without `host` an app's
own name is meant.

```paas-error
app one {
  on = container.web
  nixos { flake = "." }
}
app two {
  on = container.web
  nixos { flake = "." }
}
```

```paas
app one {
  on = container.web
  nixos { flake = ".", host = "web" }
}
app two {
  on = container.web
  nixos { flake = ".", host = "web" }
}
```
"#,
    ),
];
