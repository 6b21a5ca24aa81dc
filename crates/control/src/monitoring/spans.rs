//! How finely time is divided: what is kept how long, and which span answers which range.

use contract::Millis;
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR, MINUTE, SECOND};

/// The shortest windows: what a live chart shows.
pub const FINE: i64 = 10 * SECOND;

/// Every span that is written, with how long it is kept.
pub const KEPT: [(i64, i64); 3] = [(FINE, 3 * HOUR), (MINUTE, 3 * DAY), (HOUR, 120 * DAY)];

/// Span of the counts and latencies that a range is read in.
pub fn for_operations(range: TimeRange, now: Millis) -> i64 {
    kept(
        range,
        now,
        match range.to - range.from {
            // `last` takes in the present moment: an hour is a millisecond longer.
            length if length <= HOUR + SECOND => FINE,
            length if length <= DAY => MINUTE,
            _ => HOUR,
        },
    )
}

/// Span of the feature statistics, which are ten times larger, and of what is read of all deployments at once.
pub fn for_features(range: TimeRange, now: Millis) -> i64 {
    kept(
        range,
        now,
        match range.to - range.from {
            length if length <= 15 * MINUTE => FINE,
            length if length <= 12 * HOUR => MINUTE,
            _ => HOUR,
        },
    )
}

/// The span, or the next longer one whose windows are still there for all of the range.
fn kept(range: TimeRange, now: Millis, span: i64) -> i64 {
    let there = |(longer, kept): &(i64, i64)| *longer >= span && now - range.from <= *kept;
    KEPT.iter().find(|of| there(of)).map_or(HOUR, |(span, _)| *span)
}

/// The part of a range in which something that was born in it existed: whole fine windows, at least a minute.
pub fn since_birth(range: TimeRange, born: Millis) -> TimeRange {
    if born <= range.from || born >= range.to {
        return range;
    }
    let from = Millis(born.floor_to(FINE).0.min(range.to.0 - MINUTE));
    TimeRange { from: from.max(range.from), ..range }
}

/// A range cut into at most `most` buckets, each a multiple of the span: the bucket's length and the starts, oldest first.
pub fn buckets(range: TimeRange, span: i64, most: usize) -> (i64, Vec<Millis>) {
    let length = (range.to - range.from).max(span);
    let spans = length / span + i64::from(length % span != 0);
    let most = i64::try_from(most.max(1)).unwrap_or(1);
    let bucket = span * ((spans + most - 1) / most).max(1);
    let first = range.from.floor_to(bucket);
    let count = ((range.to - first) + bucket - 1) / bucket;
    (bucket, (0..count).map(|i| first + i * bucket).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_in_windows_that_are_still_kept() {
        let now = Millis(1_000 * DAY);
        let of = |ago: i64, length: i64| TimeRange { from: now + -ago, to: now + (length - ago) };
        for (ago, length, operations, features) in [
            (HOUR, HOUR, FINE, MINUTE),
            (10 * MINUTE, 10 * MINUTE, FINE, FINE),
            (5 * HOUR, HOUR, MINUTE, MINUTE),
            (5 * HOUR, 10 * MINUTE, MINUTE, MINUTE),
            (DAY, DAY, MINUTE, HOUR),
            (7 * DAY, HOUR, HOUR, HOUR),
            (200 * DAY, HOUR, HOUR, HOUR),
        ] {
            assert_eq!(for_operations(of(ago, length), now), operations, "{ago} {length}");
            assert_eq!(for_features(of(ago, length), now), features, "{ago} {length}");
        }
    }

    #[test]
    fn the_axis_starts_at_birth() {
        let range = TimeRange { from: Millis(0), to: Millis(HOUR) };
        for (born, from) in [
            (-DAY, 0),
            (0, 0),
            (20 * MINUTE + 12_345, 20 * MINUTE + 10_000),
            // At least a minute, but no more than was asked for.
            (HOUR - 5 * SECOND, HOUR - MINUTE),
            (HOUR, 0),
            (DAY, 0),
        ] {
            assert_eq!(since_birth(range, Millis(born)), TimeRange { from: Millis(from), ..range }, "{born}");
        }
        let short = TimeRange { from: Millis(0), to: Millis(30 * SECOND) };
        assert_eq!(since_birth(short, Millis(20 * SECOND)), short);
    }

    #[test]
    fn buckets_cover_the_range_and_are_not_too_many() {
        for (from, to, span, most) in
            [(0, HOUR, FINE, 60), (5_000, 5_000 + HOUR, FINE, 100), (0, 7 * DAY, HOUR, 60), (0, 1, FINE, 10)]
        {
            let (bucket, starts) = buckets(TimeRange { from: Millis(from), to: Millis(to) }, span, most);
            assert_eq!(bucket % span, 0);
            assert!(starts.len() <= most + 1, "{} buckets", starts.len());
            assert!(starts[0].0 <= from && starts[starts.len() - 1].0 + bucket >= to);
        }
    }
}
