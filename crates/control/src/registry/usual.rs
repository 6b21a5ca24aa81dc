//! What is usual for a version's features: how much hours of its reference data differ from one another, and by the time of the day.
//! Known where the reference data say when each row was.

use crate::compare::{is_called_so, is_of_rows, is_of_something_else, time_of};
use crate::datasets::{Column, Table, Values};
use contract::time::{DAY, HOUR};
use contract::{Contract, Millis};
use serde::{Deserialize, Serialize};
use serving::interpret::{Label, RowAnswer};
use stats::bins::{Baseline, Cell, Window};
use stats::usual::{Season, Shape, Stretch, Usual};
use std::collections::BTreeMap;

/// Lengths of the stretches into which the reference is cut, the shortest first: the first that leaves enough rows in each is taken.
const SPANS: [i64; 3] = [HOUR, DAY, 7 * DAY];
/// Rows of a stretch, on average.
const FEWEST_ROWS: usize = 20;
/// Stretches that tell something, and how many are looked at: with more, every so many days.
const FEWEST: usize = 8;
const MOST: usize = 500;
/// Times that are told apart, where they are known in UTC; and otherwise. Hours of the week would take three times the memory of the next finest, and are seldom better.
const SEASONS: [Season; 3] = [Season::DayOfWeek, Season::HourOfDay, Season::HourOfDayType];
const SEASONS_LOCAL: [Season; 1] = [Season::DayOfWeek];
/// Level that live evidence is held against, roughly: a week's budget over all features and looks.
const LEVEL: f64 = 1e-5;
/// Rows in which a column of times is looked for.
const FEW: usize = 200;
/// Moments that rows of data may have, ms: 1990 to 2100.
const PLAUSIBLE: std::ops::Range<i64> = 631_152_000_000..4_102_444_800_000;

/// How the reference varies in time, by feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsualTimes {
    /// The column that says when each row was.
    pub column: String,
    /// Length of the stretches, ms.
    pub span: i64,
    pub features: BTreeMap<String, Usual>,
    pub label: Option<Usual>,
    pub score: Option<Usual>,
    /// What the stretches cannot know of how much they differ: a window counts as `1 / (1/n + this)` rows where small changes are judged.
    pub unknown: f64,
}

impl UsualTimes {
    /// How many rows `n` rows are worth where a small change is judged.
    pub fn worth(&self, n: u64) -> u64 {
        if n == 0 { 0 } else { (1.0 / (1.0 / n as f64 + self.unknown)).round() as u64 }
    }
}

/// The only column besides features and label that says when each row was, with its name.
pub(super) fn clock<'a>(reference: &'a Table, is_taken: impl Fn(&str) -> bool) -> Option<(&'a str, Vec<Option<Millis>>)> {
    let mut found = reference.columns.iter().filter(|column| !is_taken(&column.name) && is_clock(column));
    let (Some(column), None) = (found.next(), found.next()) else { return None };
    Some((&column.name, (0..reference.rows).map(|row| moment(column, row)).collect()))
}

fn moment(column: &Column, row: usize) -> Option<Millis> {
    let text = column.text(row)?;
    time_of(text.trim().as_bytes()).filter(|at| PLAUSIBLE.contains(&at.0))
}

/// Whether the times of a column name their zone: live windows lie in UTC, and hours of another zone would be other hours.
fn is_zoned(column: &Column) -> bool {
    let texts = (0..column.len()).filter_map(|row| column.text(row)).take(FEW);
    match &column.values {
        Values::Numbers(_) => true,
        Values::Texts(_) => texts.into_iter().all(|text| {
            let time = text.trim().get(10..).unwrap_or_default();
            time.ends_with('Z') || time.contains('+') || time.contains('-')
        }),
    }
}

fn is_clock(column: &Column) -> bool {
    if is_of_something_else(&column.name) {
        return false;
    }
    // From all over the file: one that is ordered by customer goes on for a while in many columns.
    let step = (column.len() / FEW).max(1);
    let first: Vec<usize> = (0..column.len()).step_by(step).filter(|row| !column.is_missing(*row)).collect();
    let times: Vec<Option<Millis>> = first.iter().map(|row| moment(column, *row)).collect();
    if times.is_empty() || times.iter().any(Option::is_none) {
        return false;
    }
    match &column.values {
        Values::Texts(_) => {
            let is_date = |row: &usize| column.text(*row).is_some_and(|text| text.len() >= 10 && text.contains('-'));
            first.iter().all(is_date) && is_of_rows(&column.name, &times)
        }
        // Large numbers may be anything: only what is called so is a clock.
        Values::Numbers(_) => is_called_so(&column.name),
    }
}

