//! Time as it is stored and sent: milliseconds since 1970-01-01 UTC, RFC 3339 on the wire of foreign programs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Millis {
    /// Start of the stretch of `span` milliseconds that holds this moment.
    pub fn floor_to(self, span: i64) -> Millis {
        Millis(self.0.div_euclid(span) * span)
    }

    fn parts(self) -> (i64, u32, u32, i64) {
        let days = self.0.div_euclid(DAY);
        let ms = self.0.rem_euclid(DAY);
        let (y, m, d) = civil_from_days(days);
        (y, m, d, ms)
    }

    /// `2026-03-17T14:20:05.123Z`
    pub fn rfc3339(self) -> String {
        let (y, m, d, ms) = self.parts();
        let (h, min, s, frac) = (ms / HOUR, ms / MINUTE % 60, ms / SECOND % 60, ms % SECOND);
        format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}.{frac:03}Z")
    }

    /// `2026-03-17`
    pub fn date(self) -> String {
        let (y, m, d, _) = self.parts();
        format!("{y:04}-{m:02}-{d:02}")
    }

    /// `17 March 2026`
    pub fn date_words(self) -> String {
        let (y, m, d, _) = self.parts();
        format!("{d} {} {y}", MONTHS[m as usize - 1])
    }

    /// `14:20`
    pub fn hm(self) -> String {
        let (_, _, _, ms) = self.parts();
        format!("{:02}:{:02}", ms / HOUR, ms / MINUTE % 60)
    }

    /// `14:20:05`
    pub fn hms(self) -> String {
        let (_, _, _, ms) = self.parts();
        format!("{:02}:{:02}:{:02}", ms / HOUR, ms / MINUTE % 60, ms / SECOND % 60)
    }

    /// `17 March, 14:20`, without the date when it is today's.
    pub fn words(self, now: Millis) -> String {
        if self.floor_to(DAY) == now.floor_to(DAY) {
            self.hm()
        } else {
            let (_, m, d, _) = self.parts();
            format!("{d} {}, {}", MONTHS[m as usize - 1], self.hm())
        }
    }

    /// How long ago, in words a person would use: `12 s ago`, `5 min ago`, `3 h ago`, `41 d ago`.
    pub fn ago(self, now: Millis) -> String {
        format!("{} ago", span_words(now - self))
    }

    /// Reads RFC 3339 with any offset, with or without fraction; `None` if it is not a time.
    pub fn parse(text: &str) -> Option<Millis> {
        let b = text.as_bytes();
        if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':'
        {
            return None;
        }
        let num = |range: std::ops::Range<usize>| -> Option<i64> {
            let part = text.get(range)?;
            if part.bytes().all(|c| c.is_ascii_digit()) { part.parse().ok() } else { None }
        };
        let (y, m, d) = (num(0..4)?, num(5..7)?, num(8..10)?);
        let (h, min, s) = (num(11..13)?, num(14..16)?, num(17..19)?);
        if !(1..=12).contains(&m) || !(1..=31).contains(&d) || h > 23 || min > 59 || s > 60 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut frac = 0;
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            for i in 0..3 {
                frac = frac * 10 + after.as_bytes().get(i).filter(|_| i < digits).map_or(0, |c| i64::from(c - b'0'));
            }
            rest = &after[digits..];
        }
        let offset = match rest {
            "Z" | "z" => 0,
            _ => {
                let sign = match rest.as_bytes().first()? {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                if rest.len() != 6 || rest.as_bytes()[3] != b':' {
                    return None;
                }
                sign * (rest.get(1..3)?.parse::<i64>().ok()? * HOUR + rest.get(4..6)?.parse::<i64>().ok()? * MINUTE)
            }
        };
        Some(Millis(days_from_civil(y, m as u32, d as u32) * DAY + h * HOUR + min * MINUTE + s * SECOND + frac - offset))
    }
}

/// A length of time in one unit: `12 s`, `5 min`, `3 h`, `41 d`.
pub fn span_words(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} min", ms / MINUTE),
        ms if ms < 2 * DAY => format!("{} h", ms / HOUR),
        ms => format!("{} d", ms / DAY),
    }
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// Howard Hinnant's `civil_from_days`: proleptic Gregorian date of a day count since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let m = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(m <= 2), m, d)
}

/// Inverse of [`civil_from_days`].
fn days_from_civil(y: i64, m: u32, d: u32) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = i64::from(if m > 2 { m - 3 } else { m + 9 });
    let doy = (153 * mp + 2) / 5 + i64::from(d) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

impl Add<i64> for Millis {
    type Output = Millis;
    fn add(self, ms: i64) -> Millis {
        Millis(self.0 + ms)
    }
}

impl Sub for Millis {
    type Output = i64;
    fn sub(self, other: Millis) -> i64 {
        self.0 - other.0
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trips() {
        for (text, ms) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-03-17T14:20:05.123Z", 1_773_757_205_123),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
            ("1969-12-31T23:59:59.000Z", -1_000),
        ] {
            assert_eq!(Millis(ms).rfc3339(), text);
            assert_eq!(Millis::parse(text), Some(Millis(ms)));
        }
        assert_eq!(Millis::parse("2026-03-17T15:20:05.1+01:00"), Some(Millis(1_773_757_205_100)));
        assert_eq!(Millis::parse("2026-03-17T14:20:05Z"), Some(Millis(1_773_757_205_000)));
        for bad in
            ["", "2026-03-17", "2026-13-17T14:20:05Z", "2026-03-17T14:20:05", "2026-03-17T14:20:05.Z", "xxxx-03-17T14:20:05Z"]
        {
            assert_eq!(Millis::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn spans_in_words() {
        for (ms, words) in [(-5, "0 s"), (12_000, "12 s"), (5 * MINUTE, "5 min"), (3 * HOUR, "3 h"), (41 * DAY, "41 d")] {
            assert_eq!(span_words(ms), words);
        }
    }
}
