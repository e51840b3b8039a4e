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
];
