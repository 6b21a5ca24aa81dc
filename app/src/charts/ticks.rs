//! Round numbers and round times for axes.

use contract::time::{DAY, HOUR, MINUTE, Millis, SECOND};

/// Four to six round values that span at least `low` to `high` (Heckbert's nice numbers: 1, 2, 2.5, 5 times a power of ten).
pub fn nice(low: f64, high: f64) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite()) {
        return vec![0.0, 1.0];
    }
    let span = if high > low { high - low } else { low.abs().max(1.0) };
    let raw = span / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw * 0.999).unwrap_or(10.0 * power);
    let first = (low / step + 1e-9).floor() as i64;
    let last = ((if high > low { high } else { low + span }) / step - 1e-9).ceil() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// How many decimals tell these ticks apart.
pub fn decimals(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(f64::INFINITY, f64::min);
    if !step.is_finite() || step <= 0.0 {
        return 0;
    }
    (0..6)
        .find(|places| {
            let scaled = step * 10f64.powi(*places);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
        })
        .unwrap_or(6) as usize
}

const STEPS: [i64; 19] = [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    28 * DAY,
];

/// Round times (UTC) between two moments, at most about `most` of them; the date stands where it changes.
pub fn times(from: Millis, to: Millis, most: usize) -> Vec<(f64, String)> {
    let span = (to - from).max(SECOND);
    let step = STEPS.into_iter().find(|step| span / step <= most.max(2) as i64).unwrap_or(28 * DAY);
    let mut ticks = Vec::new();
    let mut at = from.floor_to(step);
    let mut day = None;
    while at <= to {
        if at >= from {
            let today = at.floor_to(DAY);
            let label = if step >= DAY {
                short_date(at)
            } else if day.is_some_and(|day| day != today) || (day.is_none() && from.floor_to(DAY) != to.floor_to(DAY)) {
                format!("{} {}", short_date(at), at.hm())
            } else if step < MINUTE {
                at.hms()
            } else {
                at.hm()
            };
            day = Some(today);
            ticks.push((at.0 as f64, label));
        }
        at = at + step;
    }
    ticks
}

/// `17 Mar`
pub fn short_date(at: Millis) -> String {
    let words = at.date_words();
    let mut parts = words.split(' ');
    let (day, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{day} {}", month.get(..3).unwrap_or(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        for (low, high, ticks) in [
            (0.0, 47.0, vec![0.0, 20.0, 40.0, 60.0]),
            (0.0, 0.23, vec![0.0, 0.1, 0.2, 0.30000000000000004]),
            (-5.5, 6.0, vec![-10.0, -5.0, 0.0, 5.0, 10.0]),
            (0.0, 1.0, vec![0.0, 0.25, 0.5, 0.75, 1.0]),
        ] {
            assert_eq!(nice(low, high), ticks, "{low} to {high}");
        }
        assert_eq!(decimals(&[0.0, 0.25, 0.5]), 2);
        assert_eq!(decimals(&[0.0, 20.0]), 0);
        assert!(nice(f64::NAN, 1.0).len() == 2 && nice(3.0, 3.0).len() >= 2);
    }

    #[test]
    fn the_date_stands_where_it_changes() {
        let from = Millis::parse("2026-03-16T20:00:00Z").unwrap_or_default();
        let labels: Vec<String> = times(from, from + 8 * HOUR, 5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["16 Mar 20:00", "22:00", "17 Mar 00:00", "02:00", "04:00"]);
        let labels: Vec<String> = times(from, from + 3 * DAY, 5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["17 Mar", "18 Mar", "19 Mar"]);
    }
}
