//! A page for every code: what it means, why it is so, and what to do.
//!
//! In the text, a `paas-error` block is a manifest that leads to the code and a `paas` block one
//! that does not; the tests run both.

mod change;
mod compose;
mod compose_lints;
mod lints;
mod machines;
mod names;
mod project;
mod rules;
mod scopes;
mod secrets;
mod state;
mod syntax;
mod terraform;
mod tests;
mod types;

use std::sync::LazyLock;

/// One page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// `P0101`
    pub code: &'static str,
    /// One line.
    pub title: &'static str,
    /// Some sentences, and a wrong and a right example where there is one.
    pub text: &'static str,
}

impl Page {
    const fn new(code: &'static str, title: &'static str, text: &'static str) -> Page {
        Page { code, title, text: text.trim_ascii() }
    }
}

/// Every page, by code.
pub fn all() -> &'static [Page] {
    static ALL: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let parts = [
            lints::PAGES,
            syntax::PAGES,
            tests::PAGES,
            change::PAGES,
            names::PAGES,
            scopes::PAGES,
            types::PAGES,
            rules::PAGES,
            secrets::PAGES,
            compose::PAGES,
            compose_lints::PAGES,
            project::PAGES,
            machines::PAGES,
            state::PAGES,
            terraform::PAGES,
        ];
        let mut all = parts.concat();
        all.sort_by_key(|page| page.code);
        all
    });
    &ALL
}

/// The page of a code, in any case.
pub fn find(code: &str) -> Option<&'static Page> {
    all().iter().find(|page| page.code.eq_ignore_ascii_case(code))
}
