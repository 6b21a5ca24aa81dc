//! `/metrics`

use crate::form::record;
use crate::site::site;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// One line of the exposition: name, labels as they are written, value.
struct Sample {
    name: String,
    labels: String,
    value: f64,
}

/// Reads the text format of OpenMetrics 1.0 as strictly as a scraper: every sample belongs to the family announced last, no
/// family comes twice, units end names, histograms add up.
fn strict(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    let body = text.strip_suffix("# EOF\n").expect("it ends with its end");
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    let mut samples = Vec::new();
    let mut family = String::new();
    for line in body.lines() {
        if let Some(about) = line.strip_prefix("# ") {
            let (what, rest) = about.split_once(' ').expect("a keyword");
            let (name, words) = rest.split_once(' ').expect("a name");
            match what {
                "HELP" => assert!(!words.is_empty(), "{line}"),
                "UNIT" => assert!(name.ends_with(&format!("_{words}")), "{line}"),
                "TYPE" => assert!(kinds.insert(name.into(), words.into()).is_none(), "twice: {line}"),
                _ => panic!("{line}"),
            }
            family = name.to_owned();
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, labels) =
            series.split_once('{').map_or((series, ""), |(name, labels)| (name, labels.strip_suffix('}').expect("closed")));
        let ends: &[&str] = match kinds.get(&family).map(String::as_str) {
            Some("counter") => &["_total"],
            Some("gauge") => &[""],
            Some("histogram") => &["_sum", "_count", "_bucket"],
            kind => panic!("{kind:?} of {line}"),
        };
        assert!(ends.iter().any(|end| name == format!("{family}{end}")), "{line} in the family {family}");
        samples.push(Sample {
            name: name.into(),
            labels: labels.into(),
            value: value.parse().unwrap_or_else(|_| panic!("{line}")),
        });
    }
    (kinds, samples)
}

/// Buckets grow, and the last is the count.
fn histograms_add_up(samples: &[Sample]) {
    let mut buckets: HashMap<(String, String), Vec<(f64, f64)>> = HashMap::new();
    for sample in samples.iter().filter(|sample| sample.name.ends_with("_bucket")) {
        let rest = sample.labels.strip_prefix("le=\"").expect("the border stands first");
        let (border, rest) = rest.split_once('"').expect("closed");
        let border = if border == "+Inf" { f64::INFINITY } else { border.parse().expect("a number") };
        let family = sample.name.trim_end_matches("_bucket").to_owned();
        buckets.entry((family, rest.trim_start_matches(',').to_owned())).or_default().push((border, sample.value));
    }
    assert!(!buckets.is_empty());
    for ((family, labels), buckets) in buckets {
        assert!(buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{family} {labels}");
        let (last, all) = buckets[buckets.len() - 1];
        let count =
            samples.iter().find(|sample| sample.name == format!("{family}_count") && sample.labels == labels).expect("a count");
        assert!(last.is_infinite() && all == count.value, "{family} {labels}");
    }
}

#[test]
fn prometheus_reads_what_was_served() {
    for row in 0..3 {
        site().post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", row)] })).expect(200);
    }
    let reply = site().get("", "/metrics");
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let text = reply.text();
    for line in [
        "slipway_requests_total{deployment=\"churn\",version=\"1\",arm=\"stable\",outcome=\"answered\"}",
        "slipway_request_duration_seconds_bucket{le=\"0.0001\",deployment=\"churn\",version=\"1\",arm=\"stable\"}",
        "slipway_rollout_weight{deployment=\"churn\"} 0.0",
        "slipway_model_age_seconds{deployment=\"churn\"}",
        "slipway_onnxruntime_sessions{deployment=\"churn\",version=\"1\"}",
        "slipway_desired_replicas{deployment=\"churn\"}",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let (kinds, samples) = strict(&text);
    histograms_add_up(&samples);
    for (name, kind) in [
        ("slipway_requests", "counter"),
        ("slipway_request_duration_seconds", "histogram"),
        ("slipway_queue_duration_seconds", "histogram"),
        ("slipway_compute_duration_seconds", "histogram"),
        ("slipway_batch_size", "histogram"),
        ("slipway_inflight", "gauge"),
        ("slipway_fallback", "counter"),
        ("slipway_alerts_firing", "gauge"),
        ("slipway_rollout_weight", "gauge"),
        ("slipway_model_age_seconds", "gauge"),
        ("slipway_desired_replicas", "gauge"),
        ("slipway_records_dropped", "gauge"),
        ("slipway_queue_rows", "gauge"),
        ("slipway_onnxruntime_sessions", "gauge"),
        ("slipway_onnxruntime_model_memory_bytes", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_cpu_seconds", "counter"),
        ("process_open_fds", "gauge"),
        ("process_start_time_seconds", "gauge"),
    ] {
        assert_eq!(kinds.get(name).map(String::as_str), Some(kind), "{name}");
    }
    let of = |name: &str, with: &str| -> f64 {
        let found =
            samples.iter().filter(|sample| sample.name == name && with.split(',').all(|label| sample.labels.contains(label)));
        found.map(|sample| sample.value).sum()
    };
    let mine = "deployment=\"churn\",version=\"1\",arm=\"stable\"";
    let answered = of("slipway_requests_total", &format!("{mine},outcome=\"answered\""));
    assert!(answered >= 3.0);
    // Rows of runs, not of requests: every row was in a run.
    assert!(of("slipway_batch_size_sum", mine) >= 3.0 && of("slipway_batch_size_count", mine) >= 1.0);
    let sums = ["request", "queue", "compute"].map(|part| of(&format!("slipway_{part}_duration_seconds_sum"), mine));
    assert!(sums.iter().all(|sum| *sum > 0.0), "{sums:?}");
    assert!(
        of("process_resident_memory_bytes", "") > 1e6
            && of("process_open_fds", "") >= 3.0
            && of("process_start_time_seconds", "") > 1.6e9
    );
    assert!(of("slipway_onnxruntime_model_memory_bytes", "deployment=\"churn\"") > 0.0);
}
