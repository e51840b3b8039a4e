//! The numbers, sizes, addresses and ports of [`Quick`]: where one ends.

use crate::syntax::quick::{Quick, is_word};
use crate::syntax::tree::{Expr, ExprKind};

impl Quick<'_, '_> {
    /// A token that begins with a digit.
    pub fn number(&mut self) -> Option<Expr> {
        let start = self.at;
        let (mut dots, mut letters) = (0, false);
        loop {
            let after = self.bytes.get(self.at + 1);
            match self.peek() {
                b'0'..=b'9' => {}
                byte if is_word(byte) => letters = true,
                b'.' if after.is_some_and(u8::is_ascii_digit) => dots += 1,
                _ => break,
            }
            self.at += 1;
        }
        if dots > 2 {
            (!letters && dots == 3).then_some(())?;
            self.digits_after(b'/');
            (!is_word(self.peek())).then_some(())?;
        } else if matches!(self.peek(), b'-' | b'/') {
            self.protocol();
        }
        let span = self.span(start, self.at);
        let kind = self.builder.number(&self.text[start..self.at], span);
        (!matches!(kind, ExprKind::Bad)).then_some(Expr { span, kind })
    }

    /// Takes a sign and the digits behind it, if both are there.
    fn digits_after(&mut self, sign: u8) -> bool {
        let digits = self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
        let found = self.peek() == sign && digits;
        if found {
            self.at += 1;
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
        }
        found
    }

    /// `/tcp`, `-29999/udp`
    fn protocol(&mut self) {
        let start = self.at;
        self.digits_after(b'-');
        let known = (self.eats("/tcp") || self.eats("/udp")) && !is_word(self.peek());
        if !known {
            self.at = start;
        }
    }
}
