//! The limits that people choose: where each stands in the settings, what may be chosen, and its rule in words. Pure.

use crate::compare::Effects;
use crate::words::{fine_ms, ms, number, percent};
use contract::alerting::AlertLimits;
use contract::deployment::DeploymentSettings;
use contract::time::{SECOND, span_words};
use contract::views::monitors::{Limit, LimitUnit};

/// The shared settings of all rules about drift.
pub const BUDGET: &str = "alert_budget";
pub const WINDOW: &str = "drift_window";

/// One limit of a deployment.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    /// The rule that it belongs to.
    pub monitor: &'static str,
    unit: LimitUnit,
    least: f64,
    most: f64,
    place: fn(&mut DeploymentSettings) -> Place<'_>,
}

/// Where a limit is kept.
enum Place<'a> {
    Number(&'a mut f64),
    Whole(&'a mut u64),
}

const SHARES: (f64, f64) = (0.0001, 0.9999);

/// Every limit that can be chosen.
pub const CHOSEN: [Chosen; 12] = [
    share("feature_drift", LimitUnit::Distance, (0.01, 10.0), |s| Place::Number(&mut s.drift_threshold)),
    share("missing", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.missing_rise)),
    share("unseen", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.unseen_rise)),
    share("out_of_range", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.out_of_range_rise)),
    share("stuck", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.stuck_share)),
    share("prediction_drift", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.share_margin)),
    share("errors", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.error_share)),
    share("latency", LimitUnit::Milliseconds, (0.01, 600_000.0), |s| Place::Number(&mut s.p99_limit_ms)),
    share("degraded", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.degraded_share)),
    share("quality", LimitUnit::Share, SHARES, |s| Place::Number(&mut s.alert_limits.quality_margin)),
    share(BUDGET, LimitUnit::PerWeek, (0.001, 1_000.0), |s| Place::Number(&mut s.alert_budget_per_week)),
    share(WINDOW, LimitUnit::Seconds, (60.0, 7.0 * 86_400.0), |s| Place::Whole(&mut s.drift_window_s)),
];

const fn share(
    monitor: &'static str,
    unit: LimitUnit,
    (least, most): (f64, f64),
    place: fn(&mut DeploymentSettings) -> Place<'_>,
) -> Chosen {
    Chosen { monitor, unit, least, most, place }
}

impl Chosen {
    pub fn of(monitor: &str) -> Option<&'static Chosen> {
        CHOSEN.iter().find(|chosen| chosen.monitor == monitor)
    }

    pub fn get(&self, settings: &DeploymentSettings) -> f64 {
        match (self.place)(&mut settings.clone()) {
            Place::Number(number) => *number,
            Place::Whole(whole) => *whole as f64,
        }
    }

    /// The settings with this limit; `None` if it is not one that may be chosen.
    pub fn with(&self, settings: &DeploymentSettings, value: f64) -> Option<DeploymentSettings> {
        if !(self.least..=self.most).contains(&value) {
            return None;
        }
        let mut settings = settings.clone();
        match (self.place)(&mut settings) {
            Place::Number(number) => *number = value,
            Place::Whole(whole) => *whole = value.round() as u64,
        }
        Some(settings)
    }

    pub fn limit(&self, settings: &DeploymentSettings) -> Limit {
        let otherwise = self.get(&DeploymentSettings::new(settings.model.clone()));
        Limit { value: self.get(settings), otherwise, least: self.least, most: self.most, unit: self.unit }
    }

    /// A limit as it is said: `5.0%`, `50 ms`, `0.15`.
    pub fn said(&self, value: f64) -> String {
        match self.unit {
            LimitUnit::Share => percent(value),
            LimitUnit::Distance => number(value),
            LimitUnit::Milliseconds => fine_ms(value),
            LimitUnit::PerWeek => format!("{} a week", number(value)),
            LimitUnit::Seconds => span_words(value as i64 * SECOND),
        }
    }
}

