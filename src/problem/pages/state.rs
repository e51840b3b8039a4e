//! Pages about what is there already, the state and saved plans: P62xx and P70xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P6201",
        "something of others is where a new object would be",
        "A guest with this number, a name in a DNS zone or a file on a machine is there already, \
         and nothing says that it is ours, so it is not touched. Choose another id or path, remove \
         what is there, or take a guest over with `adopt`.",
    ),
    Page::new(
        "P6202",
        "an object does not carry our mark any more",
        "Every guest that `paas` makes says in its description whose it is. Where this one was \
         made stands a guest without that: somebody edited it, or another guest has got the \
         number. Nothing is done to it until that is settled, as the message says.",
    ),
    Page::new(
        "P7001",
        "a stale plan",
        "A saved plan is for one state, one manifest with its files and inputs, and one version \
         of `paas`. One of them has moved since, and the message says which. Nothing was \
         changed. Make the plan again and read what is different.",
    ),
    Page::new(
        "P7002",
        "a damaged state",
        "A file of the state is not what was written: its checksum is wrong, a line is missing, \
         or the whole file is. Going on would mean guessing, so nothing is done. `paas state \
         repair` goes back to the newest state that can be read, keeps the damaged files, and \
         says how many events are missing. Read the next plan well.",
    ),
    Page::new(
        "P7003",
        "the plan would destroy something protected",
        "The resource has, or had when it was applied last, `lifecycle { protect = true }`. \
         This is remembered in the state, so deleting the block does not lift it. Put the block \
         back; or set `protect = false` and apply once; or let go of it with `forget` \
         in the manifest or `paas state forget`.",
    ),
    Page::new(
        "P7004",
        "the state is locked",
        "Another run works on this state. The message says which, and for how long. The lock \
         goes with its process, so there is never one to clean up after a crash. Plan, drift \
         and check work meanwhile, because they change nothing.",
    ),
    Page::new(
        "P7005",
        "a state of another version",
        "Another `paas` wrote this state, in a form that this version does not know. Reading it \
         halfway would lose what it cannot see. Use that version; if it is a newer one, any \
         later one does, too.",
    ),
    Page::new(
        "P7006",
        "a file of the state cannot be read or written",
        "What is about to be done is on the disk before it is done; if it cannot be written, \
         nothing more is started. Check the space and the permissions, then run the same \
         command again: it looks before it does anything. Links and other things that are no \
         regular files are not followed.",
    ),
    Page::new(
        "P7007",
        "there is no state",
        "Nothing was applied in this folder yet, or its `state` folder was left behind \
         somewhere. The first `paas apply` makes one. The sandbox has a state of its own: add \
         `--sandbox` to see it.",
    ),
    Page::new(
        "P7008",
        "the state was mended on its own",
        "This is a warning. The last line of the journal was unfinished, because a run was cut \
         off or is just writing it; or the first snapshot was missing although the journal goes \
         back to the start. In both cases it is certain what is true, and no step was begun \
         whose line is not there.",
    ),
    Page::new(
        "P7026",
        "the state cannot be made again out of what is there",
        "`paas state rebuild` looks for guests that carry the mark of a project, and takes that \
         project's name for a new state. It is refused where there is a state already, which `paas \
         state repair` mends, where no guest has a mark and an address of the manifest, and where \
         guests of several projects have: then `--project` says which.",
    ),
    Page::new(
        "P7025",
        "the plan would destroy more than it may",
        "`paas { policy { max_destroy = 3 } }` bounds how many objects one apply may destroy, those \
         included that others take the place of; a mistake in a loop or a condition is stopped \
         before it begins. What exists only in the manifest does not count, and `paas destroy` \
         is not bounded. Read the plan: widen the bound if it is right, or apply it in parts with \
         `--target`.",
    ),
    Page::new(
        "P7016",
        "the plan would replace what is never replaced",
        "The resource has `lifecycle { replace = \"never\" }`, and a change was written that cannot \
         be made in place. The message names the attribute. Put it back, or write `replace = \
         \"destroy_first\"`, or leave `replace` out; nothing is changed until then.",
    ),
    Page::new(
        "P7017",
        "two things would get one address",
        "A `moved` statement gives something in the state a new address that something else in \
         the state has already, so one of them would be lost. Remove the statement: the old one \
         is then destroyed, as the manifest no longer has it. Or let go of one of them with \
         `paas state forget`.",
    ),
    Page::new(
        "P7018",
        "a guest that cannot be taken over",
        "`adopt` names a guest that is not there, is of another kind, is of another project of \
         paas, or stands for another address of this one; or the manifest asks for something that \
         it can only have from the beginning, like a smaller disk or another number. The message \
         says which. Nothing is changed.",
    ),
    Page::new(
        "P7019",
        "two resources that would exchange what only one can have",
        "A port or a file of a machine is given back before another resource gets it. Two that \
         give each other what they have would wait for each other for ever, so nothing is begun. \
         Leave one of the two out and apply, then write it again; or give one of them another \
         port or path, apply, and then the one that is meant.",
    ),
    Page::new(
        "L0203",
        "a `moved` that has had its effect",
        r#"
Nothing in the state has the old name any more, so the statement does nothing. It can be removed
once each state that this manifest is applied to has followed: a second environment may still need
it.

```paas
output address = container.web.ip
```

```console
$ paas apply --sandbox --yes
```

```paas
moved container.old -> container.web
```

```console
$ paas plan --sandbox
warning[L0203]: nothing in the state is called `container.old` any more
```

```paas
output address = container.web.ip
```

```console
$ paas plan --sandbox
```
"#,
    ),
    Page::new(
        "L0204",
        "a `forget` that has had its effect",
        r#"
Nothing in the state has this name any more, so the statement does nothing. It can be removed once
each state that this manifest is applied to has followed.

```paas
output address = container.web.ip
```

```console
$ paas apply --sandbox --yes
```

```paas
forget container.old
```

```console
$ paas plan --sandbox
warning[L0204]: nothing in the state is called `container.old` any more
```

```paas
output address = container.web.ip
```

```console
$ paas plan --sandbox
```
"#,
    ),
    Page::new(
        "L0205",
        "an `adopt` that has had its effect",
        r#"
The resource is in the state, so the statement does nothing. It can be removed once each state that
this manifest is applied to has followed.

```paas
output address = container.web.ip
```

```console
$ paas apply --sandbox --yes
```

```paas
adopt container.web = 100
```

```console
$ paas plan --sandbox
warning[L0205]: `container.web` is in the state already
```

```paas
output address = container.web.ip
```

```console
$ paas plan --sandbox
```
"#,
    ),
];
