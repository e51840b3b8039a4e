//! What was found before an apply, as text and as JSON.

use serde::Serialize;

use crate::problem::Style;

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The cluster or the host.
    pub of: String,
    /// `fine`, `warning` or `error`.
    pub severity: &'static str,
    /// What was looked at.
    pub what: String,
    /// How it is.
    pub how: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// For people: one line each, and what to do below it.
pub fn preflight(rows: &[Checked], style: Style) -> String {
    if rows.is_empty() {
        return "Nothing to look at: there is no cluster and no host.\n".to_owned();
    }
    let (mut out, mut of) = (String::new(), "");
    for row in rows {
        if of != row.of {
            of = &row.of;
            out.push_str(&format!("{}{of}\n", if out.is_empty() { "" } else { "\n" }));
        }
        let (mark, colour) = match row.severity {
            "fine" => (if style.unicode { "✓" } else { "+" }, anstyle::AnsiColor::Green),
            "warning" => ("!", anstyle::AnsiColor::Yellow),
            _ => (if style.unicode { "✗" } else { "x" }, anstyle::AnsiColor::Red),
        };
        let mark = match style.colour {
            true => {
                let on = anstyle::Style::new().fg_color(Some(colour.into()));
                format!("{on}{mark}{on:#}")
            }
            false => mark.to_owned(),
        };
        out.push_str(&format!("  {mark} {}: {}\n", row.what, row.how));
        if let Some(help) = &row.help {
            out.push_str(&format!("      help: {help}\n"));
        }
    }
    let count = |severity: &str| rows.iter().filter(|row| row.severity == severity).count();
    let (errors, warnings) = (count("error"), count("warning"));
    let fine = count("fine");
    out.push_str(&format!("\nPreflight: {fine} fine, {warnings} warnings, {errors} errors.\n"));
    out
}

/// For programs.
pub fn preflight_json(rows: &[Checked]) -> String {
    let json = serde_json::json!({ "format": "paas-preflight/1", "findings": rows });
    format!("{json:#}\n")
}
