//! Where the fields of many plain records lie, found sixty-four bytes at a time.

/// Bytes that are looked at together.
const BLOCK: usize = 64;
const REPEAT: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Fields of records without quotes, each of the same number of fields.
#[derive(Debug, Default)]
pub struct Marks {
    /// Where every field begins, row by row; one past its delimiter or line break, the next begins.
    starts: Vec<u32>,
    /// One past every line break.
    lines: Vec<u32>,
    fields: usize,
    rows: usize,
    is_stopped: bool,
}

impl Marks {
    /// Looks from the beginning of `text`, which is one of a record, for up to `most` records of so many fields (two at least). It
    /// ends before the first that is not plain: one with a quote, with another number of fields, an empty line, or without its end.
    pub fn find(&mut self, text: &[u8], delimiter: u8, fields: usize, most: usize) {
        let (mut found, mut lines, mut at) = (1, 0, 0);
        self.is_stopped = false;
        while at < text.len() && found <= most * fields {
            if self.starts.len() < found + BLOCK {
                self.starts.resize((found + BLOCK) * 2, 0);
                self.lines.resize((found + BLOCK) * 2, 0);
            }
            let mut block = [0; BLOCK];
            match text.get(at..at + BLOCK) {
                Some(whole) => block.copy_from_slice(whole),
                None => block[..text.len() - at].copy_from_slice(&text[at..]),
            }
            let (quotes, mut breaks) = (bits(&block, b'"'), bits(&block, b'\n'));
            let mut ends = bits(&block, delimiter) | breaks;
            if quotes != 0 {
                let before = (1u64 << quotes.trailing_zeros()) - 1;
                (ends, breaks) = (ends & before, breaks & before);
            }
            while ends != 0 {
                self.starts[found] = (at + 1) as u32 + ends.trailing_zeros();
                ends &= ends - 1;
                found += 1;
            }
            while breaks != 0 {
                self.lines[lines] = (at + 1) as u32 + breaks.trailing_zeros();
                breaks &= breaks - 1;
                lines += 1;
            }
            if quotes != 0 {
                self.is_stopped = true;
                break;
            }
            at += BLOCK;
        }
        let whole = ((found - 1) / fields).min(lines).min(most);
        let are_plain = |row: &usize| self.starts[(row + 1) * fields] == self.lines[*row];
        self.rows = (0..whole).take_while(are_plain).count();
        self.fields = fields;
        self.is_stopped |= self.rows < whole;
    }

    /// Whether a record was met that is not plain.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of all these records.
    pub fn bytes(&self) -> usize {
        self.starts.get(self.rows * self.fields).map_or(0, |end| *end as usize)
    }

    /// From where to where a field reaches in every row.
    pub fn column(&self, field: usize) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.starts.get(field..=self.rows * self.fields).unwrap_or_default();
        (0..self.rows).map(move |row| {
            let at = row * self.fields;
            (ends[at] as usize, ends[at + 1] as usize - 1)
        })
    }
}

/// Which of the bytes are this one, the first in the lowest bit.
#[cfg(target_arch = "x86_64")]
fn bits(block: &[u8; BLOCK], byte: u8) -> u64 {
    // SAFETY: every processor of this architecture has SSE2.
    unsafe { by_sse2(block, byte) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn by_sse2(block: &[u8; BLOCK], byte: u8) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let mut found = 0;
    for i in 0..4 {
        let half = |at: usize| word(block, at).cast_signed();
        let equal = _mm_cmpeq_epi8(_mm_set_epi64x(half(16 * i + 8), half(16 * i)), _mm_set1_epi8(byte.cast_signed()));
        found |= u64::from(_mm_movemask_epi8(equal).cast_unsigned()) << (16 * i);
    }
    found
}

#[cfg(not(target_arch = "x86_64"))]
fn bits(block: &[u8; BLOCK], byte: u8) -> u64 {
    portable(block, byte)
}

/// The same by arithmetic on eight bytes.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(block: &[u8; BLOCK], byte: u8) -> u64 {
    // One bit of each byte, gathered by a product in which none of them meets another.
    let eight = |i: usize| ((equal(word(block, 8 * i), byte) >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56;
    (0..8).fold(0, |all, i| all | eight(i) << (8 * i))
}

fn word(block: &[u8; BLOCK], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&block[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// The highest bit of every byte of `word` that is `byte`.
pub fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (REPEAT * u64::from(byte));
    !(((difference & LOW) + LOW) | difference | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_where_the_bytes_are(text in prop::collection::vec(prop_oneof![Just(b','), Just(b'\n'), any::<u8>()], BLOCK)) {
            let block: [u8; BLOCK] = text.try_into().unwrap();
            let by_hand = (0..BLOCK).fold(0u64, |all, i| all | u64::from(block[i] == b',') << i);
            prop_assert_eq!((bits(&block, b','), portable(&block, b',')), (by_hand, by_hand));
        }

        #[test]
        fn records_are_found_up_to_the_first_that_is_not_plain(text in "([ab.]{0,30},){0,9}[ab\n\",]{0,200}", most in 1usize..9) {
            let mut marks = Marks::default();
            marks.find(text.as_bytes(), b',', 3, most);
            let (mut rows, mut bytes) = (Vec::new(), 0);
            for line in text.split_inclusive('\n').take(most) {
                let fields: Vec<&str> = line.trim_end_matches('\n').split(',').collect();
                if !line.ends_with('\n') || line.contains('"') || fields.len() != 3 {
                    break;
                }
                bytes += line.len();
                rows.push(fields);
            }
            prop_assert_eq!((marks.rows(), marks.bytes()), (rows.len(), bytes));
            for field in 0..3 {
                let found: Vec<&str> = marks.column(field).map(|(from, to)| &text[from..to]).collect();
                prop_assert_eq!(found, rows.iter().map(|row| row[field]).collect::<Vec<_>>());
            }
        }
    }
}
