//! The drift page of a deployment: every feature over time, one of them in full, and the predictions.

use super::findings::{self, Finding, PredictionFinding, by_chance, distance_words, measure_name, verdict};
use super::read::{self, Feats, Ops};
use super::selected;
use super::window::Features;
use super::{attribution, changes_of, fleet, head, shares, spans, whole_rows};
use crate::deployments::{Known, KnownVersion};
use crate::words::{count, counted, number, percent, rarity};
use crate::{Actor, Ctx, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::views::drift::{Cell, DriftView, FeatureRow, JointDrift, PairLine, PredictionDrift};
use contract::views::parts::{Answer, Link};
use contract::{DeploymentName, Millis, Verdict, urls};
use stats::evidence::Verdict as Judged;
use stats::joint::JointFinding;
use std::collections::BTreeMap;

/// Columns of the heat map.
const COLUMNS: usize = 24;

pub async fn drift(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange, feature: Option<&str>) -> Outcome<DriftView> {
    let view = drift_now(cx, who, name, range, feature).await?;
    let known = cx.book.get(name).filter(|known| known.stable_version().is_some_and(|stable| stable.baseline.is_some()));
    let budget = match known {
        Some(known) => format!("{} {}", super::head::budget(cx, &known).await?, course_words(&known)).trim().to_owned(),
        None => String::new(),
    };
    Ok(DriftView { budget, ..view })
}

/// Whether it is known how the features vary in time, and what to do where it is not.
fn course_words(known: &Known) -> String {
    let baseline = known.stable_version().and_then(|stable| stable.baseline.as_ref());
    match baseline.and_then(|baseline| baseline.usual.as_ref()) {
        Some(usual) => {
            let told_apart = usual.features.values().filter(|usual| usual.season().is_some()).count();
            let apart = match told_apart {
                0 => "no feature differs by the time of day or week".to_owned(),
                n => format!("{} are compared with the training data of the same times", counted(n as u64, "feature")),
            };
            format!("“{}” says when the training data were: {apart}.", usual.column)
        }
        None => "It is not known when the rows of the training data were, so that a daily course counts as drift: give the next version \
                 reference data with a column of times."
            .into(),
    }
}

/// The same without what the rules would have done over the past, which is for a page and too dear for the metrics of all deployments.
pub async fn drift_now(
    cx: &Ctx,
    who: &Actor,
    name: &DeploymentName,
    range: TimeRange,
    feature: Option<&str>,
) -> Outcome<DriftView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, range).await?;
    let range = head.range();
    let span = spans::for_features(range, cx.now());
    let (bucket, windows) = spans::buckets(range, span, COLUMNS);
    let changes = changes_of(cx, name, range).await?;
    let Some(stable) = known.stable_version().filter(|stable| stable.baseline.is_some()) else {
        let answer = nothing(&known);
        let prediction = PredictionDrift {
            title: "Predictions".into(),
            reference: None,
            current: None,
            state: State::Unknown,
            sentence: answer.sentence.clone(),
            over_time: Vec::new(),
        };
        let threshold = known.settings.drift_threshold;
        return Ok(DriftView {
            head,
            answer,
            threshold,
            span: bucket,
            windows,
            features: Vec::new(),
            selected: None,
            prediction,
            joint: None,
            budget: String::new(),
            changes,
        });
    };
    let (_, kept) = read::features(cx, name, range).await?;
    let mine: Vec<&Feats> = kept.iter().filter(|window| window.version == stable.version && read::is_live(window.arm)).collect();
    let by_bucket = read::features_by_bucket(mine.iter().copied(), bucket);
    let now = fleet::stable_features(cx, &known, stable).await?;
    let current = findings::findings(&known.settings, stable, &now);
    let over_time = judged(&known, stable, &by_bucket);
    let weights = weights(cx, &known, stable).await?;
    let current = ranked(current, &weights);
    let features: Vec<FeatureRow> = current.iter().map(|finding| row(&known, finding, &windows, &over_time, &weights)).collect();
    let chosen = feature.and_then(|name| current.iter().find(|finding| finding.feature == name)).or(current.first());
    let mut selected = chosen.map(|finding| selected::selected(cx, stable, finding, &now, &windows, &over_time));
    if let (Some(selected), Some(finding)) = (&mut selected, chosen) {
        selected.importance = weights.get(&finding.feature).copied();
        selected.attribution = attribution::attribution(cx, &known, stable, finding, selected, bucket).await?;
    }
    let (operations_span, operations) = read::operations(cx, name, range).await?;
    let prediction = prediction(cx, &known, stable, range, operations_span, &operations, &now).await?;
    Ok(DriftView {
        head,
        answer: answer(&known, &current, &prediction),
        threshold: known.settings.drift_threshold,
        span: bucket,
        windows,
        features,
        selected,
        prediction,
        joint: findings::joint_finding(&known.settings, stable, &now.rows).map(|finding| joint(stable, &finding)),
        budget: String::new(),
        changes,
    })
}

