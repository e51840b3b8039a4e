//! Values that `paas` makes itself.

use zeroize::Zeroizing;

use crate::kinds::secret::CHARSETS;
use crate::lower::Recipe;
use crate::model::Hidden;

/// A new value; every one of its kind is as likely as any other.
pub fn make(recipe: &Recipe) -> Hidden {
    let named = CHARSETS.iter().find(|(name, _)| *name == recipe.charset);
    let letters = named.map_or(CHARSETS[0].1, |(_, letters)| letters).as_bytes();
    // A byte past the last whole round would make the first letters likelier than the others.
    let fair = 256 - 256 % letters.len();
    let length = recipe.length as usize;
    let mut value = String::with_capacity(length);
    let mut drawn = Zeroizing::new([0; 64]);
    while value.len() < length {
        getrandom::fill(&mut *drawn).expect("the system has random numbers");
        let letters = drawn
            .iter()
            .filter(|byte| usize::from(**byte) < fair)
            .map(|byte| char::from(letters[usize::from(*byte) % letters.len()]));
        value.extend(letters.take(length - value.len()));
    }
    Hidden::new(value)
}
