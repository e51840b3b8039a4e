//! Expected texts in files beside the tests; `UPDATE=1` writes them anew.

use std::path::Path;

/// Compares a text with the one in `tests/<path>`.
#[track_caller]
pub fn check(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a golden file is in a folder")).unwrap();
        std::fs::write(&file, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if expected != actual {
        let difference = similar::TextDiff::from_lines(expected.as_str(), actual);
        let shown = difference.unified_diff().header("expected", "actual").to_string();
        panic!("{path} is not what is expected (UPDATE=1 rewrites it):\n{shown}");
    }
}
