//! What a text is: missing, a number, a time.

use super::scan::equal;
use contract::Millis;

/// Words that mean "missing" in any column, as those that write tables have it.
const MISSING: [&[u8]; 14] =
    [b"", b"NA", b"N/A", b"n/a", b"#N/A", b"#NA", b"NaN", b"nan", b"NAN", b"null", b"NULL", b"None", b"<NA>", b"NaT"];
/// And only where numbers are expected: elsewhere they may be a category.
const NO_NUMBER: [&[u8]; 14] =
    [b"?", b"-", b"--", b".", b"none", b"NONE", b"Null", b"inf", b"-inf", b"+inf", b"Inf", b"-Inf", b"Infinity", b"-Infinity"];
/// Powers of ten that are doubles to the bit.
const TENS: [f64; 16] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Whether a text means "missing" in any column.
pub fn is_missing(text: &[u8]) -> bool {
    text.len() <= 4 && MISSING.contains(&text)
}

/// Whether a text means "missing" among numbers.
pub fn is_no_number(text: &[u8]) -> bool {
    text.len() <= 9 && (MISSING.contains(&text) || NO_NUMBER.contains(&text))
}

/// The finite number that a text is; `None` if it is none. A short decimal is put together by hand: both its digits and its
/// power of ten are doubles to the bit, so that their quotient is the nearest double.
pub fn number(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut whole, mut after, mut seen, mut point) = (0u64, 0usize, 0usize, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                whole = whole.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                seen += 1;
                after += usize::from(point);
            }
            b'.' if !point => point = true,
            _ => return slow(text, digits),
        }
    }
    if seen == 0 {
        return None;
    }
    if seen > 15 {
        return slow(text, digits);
    }
    let value = whole as f64 / TENS[after];
    Some(if negative { -value } else { value })
}

/// The same of a number of at most eight characters in a buffer, put together from all of them at once; `None` where [`number`]
/// has to look.
#[inline]
pub fn short_number(buffer: &[u8], from: usize, to: usize) -> Option<f64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let negative = buffer.get(from) == Some(&b'-');
    let from = from + usize::from(negative);
    let length = to.checked_sub(from).filter(|length| (1..=8).contains(length))?;
    let bytes: [u8; 8] = buffer.get(from..from + 8)?.try_into().ok()?;
    // The text at the high end of a word, its last character in the highest byte, and zeros before it.
    let spare = 64 - 8 * length as u32;
    let text = (u64::from_le_bytes(bytes) << spare) | (ZEROS & ((1 << spare) - 1));
    let points = equal(text, b'.');
    let (text, after) = if points == 0 {
        (text, 0)
    } else {
        // What stands before the point moves into its place.
        let place = points.trailing_zeros() / 8 * 8;
        let (before, behind) = (text & ((1 << place) - 1), text & (!0xff_u64 << place));
        (behind | before << 8 | u64::from(b'0'), (7 - place / 8) as usize)
    };
    let digits = text ^ ZEROS;
    let is_digits = (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0;
    if !is_digits || length == usize::from(points != 0) {
        return None;
    }
    let twos = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    let whole = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    let value = whole as f64 / TENS[after];
    Some(if negative { -value } else { value })
}

fn slow(text: &[u8], digits: &[u8]) -> Option<f64> {
    // “inf” and “nan” are no numbers here.
    if !digits.first().is_some_and(|c| c.is_ascii_digit() || *c == b'.') {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|x: &f64| x.is_finite())
}

/// A category as it is counted: whole numbers without the point that a table program gives them (`3.0` is `3`).
pub fn plain(text: &[u8]) -> &[u8] {
    match text.strip_suffix(b".0") {
        Some(whole) if !whole.is_empty() && whole.iter().all(u8::is_ascii_digit) => whole,
        _ => text,
    }
}

