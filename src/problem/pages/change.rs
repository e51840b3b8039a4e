//! Pages about `moved`, `adopt` and `forget`: P1030 to P1034.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P1030",
        "a statement about what the manifest does not have",
        r#"
`moved A -> B` gives what was called `A` the name `B`, and `adopt B = "…"` lets `B` take over what
exists: both need a block called `B`.

```paas-error
container new { on = cluster.home, template = "debian-12-standard" }
moved container.old -> container.newer
```

```paas
container new { on = cluster.home, template = "debian-12-standard" }
moved container.old -> container.new
```
"#,
    ),
    Page::new(
        "P1031",
        "a statement about what is still there",
        r#"
`moved A -> B` and `forget A` are about names that the manifest no longer has. While the block is
there, its resource is looked after under that name. Two resources may exchange their names.

```paas-error
container old { on = cluster.home, template = "debian-12-standard" }
forget container.old
```

```paas
container one { on = cluster.home, template = "debian-12-standard" }
container two { on = cluster.home, template = "debian-12-standard" }
moved container.one -> container.two
moved container.two -> container.one
forget container.old
```
"#,
    ),
    Page::new(
        "P1032",
        "a move that is none",
        r#"
A resource keeps its kind for as long as it lives: what is made as a container cannot become a
virtual machine by giving it another name. Its name, its key and its tenant can change.

```paas-error
vm new { on = cluster.home, template = "debian-12-cloud" }
moved container.old -> vm.new
```

```paas
vm new { on = cluster.home, template = "debian-12-cloud" }
moved vm.old -> vm.new
```
"#,
    ),
    Page::new(
        "P1033",
        "two statements about one resource",
        r#"
A resource has one new name, and a name has one resource.

```paas-error
container new { on = cluster.home, template = "debian-12-standard" }
moved container.one -> container.new
moved container.two -> container.new
```

```paas
container new { on = cluster.home, template = "debian-12-standard" }
moved container.one -> container.two
moved container.two -> container.new
```
"#,
    ),
    Page::new(
        "P1034",
        "what cannot be adopted",
        r#"
Containers and virtual machines have a number by which they are found, with or without the node and
the form: `"4001"`, `"pve1/lxc/4001"`. Whatever else is in the place of a resource is seen when the
plan is made.

```paas-error
host box { address = "10.0.0.9" }
adopt host.box = "4001"
```

```paas
container box { on = cluster.home, template = "debian-12-standard" }
adopt container.box = "4001"
```
"#,
    ),
];
