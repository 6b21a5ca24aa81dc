"""Trains `bikes`: how many bicycles are hired in an hour (regression). See ../README.md.

Usage: train.py BIKESHARE_CSV   (the file ISLP/data/Bikeshare.csv of the PyPI package ISLP)
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402  first: it sets the number of threads
from common import TensorProto  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import GradientBoostingRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType, StringTensorType  # noqa: E402


SEED = 0
LABEL = "bikers"
TEXT = ["weathersit"]
NUMBERS = ["hr", "weekday", "workingday", "holiday", "temp", "hum", "windspeed"]
FEATURES = TEXT + NUMBERS
LAST_TRAINING_DAY = 243  # 31 August 2011


def load(path):
    frame = pd.read_csv(path, dtype={"hr": int})
    start = pd.Timestamp("2011-01-01T00:00:00-05:00")
    at = start + pd.to_timedelta(frame["day"] - 1, unit="D") + pd.to_timedelta(frame["hr"], unit="h")
    # The table names one class of weather "cloudy/misty" and one "light rain/snow"; they are kept as published.
    return frame[FEATURES + [LABEL]].assign(day=frame["day"], at=[t.isoformat() for t in at])


def versions():
    text = ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXT)
    rest = [n for n in NUMBERS if n != "hr"]
    linear = ColumnTransformer([
        text,
        ("hour", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["hr"]),
        ("number", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), rest)])
    trees = ColumnTransformer([text, ("number", SimpleImputer(strategy="median"), NUMBERS)])
    return {
        "v1": make_pipeline(linear, LinearRegression()),
        "v2": make_pipeline(trees, GradientBoostingRegressor(
            n_estimators=100, max_depth=5, learning_rate=0.1, subsample=0.8, min_samples_leaf=10, random_state=SEED)),
    }


def scores(truth, predicted):
    return {
        "rows": int(len(truth)),
        "mae": common.r(mean_absolute_error(truth, predicted)),
        "rmse": common.r(root_mean_squared_error(truth, predicted)),
        "r2": common.r(r2_score(truth, predicted)),
        "mean_predicted": common.r(np.mean(predicted)),
        "mean_true": common.r(np.mean(truth)),
    }


def main(source):
    table = load(source)
    early = table[table["day"] <= LAST_TRAINING_DAY].sample(frac=1.0, random_state=SEED)
    reference, heldback = early.iloc[:4200].sort_index(), early.iloc[4200:].sort_index()
    live = table[table["day"] > LAST_TRAINING_DAY].reset_index(drop=True)
    for part, name in ((reference, "reference"), (heldback, "heldback")):
        common.write_csv(part[FEATURES + [LABEL]], HERE / f"{name}.csv")
    common.write_csv(live[["at", *FEATURES]], HERE / "live.csv")
    common.write_csv(pd.DataFrame({"row": live.index, LABEL: live[LABEL], "delay_s": 3600}), HERE / "live_outcomes.csv")

    inputs = [(n, TensorProto.STRING if n in TEXT else TensorProto.FLOAT, [1]) for n in FEATURES]
    types = [(n, (StringTensorType if n in TEXT else FloatTensorType)([None, 1])) for n in FEATURES]
    metrics = {"versions": {}}
    for name, model in versions().items():
        model.fit(reference[FEATURES].astype({n: np.float32 for n in NUMBERS}), reference[LABEL])
        path = HERE / f"{name}.onnx"
        proto = common.rename_output(common.convert(model, types, classifier=False), "variable", LABEL)
        common.finish(proto, path, inputs, "Hires per hour.")
        sess = common.session(path)
        results = {}
        for part, rows in {"reference": reference, "heldback": heldback, "live": live}.items():
            (predicted,) = sess.run([LABEL], common.column_feed(sess, rows))
            assert predicted.shape == (len(rows), 1) and np.isfinite(predicted).all()
            results[part] = scores(rows[LABEL], predicted[:, 0])
        metrics["versions"][name] = results
    metrics["drift_of_live"] = {n: common.wasserstein_over_std(reference[n], live[n]) for n in NUMBERS}
    common.write_json(metrics, HERE / "metrics.json")
    common.stamp(HERE)


if __name__ == "__main__":
    main(sys.argv[1])
