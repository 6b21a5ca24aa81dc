//! Whether a deployment's settings can be meant.

use contract::deployment::DeploymentSettings;
use contract::{FieldError, Problem};

/// `Invalid` with every field that is wrong.
pub fn check(settings: &DeploymentSettings) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut must = |holds: bool, field: &str, message: &str| {
        if !holds {
            errors.push(FieldError { field: field.into(), message: message.into() });
        }
    };
    let positive = |x: f64| x.is_finite() && x > 0.0;
    must(
        positive(settings.p99_limit_ms) && settings.p99_limit_ms <= 600_000.0,
        "p99_limit_ms",
        "The limit is above 0 and at most 600,000 ms.",
    );
    must((1..=4_096).contains(&settings.max_batch), "max_batch", "A batch has 1 to 4,096 rows.");
    must((1..=1_000_000).contains(&settings.queue_rows), "queue_rows", "1 to 1,000,000 rows may wait.");
    must(
        settings.latency_budget_ms.is_none_or(|budget| positive(budget) && budget <= 600_000.0),
        "latency_budget_ms",
        "The budget is above 0 and at most 600,000 ms; leave it out to use p99_limit_ms.",
    );
    must((1..=16).contains(&settings.priority_levels), "priority_levels", "There are 1 to 16 levels of priority.");
    must(positive(settings.drift_threshold), "drift_threshold", "The threshold is above 0.");
    must(positive(settings.alert_budget_per_week), "alert_budget_per_week", "The alert budget is above 0.");
    must(
        (60..=7 * 86_400).contains(&settings.drift_window_s),
        "drift_window_s",
        "The window is between a minute and a week, in seconds.",
    );
    must(settings.fallback.len() <= 8, "fallback", "A fallback chain has at most eight links.");
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(Problem { errors: errors.clone(), ..Problem::invalid(first.message.clone()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_named() {
        let good = DeploymentSettings::new("churn".into());
        assert!(check(&good).is_ok());
        for (bad, field) in [
            (DeploymentSettings { p99_limit_ms: 0.0, ..good.clone() }, "p99_limit_ms"),
            (DeploymentSettings { p99_limit_ms: f64::NAN, ..good.clone() }, "p99_limit_ms"),
            (DeploymentSettings { max_batch: 0, ..good.clone() }, "max_batch"),
            (DeploymentSettings { queue_rows: 0, ..good.clone() }, "queue_rows"),
            (DeploymentSettings { latency_budget_ms: Some(-1.0), ..good.clone() }, "latency_budget_ms"),
            (DeploymentSettings { priority_levels: 0, ..good.clone() }, "priority_levels"),
            (DeploymentSettings { priority_levels: 17, ..good.clone() }, "priority_levels"),
            (DeploymentSettings { drift_threshold: -0.1, ..good.clone() }, "drift_threshold"),
            (DeploymentSettings { drift_window_s: 10, ..good.clone() }, "drift_window_s"),
        ] {
            assert_eq!(check(&bad).unwrap_err().errors[0].field, field);
        }
    }
}
