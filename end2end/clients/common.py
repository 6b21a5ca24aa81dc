"""What the client tests share: where the server is, and rows of the example data as arrays."""

import csv
import json
import os
from pathlib import Path

import numpy as np

URL = os.environ["SLIPWAY_URL"]
ADDRESS = URL.removeprefix("http://")
REPOSITORY = Path(os.environ["SLIPWAY_REPOSITORY"])
DEMO = json.loads(Path(os.environ["SLIPWAY_DEMO_JSON"]).read_text())
TEXT = ("area_code", "international_plan", "voice_mail_plan")


def token(role: str) -> str:
    return next(user["token"] for user in DEMO["users"] if user["role"] == role)


def rows(example: str, count: int, table: str = "live.csv") -> list[dict[str, str]]:
    """The first rows of a table that have no missing value."""
    with open(REPOSITORY / "examples" / example / table, newline="") as file:
        complete = (row for row in csv.DictReader(file) if all(value != "" for value in row.values()))
        return [row for row, _ in zip(complete, range(count))]


def churn_columns(count: int) -> dict[str, np.ndarray]:
    """One array of shape [count, 1] for each input of `churn`."""
    table = rows("churn", count)
    columns = {}
    for name in table[0]:
        values = [[row[name]] for row in table]
        columns[name] = np.array(values, dtype=np.object_) if name in TEXT else np.array(values, dtype=np.float32)
    return columns


def flights_matrix(count: int) -> np.ndarray:
    """An array of shape [count, 19]: the columns of `flights` in the model's order."""
    names = json.loads((REPOSITORY / "examples/flights/features.json").read_text())
    names = names["features"] if isinstance(names, dict) else names
    names = [name["name"] if isinstance(name, dict) else name for name in names]
    return np.array([[float(row[name]) for name in names] for row in rows("flights", count)], dtype=np.float32)


def version_form(example: str, version: int) -> dict:
    """The parts of a form that registers an example's version, as `requests` takes them."""
    folder = REPOSITORY / "examples" / example
    model = json.loads((folder / "model.json").read_text())
    positive = model.get("positive_class")
    columns = [column for feature in model["features"] for column in feature.get("columns", [feature["name"]])]
    meta = {
        "task": model["task"],
        "label_column": model["label"],
        "positive": None if positive is None else str(positive),
        "segments": model["segments"],
        "features": columns,
    }
    return {
        "meta": (None, json.dumps(meta), "application/json"),
        "file": (f"v{version}.onnx", (folder / f"v{version}.onnx").read_bytes()),
        "reference": ("reference.csv", (folder / "reference.csv").read_bytes()),
        "heldback": ("heldback.csv", (folder / "heldback.csv").read_bytes()),
    }
