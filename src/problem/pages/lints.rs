//! Pages about lints: what is allowed and probably not meant. L0xxx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "L0001",
        "a comment that allows nothing",
        r#"
`# paas: allow L0107` on the line above a place silences a lint there, and several codes are
separated by `,`. This comment names something that is not a lint. Problems, whose codes begin
with `P`, are in the way of something and cannot be silenced.

```paas-error
# paas: allow L9107
let greeting = "hello"
```

```paas
let domain = "example.com"
# paas: allow L0107
let template = "https://${domain}"
```
"#,
    ),
    Page::new(
        "L0107",
        "`${name}` is plain text",
        r#"
Values are put into text with `\(name)`. Terraform, Compose and shells write `${name}`, which is
plain text here; it is pointed out only where the manifest has something of this name. In `'…'`
nothing is ever replaced and nothing is pointed out, so write text for a shell or for Compose like
that, or put `# paas: allow L0107` on the line above.

```paas-error
let domain = "example.com"
output url = "https://${domain}"
```

```paas
let domain = "example.com"
output url = "https://\(domain)"
output script = 'echo ${domain}'
```
"#,
    ),
    Page::new(
        "L0201",
        "an arm that is never taken",
        r#"
The arms of a `match` are tried in their order, and everything that the value can be is taken before
this one, or the value can never be what the arm asks for.

```paas-error
input stage: "prod" | "lab" = "lab"
output cores = match stage { "prod" => 8, "lab" => 2, "test" => 1 }
```

```paas
input stage: "prod" | "lab" = "lab"
output cores = match stage { "prod" => 8, "lab" => 2 }
```
"#,
    ),
    Page::new(
        "L0202",
        "a comparison that is always the same",
        r#"
The value is one of some words, and it is compared with another one, so the answer is known before.
Most often the word is misspelt.

```paas-error
input stage: "prod" | "lab" = "lab"
output large = stage == "production"
```

```paas
input stage: "prod" | "lab" = "lab"
output large = stage == "prod"
```
"#,
    ),
    Page::new(
        "L0301",
        "an attribute that has no effect in this version",
        r#"
The attribute belongs to its kind and its value is checked, but nothing in this version acts on it.
The note says what happens instead. The attribute can stay, with the lint allowed, or go.

```paas-error
host gate { address = 192.0.2.1 }
zone home { name = "home.example.com", engine = "hosts", on = host.gate, owned = "all" }
```

```paas
host gate { address = 192.0.2.1 }
zone home { name = "home.example.com", engine = "hosts", on = host.gate }
```
"#,
    ),
    Page::new(
        "L0401",
        "a secret's file is read as plain text",
        r#"
A secret comes from this file, and `file` or `render` reads its text as well. What they give is no
secret: it may go into names, outputs, plans and the state. Take the secret instead. With this in
`secrets/password.txt`:

```text
correct horse battery staple
```

it would be known how long it is:

```paas-error
secret password = file("secrets/password.txt")
output size = length(file("secrets/password.txt"))
```

```paas
secret password = file("secrets/password.txt")
output size: secret<int> = length(secret.password)
```
"#,
    ),
    Page::new(
        "L0402",
        "a reveal of what is no secret",
        r#"
`reveal` makes a secret public, and every plan lists it with its reason. Here the value is none, so
nothing is listed. In a function it depends on what it is given, and nothing is said.

```paas-error
let greeting = "hello"
output shown = reveal(greeting, "everybody may read it")
```

```paas
let greeting = "hello"
output shown = greeting
```
"#,
    ),
    Page::new(
        "L0403",
        "a cluster that anybody can be",
        r#"
With `tls { verify = false }` no certificate is looked at, so whoever stands at the cluster's
address, or on the way to it, is sent the token and may then do what it may do. A cluster signs its
certificates itself, and that is no reason: name its authority or the fingerprint of its
certificate. `paas preflight` shows it.

```paas-error
secret pve = env("PVE_TOKEN")
cluster home {
  api = "https://pve.lan:8006"
  token = secret.pve
  tls { verify = false }
}
```

```paas
secret pve = env("PVE_TOKEN")
cluster home {
  api = "https://pve.lan:8006"
  token = secret.pve
  tls { ca = "pve-root-ca.pem" }
}
```
"#,
    ),
];