/// Share of each feature in what the inputs do for the version's quality, as its gates measured it; empty where they did not.
async fn weights(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<BTreeMap<String, f64>> {
    let report = crate::gates::report(cx, &known.model, stable.version).await?;
    let inputs = report.map(|(_, report)| report.inputs).unwrap_or_default();
    Ok(inputs.into_iter().map(|input| (input.name, input.candidate.max(0.0))).collect())
}

/// Drift first; within the same verdict by distance times importance, where the importance is known.
fn ranked(mut findings: Vec<Finding>, weights: &BTreeMap<String, f64>) -> Vec<Finding> {
    if weights.values().any(|weight| *weight > 0.0) {
        // What the model hardly looks at still counts a little: what it looks at may be wrong.
        let least = 0.1 / weights.len().max(1) as f64;
        let impact = |finding: &Finding| {
            let weight = weights.get(&finding.feature).copied().unwrap_or(0.0).max(least);
            let far = |one: &stats::evidence::DriftFinding| one.distance / one.threshold.max(1e-12);
            let parts = finding.parts().filter(|(_, one)| verdict(one) == finding.verdict());
            parts.map(|(_, one)| far(one)).fold(0.0, f64::max) * weight
        };
        let rank = |finding: &Finding| match finding.verdict() {
            Verdict::Fail => 2,
            Verdict::Pass => 1,
            Verdict::Insufficient => 0,
        };
        // Stable: what weighs the same stays in the order of the distance.
        findings.sort_by(|a, b| rank(b).cmp(&rank(a)).then(impact(b).total_cmp(&impact(a))));
    }
    findings
}

fn joint(stable: &KnownVersion, finding: &JointFinding) -> JointDrift {
    let pair = finding.pairs.first().map_or(String::new(), |pair| {
        format!(
            " Most changed: {} and {}, {} now and {} in the training data.",
            pair.first,
            pair.second,
            number(pair.current),
            number(pair.reference)
        )
    });
    let strength =
        format!("{} over {} rows; the limit is {}", number(finding.strength), count(finding.n), number(finding.threshold));
    let (state, sentence) = match finding.verdict {
        Judged::Drift => (
            State::Bad,
            format!(
                "Features do not go together as they did: {strength}. By chance alone that happens {}.{pair}",
                rarity(finding.p)
            ),
        ),
        Judged::Ok => (State::Ok, format!("Features go together as in the training data: changed by {strength}.")),
        Judged::Insufficient if finding.detectable_at_rows == stats::evidence::NEVER => (
            State::Unknown,
            format!("{} rows; the training data vary too much for a change to be told from chance.", count(finding.n)),
        ),
        Judged::Insufficient => (
            State::Unknown,
            format!("{} rows; a change can be told from chance from {} on.", count(finding.n), count(finding.detectable_at_rows)),
        ),
    };
    let columns = stable.baseline.as_ref().and_then(|baseline| baseline.joint.as_ref());
    let every = columns.map_or(1, whole_rows::every);
    let rows = if every == 1 {
        "Every row is counted, up to some 500 a second".to_owned()
    } else {
        format!("One row in {every} is counted")
    };
    JointDrift {
        state,
        sentence,
        strength: finding.strength,
        threshold: finding.threshold,
        rows: finding.n,
        pairs: finding
            .pairs
            .iter()
            // Without a verdict, the largest of many differences is no more than the largest.
            .filter(|_| finding.verdict != Judged::Insufficient)
            .map(|pair| PairLine {
                first: pair.first.clone(),
                second: pair.second.clone(),
                reference: pair.reference,
                current: pair.current,
            })
            .collect(),
        method: format!(
            "Correlations of ranks of {} columns, all pairs at once. {rows}.",
            columns.map_or(0, |joint| joint.columns.len())
        ),
    }
}

/// Findings of every bucket, by feature.
pub type OverTime = BTreeMap<Millis, BTreeMap<String, Finding>>;

fn judged(known: &Known, stable: &KnownVersion, by_bucket: &BTreeMap<Millis, Features>) -> OverTime {
    let of = |features| {
        findings::findings(&known.settings, stable, features)
            .into_iter()
            .map(|finding| (finding.feature.clone(), finding))
            .collect()
    };
    by_bucket.iter().map(|(at, features)| (*at, of(features))).collect()
}

fn cell(finding: &Finding) -> Cell {
    let rows = finding.distance.n;
    Cell { distance: (rows > 0).then_some(finding.distance.distance), verdict: finding.verdict(), rows }
}

fn row(
    known: &Known,
    finding: &Finding,
    windows: &[Millis],
    over_time: &OverTime,
    weights: &BTreeMap<String, f64>,
) -> FeatureRow {
    let empty = Cell { distance: None, verdict: Verdict::Insufficient, rows: 0 };
    FeatureRow {
        feature: finding.feature.clone(),
        url: urls::drift_feature(&known.name, &finding.feature),
        measure: measure_name(finding.distance.measure).into(),
        now: cell(finding),
        cells: windows
            .iter()
            .map(|at| over_time.get(at).and_then(|found| found.get(&finding.feature)).map_or_else(|| empty.clone(), cell))
            .collect(),
        wrong: finding.wrong().first().map(|(kind, _)| wrong(*kind).to_owned()).unwrap_or_default(),
        importance: weights.get(&finding.feature).copied(),
    }
}

/// What is wrong with a feature, in a few words.
fn wrong(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Stuck => "Stands still",
        AlertKind::Missing => "Missing more often",
        AlertKind::Unseen => "Has new values",
        AlertKind::OutOfRange => "Outside its range",
        _ => "Drifted",
    }
}

