//! Pages about stages, the graph and what kinds object to: P30xx to P61xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P3001",
        "a key or a condition that is known too late",
        r#"
Which resources there are must be known when the manifest is read, because names and keys are what
the state remembers. A value that only exists later, like an address from DHCP, cannot decide it.
It may be the value of an attribute, so often it helps to swap the two.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = "dhcp"
}
container other for address in [container.box.ip] {
  on = cluster.home
  template = "debian-12-standard"
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = "dhcp"
}
container other for name in ["a", "b"] {
  on = cluster.home
  template = "debian-12-standard"
}
```
"#,
    ),
    Page::new(
        "P3002",
        "an attribute that is known too late",
        r#"
The plan must know this attribute, and its value is known only once something else is made. Most
text may be known later; what decides how something is planned, like a size or a name, may not.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = "dhcp"
}
container other {
  on = cluster.home
  template = "debian-12-standard"
  hostname = "next-to-\(container.box.ip)"
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = "dhcp"
}
container other {
  on = cluster.home
  template = "debian-12-standard"
  hostname = "next-to-\(container.box.hostname)"
}
```
"#,
    ),
    Page::new(
        "P3003",
        "a list whose elements are no keys",
        r#"
Each instance has a key, never a number: taking the second element away must not rename the third.
A map has keys, and strings or whole numbers are their own; for a list of anything else, `by` says
what tells its elements apart.

```paas-error
let people = [{ login = "ada" }, { login = "bob" }]
container dev for p in people {
  on = cluster.home
  template = "debian-12-standard"
}
```

```paas
let people = [{ login = "ada" }, { login = "bob" }]
container dev for p in people by p.login {
  on = cluster.home
  template = "debian-12-standard"
}
```
"#,
    ),
    Page::new(
        "P3004",
        "a condition that could not be checked after apply",
        r#"
A `require` reads something that is known only after apply, so it is checked then – and even then it
was not known: a machine did not tell its address, or the apply was of a part only. This is a
warning, and the next `apply` checks it again. A condition over what is written in the manifest is
checked every time it is read.
"#,
    ),
    Page::new(
        "P5001",
        "a circle",
        r#"
Values need each other, or resources wait for each other, so nothing could come first. Take one of
the references away, or write the value that it reads.

```paas-error
let a = b + 1
let b = a + 1
output x = a
```

```paas
let a = 1
let b = a + 1
output x = b
```
"#,
    ),
    Page::new(
        "P5002",
        "functions that call themselves",
        r#"
A function always ends, so it cannot reach itself, not even through others. Loops are written with
`for`.

```paas-error
fn down(n: int) -> int = if n == 0 then 0 else down(n - 1)
output zero = down(3)
```

```paas
output zero = sum([for n in range(0, 3) : n]) - 3
```
"#,
    ),
    Page::new(
        "P5003",
        "two resources with something that only one can have",
        r#"
A number, a host name, an address, a public name or a port can belong to one resource only. This is
found before anything is made.

```paas-error
container one {
  on = cluster.home
  template = "debian-12-standard"
  id = 500
}
container two {
  on = cluster.home
  template = "debian-12-standard"
  id = 500
}
```

```paas
container one {
  on = cluster.home
  template = "debian-12-standard"
  id = 500
}
container two {
  on = cluster.home
  template = "debian-12-standard"
  id = 501
}
```
"#,
    ),
    Page::new(
        "P5004",
        "an address that cannot be used in its network",
        r#"
The address is not one of the network, or it is the gateway's.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = 10.9.9.9
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = 10.0.0.9
}
```
"#,
    ),
    Page::new(
        "P5005",
        "an expression that leads too deep",
        r#"
Evaluating the expression went through more steps inside of each other than anybody writes.
Evaluation always ends, and here it ends with this message. Give parts of the expression names
with `let`.
"#,
    ),
    Page::new(
        "P5008",
        "a value that is too large",
        r#"
A few lines can ask for more than any machine has: a list that holds a long list many times, a
text that is put twice into the next one, and so on. Evaluation always ends, and here it ends with
this message, which says how large a value may be and how much a run may compute.

```paas-error
let rows = range(3000)
output table = [for row in rows : rows]
```

```paas
let rows = range(300)
output table = [for row in rows : [row, row * 2]]
```
"#,
    ),
    Page::new(
        "P6101",
        "a resource that cannot work",
        r#"
The values have the right types, and together they cannot work: a file that is named is not there
or is not what it should be, or one attribute needs another one. The message says which.

```paas-error
app site {
  on = container.web
  compose { file = "there-is-no-such-file.yml" }
}
```

```paas
app site {
  on = container.web
  compose { file = "compose.yml" }
}
```
"#,
    ),
    Page::new(
        "P5011",
        "nothing is left to choose from",
        "`id`, `ip`, `node` or `port` is left to the planner, and there is none that is free: \
         the numbers of the cluster, the pool of the network, the ports of the proxy are used up, \
         or no node has room. The message says which. Widen the range, write a value, or free one; \
         what a resource has already is never taken from it.",
    ),
    Page::new(
        "P5012",
        "an option of `lifecycle` that cannot be kept",
        r#"
Each option of `lifecycle` is a promise. One that this kind of resource cannot keep is refused,
because a promise without an effect is worse than none: an app has no backup that would be made,
and two containers cannot have one address while one takes the place of the other.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = 10.0.0.9
  lifecycle { replace = "create_first" }
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  ip = "dhcp"
  lifecycle { replace = "create_first" }
}
```
"#,
    ),
];
