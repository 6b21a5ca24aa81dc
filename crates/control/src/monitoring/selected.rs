//! One feature in full: distance over time, both distributions, missing and new values, since when.

use super::distances::distances;
use super::drift::{OverTime, evidence, happened};
use super::findings::{Finding, measure_name, verdict};
use super::window::Features;
use crate::Ctx;
use crate::deployments::KnownVersion;
use crate::words::{number, percent};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::views::drift::{BinShare, Rate, SelectedFeature};
use contract::views::parts::Point;
use contract::{Millis, Verdict};
use stats::bins::{Baseline, CategoricalBaseline, CategoricalWindow, NumericBaseline, NumericWindow, Window};

/// Bars of a distribution.
const BARS: usize = 12;

pub fn selected(
    cx: &Ctx,
    stable: &KnownVersion,
    finding: &Finding,
    now: &Features,
    windows: &[Millis],
    over_time: &OverTime,
) -> SelectedFeature {
    let name = &finding.feature;
    let reference = stable.baseline.as_ref().and_then(|baseline| baseline.features.get(name));
    let current = now.by_name.get(name);
    let state = State::from(finding.verdict());
    let since = since(name, windows, over_time).filter(|_| finding.verdict() == Verdict::Fail);
    let at = since.map(|since| format!(", since {}", since.words(cx.now()))).unwrap_or_default();
    let headline = match finding.verdict() {
        Verdict::Fail
            if finding.told_change().is_none()
                && finding.wrong().first().is_some_and(|(kind, _)| *kind == AlertKind::FeatureDrift) =>
        {
            format!("{name} has drifted to {}{at}", number(finding.distance.distance))
        }
        Verdict::Fail => format!("{}{at}", happened(finding)),
        Verdict::Pass => format!("{name} looks like the training data"),
        Verdict::Insufficient => format!("Not enough rows to judge {name}"),
    };
    let distance = windows.iter().map(|at| Point {
        at: *at,
        value: over_time
            .get(at)
            .and_then(|found| found.get(name))
            .filter(|finding| finding.distance.n > 0)
            .map(|finding| finding.distance.distance),
    });
    let rate = |reference: f64, current: Option<f64>, verdict| Rate { reference, current, verdict };
    let missing_before = reference.map_or(0.0, |reference| share(reference.missing(), reference.n() + reference.missing()));
    SelectedFeature {
        description: description(stable, name),
        state,
        measure: measure_name(finding.distance.measure).into(),
        headline,
        evidence: evidence(finding),
        since,
        distance: distance.collect(),
        missing: rate(missing_before, current.and_then(Window::missing_rate), verdict(&finding.missing)),
        unseen: finding.unseen.as_ref().map(|unseen| rate(0.0, current.and_then(Window::unseen_rate), verdict(unseen))),
        out_of_range: finding.outside.as_ref().map(|outside| rate(0.0, outside_rate(current), verdict(outside))),
        stuck: finding.stuck.as_ref().map(|(value, stuck)| stuck_words(*value, verdict(stuck), current)).unwrap_or_default(),
        distances: distances(reference, current),
        bins: bins(reference, current),
        reference_rows: reference.map_or(0, |reference| reference.n() + reference.missing()),
        current_rows: current.map_or(0, |current| current.n() + current.missing()),
        reference_words: reference.map(|reference| words_of_reference(reference, missing_before)).unwrap_or_default(),
        current_words: current.map(|current| words_of_window(reference, current)).unwrap_or_default(),
        detectable_at_rows: finding.distance.detectable(),
        importance: None,
        attribution: None,
        feature: name.clone(),
    }
}

/// What the contract says about a feature, and that its categories are hashes where they are.
fn description(stable: &KnownVersion, name: &str) -> String {
    let said = stable.contract.feature(name).and_then(|feature| feature.description.clone()).unwrap_or_default();
    match &stable.baseline {
        Some(baseline) if baseline.hashed.contains(name) => {
            let hashed = "Personal data: its values are counted and shown by their hashes.";
            if said.is_empty() { hashed.to_owned() } else { format!("{} {hashed}", said.trim_end()) }
        }
        _ => said,
    }
}

fn outside_rate(current: Option<&Window>) -> Option<f64> {
    match current {
        Some(Window::Numeric(window)) => window.out_of_range_rate(),
        _ => None,
    }
}

fn stuck_words(value: f64, verdict: Verdict, current: Option<&Window>) -> String {
    match (verdict, current) {
        (Verdict::Fail, _) => format!("yes, at {}", number(value)),
        (Verdict::Pass, Some(Window::Numeric(window))) if window.min == window.max => {
            format!("{} in every row, as in most of the training data", number(value))
        }
        (Verdict::Pass, _) => "no".into(),
        (Verdict::Insufficient, _) => String::new(),
    }
}

