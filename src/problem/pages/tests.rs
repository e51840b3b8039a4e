//! Pages of the codes about `test` blocks.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P1040",
        "a test that is none",
        r#"
A `test` stands at the top of a file of the project, with one name. It has values (`given`, and
`before` for what there was), made-up values (`mock`), and either expectations (`expect`) or one
error that must come (`expect_error`: the code of a problem, or the name of a check). It is run
once, so it has no `for` and no `if`. Nobody would run the tests of a tenant or of an imported file;
those of a module are run where it stands: `paas test modules/lab`.

```paas-error
input stage: "prod" | "lab" = "lab"
test "production has more memory" {
  set { stage = "prod" }
  expect stage == "prod"
}
```

```paas
input stage: "prod" | "lab" = "lab"
test "production has more memory" {
  given { stage = "prod" }
  expect stage == "prod"
}
```
"#,
    ),
    Page::new(
        "P1041",
        "a mock that nothing needs",
        r#"
A `mock` makes up what is known only once something is decided or made: an address from DHCP, a port
that the plan chooses. What the manifest says is known anyway, and a test sees it as it is; a secret
is only ever named, and its value is needed by no test.

```paas-error
test "it is small" {
  mock container.web { memory = 1GiB }
  expect container.web.memory == 1GiB
}
```

```paas
test "it is small" {
  expect container.web.memory <= 1GiB
}
```
"#,
    ),
    Page::new(
        "P2020",
        "something is not as a test expects it",
        r#"
The condition of an `expect` is false; the frame shows what stood on both sides. Or the test could
not come so far: a value is known only after apply and needs a `mock`, or something stands in the
way of the plan. `paas test` ends with 1 then.
"#,
    ),
    Page::new(
        "P2021",
        "the error that a test expects does not come",
        r#"
A test with `expect_error` passes only if the manifest fails as it says: with a problem of this
code, or because a check of this name does not hold. Here nothing failed, or something else did.
"#,
    ),
];