/// Learns from the reference rows and from what the model answers to them: one answer for every `step`-th row. `None` where
/// nothing says when rows were, or there are too few stretches.
pub(super) fn learn(
    contract: &Contract,
    reference: &Table,
    baselines: (&BTreeMap<String, Baseline>, Option<&Baseline>, Option<&Baseline>),
    answers: &[RowAnswer],
    step: usize,
) -> Option<UsualTimes> {
    let is_taken = |name: &str| contract.feature(name).is_some() || contract.label_column.as_deref() == Some(name);
    let (column, times) = clock(reference, is_taken)?;
    let blocks = Blocks::cut(&times, reference.column(column).is_some_and(is_zoned))?;
    let (features, label, score) = baselines;
    let kind = |name: &str| contract.feature(name).map(|feature| feature.kind);
    let of_feature = |(name, baseline): (&String, &Baseline)| {
        let (column, kind) = (reference.column(name)?, kind(name)?);
        let usual = blocks.usual(baseline, |window, row| match baseline {
            Baseline::Numeric(_) => window.add(baseline, Cell::Number(column.number(row).unwrap_or(f64::NAN))),
            Baseline::Categorical(_) => {
                window.add(baseline, column.value(row, kind).text().as_deref().map_or(Cell::Missing, Cell::Text))
            }
        });
        Some((name.clone(), usual))
    };
    let answer = |row: usize| if row.is_multiple_of(step) { answers.get(row / step) } else { None };
    let of_label = |baseline: &Baseline| {
        blocks.usual(baseline, |window, row| match answer(row).map(|answer| &answer.label) {
            Some(Label::Class(class)) => window.add(baseline, Cell::Text(class)),
            Some(label) => label.value().map_or(Ok(()), |value| window.add(baseline, Cell::Number(value))),
            None => Ok(()),
        })
    };
    let of_score = |baseline: &Baseline| {
        blocks.usual(baseline, |window, row| {
            answer(row).and_then(|answer| answer.score).map_or(Ok(()), |score| window.add(baseline, Cell::Number(score)))
        })
    };
    let usual = UsualTimes {
        column: column.to_owned(),
        span: blocks.span,
        features: features.iter().filter_map(of_feature).collect(),
        label: label.map(of_label),
        score: score.map(of_score),
        unknown: blocks.unknown(),
    };
    // A number that JSON does not know would make the whole baseline unreadable.
    serde_json::to_string(&usual).ok().and_then(|text| serde_json::from_str(&text).ok())
}

/// The rows of the reference by stretch of time.
struct Blocks {
    seasons: &'static [Season],
    span: i64,
    rows: Vec<(i64, Vec<usize>)>,
}

impl Blocks {
    fn cut(times: &[Option<Millis>], is_zoned: bool) -> Option<Self> {
        let known: Vec<(usize, i64)> = times.iter().enumerate().filter_map(|(row, at)| Some((row, at.as_ref()?.0))).collect();
        let by = |span: i64| {
            let mut blocks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
            known.iter().for_each(|(row, at)| blocks.entry(at.div_euclid(span)).or_default().push(*row));
            blocks
        };
        let is_enough = |blocks: &BTreeMap<i64, Vec<usize>>| blocks.len() >= FEWEST && known.len() >= FEWEST_ROWS * blocks.len();
        // Dates without a time say nothing of hours.
        let shortest = if known.iter().all(|(_, at)| at.rem_euclid(DAY) == 0) { DAY } else { HOUR };
        let spans = SPANS.into_iter().filter(|span| *span >= shortest);
        let (span, blocks) = spans.map(|span| (span, by(span))).find(|(_, blocks)| is_enough(blocks))?;
        // Whole days, evenly chosen; not every seventh, which would all be the same day of the week.
        let every = blocks.len().div_ceil(MOST) as i64;
        let every = if every % 7 == 0 { every + 1 } else { every };
        let is_kept = |start: i64| (start * span).div_euclid(DAY.max(span)).rem_euclid(every) == 0;
        let rows = blocks.into_iter().filter(|(start, _)| every == 1 || is_kept(*start));
        let seasons: &[Season] = if is_zoned { &SEASONS } else { &SEASONS_LOCAL };
        Some(Self { seasons, span, rows: rows.map(|(start, rows)| (start * span + span / 2, rows)).collect() })
    }

