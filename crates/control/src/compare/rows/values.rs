//! What a text is: missing, a number, a time.

use contract::Millis;

/// Words that mean "missing" among numbers, as everywhere in the product.
const MISSING: [&[u8]; 9] = [b"", b"NA", b"N/A", b"NaN", b"nan", b"null", b"NULL", b"None", b"<NA>"];
/// Powers of ten that are doubles to the bit.
const TENS: [f64; 16] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

pub fn is_missing(text: &[u8]) -> bool {
    MISSING.contains(&text)
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

/// RFC 3339 (without a zone: UTC; with a space instead of the T; a date alone: its start), or epoch milliseconds.
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
        return number(text.as_bytes()).map(|ms| Millis(ms as i64));
    }
    number(text).map(|ms| Millis(ms as i64))
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
