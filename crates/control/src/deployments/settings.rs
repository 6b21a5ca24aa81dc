//! Whether a deployment's settings can be meant.

use crate::words::capital;
use contract::deployment::{DeploymentSettings, Fallback};
use contract::{Contract, FieldError, Problem};
use serving::routing::fits;

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
    let limits = &settings.alert_limits;
    for (name, share) in [
        ("error_share", limits.error_share),
        ("degraded_share", limits.degraded_share),
        ("quality_margin", limits.quality_margin),
        ("missing_rise", limits.missing_rise),
        ("unseen_rise", limits.unseen_rise),
        ("out_of_range_rise", limits.out_of_range_rise),
        ("stuck_share", limits.stuck_share),
        ("share_margin", limits.share_margin),
    ] {
        must(share > 0.0 && share < 1.0, &format!("alert_limits.{name}"), "A share is above 0 and below 1, as in 0.05 for 5%.");
    }
    let runbook = settings.runbook_url.as_str();
    let is_address =
        (runbook.starts_with("https://") || runbook.starts_with("http://")) && !runbook.contains(char::is_whitespace);
    must(
        runbook.is_empty() || (is_address && runbook.len() <= 2_000),
        "runbook_url",
        "A runbook is a web address, as in https://wiki.example/churn.",
    );
    for (field, share) in [("slo_availability", settings.slo_availability), ("slo_latency", settings.slo_latency)] {
        must((0.5..=0.999_999).contains(&share), field, "An objective is a share between 0.5 and 0.999999.");
    }
    let stale = settings.stale;
    for (field, days) in [
        ("stale.model_days", stale.model_days),
        ("stale.label_days", stale.label_days),
        ("stale.training_days", stale.training_days),
        ("stale.data_run_days", stale.data_run_days),
    ] {
        must(days <= 3_650, field, "A limit is at most 3,650 days; 0 turns it off.");
    }
    must(settings.fallback.len() <= 8, "fallback", "A fallback chain has at most eight links.");
    let chain = &settings.fallback;
    if let Some(cache) = settings.cache {
        must(
            (1..=7 * 86_400_000).contains(&cache.ttl_ms),
            "cache.ttl_ms",
            "An answer stands for 1 ms to a week, in milliseconds.",
        );
        must(
            (65_536..=17_179_869_184).contains(&cache.max_bytes),
            "cache.max_bytes",
            "The cache takes between 64 KiB and 16 GiB, in bytes.",
        );
    }
    for (i, link) in chain.iter().enumerate() {
        match link {
            Fallback::Rule { rule } => {
                if let Err(error) = rule.check() {
                    must(false, &format!("fallback[{i}].rule"), &sentence(&error.to_string()));
                }
            }
            Fallback::Cache => must(
                settings.cache.is_some(),
                &format!("fallback[{i}]"),
                "A kept answer can stand in only where answers are kept: declare `cache` with `ttl_ms` and `max_bytes` too.",
            ),
            Fallback::Default { score, .. } => must(
                score.is_none_or(|score| (0.0..=1.0).contains(&score)),
                &format!("fallback[{i}].score"),
                "A score is between 0 and 1.",
            ),
            Fallback::Previous { .. } => {}
        }
    }
    problem(errors)
}

/// `Invalid` with every link of the fallback chain that could not answer under this contract.
pub fn check_chain(settings: &DeploymentSettings, contract: &Contract) -> Result<(), Problem> {
    let wrong = |(i, link): (usize, &Fallback)| {
        let (field, why) = fits(link, contract).err()?;
        Some(FieldError { field: format!("fallback[{i}].{field}"), message: sentence(&why) })
    };
    problem(settings.fallback.iter().enumerate().filter_map(wrong).collect())
}

fn problem(errors: Vec<FieldError>) -> Result<(), Problem> {
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(Problem { errors: errors.clone(), ..Problem::invalid(first.message.clone()) }),
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    format!("{}{}", capital(words), if words.ends_with(['.', '?', ')']) { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::alerting::AlertLimits;
    use contract::deployment::{CacheSettings, StaleLimits};
    use contract::rule::Rule;

    #[test]
    fn nonsense_is_named() {
        let good = DeploymentSettings::new("churn".into());
        assert!(check(&good).is_ok());
        let cache = |ttl_ms, max_bytes| Some(CacheSettings { ttl_ms, max_bytes });
        let rule = |text: &str| Fallback::Rule { rule: Rule::new(text) };
        let chain = |link| DeploymentSettings { fallback: vec![Fallback::Previous { version: None }, link], ..good.clone() };
        assert!(check(&chain(rule("if age > 3 then yes else no"))).is_ok());
        assert!(check(&DeploymentSettings { cache: cache(1_000, 1 << 20), ..chain(Fallback::Cache) }).is_ok());
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
            (
                DeploymentSettings { alert_limits: AlertLimits { error_share: 0.0, ..AlertLimits::default() }, ..good.clone() },
                "alert_limits.error_share",
            ),
            (
                DeploymentSettings {
                    alert_limits: AlertLimits { share_margin: f64::NAN, ..AlertLimits::default() },
                    ..good.clone()
                },
                "alert_limits.share_margin",
            ),
            (DeploymentSettings { runbook_url: "javascript:alert(1)".into(), ..good.clone() }, "runbook_url"),
            (DeploymentSettings { slo_availability: 1.0, ..good.clone() }, "slo_availability"),
            (DeploymentSettings { slo_latency: f64::NAN, ..good.clone() }, "slo_latency"),
            (
                DeploymentSettings { stale: StaleLimits { label_days: 4_000, ..StaleLimits::default() }, ..good.clone() },
                "stale.label_days",
            ),
            (DeploymentSettings { cache: cache(0, 1 << 20), ..good.clone() }, "cache.ttl_ms"),
            (DeploymentSettings { cache: cache(1_000, 10), ..good.clone() }, "cache.max_bytes"),
            (chain(rule("if age > then yes else no")), "fallback[1].rule"),
            (chain(Fallback::Cache), "fallback[1]"),
            (chain(Fallback::Default { label: "yes".into(), score: Some(1.5) }), "fallback[1].score"),
        ] {
            assert_eq!(check(&bad).unwrap_err().errors[0].field, field);
        }
    }
}
