"""NVIDIA's perf_analyzer against the server: a short run, and what it measured."""

import csv
import os
import re
import subprocess
import tempfile
from pathlib import Path

from place import ADDRESS, name

# Where set-up has put it; empty on machines that it is not made for.
FOLDER = os.environ.get("SLIPWAY_PERF_ANALYZER", "")
NAME = "perf_analyzer"
CASES = {
    "churn, one row": ["--string-data", "no"],
    "churn, four rows a request, JSON": ["--string-data", "no", "-b", "4", "--input-tensor-format", "json", "--output-tensor-format", "json"],
    "churn, four connections at once": ["--string-data", "no", "-a", "--concurrency-range", "4"],
}


def run(options: list[str]) -> dict[str, float]:
    """Measures `churn` until fifty requests have been answered, and reads the table that comes out; raises on any mistake."""
    libraries = [str(Path(FOLDER) / "nvidia/cuda_runtime/lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "measured.csv"
        # One window is enough: what is tested is that it can measure, not how fast this machine is today.
        command = [
            str(Path(FOLDER) / "bin/perf_analyzer"), "-m", name("churn"), "-u", ADDRESS, "-i", "http", "--measurement-mode", "count_windows",
            "--measurement-request-count", "50", "--max-trials", "3", "--stability-percentage", "999", "-f", str(table), *options,
        ]
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, libraries))}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, f"{ran.returncode}: {ran.stdout[-1500:]}{ran.stderr[-1500:]}"
        rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 1, rows
    measured = {key: float(value) for key, value in rows[0].items()}
    # What the server counted while it was measured, as the statistics extension told it.
    for line in ("Inference count", "Execution count", "Successful request count"):
        found = re.search(rf"{line}: (\d+)", ran.stdout)
        assert found, f"no “{line}” in {ran.stdout[-1500:]}"
        measured[line] = float(found[1])
    return measured


def check(case: str) -> None:
    options = CASES[case]
    measured = run(options)
    rows = int(options[options.index("-b") + 1]) if "-b" in options else 1
    assert measured["Inferences/Second"] > 0 and measured["p99 latency"] >= measured["p50 latency"] > 0, measured
    assert measured["Server Compute Infer"] > 0, measured
    assert measured["Successful request count"] >= 50, measured
    assert measured["Inference count"] == rows * measured["Successful request count"], measured
    assert 0 < measured["Execution count"] <= measured["Successful request count"], measured
