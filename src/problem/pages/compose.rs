//! Pages about Compose files and the machines they run on: P6102 to P6111.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P6102",
        "a Compose file that is no YAML",
        r#"
The file of `compose` is read when the manifest is, so that a mistake in it is found before
anything is sent. The message shows the line in the Compose file.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5"
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", ports: ["8080:2368"] }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6103",
        "Docker in a container that does not let it start",
        r#"
Docker makes containers inside of the container it runs in. An unprivileged one allows that with
`nesting`; some images also need `keyctl`.

```paas-error
container box {
  on = cluster.home
  template = "debian-12-standard"
}
app blog { on = container.box, compose { file = "compose.yml" } }
```

```paas
container box {
  on = cluster.home
  template = "debian-12-standard"
  features { nesting = true, keyctl = true }
}
app blog { on = container.box, compose { file = "compose.yml" } }
```
"#,
    ),
    Page::new(
        "P6104",
        "a port on which nothing listens",
        r#"
The proxy connects to the machine, so `port` is what Compose publishes there: the left side of
`8080:80`. A port that is published on `127.0.0.1` answers only the machine itself. Ports that a
service on the machine's own network opens are not known, and not checked.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", ports: ["8080:2368"] }
    """
  }
  expose www { via = proxy.edge, port = 2368, http { host = "blog.example.com" } }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", ports: ["8080:2368"] }
    """
  }
  expose www { via = proxy.edge, port = 8080, http { host = "blog.example.com" } }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6105",
        "a part of a Compose file of another shape",
        r#"
Compose refuses a file with keys that it does not know, a service that says nothing about what it
runs, and values of another shape. The same is found here without Docker.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { imagee: "ghost:5" }
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5" }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6106",
        "a name that the Compose file does not declare",
        r#"
A named volume, network, secret or config is declared at the end of the file, and `depends_on`
names services of the same file.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", volumes: ["content:/var/lib/ghost"] }
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", volumes: ["content:/var/lib/ghost"] }
    volumes: { content: {} }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6107",
        "a profile that no service has",
        r#"
Profiles switch services on. One that no service has is a mistyped one.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5" }
      mail: { image: "exim:4", profiles: [mail] }
    """
    profiles = ["mial"]
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5" }
      mail: { image: "exim:4", profiles: [mail] }
    """
    profiles = ["mail"]
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6108",
        "a file that is not beside the Compose file",
        r#"
Files that a service reads its variables from, and files of secrets and configs, stand in the
project and are sent along. Variables of `compose.env` need no file: `env_file: .env` gives all of
them to a service.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", env_file: missing.env }
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", env_file: .env }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6109",
        "a `$` that begins no variable",
        r#"
Compose puts variables in wherever it finds a `$`. One that stands for itself is written `$$`.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", command: "echo $5" }
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", command: "echo $$5" }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6110",
        "a variable that Compose needs",
        r#"
The file says `${NAME:?…}`: Compose stops without a value. `compose.env` gives one.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:${TAG:?which version}" }
    """
  }
  health { http = "/" }
}
```

```paas
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:${TAG:?which version}" }
    """
    env { TAG = "5" }
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "P6111",
        "a port that two want on one machine",
        r#"
Two services, or a service and a proxy, listen on the same port of one machine. The second one
would not start.

```paas-error
app one { on = container.web, compose { file = "compose.yml" } }
app two { on = container.web, compose { file = "compose.yml" } }
```

```paas
app one { on = container.web, compose { file = "compose.yml" } }
app two {
  on = container.web
  compose { file = { services = { web = { image = "nginx:1.27", ports = ["8081:80"] } } } }
  health { http = "/" }
}
```
"#,
    ),
];
