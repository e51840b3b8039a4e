//! Pages about values and types: P20xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P2001",
        "a value of the wrong type",
        r#"
The value does not have the type that is asked for. Nothing is converted on its own: a number is
no text, and a size needs its unit. A string without anything replaced in it also stands for an
address, a size or a host name, where one of these is asked for.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  memory = 2
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  memory = 2GiB
}
```
"#,
    ),
    Page::new(
        "P2002",
        "a value that cannot be put into text",
        r#"
Text, numbers, sizes and addresses have one way to be printed. Lists, objects and resources have
many, so say which one: `join`, `to_json`, or an attribute of the resource.

```paas-error
let ports = [80, 443]
output shown = "ports: \(ports)"
```

```paas
let ports = [80, 443]
output shown = "ports: \(join(", ", [for port in ports : "\(port)"]))"
```
"#,
    ),
    Page::new(
        "P2003",
        "an attribute is missing",
        r#"
The block or the object cannot do without these attributes. They have no default because no value
is right for everybody.

```paas-error
container box {
  template = "debian-12-standard"
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
}
```
"#,
    ),
    Page::new(
        "P2004",
        "not one of the choices",
        r#"
The attribute takes one of a few words. The message lists them.

```paas-error
proxy inner { on = container.web, engine = "ngnix" }
```

```paas
proxy inner { on = container.web, engine = "nginx" }
```
"#,
    ),
    Page::new(
        "P2005",
        "a value that its rule refuses",
        r#"
The type or the input has a `where`, and for this value it is false. In a `where`, `it` is the
value.

```paas-error
input replicas: int = 9 where 1 <= it <= 5
```

```paas
input replicas: int = 3 where 1 <= it <= 5
```
"#,
    ),
    Page::new(
        "P2006",
        "data of a file that does not have its type",
        r#"
A file was read with `yaml`, `json` or `toml`, and what it says is not what the type says that is
given to it. The message shows the places in the file, and the type. Correct the file, or the type:
a field that may be absent is written `name?: string`.

`people.yml`:

```yaml
- login: ada
  keys: ssh-ed25519 AAAA
```

```paas-error
let people: [{ login: string, keys: [string] }] = yaml(file("people.yml"))
```

`people.yml`:

```yaml
- login: ada
  keys: [ssh-ed25519 AAAA]
```

```paas
let people: [{ login: string, keys: [string] }] = yaml(file("people.yml"))
```
"#,
    ),
    Page::new(
        "P2007",
        "values that an operator does not take",
        r#"
The operator, the index or the `...` does not work with values of these types. Text is put together
with `"\(a)\(b)"`, lists with `[...a, ...b]`, objects with `{ ...a, ...b }`.

```paas-error
output name = "web" + 1
```

```paas
output name = "web\(1)"
```
"#,
    ),
    Page::new(
        "P2009",
        "a match without a fitting arm",
        r#"
None of the arms of the `match` fits this value. `else` fits everything.

```paas-error
let size = "large"
output cores = match size {
  "small" => 1
  "medium" => 2
}
```

```paas
let size = "large"
output cores = match size {
  "small" => 1
  "medium" => 2
  else => 4
}
```
"#,
    ),
    Page::new(
        "P2010",
        "something may be null",
        r#"
The value may be absent, and what is done with it needs one. `a?.b` is null when `a` is, and
`a ?? b` is `b` when `a` is null.

```paas-error
let limit: int? = null
output twice = limit * 2
```

```paas
let limit: int? = null
output twice = (limit ?? 1) * 2
```
"#,
    ),
    Page::new(
        "P2011",
        "there is no such entry",
        r#"
The map has no entry with this key, or the list no element with this number; numbers begin at 0.

```paas-error
let ports = { http = 80, https = 443 }
output port = ports["htttp"]
```

```paas
let ports = { http = 80, https = 443 }
output port = ports["http"]
```
"#,
    ),
    Page::new(
        "P2012",
        "not exactly one of a group",
        r#"
Of some attributes exactly one must be written, because they are ways to say the same thing: how an
app runs, how a workload is reached, where a certificate comes from.

```paas-error
app site {
  on = container.web
  unit { exec = "/usr/bin/site" }
  nixos { flake = "." }
}
```

```paas
app site {
  on = container.web
  unit { exec = "/usr/bin/site" }
}
```
"#,
    ),
    Page::new(
        "P2013",
        "a result that is out of range",
        r#"
The result is too large to be held, or negative where that means nothing, like a size below zero.

```paas-error
output rest = 1GiB - 2GiB
```

```paas
output rest = 2GiB - 1GiB
```
"#,
    ),
    Page::new(
        "P2014",
        "a division by zero",
        r#"
Nothing can be divided by zero. If the divisor may be zero, say what is meant then.

```paas-error
let parts = 0
output each = 100 / parts
```

```paas
let parts = 0
output each = if parts == 0 then 0 else 100 / parts
```
"#,
    ),
    Page::new(
        "P2015",
        "an input without a value",
        r#"
The input has no default, and nothing gives it a value. From the weakest to the strongest, values
come from the default, a file (`--values FILE`, `--env NAME`), a variable `PAAS_INPUT_name`, and
`--set name=value`.

```paas-error
input domain: fqdn
output shown = domain
```

```paas
input domain: fqdn = "example.com"
output shown = domain
```
"#,
    ),
    Page::new(
        "P2016",
        "a requirement is not met",
        r#"
Somebody wrote this condition into the manifest with `require`, in a resource, an input or a
`check`, and it is false. With `level = "warn"` a check only warns.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  memory = 256MiB
  require self.memory >= 512MiB else "the app does not start below 512 MiB"
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  memory = 1GiB
  require self.memory >= 512MiB else "the app does not start below 512 MiB"
}
```
"#,
    ),
    Page::new(
        "P2008",
        "branches of different types",
        r#"
Both branches of `if`, and all arms of `match`, have one type, because what follows must work with
each of them. Of objects, the first field that differs is told. A field that only one branch has is
fine: it may be null after that.

```paas-error
input large: bool = true
let size = if large then { cores = 8, gpu = true } else { cores = 1, gpu = "no" }
```

```paas
input large: bool = true
let size = if large then { cores = 8, gpu = true } else { cores = 1, gpu = false }
```
"#,
    ),
    Page::new(
        "P2017",
        "a type that is nothing but itself",
        r#"
The type stands for itself, directly or through others, and nothing else is ever said about it. A
type may lead to itself through a list, a map or a field that need not be there.

```paas-error
type Node = Node?
```

```paas
type Node = { name: string, children: [Node] = [] }
```
"#,
    ),
    Page::new(
        "P2018",
        "a `match` that does not cover every value",
        r#"
The value can be something that no arm takes. That is found without evaluating it, so that a new
choice in a type points at every `match` that has to know it. `else` takes the rest.

```paas-error
input stage: "prod" | "lab" | "test" = "lab"
output cores = match stage { "prod" => 8, "lab" => 2 }
```

```paas
input stage: "prod" | "lab" | "test" = "lab"
output cores = match stage { "prod" => 8, "lab" | "test" => 2 }
```
"#,
    ),
    Page::new(
        "P2019",
        "data without a type",
        r#"
`json`, `yaml` and `toml` give whatever is in the file. To compute with it, or to go through it,
give it a type where it is read; what does not have the type is then told with its place.

```paas-error
let people = json(file("people.json"))
let count = people + 1
```

```paas
let people: [{ login: string }] = json(file("people.json"))
let count = length(people) + 1
```
"#,
    ),
];
