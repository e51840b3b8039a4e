//! Pages about the text itself: P01xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P0101",
        "a bracket is never closed",
        r#"
The brackets of the file do not balance. Indentation then decides where the open one is taken to
end, so that the rest of the file is still checked. Add the closing bracket at the place that the
message names.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"

output id = container.box.id
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
}

output id = container.box.id
```
"#,
    ),
    Page::new(
        "P0102",
        "a line is not an item",
        r#"
A file and a body are lists of items: attributes, blocks, and declarations like `let` or `input`.
This line is none of them. Often a `=` is missing, or an expression was broken over two lines at a
place where a line cannot continue; a value begins on the line of its `=`.

```paas-error
let name = "web"
name web
```

```paas
let name = "web"
output shown = name
```
"#,
    ),
    Page::new(
        "P0103",
        "a closing bracket closes nothing",
        r#"
There is a closing bracket too many, or it is of another kind than the one that is open. Remove it,
or write the one that fits.

```paas-error
let ports = [80, 443]
}
```

```paas
let ports = [80, 443]
```
"#,
    ),
    Page::new(
        "P0104",
        "another language's way to assign a value",
        r#"
A value is assigned with `=`, and a new line ends it. `:`, `:=` and `;` are understood well enough
to go on reading, and `paas fmt` rewrites them.

```paas-error
let size: int = 2
container box {
  on: cluster.home
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
        "P0105",
        "an operator or word of another language",
        r#"
This is written another way here: a choice is `if … then … else …`, and is `&&`, or is `||`,
nothing is `null`, and truth is `true` or `false`. The message says what to write.

```paas-error
let many = 3
output size = many > 2 ? 8 : 4
```

```paas
let many = 3
output size = if many > 2 then 8 else 4
```
"#,
    ),
    Page::new(
        "P0106",
        "a dash in a name",
        r#"
`-` is always minus, so a name has letters, digits and `_`. Host names need no dash in the
manifest: `container my_web` gets the host name `my-web` by itself. A key of a map may have any
text when it is quoted.

```paas-error
container my-web {
  on = cluster.home
  template = "debian-12-standard"
}
```

```paas
container my_web {
  on = cluster.home
  template = "debian-12-standard"
}
```
"#,
    ),
    Page::new(
        "P0107",
        "a comment of another language",
        r#"
Comments begin with `#` and end with the line; `##` documents the next item. `paas fmt` rewrites
`//` and `/* … */`.

```paas-error
// how many
let count = 2
```

```paas
# how many
let count = 2
```
"#,
    ),
    Page::new(
        "P0108",
        "a string is never closed",
        r#"
A string with one quote ends on its own line. Text of several lines stands between `"""` and
`"""`, or between `'''` and `'''` when nothing in it is to be replaced.

```paas-error
let greeting = "hello
```

```paas
let greeting = """
  hello
  again
  """
```
"#,
    ),
    Page::new(
        "P0109",
        "an unknown escape",
        r#"
In a string, a backslash begins one of `\n`, `\t`, `\r`, `\0`, `\"`, `\\`, `\u{…}` and `\(`. Write
`\\` for a backslash itself, or use `'…'`, where a backslash means nothing.

```paas-error
let pattern = "\d+"
```

```paas
let pattern = '\d+'
```
"#,
    ),
    Page::new(
        "P0110",
        "an unknown unit",
        r#"
A number with letters behind it is a size or a length of time. Sizes have `B`, `KiB`, `MiB`,
`GiB`, `TiB` or `KB`, `MB`, `GB`, `TB`; lengths of time `ms`, `s`, `m`, `h`, `d`, `w`, several of
them in a row if need be: `1h30m`. `G` alone could mean two things, so it means nothing.

```paas-error
let memory = 4G
```

```paas
let memory = 4GiB
```
"#,
    ),
    Page::new(
        "P0111",
        "not an address",
        r#"
It looks like an IPv4 address or network and is none: four numbers from 0 to 255, for a network
followed by `/` and a number from 0 to 32. An IPv6 address is written as a string.

```paas-error
let gateway = 10.0.0.256
```

```paas
let gateway = 10.0.0.254
```
"#,
    ),
    Page::new(
        "P0112",
        "a network with host bits",
        r#"
A network is written with its first address, so that one network has one spelling. If one machine
is meant, leave the `/` and the number away.

```paas-error
let lan = 10.0.0.7/24
```

```paas
let lan = 10.0.0.0/24
```
"#,
    ),
    Page::new(
        "P0113",
        "not a port",
        r#"
A port goes from 1 to 65535, and a range of ports from the smaller one to the greater one.

```paas-error
let range = 29999-20000/tcp
```

```paas
let range = 20000-29999/tcp
```
"#,
    ),
    Page::new(
        "P0114",
        "too deep or too long to be read",
        r#"
Brackets nest too deep, or one expression has too many parts. The limits are far beyond what
people write; they keep a hostile or damaged file from taking the program down. Give an inner part
a name with `let`.
"#,
    ),
    Page::new(
        "P0115",
        "a key of several words",
        r#"
A key is one word. What is inside something else is written in a block inside of its block.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
  features.nesting = true
}
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  features { nesting = true }
}
```
"#,
    ),
    Page::new(
        "P0116",
        "something is missing",
        r#"
A value, a name, a type or a keyword belongs here. A value begins on the line of its `=`; an
expression may go on in the next line only behind an operator or inside of brackets.

```paas-error
let count =
```

```paas
let count = 2
```
"#,
    ),
    Page::new(
        "P0117",
        "text behind a complete item",
        r#"
The item was complete before this. Items are separated by a new line or by `,`, the elements of a
list as well.

```paas-error
let ports = [80, 443] 8080
```

```paas
let ports = [80, 443, 8080]
```
"#,
    ),
    Page::new(
        "P0118",
        "a number that is too large",
        r#"
A whole number goes up to 9223372036854775807.

```paas-error
let large = 99999999999999999999
```

```paas
let large = 9223372036854775807
```
"#,
    ),
    Page::new(
        "P0119",
        "a control character",
        r#"
A character that cannot be seen stands in the file, and it is neither a tab nor the end of a line.
What cannot be seen cannot be reviewed. Remove it, or write it in a string as `\u{…}`.
"#,
    ),
    Page::new(
        "P0120",
        "a part in another language",
        r#"
Blocks are written in `{ }` and lists in `[ ]`; how far a line is indented means nothing. Text of
several lines stands between `"""`, where `\(name)` puts values into it, or between three `'`,
where nothing is replaced. YAML's indented lists and maps, HCL's `<<EOF` and the texts of Nix are
recognised, and `paas fix --unsafe` rewrites them.

```paas-error
let ports = {
  web:
    - 80
    - 443
}
```

```paas
let ports = {
  web = [80, 443]
}
```
"#,
    ),
];
