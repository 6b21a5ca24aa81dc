//! From the counts of a chunk to its line: distances, verdicts, alerts.

use super::blocks::{middle, numbered_hour};
use super::chunk::{Chunk, Key};
use super::feature::{Count, Distances, Feature, short};
use super::judge::{self, Effects, Found, Levels, Running};
use super::line::{Alert, DistancesLine, FeatureLine, JointLine, Kind, Line, PredictionLine, QualityLine, Severity};
use super::options::Options;
use super::reference::Reference;
use super::rows::Dictionary;
use super::runs::{Chain, Past, Runs};
use super::truth::TruthWindow;
use contract::Millis;
use stats::bins::Window;
use stats::estimate::Trust;
use stats::evidence::Verdict;
use stats::usual::{Evidence, Stretch};
use std::collections::BTreeMap;

/// Rows under which nothing is judged.
const FEWEST_ROWS: u64 = 16;
/// How unusual the errors of the newest chunk have to be at least, where several are taken together.
const LEANS: f64 = 0.2;
/// How many times less evidence keeps such an alert going.
const ALREADY: f64 = 30.0;
/// Strength of a joint change that is worth a page.
const JOINT_PAGE: f64 = 0.4;
/// Loss of a share (accuracy, area) that matters, at the declared threshold of 0.15; and of an error, relative to itself.
const LOSS: f64 = 0.02;
const LOSS_OF_ERROR: f64 = 0.1;
/// An estimate is a conclusion: it has to show more.
const LOSS_ESTIMATED: f64 = 0.03;

/// What is carried from chunk to chunk.
pub struct Reporter {
    effects: Effects,
    runs: Runs,
    past: Vec<Past>,
    joint: Chain,
    errors: Past,
    trust: Trust,
    chunks: u64,
}

/// An alert before it is known since when it runs.
struct Raised {
    kind: Kind,
    feature: Option<String>,
    severity: Severity,
    start: String,
    reason: String,
}

/// A judged feature.
struct Looked {
    window: Window,
    distances: Option<Distances>,
    evidence: Evidence,
    found: Vec<Found>,
}

impl Reporter {
    pub fn new(options: &Options, reference: &Reference) -> Self {
        let watched = reference.features.len() + 2;
        Self {
            effects: Effects::new(options.threshold),
            runs: Runs::default(),
            past: (0..watched).map(|_| Past::default()).collect(),
            joint: Chain::default(),
            errors: Past::default(),
            trust: Trust::Insufficient,
            chunks: 0,
        }
    }