/// Start of the unbroken stretch of drift that reaches the present.
fn since(name: &str, windows: &[Millis], over_time: &OverTime) -> Option<Millis> {
    let mut since = None;
    for at in windows.iter().rev() {
        let Some(finding) = over_time.get(at).and_then(|found| found.get(name)) else {
            // The newest window may be empty still.
            if since.is_none() {
                continue;
            } else {
                break;
            };
        };
        match finding.verdict() {
            Verdict::Fail => since = Some(*at),
            // A short window may not be able to tell by itself.
            Verdict::Insufficient if finding.distance.distance >= finding.distance.threshold => since = since.map(|_| *at),
            Verdict::Insufficient if since.is_none() => {}
            _ => break,
        }
    }
    since
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn bins(reference: Option<&Baseline>, current: Option<&Window>) -> Vec<BinShare> {
    match (reference, current) {
        (Some(Baseline::Numeric(b)), Some(Window::Numeric(w))) => numeric(b, Some(w)),
        (Some(Baseline::Numeric(b)), _) => numeric(b, None),
        (Some(Baseline::Categorical(b)), Some(Window::Categorical(w))) => categories(b, Some(w)),
        (Some(Baseline::Categorical(b)), _) => categories(b, None),
        (None, _) => Vec::new(),
    }
}

/// Bars of about equal width between the 1st and the 99th percentile of the reference, with the rest in the outer ones; the edges
/// are edges of the stored bins, so that the shares are exact.
fn numeric(baseline: &NumericBaseline, window: Option<&NumericWindow>) -> Vec<BinShare> {
    let edges = &baseline.edges;
    let at = |q: f64| {
        let mut below = 0;
        let position = baseline.counts.iter().position(|count| {
            below += count;
            below as f64 >= q * baseline.n as f64
        });
        position.unwrap_or(0).min(edges.len().saturating_sub(1))
    };
    let (Some(low), Some(high)) = (edges.get(at(0.01)), edges.get(at(0.99))) else { return Vec::new() };
    let width = (high - low) / (BARS - 2) as f64;
    let mut cuts: Vec<usize> = (0..BARS - 1)
        .map(|i| {
            let wanted = low + width * i as f64;
            let after = edges.partition_point(|edge| *edge < wanted).min(edges.len() - 1);
            if after > 0 && (wanted - edges[after - 1]).abs() < (edges[after] - wanted).abs() { after - 1 } else { after }
        })
        .collect();
    cuts.dedup();
    let n = window.map_or(0, |window| window.n);
    let mut bars = Vec::with_capacity(cuts.len() + 1);
    for i in 0..=cuts.len() {
        // Bin `j` lies below edge `j`; a bar from cut a to cut b holds the bins a+1 to b.
        let first = if i == 0 { 0 } else { cuts[i - 1] + 1 };
        let end = cuts.get(i).map_or(baseline.counts.len(), |cut| cut + 1);
        let sum = |counts: &[u64]| counts.get(first..end.min(counts.len())).map_or(0, |part| part.iter().sum::<u64>());
        let (from, to) = ((i > 0).then(|| edges[cuts[i - 1]]), cuts.get(i).map(|cut| edges[*cut]));
        let label = match (from, to) {
            (None, Some(to)) => format!("under {}", number(to)),
            (Some(from), Some(to)) => format!("{} to {}", number(from), number(to)),
            (Some(from), None) => format!("{} and over", number(from)),
            (None, None) => "all".into(),
        };
        bars.push(BinShare {
            label,
            from,
            to,
            reference: share(sum(&baseline.counts), baseline.n),
            current: share(window.map_or(0, |window| sum(&window.counts)), n),
        });
    }
    // The outermost bars are there for what lies outside the reference; nothing there, nothing to draw.
    while bars.last().is_some_and(|bar| bar.reference == 0.0 && bar.current == 0.0) {
        bars.pop();
    }
    bars
}

fn categories(baseline: &CategoricalBaseline, window: Option<&CategoricalWindow>) -> Vec<BinShare> {
    let n = window.map_or(0, |window| window.n);
    let bar = |label: String, reference: u64, current: u64| BinShare {
        label,
        from: None,
        to: None,
        reference: share(reference, baseline.n),
        current: share(current, n),
    };
    let current = |i: usize| window.and_then(|window| window.counts.get(i)).copied().unwrap_or(0);
    let mut bars: Vec<BinShare> = baseline
        .categories
        .iter()
        .take(BARS)
        .enumerate()
        .map(|(i, (name, count))| bar(name.clone(), *count, current(i)))
        .collect();
    let rest: u64 = baseline.categories.iter().skip(BARS).map(|(_, count)| count).sum::<u64>() + baseline.other;
    let rest_now: u64 = (BARS..baseline.categories.len()).map(current).sum();
    if rest + rest_now > 0 {
        bars.push(bar("all others".into(), rest, rest_now));
    }
    if let Some(unseen) = window.map(|window| window.unseen_total).filter(|unseen| *unseen > 0) {
        bars.push(bar("new values".into(), 0, unseen));
    }
    bars
}

fn words_of_reference(reference: &Baseline, missing: f64) -> String {
    let what = match reference {
        Baseline::Numeric(numeric) => format!("mean {}", number(numeric.mean)),
        Baseline::Categorical(known) => known
            .categories
            .first()
            .map_or_else(String::new, |(name, n)| format!("mostly {name} ({})", percent(share(*n, known.n)))),
    };
    format!("{what}, {} missing", percent(missing))
}

fn words_of_window(reference: Option<&Baseline>, window: &Window) -> String {
    let what = match (reference, window) {
        (Some(Baseline::Numeric(baseline)), Window::Numeric(window)) if window.n > 0 => {
            // Sums are deviations from the anchor, in units of 2^unit.
            let mean = baseline.anchor + window.sums.iter().sum::<f64>() * f64::from(baseline.unit).exp2() / window.n as f64;
            format!("mean {}", number(mean))
        }
        (Some(Baseline::Categorical(known)), Window::Categorical(window)) if window.n > 0 => {
            let most = window.counts.iter().enumerate().max_by_key(|(_, count)| **count);
            most.and_then(|(i, count)| {
                known.categories.get(i).map(|(name, _)| format!("mostly {name} ({})", percent(share(*count, window.n))))
            })
            .unwrap_or_default()
        }
        _ => "no values".into(),
    };
    format!("{what}, {} missing", percent(window.missing_rate().unwrap_or(0.0)))
}
