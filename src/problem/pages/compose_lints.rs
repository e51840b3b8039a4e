//! Pages about what is doubtful in Compose files: L06xx.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "L0601",
        "an image without a version",
        r#"
A tag like `latest` is another image tomorrow, so the same manifest would not make the same thing.
This is a lint: `# paas: allow L0601` on the line above silences it.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: ghost }
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
      web: { image: "ghost:5.96.0" }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "L0602",
        "an app of which nobody knows whether it works",
        r#"
Without a `health` block and without a `healthcheck`, a deployment counts as done once the
containers have started.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5" }
    """
  }
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
        "L0603",
        "a variable that nothing takes",
        r#"
The variable is written beside the Compose file, and the file takes it nowhere: not as `${NAME}`,
not by name under `environment`, not through `env_file: .env`.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5" }
    """
    env { THEME = "dark" }
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
      web: { image: "ghost:5", environment: { theme: "${THEME}" } }
    """
    env { THEME = "dark" }
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "L0604",
        "a variable that nobody gives",
        r#"
Compose puts nothing in its place, with a warning that nobody sees. A default says that nothing is
meant: `${NAME:-}`.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", environment: { theme: "${THEME}" } }
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
      web: { image: "ghost:5", environment: { theme: "${THEME:-dark}" } }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "L0605",
        "a variable that is set in two places",
        r#"
The Compose file sets it under `environment`, and `compose.env` or a file of variables sets it
too. Only one of them counts.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", environment: { THEME: light } }
    """
    env { THEME = "dark" }
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
      web: { image: "ghost:5", environment: { THEME: "${THEME}" } }
    """
    env { THEME = "dark" }
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "L0606",
        "a folder that will be empty",
        r#"
The service mounts something from beside the Compose file, and there is no such thing in the
project. Docker makes an empty folder for it. For data, a named volume is safer.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { image: "ghost:5", volumes: ["./conf:/etc/ghost:ro"] }
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
      web: { image: "ghost:5", volumes: ["conf:/etc/ghost"] }
    volumes: { conf: {} }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
    Page::new(
        "L0607",
        "an image that is built from what is not there",
        r#"
The folder that the image is built from is not sent to the machine.

```paas-error
app blog {
  on = container.web
  compose {
    file = yaml"""
    services:
      web: { build: ./web }
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
      web: { image: "registry.example.com/web:1.2.3" }
    """
  }
  health { http = "/" }
}
```
"#,
    ),
];
