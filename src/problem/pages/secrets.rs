//! Pages about secrets: P40xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P4001",
        "a secret where it would be seen",
        r#"
A secret may go where secrets are kept: tokens, passwords, `env` and `secrets` of an app. Anywhere
else it would end up in a plan, in the state, in a key or in a file that everybody can read.

```paas-error
secret admin = env("ADMIN_PASSWORD")
output shown = secret.admin
```

```paas
secret admin = env("ADMIN_PASSWORD")
output shown: secret<string> = secret.admin
```
"#,
    ),
    Page::new(
        "P4002",
        "a secret without a source or a value",
        r#"
A secret says where its value comes from; the value itself is never in the manifest. The same code
says that a value cannot be had: a variable is not set, a file is not there, a program fails. Only
an apply needs values, and only of what it sends; it stops before the first change. It does so as
well for a value that cannot be written where it goes: a password of a user with a line break.

```paas-error
secret token = "hunter2"
```

```paas
secret token = env("TOKEN")
```
"#,
    ),
    Page::new(
        "P4003",
        "a source of secrets outside of a secret",
        r#"
`env(…)` and its like give secrets, so they stand in a `secret`. Plain text from outside comes in
through an `input`.

```paas-error
let token = env("TOKEN")
```

```paas
secret token = env("TOKEN")
```
"#,
    ),
    Page::new(
        "P4004",
        "a source of a secret that is given something else",
        r#"
Each source takes its own arguments: `env` a name, `file` and `age` a path, `sops` a file and a key
in it, `vault` a path and a field, `command` a program with its arguments as a list, `generate` a
length, a charset and how old the value may become. In `paas { secrets = … }`, where generated
secrets are kept, `sops` and `age` take one file, `vault` one path, and `local` nothing.

```paas-error
secret token = generate(length = 1)
```

```paas
secret token = generate(length = 32, charset = "alnum", rotate = 90d)
```
"#,
    ),
    Page::new(
        "P4005",
        "a secret that is given in plain sight",
        r#"
An input whose type is `secret<…>` cannot get its value from `--set` or from a file of values: the
one is kept in the history of the shell, the other in the repository. Put it into the environment
as `PAAS_INPUT_name`.
```paas
input token: secret<string>
output copy: secret<string> = token
```

```console
$ paas check --set token=Eel5ohx4
error[P4005]: the secret `token` cannot be given by --set
$ export PAAS_INPUT_token=Eel5ohx4
$ paas check
```
"#,
    ),
    Page::new(
        "P4006",
        "a rotation that cannot be noticed",
        r#"
A plan compares secrets with what was sent last, by keyed fingerprints. For that it needs the
value and the project key. Where one of them is missing, the secret counts as unchanged, and this
warning says so once. Nothing is wrong if the plan is only to be read.
```paas
secret password = env("DB_PASSWORD")
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ export DB_PASSWORD=Eel5ohx4
$ paas apply --sandbox --yes
$ export DB_PASSWORD=
$ paas plan --sandbox
warning[P4006]: whether `secret.password` was rotated is not known
$ export DB_PASSWORD=Eel5ohx4
$ paas plan --sandbox
```
"#,
    ),
    Page::new(
        "P4007",
        "the project key",
        r#"
The project key seals generated secrets and keys the fingerprints in the state. It is made at the
first apply that needs it, in `paas/keys` of your configuration folder, and never in the project.
`PAAS_SECRET_KEY` holds one instead, or `PAAS_SECRET_KEY_FILE` names its file. Without the right
key nothing that needs it is done; a lost one is replaced by `paas secret new-key`.
```paas
secret password = generate(length = 24)
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ export PAAS_SECRET_KEY=mine
$ paas apply --sandbox --yes
error[P4007]: the environment variable `PAAS_SECRET_KEY` holds no project key
$ export PAAS_SECRET_KEY=
$ paas apply --sandbox --yes
```
"#,
    ),
    Page::new(
        "P4008",
        "the store of generated secrets",
        r#"
Unless the manifest says otherwise, generated secrets are in `paas.secrets` beside the state, and
sealed. The file is missing, is not what
was written, or is sealed with another key. Nothing is guessed and nothing is made anew. Bring back
the file, or its version before, which is kept beside it as `paas.secrets.prev`.
```paas
secret password = generate(length = 24)
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ paas apply --sandbox --yes
$ rm state/sandbox/paas.secrets
$ paas plan --sandbox
error[P4008]: `state/sandbox/paas.secrets` is missing, and generated secrets were kept in it
$ paas secret new-key --sandbox --yes
$ paas plan --sandbox
```
"#,
    ),
    Page::new(
        "P4009",
        "a project key was made",
        r#"
This is said once, when the key is made. Without the key generated secrets are lost, and it is in
no backup of the project, since it is not in the project. Keep a copy where you keep passwords.
```paas
secret password = generate(length = 24)
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ paas apply --sandbox --yes
$ paas secret new-key --sandbox --yes
warning[P4009]: a project key was made
$ paas apply --sandbox --yes
```
"#,
    ),
    Page::new(
        "P4010",
        "a secret that this cannot be done with",
        r#"
`paas secret rotate`, `import` and `reveal` are for secrets that `paas` makes itself: those of
`generate` and those that a resource brings along. What comes from elsewhere is read and changed
there. `reveal` shows a value only with `--yes`.
```paas
secret token = env("TOKEN")
secret password = generate(length = 24)
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ paas apply --sandbox --yes
$ paas secret rotate secret.token --sandbox
error[P4010]: `secret.token` is not made by `paas`: it comes from the environment variable `TOKEN`
$ paas secret rotate secret.password --sandbox
```
"#,
    ),
    Page::new(
        "P4011",
        "a reveal without a reason",
        r#"
`reveal` makes a secret public: it may go wherever plain text goes. Whoever reviews the plan has to
know why, so the reason is plain text that is written out, and every plan shows it with the place.

```paas-error
secret admin = generate(length = 16)
output password = reveal(secret.admin, "")
```

```paas
secret admin = generate(length = 16)
output password = reveal(secret.admin, "it is for a demonstration, without anything in it")
```
"#,
    ),
    Page::new(
        "P4012",
        "a reveal in a project that forbids it",
        r#"
The project's policy says that nothing is made public. That counts for everything in it, also for
its modules and catalogues.

```paas-error
paas { policy { allow_reveal = false } }
secret admin = generate(length = 16)
output password = reveal(secret.admin, "it is for a demonstration")
```

```paas
paas { policy { allow_reveal = false } }
secret admin = generate(length = 16)
output password: secret<string> = secret.admin
```
"#,
    ),
    Page::new(
        "P4013",
        "the place of generated secrets",
        r#"
`paas { secrets = … }` names a place for generated secrets: a file of `sops` or `age`, or a secret
in a Vault. It cannot be read or written now, it has what another state or somebody else has put
there, or it lacks values that were sent. Nothing is guessed, and nothing is made anew in silence. A
place that cannot be had stops an apply before its first change; a plan needs no value, and goes on.

```paas
paas { secrets = vault("kv/paas/prod") }
secret password = generate(length = 24)
run account { on = container.web, create = "make-account", env { PASSWORD = secret.password } }
```

```console
$ export VAULT_ADDR=http://vault.example.com
$ paas apply --sandbox --yes
error[P4013]: generated secrets cannot be read from `vault("kv/paas/prod")`
  = note: `VAULT_ADDR` is not encrypted, and everybody on the way would read the token
$ paas plan --sandbox
to create.
```
"#,
    ),
];
