"""Trains `churn_matrix`: the task of `churn` with one float matrix as input. See ../README.md."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402  first: it sets the number of threads
from common import TensorProto  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType  # noqa: E402


SEED = 0
LABEL = "churn"
CHURN = HERE.parent / "churn"
AREAS = ["area_code_408", "area_code_415", "area_code_510"]


def encode(table):
    """Text columns as 0/1 numbers; retention_calls left out."""
    columns = {area: (table["area_code"] == area).astype(int) for area in AREAS}
    for plan in ("international_plan", "voice_mail_plan"):
        columns[plan] = (table[plan] == "yes").astype(int)
    rest = table.drop(columns=["area_code", "international_plan", "voice_mail_plan", "retention_calls"])
    if LABEL in rest:
        rest[LABEL] = (rest[LABEL] == "yes").astype(int)
    return pd.DataFrame(columns).join(rest)


def versions():
    return {
        "v1": make_pipeline(SimpleImputer(strategy="median"),
                            DecisionTreeClassifier(max_depth=5, min_samples_leaf=10, random_state=SEED)),
        "v2": make_pipeline(SimpleImputer(strategy="median"), GradientBoostingClassifier(
            n_estimators=80, max_depth=4, learning_rate=0.1, subsample=0.8, random_state=SEED)),
    }


def main():
    tables = {part: encode(pd.read_csv(CHURN / f"{part}.csv")) for part in ("reference", "heldback", "live")}
    for part, table in tables.items():
        common.write_csv(table, HERE / f"{part}.csv")
    features = [name for name in tables["live"].columns]
    common.write_json(features, HERE / "features.json")
    outcomes = pd.read_csv(CHURN / "live_outcomes.csv")
    outcomes[LABEL] = (outcomes[LABEL] == "yes").astype(int)
    common.write_csv(outcomes, HERE / "live_outcomes.csv")
    tables["live"] = tables["live"].loc[outcomes["row"]].assign(churn=outcomes[LABEL].to_numpy())

    metrics = {"versions": {}, "note": "live: only rows whose outcome becomes known"}
    for name, model in versions().items():
        model.fit(tables["reference"][features].to_numpy(np.float32), tables["reference"][LABEL])
        path = HERE / f"{name}.onnx"
        proto = common.convert(model, [("X", FloatTensorType([None, len(features)]))])
        common.finish(proto, path, [("X", TensorProto.FLOAT, [len(features)])], "Columns of X: " + ", ".join(features))
        sess = common.session(path)
        results = {}
        for part, table in tables.items():
            label, scores = sess.run(["label", "probabilities"], {"X": table[features].to_numpy(np.float32)})
            assert scores.shape == (len(table), 2) and np.isfinite(scores).all()
            segments = table[["international_plan"]].reset_index(drop=True)
            results[part] = common.binary_metrics(table[LABEL], label, scores[:, 1], 1, segments)
        metrics["versions"][name] = results
    common.write_json(metrics, HERE / "metrics.json")
    common.stamp(HERE)


if __name__ == "__main__":
    main()
