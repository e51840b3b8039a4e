//! Pages about projects, commands and the world: P00xx, P62xx, P63xx, P90xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P0001",
        "there is no manifest",
        "The folder has no file whose name ends in `.paas`. Nothing is changed: an empty folder \
         never means that everything is to be destroyed. Name the folder of the manifest, or use \
         `paas destroy` if everything is to go.",
    ),
    Page::new(
        "P0002",
        "a manifest cannot be read",
        "A manifest is a regular file with text in UTF-8, of at most 64 MiB. The message says what \
         is in the way.",
    ),
    Page::new(
        "P0003",
        "a file of values with something else in it",
        "A file that is given with `--values` or `--env` holds lines like `name = value`, one for \
         each input, and nothing else: no blocks and no declarations.",
    ),
    Page::new(
        "P0004",
        "`--set` without a value",
        "`--set` is followed by the name of an input, `=` and a value, without spaces that the \
         shell would take apart: `--set replicas=3`. Text needs no quotes of the language.",
    ),
    Page::new(
        "P6301",
        "a cluster cannot be looked at",
        "A plan begins with looking at what is there, and that failed. This version has no driver \
         for real clusters yet, so it always fails without `--sandbox`. Nothing was changed.",
    ),
    Page::new(
        "P6302",
        "the sandbox refuses",
        "The sandbox cannot do what was asked: there is no such guest or attribute, the value does \
         not fit, or its file cannot be used. `paas sandbox show` tells what is in it, and \
         `paas sandbox reset` empties it.",
    ),
    Page::new(
        "P7010",
        "a target that is nothing",
        "`--target` names an address of a resource that the manifest or the state has, like \
         `container.web` or `app.blog/expose.www`. A target brings along what is inside of it and \
         what it waits for.",
    ),
    Page::new(
        "P7011",
        "not a saved plan",
        "The file was not written by `paas plan --out`, was written by another version, or was \
         changed since. A saved plan carries a checksum and is never edited; make another one.",
    ),
    Page::new(
        "P7012",
        "nobody can be asked",
        "Apply and destroy ask before they change anything, and there is no terminal to ask on. \
         Add `--yes`, or save a plan, have it read, and apply exactly that: applying a saved plan \
         asks nothing.",
    ),
    Page::new(
        "P7013",
        "a file cannot be written",
        "The plan could not be saved under this name. Its folder must exist and be writable. \
         Nothing else was done.",
    ),
    Page::new(
        "P7014",
        "nothing of this name to explain",
        "`paas explain` takes the address of a resource (`container.web`), an attribute of one \
         (`container.web.memory`), a kind (`container`) or the code of a message (`P1003`).",
    ),
    Page::new(
        "P7015",
        "a saved plan with further options",
        "A saved plan was made with its inputs, for its project and its targets, and is applied \
         exactly as it is: `--set`, `--values`, `--env` and `--target` would change what was read \
         and agreed to. Apply it alone, or make it again with other options.",
    ),
    Page::new(
        "P9001",
        "a plan that is not safe",
        "Every plan is checked before it is used: nothing is made twice, nothing is deleted under \
         those who use it, nothing waits for itself. This one failed the check, which is a mistake \
         of `paas`. Nothing was changed; please report it with the manifest.",
    ),
];