    /// The line of a chunk. Chunks come in their order.
    pub fn line(
        &mut self,
        options: &Options,
        reference: &mut Reference,
        chunk: Chunk,
        name: Option<String>,
        dictionaries: &[Dictionary],
    ) -> Line {
        let number = self.chunks;
        self.chunks += 1;
        let (start, end) = match (chunk.key, &options.chunks) {
            (Key::Start(Some(start)), super::options::Chunks::Period(length)) => (Some(start), Some(Millis(start.0 + length))),
            _ => (chunk.first, chunk.last),
        };
        let hour = name.as_deref().filter(|_| options.timestamp.is_none() && matches!(chunk.key, Key::Code(_)));
        let at = middle(chunk.first, chunk.last).or_else(|| numbered_hour(hour?));
        let words = start.map_or_else(|| format!("chunk {number}"), Millis::rfc3339);
        let mut raised = Vec::new();
        let mut features = Vec::with_capacity(reference.features.len());
        for (column, feature) in reference.features.iter().enumerate() {
            let count = &chunk.features[column];
            let look =
                self.look(column, reference, feature, count, &dictionaries[column], at, &words, Kind::FeatureDrift, &mut raised);
            features.push(feature_line(feature, &look));
        }
        let prediction = self.prediction(reference, &chunk, dictionaries, at, &words, &mut raised);
        let joint = self.joint(reference, &chunk, at, &words, &mut raised);
        let quality = self.quality(reference, &chunk, at, &words, &mut raised);
        if let Some(concept) = &mut reference.concept {
            chunk.errors.iter().for_each(|(error, arrival)| concept.add(*error, *arrival));
            let confirmed =
                |errors: &[f64]| reference.truth.as_ref().map_or(1.0, |t| t.errors_p(errors, at)) <= judge::STILL_WRONG;
            if let Some((now, before)) = concept.end_chunk(end, confirmed) {
                raised.push(Raised {
                    kind: Kind::ConceptDrift,
                    feature: None,
                    severity: Severity::Page,
                    start: words.clone(),
                    reason: format!(
                        "Errors have risen in the order of the predictions (ADWIN): {} on average, {} in the reference.",
                        short(now),
                        short(before)
                    ),
                });
            }
        }
        let found: Vec<_> = raised.iter().map(|r| (r.kind, r.feature.clone(), r.start.clone())).collect();
        let since = self.runs.advance(&found);
        let alerts = raised.into_iter().zip(since).map(|(raised, since)| {
            let Raised { kind, feature, severity, reason, .. } = raised;
            Alert { kind, feature, severity, since, reason }
        });
        Line {
            chunk: number,
            name,
            start: start.map(Millis::rfc3339),
            end: end.map(Millis::rfc3339),
            rows: chunk.rows,
            features,
            prediction,
            quality,
            joint,
            alerts: alerts.collect(),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place for all that is watched alike")]
    fn look(
        &mut self,
        slot: usize,
        reference: &Reference,
        feature: &Feature,
        count: &Count,
        dictionary: &Dictionary,
        at: Option<i64>,
        start: &str,
        kind: Kind,
        raised: &mut Vec<Raised>,
    ) -> Looked {
        let window = feature.window(count, dictionary);
        let distances = feature.distances(count, &window);
        let stretch = Stretch::of(&window, at);
        let name = (kind == Kind::FeatureDrift).then(|| feature.name.clone());
        let is_running = |kind| self.runs.is_running(kind, Some(&feature.name));
        let running = Running {
            values: self.runs.is_running(kind, name.as_deref()),
            missing: is_running(Kind::Missing),
            new: is_running(Kind::Unseen),
        };
        let mut views = self.past[slot].views(&feature.usual, &stretch);
        // Few rows alone say nothing, but with those of the chunks before they may.
        views.retain(|(chunks, _)| *chunks == 1 || stretch.rows() + self.past[slot].rows(chunks - 1) >= FEWEST_ROWS);
        let evidence = views[0].1;
        let distance = headline(distances.as_ref());
        let levels = Levels { only_merged: stretch.rows() < FEWEST_ROWS, ..reference.levels };
        let found = judge::feature(&views, distance, levels, self.effects, running, (kind, feature.is_numeric()), |cell| {
            feature.share(cell)
        });
        for one in &found {
            let seen = views.iter().find(|view| view.0 == one.chunks).map_or(evidence, |view| view.1);
            raised.push(Raised {
                kind: one.kind,
                feature: if one.kind == kind { name.clone() } else { Some(feature.name.clone()) },
                severity: one.severity,
                start: self.past[slot].start(one.chunks, start),
                reason: reason(feature, one, &seen, distances.as_ref(), &window, count, self.effects.threshold),
            });
        }
        if found.iter().any(|one| one.chunks == 1) {
            // What was told is told; later chunks have to speak for themselves.
            self.past[slot] = Past::default();
        } else {
            self.past[slot].push(stretch, start.to_owned());
        }
        Looked { window, distances, evidence, found }
    }

    fn prediction(
        &mut self,
        reference: &Reference,
        chunk: &Chunk,
        dictionaries: &[Dictionary],
        at: Option<i64>,
        start: &str,
        raised: &mut Vec<Raised>,
    ) -> Option<PredictionLine> {
        let slot = reference.features.len();
        let mut own = Vec::new();
        let mut look = |slot: usize, feature: &Option<Feature>, count: &Option<Count>, column: Option<usize>| {
            let (feature, count, column) = (feature.as_ref()?, count.as_ref()?, column?);
            let kind = Kind::PredictionDrift;
            Some(self.look(slot, reference, feature, count, &dictionaries[column], at, start, kind, &mut own))
        };
        let answer = look(slot, &reference.prediction, &chunk.prediction, reference.columns.prediction);
        let score = look(slot + 1, &reference.score, &chunk.score, reference.score_column());
        // Answers and scores move together: one alert says it.
        let mut has_drift = false;
        own.retain(|one| {
            let is_drift = one.kind == Kind::PredictionDrift;
            let is_second = is_drift && has_drift;
            has_drift |= is_drift;
            !is_second
        });
        raised.append(&mut own);
        let looked: Vec<&Looked> = [&answer, &score].into_iter().flatten().collect();
        let first = looked.first()?;
        let verdicts: Vec<&'static str> = looked.iter().map(|l| verdict(l, None)).collect();
        Some(PredictionLine {
            share: answer.as_ref().and_then(|l| shares(reference.prediction.as_ref()?, &l.window)),
            distances: answer.as_ref().and_then(|l| l.distances).map(DistancesLine),
            score_distances: score.as_ref().and_then(|l| l.distances).map(DistancesLine),
            verdict: if verdicts.contains(&"drift") { "drift" } else { verdicts[0] },
            p: looked.iter().map(|l| l.evidence.p).fold(first.evidence.p, f64::min),
        })
    }

    fn joint(
        &mut self,
        reference: &Reference,
        chunk: &Chunk,
        at: Option<i64>,
        start: &str,
        raised: &mut Vec<Raised>,
    ) -> Option<JointLine> {
        let (together, window) = (reference.together.as_ref()?, chunk.joint.as_ref()?);
        let running = self.runs.is_running(Kind::JointDrift, None);
        let found = together.judge(window, at, self.effects.threshold, reference.levels.joint(running));
        let pairs: Vec<String> = found
            .pairs
            .iter()
            .map(|p| format!("{} and {} (correlation {} instead of {})", p.first, p.second, short(p.current), short(p.reference)))
            .collect();
        let in_a_row = self.joint.together(found.p);
        let is_drift = found.verdict == Verdict::Drift
            || (found.strength >= self.effects.threshold && in_a_row <= reference.levels.merged());
        if is_drift {
            raised.push(Raised {
                kind: Kind::JointDrift,
                feature: None,
                severity: if found.strength >= JOINT_PAGE { Severity::Page } else { Severity::Warn },
                start: start.to_owned(),
                reason: format!(
                    "Features go together otherwise than in the reference, most of all {}; {} rows, {}.",
                    pairs.first().map_or("none", String::as_str),
                    found.n,
                    chance(found.p.min(in_a_row))
                ),
            });
        }
        Some(JointLine {
            score: found.strength,
            p: found.p,
            verdict: match found.verdict {
                _ if is_drift => "drift",
                Verdict::Insufficient => "insufficient",
                _ => "ok",
            },
            detectable_at_rows: (found.detectable_at_rows != stats::evidence::NEVER).then_some(found.detectable_at_rows),
            pairs: found.pairs,
        })
    }

    fn quality(
        &mut self,
        reference: &Reference,
        chunk: &Chunk,
        at: Option<i64>,
        start: &str,
        raised: &mut Vec<Raised>,
    ) -> Option<QualityLine> {
        let (truth, window) = (reference.truth.as_ref()?, chunk.truth.as_ref()?);
        let errors: Vec<f64> = chunk.errors.iter().map(|e| e.0).collect();
        let judged = truth.judge(window, &errors, chunk.rows, at, self.trust);
        self.trust = judged.trust.unwrap_or(self.trust);
        let scale = self.effects.threshold / 0.15;
        let matters = |now: f64, before: f64, measure: &str, share: f64| {
            let needed = if measure == "mae" { before.abs() * LOSS_OF_ERROR } else { share } * scale;
            (now - before).abs() >= needed
        };
        let names = [(Kind::Quality, judged.worse, LOSS), (Kind::Estimate, judged.expected_worse, LOSS_ESTIMATED)];
        for (kind, worse, share) in names {
            let level = reference.levels.alone(self.runs.is_running(kind, None));
            let Some(worse) = worse.filter(|w| w.p <= level && matters(w.now, w.before, w.measure, share)) else { continue };
            let measure = measure_name(worse.measure);
            let (severity, reason) = match kind {
                Kind::Quality => (
                    Severity::Page,
                    format!(
                        "{measure} is {}, {} in the reference; {} outcomes, {}.",
                        short(worse.now),
                        short(worse.before),
                        window.outcomes(),
                        chance(worse.p)
                    ),
                ),
                _ => (
                    Severity::Warn,
                    format!(
                        "{measure} is expected to be {}, {} in the reference: from the scores, before outcomes; {}.",
                        short(worse.now),
                        short(worse.before),
                        chance(worse.p)
                    ),
                ),
            };
            raised.push(Raised { kind, feature: None, severity, start: start.to_owned(), reason });
        }
        let is_told = raised.iter().any(|one| one.kind == Kind::Quality);
        raised.extend(self.errors_together(reference, window, at, start, is_told));
        Some(judged.line)
    }
}

impl Reporter {
    /// More wrong answers than usual over several chunks together, where one alone is too short to show it.
    fn errors_together(
        &mut self,
        reference: &Reference,
        window: &TruthWindow,
        at: Option<i64>,
        start: &str,
        is_told: bool,
    ) -> Option<Raised> {
        let truth = reference.truth.as_ref()?;
        let usual = truth.usual_errors()?;
        let stretch = Stretch { at, ..truth.error_stretch(window)? };
        let before = wrong(&truth.reference_errors()?);
        if is_told {
            self.errors = Past::default();
            return None;
        }
        let views = self.errors.views(usual, &stretch);
        let level = reference.levels.merged() * if self.runs.is_running(Kind::Quality, None) { ALREADY } else { 1.0 };
        let scale = self.effects.threshold / 0.15;
        // What is over is no alert: the newest chunk has to lean the same way.
        let leans = wrong(&stretch) > before && views.first().is_some_and(|(_, own)| own.p <= LEANS);
        let found = views.iter().skip(1).filter(|_| leans).find_map(|(chunks, evidence)| {
            let now = wrong(&self.errors.together(*chunks, &stretch));
            (evidence.p <= level && now - before >= LOSS * scale).then_some((*chunks, now, evidence.p))
        });
        let begin = found.map(|(chunks, ..)| self.errors.start(chunks, start));
        self.errors.push(stretch, start.to_owned());
        let ((chunks, now, p), start) = found.zip(begin)?;
        let reason = format!(
            "Accuracy is {} over {chunks} chunks, {} in the reference; {}.",
            short(1.0 - now),
            short(1.0 - before),
            chance(p)
        );
        Some(Raised { kind: Kind::Quality, feature: None, severity: Severity::Page, start, reason })
    }
}

/// Share of wrong answers.
fn wrong(stretch: &Stretch) -> f64 {
    stretch.counts.get(1).copied().unwrap_or(0) as f64 / stretch.n.max(1) as f64
}

fn measure_name(measure: &str) -> &'static str {
    match measure {
        "accuracy" => "Accuracy",
        "roc_auc" => "The area under the ROC curve",
        _ => "The mean absolute error",
    }
}

/// The distance that the threshold is declared for.
fn headline(distances: Option<&Distances>) -> f64 {
    match distances {
        Some(Distances::Numeric(d)) => d.wasserstein_over_std.unwrap_or(1.0),
        Some(Distances::Categorical(d)) => d.jensen_shannon,
        None => 0.0,
    }
}

fn verdict(look: &Looked, detectable: Option<u64>) -> &'static str {
    let rows = look.window.n() + look.window.missing();
    if !look.found.is_empty() {
        "drift"
    } else if rows < FEWEST_ROWS || detectable.is_some_and(|needed| look.window.n() < needed) {
        "insufficient"
    } else {
        "ok"
    }
}