/// What has happened to one feature, as a headline.
pub(super) fn happened(finding: &Finding) -> String {
    let name = &finding.feature;
    match finding.wrong().first().map(|(kind, _)| *kind) {
        Some(AlertKind::Stuck) => format!("{name} stands still"),
        Some(AlertKind::Missing) => format!("{name} is missing more often"),
        Some(AlertKind::Unseen) => format!("{name} has values that it did not have"),
        Some(AlertKind::OutOfRange) => format!("{name} lies outside the range of the training data"),
        _ if finding.told_change().is_some() => format!("{name} has changed in part"),
        _ => format!("{name} has drifted"),
    }
}

fn nothing(known: &Known) -> Answer {
    let (headline, sentence) = match known.stable {
        None => ("Serves nothing yet", "Drift is judged once a version answers.".to_owned()),
        Some(version) => (
            "Drift cannot be judged",
            format!("Version {version} was registered without reference data, so there is nothing to compare with."),
        ),
    };
    Answer { state: State::Unknown, headline: headline.into(), sentence, link: None }
}

fn answer(known: &Known, current: &[Finding], prediction: &PredictionDrift) -> Answer {
    let window = contract::time::span_words(i64::try_from(known.settings.drift_window_s).unwrap_or(i64::MAX / 1_000) * 1_000);
    let drifted: Vec<&Finding> = current.iter().filter(|finding| finding.verdict() == Verdict::Fail).collect();
    let link =
        |finding: &Finding| Some(Link { text: finding.feature.clone(), url: urls::drift_feature(&known.name, &finding.feature) });
    match (&drifted[..], current.first()) {
        ([worst, rest @ ..], _) => Answer {
            // Inputs alone are something to watch; answers that have changed with them are bad.
            state: if prediction.state == State::Bad { State::Bad } else { State::Watch },
            headline: match rest.len() {
                0 => happened(worst),
                1 => format!("{} and {} have drifted", worst.feature, rest[0].feature),
                n => format!("{} and {n} other features have drifted", worst.feature),
            },
            sentence: format!("{} {}", evidence(worst), prediction.sentence),
            link: link(worst),
        },
        ([], Some(worst))
            if worst.verdict() == Verdict::Insufficient
                && current.iter().all(|finding| finding.verdict() == Verdict::Insufficient) =>
        {
            Answer {
                state: State::Unknown,
                headline: "Not enough rows to judge drift".into(),
                sentence: format!(
                    "{} rows in the last {window}; a distance of {} can be told from chance {}.",
                    count(worst.distance.n),
                    number(worst.distance.threshold),
                    worst
                        .distance
                        .detectable()
                        .map_or_else(|| "at no number of rows".into(), |rows| format!("from {} rows on", count(rows)))
                ),
                link: None,
            }
        }
        ([], Some(worst)) => Answer {
            state: State::Ok,
            headline: "Inputs look like the training data".into(),
            sentence: format!(
                "No feature is above its limit in the last {window}; the largest is {} at {}.{} {}",
                worst.feature,
                number(worst.distance.distance),
                unjudged(current),
                prediction.sentence
            ),
            link: None,
        },
        ([], None) => nothing(known),
    }
}

