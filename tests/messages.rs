//! Messages as people and programs get them: frames, formats, fixes, lints that are silenced.

mod aliens;
mod bad_inputs;
mod data;
mod fixes;
mod formats;
mod frames;
mod values;

use paas::problem::{Problem, Style};
use paas::source::Sources;
use paas::syntax::parse;

/// A terminal without colours that is 100 columns wide.
const PLAIN: Style = Style { colour: false, unicode: true, width: 100 };

/// What is wrong with the text of a manifest, as text.
fn syntax(text: &str) -> (Vec<Problem>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    (parse(file, text).1, sources)
}
