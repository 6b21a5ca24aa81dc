//! Where a drift comes from: since which minute, which values, which group, and rows that show it.

use super::findings::{Finding, verdict};
use super::read;
use super::segments::of as groups_of;
use crate::deployments::{Known, KnownVersion};
use crate::registry::estimator::cell;
use crate::words::{count, number, percent};
use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR};
use contract::views::drift::{Attribution, BinShare, ExampleRow, SelectedFeature};
use contract::{Millis, Verdict};
use serde_json::Value as Json;
use serving::Value;
use stats::bins::{Baseline, Window};
use stats::evidence::judge;
use std::collections::BTreeMap;
use store::predictions::PredictionRow;

/// Rows of the log that are looked at, before and after.
const ROWS: i64 = 2_000;
/// The beginning is looked for at most so far from where drift was first seen.
const AROUND: i64 = 6 * HOUR;
/// Rows of a group, before and after, from which it is compared.
const FEWEST: u64 = 30;
/// Rows that are shown.
const SHOWN: usize = 5;
/// Bins that a sentence names.
const NAMED: usize = 2;
/// Times as far as all rows together that a group must have moved to be named.
const STANDS_OUT: f64 = 1.25;

/// What moved: the values themselves, how often they are missing, or new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Values,
    Missing,
    Unseen,
}

impl What {
    fn of(finding: &Finding) -> Self {
        let failed = |one| verdict(one) == Verdict::Fail;
        match finding {
            one if failed(&one.missing) => Self::Missing,
            one if one.unseen.as_ref().is_some_and(failed) => Self::Unseen,
            _ => Self::Values,
        }
    }

    /// How far a window is from the reference in this respect.
    fn distance(self, reference: &Baseline, window: &Window) -> f64 {
        match self {
            Self::Values => judge(reference, window, 1.0, 0.5).distance,
            Self::Missing => window.missing_rate().unwrap_or(0.0),
            Self::Unseen => window.unseen_rate().unwrap_or(0.0),
        }
    }

    fn said(self, distance: f64) -> String {
        if self == Self::Values { number(distance) } else { percent(distance) }
    }
}

/// `None` where the feature has not drifted.
pub async fn attribution(
    cx: &Ctx,
    known: &Known,
    stable: &KnownVersion,
    finding: &Finding,
    selected: &SelectedFeature,
    bucket: i64,
) -> Outcome<Option<Attribution>> {
    let reference = stable.baseline.as_ref().and_then(|baseline| baseline.features.get(&finding.feature));
    let Some(reference) = reference.filter(|_| finding.verdict() == Verdict::Fail) else { return Ok(None) };
    let what = What::of(finding);
    let now = cx.now();
    let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY).saturating_mul(1_000);
    let about = selected.since.unwrap_or(Millis(now.0.saturating_sub(window)));
    // A part that is drift by itself may come late: the beginning is looked for on both sides of it, in windows of a minute.
    let around = window.max(2 * bucket).min(AROUND);
    let range = TimeRange { from: Millis(about.0 - around), to: (now + 1).min(about + around) };
    let (span, windows) = read::features(cx, &known.name, range).await?;
    let mine = windows.iter().filter(|window| window.version == stable.version && read::is_live(window.arm));
    let parts: BTreeMap<Millis, Window> = read::features_by_bucket(mine, span)
        .into_iter()
        .filter_map(|(at, mut of)| Some((at, of.by_name.remove(&finding.feature)?)))
        .collect();
    let since = begin(what, reference, &parts);
    let from = since.unwrap_or(about);

    let mut sentences = Vec::new();
    sentences.extend(since.map(|since| format!("It began in the minute of {}.", since.words(now))));
    sentences.extend(values(what, &selected.bins));
    let readable =
        stable.contract.feature(&finding.feature).is_some_and(|feature| crate::personal::is_readable(&stable.contract, feature));
    let mut rows = Vec::new();
    if readable {
        let doing = "Reading the prediction log";
        let db = &cx.store.db;
        let after = db.predictions_live(&known.name, stable.version, from, now + 1, ROWS).await.or_problem(doing)?;
        let before =
            db.predictions_live(&known.name, stable.version, Millis(from.0 - DAY), from, ROWS).await.or_problem(doing)?;
        sentences.extend(group(what, stable, &finding.feature, reference, &before, &after));
        rows = examples(what, &finding.feature, reference, &selected.bins, &after);
    }
    Ok(Some(Attribution { since, sentences, rows }))
}