/// RFC 3339 (without a zone: UTC; with a space instead of the T; a date alone: its start), or epoch milliseconds. Ten digits are seconds, sixteen
/// microseconds, nineteen nanoseconds: as milliseconds they would be in 1970, or in no time that anybody has data of.
pub fn time(text: &[u8]) -> Option<Millis> {
    if text.len() > 10 || (text.len() == 10 && text[4] == b'-') {
        let text = std::str::from_utf8(text).ok()?;
        if let Some(moment) = Millis::parse(text) {
            return Some(moment);
        }
        if text.as_bytes()[4] == b'-' {
            let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { format!("{text}Z") };
            let text = if text.len() == 17 { format!("{}:00Z", &text[..16]) } else { text };
            return Millis::parse(&text);
        }
        return number(text.as_bytes()).map(since_1970);
    }
    number(text).map(since_1970)
}

/// A time in the unit that its size shows.
pub fn since_1970(value: f64) -> Millis {
    let scale = match value.abs() {
        x if x > 1e17 => 1e-6,
        x if x > 1e14 => 1e-3,
        x if (1e9..1e11).contains(&x) => 1e3,
        _ => 1.0,
    };
    Millis((value * scale) as i64)
}

/// Whether a text looks like a date or a moment in any of the usual notations: digits with separators between them.
pub fn looks_like_a_time(text: &[u8]) -> bool {
    let digits = text.iter().filter(|c| c.is_ascii_digit()).count();
    let between = text.iter().filter(|c| matches!(c, b'/' | b'-' | b'.' | b':')).count();
    let plain =
        |c: &u8| c.is_ascii_digit() || matches!(c, b'/' | b'-' | b'.' | b':' | b' ' | b'T' | b'Z' | b'+' | b'A' | b'P' | b'M');
    (8..=35).contains(&text.len())
        && (6..=23).contains(&digits)
        && between >= 2
        && text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_library() {
        for text in [
            "0",
            "-0.5",
            "12.25",
            "1e5",
            "-3.1E-4",
            "123456789012345678",
            "0.1",
            ".5",
            "5.",
            "+7",
            "99999.99999",
            "0.30000000000000004",
            "007",
        ] {
            assert_eq!(number(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["", "-", ".", "x", "1x", "inf", "NaN", "1.2.3", "1e", "0x10", "1,5", "1e999"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn short_numbers_are_those_of_the_others(text in "[-+]?[0-9]{0,9}[.]?[0-9]{0,7}[.x ,e\u{80}]?", before in "[a-z,.0]{0,9}", after in "[,.0-9]{0,9}") {
            let all = format!("{before}{text}{after}");
            let (from, to) = (before.len(), before.len() + text.len());
            if let Some(value) = short_number(all.as_bytes(), from, to) {
                proptest::prop_assert_eq!(Some(value.to_bits()), number(text.as_bytes()).map(f64::to_bits), "{}", text);
            } else if after.len() == 9 && !text.is_empty() && text.len() <= 8 && !text.starts_with('+') {
                proptest::prop_assert_eq!(number(text.as_bytes()).filter(|_| !text.contains('e')), None, "{}", text);
            }
        }
    }

    #[test]
    fn times_in_many_hands() {
        let moment = Some(Millis(1_767_225_600_000));
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            "2026-01-01 00:00:00",
            "2026-01-01T00:00:00.000",
            "2026-01-01",
            "2026-01-01 00:00",
            "1767225600000",
            "1767225600000.0",
        ] {
            assert_eq!(time(text.as_bytes()), moment, "{text}");
        }
        for text in ["yesterday", "", "2026-13-01", "01/02/2026 at noon", "ä2026-01-01äää"] {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn whole_categories_lose_their_point() {
        assert_eq!(
            (plain(b"3.0"), plain(b"v1.0"), plain(b".0"), plain(b"3.00")),
            (&b"3"[..], &b"v1.0"[..], &b".0"[..], &b"3.00"[..])
        );
    }
}