    fn usual(&self, baseline: &Baseline, add: impl Fn(&mut Window, usize) -> Result<(), stats::bins::Mismatch>) -> Usual {
        let of = |(at, rows): &(i64, Vec<usize>)| {
            let mut window = Window::new(baseline);
            // Both are of one baseline, so that they fit.
            rows.iter().for_each(|row| add(&mut window, *row).unwrap_or(()));
            Stretch::of(&window, (self.span <= DAY).then_some(*at))
        };
        let stretches: Vec<Stretch> = self.rows.iter().map(of).collect();
        Usual::fit_by(self.seasons, Shape::of(baseline), Stretch::of_reference(baseline), &stretches, LEVEL)
    }

    /// One standard error of a dispersion that is estimated from so many stretches of so many rows.
    fn unknown(&self) -> f64 {
        let blocks = self.rows.len().max(1) as f64;
        let rows = self.rows.iter().map(|(_, rows)| rows.len()).sum::<usize>().max(1) as f64;
        (2.0 / blocks).sqrt() * blocks / rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, Vec<String>)]) -> Table {
        let of = |(name, texts): &(&str, Vec<String>)| Column {
            name: (*name).to_owned(),
            values: Values::Texts(texts.iter().cloned().map(Some).collect()),
        };
        Table { rows: columns[0].1.len(), columns: columns.iter().map(of).collect() }
    }

    /// One row every six minutes.
    fn times(rows: i64, zone: &str) -> Vec<String> {
        let of = |i: i64| Millis(1_767_571_200_000 + i * 360_000).rfc3339()[..19].to_owned() + zone;
        (0..rows).map(of).collect()
    }

    fn found(columns: &[(&str, Vec<String>)]) -> Option<String> {
        clock(&table(columns), |name| name == "label").map(|(name, _)| name.to_owned())
    }

    #[test]
    fn the_only_column_of_times_is_the_clock_unless_it_tells_of_something_else() {
        let plain: Vec<String> = (0..600).map(|i| format!("{}", i % 7)).collect();
        let shuffled: Vec<String> = (0..600).map(|i| times(600, "Z")[(i * 7 % 600) as usize].clone()).collect();
        for (columns, expected) in [
            (vec![("at", times(600, "Z")), ("x", plain.clone())], Some("at")),
            (vec![("whatever", times(600, "Z")), ("x", plain.clone())], Some("whatever")),
            (vec![("event_time", shuffled.clone()), ("x", plain.clone())], Some("event_time")),
            (vec![("whatever", shuffled.clone())], None),
            (vec![("signup_date", times(600, "Z"))], None),
            (vec![("at", times(600, "Z")), ("seen_at", times(600, "Z"))], None),
            (vec![("label", times(600, "Z"))], None),
            (vec![("x", plain)], None),
        ] {
            assert_eq!(found(&columns).as_deref(), expected, "{:?}", columns.iter().map(|c| c.0).collect::<Vec<_>>());
        }
    }

    #[test]
    fn hours_are_told_apart_only_where_the_zone_is_known() {
        for (zone, is_known) in [("Z", true), ("+02:00", true), ("-05:00", true), ("", false)] {
            assert_eq!(is_zoned(&table(&[("at", times(300, zone))]).columns[0]), is_known, "{zone}");
        }
    }

    #[test]
    fn stretches_have_enough_rows_and_dates_are_days() {
        let at = |rows: i64, each: i64| (0..rows).map(|i| Some(Millis(1_767_571_200_000 + i * each))).collect::<Vec<_>>();
        for (times, span, blocks) in [
            (at(6_000, 60_000), Some(HOUR), 100),
            (at(2_400, 6 * 60_000), Some(DAY), 10),
            (at(2_400, HOUR), Some(DAY), 100),
            (at(100, HOUR), None, 0),
            // A hundred rows a day, all at midnight.
            ((0..2_000).map(|i| Some(Millis(1_767_571_200_000 + i / 100 * DAY))).collect(), Some(DAY), 20),
        ] {
            let cut = Blocks::cut(&times, true);
            assert_eq!((cut.as_ref().map(|cut| cut.span), cut.map_or(0, |cut| cut.rows.len())), (span, blocks));
        }
        let years = Blocks::cut(&at(40_000 * 20, HOUR / 20), true).unwrap();
        assert!(years.span == HOUR && years.rows.len() <= MOST + 24, "{} stretches", years.rows.len());
        let days: std::collections::BTreeSet<i64> = years.rows.iter().map(|(at, _)| at.div_euclid(DAY).rem_euclid(7)).collect();
        assert_eq!(days.len(), 7, "of every day of the week");
    }
}
