//! Texts of personal columns and their hashes, for those who count them: a category comes again and again, and a hash costs more than
//! all else that is done about a value.

use crate::personal::hash_text;
use std::collections::HashMap;

/// Texts that are remembered; with more, all are forgotten. A column of names has no use for them, and must not fill the memory.
const REMEMBERED: usize = 512;
/// Longest text that is remembered, bytes.
const LONGEST: usize = 64;

/// Of one feature.
#[derive(Default)]
pub struct Hashes {
    known: HashMap<Box<str>, String>,
    latest: String,
}

impl Hashes {
    /// The hash that the prediction log keeps of this text.
    pub fn of(&mut self, feature: &str, text: &str) -> &str {
        if text.len() > LONGEST {
            self.latest = hash_text(feature, text);
            return &self.latest;
        }
        if !self.known.contains_key(text) {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(text.into(), hash_text(feature, text));
        }
        self.known.get(text).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_texts_and_long_ones_have_the_hash_of_the_log_and_few_are_remembered() {
        let mut hashes = Hashes::default();
        for i in 0..2_000 {
            let text = if i % 10 == 0 { format!("{i}").repeat(100) } else { format!("name {}", i % 700) };
            assert_eq!(hashes.of("who", &text), hash_text("who", &text));
        }
        assert!(hashes.known.len() <= REMEMBERED);
    }
}