fn feature_line(feature: &Feature, look: &Looked) -> FeatureLine {
    FeatureLine {
        feature: feature.name.clone(),
        kind: if feature.is_numeric() { "numeric" } else { "categorical" },
        missing_rate: look.window.missing_rate(),
        unseen_rate: look.window.unseen_rate().filter(|_| feature.knows_all()),
        out_of_range_rate: if let Window::Numeric(w) = &look.window { w.out_of_range_rate() } else { None },
        distances: look.distances.map(DistancesLine),
        verdict: verdict(look, Some(feature.detectable.unwrap_or(u64::MAX))),
        p: look.evidence.p,
        detectable_at_rows: feature.detectable,
    }
}

/// Share of each class among the predictions that there are.
fn shares(feature: &Feature, window: &Window) -> Option<BTreeMap<String, f64>> {
    let (stats::bins::Baseline::Categorical(baseline), Window::Categorical(window)) = (&feature.baseline, window) else {
        return None;
    };
    let share = |rows: u64| if window.n == 0 { 0.0 } else { rows as f64 / window.n as f64 };
    let known = baseline.categories.iter().zip(&window.counts).map(|((name, _), rows)| (name.clone(), share(*rows)));
    let new = window.unseen.iter().map(|(name, rows)| (name.clone(), share(*rows)));
    Some(known.chain(new).collect())
}