/// Start of the window with which the distance is greater than before, as far as the number of rows on both sides allows: the split
/// at which the difference over its standard error is largest. `None` without rows before.
fn begin(what: What, reference: &Baseline, parts: &BTreeMap<Millis, Window>) -> Option<Millis> {
    let merged = |windows: &mut dyn Iterator<Item = &Window>| {
        let mut sum = Window::new(reference);
        windows.for_each(|window| {
            // All of one version: counted over the same baseline.
            let _ = sum.merge(window);
        });
        sum
    };
    let rows = |window: &Window| (window.n() + window.missing()) as f64;
    let splits = parts.keys().skip(1).filter_map(|at| {
        let (before, after) = (merged(&mut parts.range(..at).map(|p| p.1)), merged(&mut parts.range(at..).map(|p| p.1)));
        let (m, n) = (rows(&before), rows(&after));
        let gain = what.distance(reference, &after) - what.distance(reference, &before);
        (m > 0.0 && n > 0.0 && gain > 0.0).then(|| (gain * (m * n / (m + n)).sqrt(), *at))
    });
    splits.max_by(|a, b| a.0.total_cmp(&b.0)).map(|split| split.1)
}

/// Which values there are more and less of.
fn values(what: What, bins: &[BinShare]) -> Option<String> {
    if what == What::Missing {
        return None;
    }
    let mut moved: Vec<&BinShare> = bins.iter().filter(|bin| bin.current != bin.reference).collect();
    moved.sort_by(|a, b| (b.current - b.reference).abs().total_cmp(&(a.current - a.reference).abs()));
    let one =
        |bin: &&BinShare| format!("{} went from {} to {} of the values", bin.label, percent(bin.reference), percent(bin.current));
    let named: Vec<String> = moved.iter().take(NAMED).map(one).collect();
    (!named.is_empty()).then(|| format!("{}.", crate::words::capital(&named.join("; "))))
}