/// When a rule fires, as a sentence.
pub fn words(monitor: &str, settings: &DeploymentSettings) -> String {
    let AlertLimits {
        error_share,
        degraded_share,
        quality_margin,
        missing_rise,
        unseen_rise,
        out_of_range_rise,
        stuck_share,
        share_margin,
    } = settings.alert_limits;
    // Where the training data have none, less is enough until somebody chooses.
    let or = |chosen: f64, otherwise: f64, floor: f64| {
        if chosen == otherwise { format!("; where the training data have none, in {}", percent(floor)) } else { String::new() }
    };
    let (otherwise, effects) = (AlertLimits::default(), Effects::new(settings.drift_threshold));
    let window = span_words(i64::try_from(settings.drift_window_s).unwrap_or(i64::MAX / SECOND) * SECOND);
    match monitor {
        "feature_drift" => format!(
            "A feature lies {} or more standard deviations (Wasserstein; for categories Jensen-Shannon) from the training data over the last {window}, and chance does not explain it.",
            number(settings.drift_threshold)
        ),
        "missing" => format!(
            "A feature is missing in {} more of the rows than in the training data over the last {window}, beyond chance{}.",
            percent(missing_rise),
            or(missing_rise, otherwise.missing_rise, effects.missing)
        ),
        "unseen" => format!(
            "A feature has values that the training data did not have in {} of the rows over the last {window}, beyond chance{}.",
            percent(unseen_rise),
            or(unseen_rise, otherwise.unseen_rise, effects.new)
        ),
        "out_of_range" => format!(
            "A number lies outside the range of the training data in {} of the rows over the last {window}, beyond chance{}.",
            percent(out_of_range_rise),
            or(out_of_range_rise, otherwise.out_of_range_rise, effects.new)
        ),
        "stuck" => format!(
            "A number has one and the same value in all rows of the last {window}, and {} of the training data have another.",
            percent(stuck_share)
        ),
        "prediction_drift" => format!(
            "The share of a predicted class is {} away from the reference over the last {window}, beyond chance. Twice as far is bad.",
            percent(share_margin)
        ),
        "errors" => format!(
            "{} of the requests of five minutes fail, with 99% certainty. Five times as many is bad.",
            percent(error_share)
        ),
        "latency" => format!(
            "The 99th percentile of five minutes is above {}, with 99% certainty. Twice as long is bad.",
            ms(settings.p99_limit_ms)
        ),
        "degraded" => format!(
            "{} of the requests of five minutes are answered by something else than the model, with 99% certainty. Ten times as many is bad.",
            percent(degraded_share)
        ),
        "quality" => format!(
            "Accuracy over the outcomes of seven days, with its whole 95% interval, is more than {} below its value on held-back data; for errors with a unit, {} above it.",
            percent(quality_margin),
            percent(2.0 * quality_margin)
        ),
        "joint_drift" => format!("Features no longer go together as in the training data over the last {window}, beyond chance."),
        "estimate" => {
            format!("Quality is expected to be worse over the last {window}, by an estimate that outcomes have not contradicted.")
        }
        "concept_drift" => "The errors of live answers have become more, in the order of the predictions.".into(),
        "error_budget" => "An objective's error budget goes too fast over a long and a short window at once.".into(),
        "stale" => "The model, its outcomes or its data are older than their limits.".into(),
        "resources" => "Processor, memory, disk or a queue is nearly full.".into(),
        "recording_drops" => "An answered request is missing from monitoring because recording could not keep up.".into(),
        "rolled_back" => "A rollout is rolled back, by its guardrails or by somebody.".into(),
        "traffic_split" => "The two arms of a rollout do not get the shares of requests that they should.".into(),
        BUDGET => format!(
            "How sure every rule about drift is: together they fire {} by chance at most. Fewer needs more evidence.",
            if settings.alert_budget_per_week == 1.0 {
                "once a week".into()
            } else {
                format!("{} times a week", number(settings.alert_budget_per_week))
            }
        ),
        WINDOW => format!("How long every rule about drift looks back: {window}. Longer sees smaller changes, later."),
        _ => "It fires by itself; there is nothing to choose.".into(),
    }
}

/// What a rule is called.
pub fn name(monitor: &str) -> String {
    match monitor {
        BUDGET => "False alarms".into(),
        WINDOW => "Window of drift".into(),
        kind => contract::views::alerts::AlertKind::parse(kind)
            .map_or_else(|| kind.to_owned(), contract::views::alerts::AlertKind::name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_read_written_and_bounded() {
        let settings = DeploymentSettings::new("churn".into());
        for chosen in CHOSEN {
            let limit = chosen.limit(&settings);
            assert_eq!(limit.value, limit.otherwise, "{}", chosen.monitor);
            assert!(limit.least <= limit.value && limit.value <= limit.most, "{}", chosen.monitor);
            let twice = limit.value * 2.0;
            let changed = chosen.with(&settings, twice).unwrap();
            assert_eq!(chosen.get(&changed), twice, "{}", chosen.monitor);
            assert_ne!(words(chosen.monitor, &changed), words(chosen.monitor, &settings), "{}", chosen.monitor);
            for bad in [limit.least / 2.0, limit.most * 2.0, f64::NAN, -1.0] {
                assert!(chosen.with(&settings, bad).is_none(), "{} {bad}", chosen.monitor);
            }
            let typed = limit.typed(limit.value);
            assert!((limit.meant(typed) - limit.value).abs() < 1e-9);
        }
        let said = |monitor: &str| {
            let chosen = Chosen::of(monitor).unwrap();
            chosen.said(chosen.get(&settings))
        };
        assert_eq!((said("errors"), said("latency"), said(WINDOW)), ("1.0%".into(), "50 ms".into(), "1 h".into()));
    }
}