/// How sure, in words.
fn chance(p: f64) -> String {
    if p < 1e-12 { "p < 1e-12".into() } else { format!("p = {p:.0e}") }
}

fn percent(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

fn reason(
    feature: &Feature,
    found: &Found,
    evidence: &Evidence,
    distances: Option<&Distances>,
    window: &Window,
    count: &Count,
    threshold: f64,
) -> String {
    let together = if found.chunks > 1 { format!(" over {} chunks together", found.chunks) } else { String::new() };
    let tail = format!("{} rows, {}{together}", window.n() + window.missing(), chance(found.p));
    match found.kind {
        Kind::Missing => {
            let strange = if count.strange() > 0 {
                format!(" ({} of them texts where numbers were)", count.strange())
            } else {
                String::new()
            };
            format!("{} more missing values than in the reference{strange}; {tail}.", percent(evidence.missing_rise))
        }
        kind if kind == Kind::Unseen || found.is_outside => {
            let what = if feature.is_numeric() { "outside the range of the reference" } else { "that the reference never had" };
            let names = match window {
                Window::Categorical(w) if !w.unseen.is_empty() => {
                    format!(": {}", w.unseen.keys().take(3).map(|n| format!("“{n}”")).collect::<Vec<_>>().join(", "))
                }
                _ => String::new(),
            };
            format!("{} of the values are ones {what}{names}; {tail}.", percent(evidence.new_rise))
        }
        _ => {
            let distance = match distances {
                Some(Distances::Numeric(d)) => match d.wasserstein_over_std {
                    Some(w) => format!(
                        "{} standard deviations from the reference (Wasserstein; threshold {})",
                        short(w),
                        short(threshold)
                    ),
                    None => "other values than the one in the reference".to_owned(),
                },
                Some(Distances::Categorical(d)) => {
                    format!("{} from the reference (Jensen-Shannon; threshold {})", short(d.jensen_shannon), short(threshold))
                }
                None => "no values".to_owned(),
            };
            let cell = evidence.cell.filter(|(_, change)| change.abs() >= 0.005).map_or_else(String::new, |(cell, change)| {
                let way = if change > 0.0 { "more" } else { "fewer" };
                format!(", {} {way} of {}", percent(change.abs()), feature.cell_name(cell))
            });
            format!("{distance}{cell}; {tail}.")
        }
    }
}
