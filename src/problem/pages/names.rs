//! Pages about names: P10xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P1001",
        "there is no such kind",
        r#"
The first word of a block is a kind, and the kinds are a closed set. `paas explain container` tells
everything about one of them. The words of other tools are known well enough to say what is
written here instead.

```paas-error
contaner box {
  on = cluster.home
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
        "P1002",
        "there is no such name",
        r#"
Nobody declares this name. Inputs and lets are written as they are, without a prefix; a resource is
its kind, a dot and its name; a secret is `secret` and its name.

```paas-error
let domain = "example.com"
output url = "https://\(domian)"
```

```paas
let domain = "example.com"
output url = "https://\(domain)"
```
"#,
    ),
    Page::new(
        "P1003",
        "there is no such attribute",
        r#"
The block, the object or the resource does not have this attribute. Objects are closed: an
attribute that nobody reads is more often a slip than a wish. `paas explain` with the kind lists
what there is.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  ram = 2GiB
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
        "P1005",
        "a value for an input that is not declared",
        r#"
A file of values, a variable `PAAS_INPUT_…` or `--set` gives a value to an input that the manifest
does not have. It would have no effect, so it is refused. Correct the name, or declare the input.
```paas
input replicas: int = 2
```

```console
$ paas check --set replcias=3
error[P1005]: there is no input `replcias` (given by --set)
$ paas check --set replicas=3
```
"#,
    ),
    Page::new(
        "P1006",
        "declared twice",
        r#"
Two things have one name, or two elements one key. All files of a folder are one manifest, so the
other one may be in another file.

```paas-error
let port = 80
let port = 443
```

```paas
let port = 80
let secure_port = 443
```
"#,
    ),
    Page::new(
        "P1007",
        "there is no such function",
        r#"
Neither the manifest nor the library has a function of this name. The library is closed; the names
of other tools' functions are known well enough to say what is written here instead.

```paas-error
output all = concat([1], [2])
```

```paas
output all = [...[1], ...[2]]
```
"#,
    ),
    Page::new(
        "P1008",
        "a call that does not fit its function",
        r#"
The call gives an argument that the function does not have, gives one twice, leaves one out that
has no default, or calls something that is no function.

```paas-error
fn backup(app: string, day: int = 0) -> string = "\(app)-\(day)"
output name = backup("wiki", week = 2)
```

```paas
fn backup(app: string, day: int = 0) -> string = "\(app)-\(day)"
output name = backup("wiki", day = 2)
```
"#,
    ),
    Page::new(
        "P1009",
        "not supported by this version",
        r#"
The language has this, and this version of `paas` does not do it yet. It is refused rather than
left out in silence. The same code stands for a manifest whose `paas { version = … }` asks for
another version than this one.

```paas-error
paas { state = "https://state.example.com" }
```

```paas
paas { parallel = 4 }
```
"#,
    ),
    Page::new(
        "P1010",
        "an item in the wrong place",
        r#"
Attributes belong into a block, declarations to the top of a file. At the top of a file, a value
gets a name with `let`.

```paas-error
domain = "example.com"
```

```paas
let domain = "example.com"
```
"#,
    ),
    Page::new(
        "P1011",
        "a block with the wrong header",
        r#"
Most blocks are a kind and one name. A part of a workload, like `expose` or `db`, stands inside of
its workload and never alone, and is a block rather than a value. In `defaults` it has no name,
because defaults hold for every one of them.

```paas-error
expose www { via = proxy.edge, port = 80, http { host = "www.example.com" } }
```

```paas
app site {
  on = container.web
  unit { exec = "/usr/bin/site" }
  expose www { via = proxy.edge, port = 80, http { host = "www.example.com" } }
}
```
"#,
    ),
    Page::new(
        "P1012",
        "there is no owner here",
        r#"
`owner` is the workload around a part like `expose` or `db`. Outside of one there is none.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  hostname = "for-\(owner.name)"
}
```

```paas
app site {
  on = container.web
  unit { exec = "/usr/bin/site" }
  expose www { via = proxy.edge, port = 80, http { host = "\(owner.name).example.com" } }
}
```
"#,
    ),
    Page::new(
        "P1013",
        "there is no such type",
        r#"
Types are `bool`, `int`, `float`, `string`, `size`, `duration`, `ip`, `cidr`, `fqdn`, `url`, `path`,
`port`, `port_range`, `data`, lists `[T]`, maps `map<K, V>`, objects `{ name: type }`, choices
`"a" | "b"`, and the names that `type` declares.

```paas-error
input count: number = 2
```

```paas
input count: int = 2
```
"#,
    ),
    Page::new(
        "P1014",
        "an attribute that cannot be written",
        r#"
The attribute follows from others. Write those; this one can be read.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  gateway = 10.0.0.1
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
}
output gateway = container.box.gateway
```
"#,
    ),
    Page::new(
        "P1015",
        "a name without a value",
        r#"
A `let` and an `output` are nothing without a value. Only an `input` can go without one: then it
must be given.

```paas-error
output domain: string
```

```paas
output domain: string = "example.com"
```
"#,
    ),
    Page::new(
        "P1016",
        "a call of the library that has no result",
        r#"
The arguments are of the right number and the function still has no result for them: a file that
is not there, an address that a network does not have, text that is no JSON.

```paas-error
output fifth = nth(10.0.0.0/30, 5)
```

```paas
output third = nth(10.0.0.0/30, 3)
```
"#,
    ),
];
