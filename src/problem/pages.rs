//! A page for every code: what it means, what leads to it, what to do.

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

/// Every page, by code.
pub fn all() -> &'static [Page] {
    PAGES
}

/// The page of a code, in any case.
pub fn find(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code.eq_ignore_ascii_case(code))
}

const PAGES: &[Page] = &[];