/// How many features cannot be judged yet, said only where there are some.
fn unjudged(current: &[Finding]) -> String {
    match current.iter().filter(|finding| finding.verdict() == Verdict::Insufficient).count() {
        0 => String::new(),
        n => format!(" {} of {} cannot be judged on so few rows.", n, current.len()),
    }
}

/// Distance, limit, rows, and how rare that is when nothing has changed.
pub fn evidence(finding: &Finding) -> String {
    if let Some((kind, part)) = finding.wrong().first().filter(|(kind, _)| *kind != AlertKind::FeatureDrift) {
        let (by, rows) = (percent(part.distance), count(part.n));
        let what = match (kind, &finding.stuck) {
            (AlertKind::Stuck, Some((value, _))) => {
                format!("All {rows} rows have the value {}, and {by} of the training data have another.", number(*value))
            }
            (AlertKind::Missing, _) => format!("The share of missing values rose by {by} over {rows} rows."),
            (AlertKind::OutOfRange, _) => {
                format!("{by} of the values over {rows} rows lie outside the range of the training data.")
            }
            _ => format!("The share of new values rose by {by} over {rows} rows."),
        };
        return format!("{what} By chance alone that happens {}.", rarity(part.p));
    }
    let one = &finding.distance;
    if let Some(changed) = finding.told_change() {
        return format!(
            "{} over {} rows. {} that happens {}. {} is below its limit of {}.",
            changed.words,
            count(changed.finding.n),
            by_chance(finding),
            rarity(changed.finding.p),
            finding.words(one),
            number(one.threshold)
        );
    }
    let base = format!("{} over {} rows; the limit is {}.", finding.words(one), count(one.n), number(one.threshold));
    match verdict(one) {
        Verdict::Fail => format!("{base} {} that happens {}.", by_chance(finding), rarity(one.p)),
        Verdict::Pass => base,
        Verdict::Insufficient => match one.detectable() {
            Some(rows) => format!("{base} That could be chance: it can be told from {} rows on.", count(rows)),
            None => format!("{base} The reference is too small to tell that from chance."),
        },
    }
}

async fn prediction(
    cx: &Ctx,
    known: &Known,
    stable: &KnownVersion,
    range: TimeRange,
    span: i64,
    operations: &[Ops],
    now: &Features,
) -> Outcome<PredictionDrift> {
    let window = i64::try_from(known.settings.drift_window_s).unwrap_or(i64::MAX / 1_000) * 1_000;
    let (_, recent) = read::operations(cx, &known.name, super::last(cx, window)).await?;
    let counts = read::sum(recent.iter().filter(|ops| ops.version == stable.version && read::is_live(ops.arm))).counts;
    let (title, over_time) = shares::over_time(known, stable, range, span, operations);
    let share = |(k, n): (u64, u64)| (n > 0).then(|| k as f64 / n as f64);
    let score = findings::score_finding(&known.settings, stable, now).filter(|score| score.n > 0);
    let score_words =
        score.map_or(String::new(), |score| format!(" The score is {}.", distance_words(score.measure, score.distance)));
    let score_state = score.map_or(State::Ok, |score| State::from(verdict(&score)));
    Ok(match findings::prediction_finding(known, stable, &counts, now) {
        Some(PredictionFinding::Share { class, now, reference, p, level }) => {
            let (current, before) = (share(now), share(reference));
            let margin = known.settings.alert_limits.share_margin;
            let moved = current.zip(before).is_some_and(|(now, before)| (now - before).abs() >= margin && p <= level);
            let state = match current {
                None => State::Unknown,
                Some(_) if moved || score_state == State::Bad => State::Bad,
                Some(_) => State::Ok,
            };
            let sentence = match (current, before) {
                (Some(current), Some(before)) if moved => {
                    format!(
                        "The share of “{class}” is {}, and {} for the reference data; by chance that happens {}.",
                        percent(current),
                        percent(before),
                        rarity(p)
                    )
                }
                (Some(current), Some(before)) => {
                    format!("The share of “{class}” is {}, and {} for the reference data.", percent(current), percent(before))
                }
                _ => "No predictions to judge.".into(),
            };
            let sentence = format!("{sentence}{score_words}");
            PredictionDrift { title, reference: before, current, state, sentence, over_time }
        }
        Some(PredictionFinding::Value { now, reference, finding }) => PredictionDrift {
            title,
            reference: Some(reference),
            current: (finding.n > 0).then_some(now),
            state: State::from(verdict(&finding)),
            sentence: format!("The mean prediction is {}, and {} for the reference data.", number(now), number(reference)),
            over_time,
        },
        None => PredictionDrift {
            title,
            reference: None,
            current: None,
            state: State::Unknown,
            sentence: "The predictions for the reference data are not known.".into(),
            over_time,
        },
    })
}
