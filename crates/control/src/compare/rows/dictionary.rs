//! Texts by number.

use super::batch::NONE;
use super::values::{is_missing, plain};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Distinct texts of a column beyond this are all one: that is no category any more.
const MOST: usize = 200_000;
/// Bytes of a text.
const LONGEST: usize = 200;
const OTHER: &[u8] = "…".as_bytes();

/// The distinct texts of a column in the order of their first appearance.
#[derive(Debug)]
pub struct Dictionary {
    codes: HashMap<Box<[u8]>, u32, BuildHasherDefault<Quick>>,
    names: Vec<Box<str>>,
    /// Unknown texts are [`NONE`]: for keys, of which only the known matter.
    pub closed: bool,
    most: usize,
    /// Short texts that were looked up last, by a few of their bits: the text, its length, its code.
    recent: Vec<(u128, u8, u32)>,
}

/// Places for recent texts.
const RECENT: usize = 256;

impl Default for Dictionary {
    fn default() -> Self {
        Self { codes: HashMap::default(), names: Vec::new(), closed: false, most: MOST, recent: vec![(0, u8::MAX, 0); RECENT] }
    }
}

impl Dictionary {
    /// One that keeps every text: for ids.
    pub fn unbounded() -> Self {
        Self { most: NONE as usize, ..Self::default() }
    }

    /// The code of a text, a new one if it is new.
    pub fn code(&mut self, text: &[u8]) -> u32 {
        if text.len() > 16 {
            return self.found(text);
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text);
        self.short(u128::from_le_bytes(bytes), text)
    }

    /// The code of a field in a buffer, as [`Self::code`] of what [`plain`] leaves of it; [`NONE`] where it is empty.
    pub fn code_in(&mut self, buffer: &[u8], from: usize, to: usize) -> u32 {
        let text = &buffer[from..to];
        let is_trimmed = text.first().is_some_and(|c| *c > b' ') && text.last().is_some_and(|c| *c > b' ');
        match buffer.get(from..from + 16).and_then(|window| window.try_into().ok()) {
            Some(window) if is_trimmed && text.len() <= 16 && !text.ends_with(b".0") => {
                let word = u128::from_le_bytes(window) & (u128::MAX >> (128 - 8 * text.len()));
                self.short(word, text)
            }
            _ => match text.trim_ascii() {
                [] => NONE,
                text => self.code(plain(text)),
            },
        }
    }

    /// The code of a text of at most sixteen bytes, which are those of the word.
    fn short(&mut self, word: u128, text: &[u8]) -> u32 {
        let length = text.len() as u8;
        let mixed = ((word ^ (word >> 64)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 56) as usize;
        let (known, known_length, code) = self.recent[place];
        if known == word && known_length == length {
            return code;
        }
        let code = self.found(text);
        self.recent[place] = (word, length, code);
        code
    }

    fn found(&mut self, text: &[u8]) -> u32 {
        // Longer ones are cut, so that a hostile file cannot fill the memory with a few of them.
        let text = &text[..text.len().min(LONGEST)];
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        if self.closed {
            return NONE;
        }
        if is_missing(text) {
            self.codes.insert(text.into(), NONE);
            return NONE;
        }
        let text = if self.names.len() >= self.most { OTHER } else { text };
        let next = self.names.len() as u32;
        let code = *self.codes.entry(text.into()).or_insert(next);
        if code == next {
            self.names.push(String::from_utf8_lossy(text).into());
        }
        code
    }

    pub fn get(&self, text: &str) -> Option<u32> {
        self.codes.get(text.as_bytes()).copied()
    }

    /// The text behind a code; `None` for a missing value.
    pub fn name(&self, code: u32) -> Option<&str> {
        self.names.get(code as usize).map(AsRef::as_ref)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }
}

/// The multiplicative hash of rustc's own tables, eight bytes at a time. The number of texts is bounded, so a hostile file gains nothing but a
/// slow reading of itself.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}
