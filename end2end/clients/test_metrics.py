"""What Prometheus scrapes, read by the strict parser of Prometheus' own Python client."""

import time
import unittest

import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from common import URL, rows, token

HISTOGRAMS = ("slipway_request_duration_seconds", "slipway_queue_duration_seconds", "slipway_compute_duration_seconds", "slipway_batch_size")
KINDS = {
    "slipway_requests": "counter",
    **dict.fromkeys(HISTOGRAMS, "histogram"),
    "slipway_inflight": "gauge",
    "slipway_fallback": "counter",
    "slipway_drift_distance": "gauge",
    "slipway_quality": "gauge",
    "slipway_alerts_firing": "gauge",
    "slipway_rollout_weight": "gauge",
    "slipway_model_age_seconds": "gauge",
    "slipway_desired_replicas": "gauge",
    "slipway_onnxruntime_sessions": "gauge",
    "slipway_onnxruntime_model_memory_bytes": "gauge",
    "process_resident_memory_bytes": "gauge",
    "process_cpu_seconds": "counter",
    "process_open_fds": "gauge",
    "process_start_time_seconds": "gauge",
}
LABELS = {
    "slipway_requests": {"deployment", "version", "arm", "outcome"},
    "slipway_fallback": {"deployment", "kind"},
    "slipway_drift_distance": {"deployment", "feature", "method"},
    "slipway_quality": {"deployment", "version", "metric", "kind"},
    "slipway_rollout_weight": {"deployment"},
    "slipway_desired_replicas": {"deployment"},
    "slipway_request_duration_seconds": {"deployment", "version", "arm"},
}


def scrape() -> dict:
    answer = requests.get(URL + "/metrics", timeout=60)
    answer.raise_for_status()
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def records(count: int) -> list[dict]:
    def value(text: str):
        try:
            return float(text)
        except ValueError:
            return text

    return [{name: value(text) for name, text in row.items()} for row in rows("churn", count)]


def tell_the_truth() -> None:
    """Predictions with their outcomes, so that there is drift and quality to speak of."""
    answer = requests.post(URL + "/api/v1/deployments/churn/predict", json={"records": records(200)}, timeout=60)
    answer.raise_for_status()
    outcomes = [{"prediction_id": one["prediction_id"], "label": one["label"]} for one in answer.json()["predictions"]]
    headers = {"authorization": f"Bearer {token('engineer')}"}
    requests.post(URL + "/api/v1/outcomes", json={"outcomes": outcomes}, headers=headers, timeout=60).raise_for_status()


class WhatPrometheusReads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tell_the_truth()
        # Drift and quality are read from windows, which are written every few seconds, and at most every ten for a scrape.
        end = time.monotonic() + 90
        while True:
            cls.families = scrape()
            if KINDS.keys() <= cls.families.keys() or time.monotonic() > end:
                return
            time.sleep(2)

    def test_every_name_is_there_with_its_kind(self):
        self.assertEqual(KINDS, {name: family.type for name, family in self.families.items() if name in KINDS})

    def test_labels_are_as_promised(self):
        for name, labels in LABELS.items():
            for sample in self.families[name].samples:
                self.assertEqual(labels, set(sample.labels) - {"le"}, name)

    def test_histograms_have_classic_buckets_that_add_up(self):
        for name in HISTOGRAMS:
            samples = self.families[name].samples
            counts = {tuple(sorted(s.labels.items())): s.value for s in samples if s.name.endswith("_count")}
            last = [s for s in samples if s.name.endswith("_bucket") and s.labels["le"] == "+Inf"]
            self.assertTrue(last, name)
            for sample in last:
                labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "le"))
                self.assertEqual(sample.value, counts[labels], name)

    def test_counters_only_grow(self):
        def answered() -> float:
            return sum(s.value for s in scrape()["slipway_requests"].samples if s.labels["deployment"] == "churn")

        before = answered()
        requests.post(URL + "/api/v1/deployments/churn/predict", json={"records": records(1)}, timeout=60).raise_for_status()
        self.assertGreaterEqual(answered(), before + 1)