fn value_of(row: &PredictionRow, feature: &str) -> Value {
    let record: Json = serde_json::from_str(&row.features).unwrap_or_default();
    match &record[feature] {
        Json::Number(x) => Value::Num(x.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::Text(text.clone()),
        _ => Value::Missing,
    }
}

/// The group that moved furthest, if it stands out.
fn group(
    what: What,
    version: &KnownVersion,
    feature: &str,
    reference: &Baseline,
    before: &[PredictionRow],
    after: &[PredictionRow],
) -> Option<String> {
    type Groups = BTreeMap<(String, String), Window>;
    let counted = |rows: &[PredictionRow]| {
        let (mut all, mut groups) = (Window::new(reference), Groups::new());
        for row in rows {
            let (record, value) = (serde_json::from_str(&row.features).unwrap_or_default(), value_of(row, feature));
            let _ = all.add(reference, cell(&value));
            for group in groups_of(version, &record).into_iter().filter(|(by, _)| by != feature) {
                let _ = groups.entry(group).or_insert_with(|| Window::new(reference)).add(reference, cell(&value));
            }
        }
        (all, groups)
    };
    let ((all_before, was), (all_after, is)) = (counted(before), counted(after));
    let moved = |before: &Window, after: &Window| what.distance(reference, after) - what.distance(reference, before);
    let overall = moved(&all_before, &all_after);
    let enough = |window: &Window| window.n() + window.missing() >= FEWEST;
    let furthest = is
        .iter()
        .filter_map(|(group, after)| Some((group, after, was.get(group)?)))
        .filter(|(_, after, before)| enough(after) && enough(before))
        .map(|(group, after, before)| (moved(before, after), group, after))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (by, (name, value), after) = furthest?;
    Some(if by > 0.0 && by > STANDS_OUT * overall.max(0.0) {
        format!(
            "Strongest where {name} is {value}: {} there over {} rows, and {} over all.",
            what.said(what.distance(reference, after)),
            count(after.n() + after.missing()),
            what.said(what.distance(reference, &all_after))
        )
    } else {
        format!("About alike in every group of {}.", crate::words::listed(&version.contract.segments))
    })
}

/// The newest rows that show it: in the bin that has grown most, without a value, or with a new one.
fn examples(what: What, feature: &str, reference: &Baseline, bins: &[BinShare], after: &[PredictionRow]) -> Vec<ExampleRow> {
    let grown = bins.iter().max_by(|a, b| (a.current - a.reference).total_cmp(&(b.current - b.reference)));
    let known = |text: &str| matches!(reference, Baseline::Categorical(known) if known.index(text).is_some());
    let shows = |value: &Value| match (what, value) {
        (What::Missing, Value::Missing) => true,
        (What::Missing, _) | (_, Value::Missing) => false,
        (What::Unseen, value) => value.text().is_some_and(|text| !known(&text)),
        (What::Values, Value::Num(x)) if matches!(reference, Baseline::Numeric(_)) => {
            grown.is_some_and(|bin| bin.from.is_none_or(|from| *x >= from) && bin.to.is_none_or(|to| *x < to))
        }
        (What::Values, value) => value
            .text()
            .is_some_and(|text| grown.is_some_and(|bin| bin.label == text || (bin.label == "new values" && !known(&text)))),
    };
    let row = |row: &PredictionRow| {
        let value = value_of(row, feature);
        shows(&value).then(|| ExampleRow {
            id: row.id.clone(),
            at: Millis(row.at),
            value: value.num().map(number).or_else(|| value.text()).unwrap_or_else(|| "–".into()),
            label: row.label.clone(),
            score: row.score,
        })
    };
    after.iter().filter_map(row).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::time::MINUTE;
    use stats::bins::{Cell, NumericBaseline};
    use stats::rng::SplitMix64;

    #[test]
    fn the_minute_is_found() {
        let mut rng = SplitMix64::new(5);
        let reference = Baseline::Numeric(NumericBaseline::fit(&(0..4_000).map(|_| rng.normal()).collect::<Vec<_>>(), 50));
        for (changed, rows, found) in [(30, 40, Some(30)), (59, 40, Some(59)), (45, 8, Some(45)), (90, 40, None)] {
            let mut parts = BTreeMap::new();
            for minute in 0..60 {
                let mut window = Window::new(&reference);
                for _ in 0..rows {
                    let shift = if minute >= changed { 2.0 } else { 0.0 };
                    window.add(&reference, Cell::Number(rng.normal() + shift)).unwrap();
                }
                parts.insert(Millis(minute * MINUTE), window);
            }
            let begin = begin(What::Values, &reference, &parts).map(|at| at.0 / MINUTE);
            if let Some(found) = found {
                assert!((begin.unwrap() - found).abs() <= 1, "{begin:?} for {found}");
            }
        }
        assert_eq!(begin(What::Values, &reference, &BTreeMap::new()), None);
    }

    #[test]
    fn what_moved_is_named_by_value() {
        let bin = |label: &str, reference, current| BinShare { label: label.into(), from: None, to: None, reference, current };
        let bins = [bin("a", 0.5, 0.1), bin("b", 0.3, 0.3), bin("new values", 0.0, 0.35), bin("d", 0.2, 0.25)];
        assert_eq!(
            values(What::Values, &bins).unwrap(),
            "A went from 50.0% to 10.0% of the values; new values went from 0.0% to 35.0% of the values."
        );
        assert_eq!(values(What::Missing, &bins), None);
        assert_eq!(values(What::Values, &bins[1..2]), None);
    }
}
