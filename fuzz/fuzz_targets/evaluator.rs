//! Every expression has a value or problems, in bounded time.

#![no_main]

use libfuzzer_sys::fuzz_target;

mod project;

/// Names of every type for the expression to meet.
const NAMES: &str = r#"
let n = 3
let text = "a text"
let half = 0.5
let room = 512MiB
let soon = 1h30m
let here = 10.0.0.1
let net = 10.0.0.0/24
let web = 8080/tcp
let none = null
let list = [1, 2, 3]
let map = { a = 1, b = { c = [true, "x"] } }
fn twice(x: int) -> int = x * 2
input stage: "prod" | "lab" = "lab"
"#;

fuzz_target!(|text: &str| {
    let limited = text.len() < 2048;
    if limited {
        project::compiled(&format!("{NAMES}output it = {text}\n"));
    }
});
