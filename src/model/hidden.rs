//! The value of a secret: it cannot be printed, compared or stored, and is wiped when it goes.

use std::fmt;

use zeroize::Zeroizing;

/// The value of a secret while a run needs it.
#[derive(Clone)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// Takes over a value; nobody else keeps a copy.
    pub fn new(value: String) -> Hidden {
        Hidden(Zeroizing::new(value))
    }

    /// Text in UTF-8; nothing is made of other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Hidden> {
        std::str::from_utf8(bytes).ok().map(|text| Hidden::new(text.to_owned()))
    }

    /// The value, for whoever sends it or seals it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same without one newline at its end, which editors and programs add.
    pub fn without_newline(self) -> Hidden {
        match self.0.strip_suffix('\n').map(|it| it.strip_suffix('\r').unwrap_or(it)) {
            Some(text) => Hidden::new(text.to_owned()),
            None => self,
        }
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«hidden»")
    }
}
