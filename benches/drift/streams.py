"""Builds a set's stream: a model, a week of reference and some two weeks of hours with events, written once into the cache."""

import hashlib
import json
import pathlib
from dataclasses import asdict, dataclass

import lightgbm
import numpy as np
import pandas as pd

import timeline
from events import HIDDEN, Event, alter, shows, weights
from sets import Set, rows_of

START = pd.Timestamp("2026-01-05T00:00:00Z")
SEED = 20260105
MADE_BY = ["sets.py", "events.py", "timeline.py", "streams.py"]


class Model:
    """LightGBM on three tenths of the rows. What it never saw of a category it takes for missing."""

    def __init__(self, data: Set, rows: pd.DataFrame):
        self.data = data
        self.categories = {name: sorted(rows[name].dropna().unique()) for name in data.categorical}
        maker = lightgbm.LGBMClassifier if data.problem == "binary" else lightgbm.LGBMRegressor
        self.fitted = maker(n_estimators=80, num_leaves=15, random_state=SEED, deterministic=True, n_jobs=1, verbose=-1)
        self.fitted.fit(self._inputs(rows), rows[data.label])

    def _inputs(self, rows: pd.DataFrame) -> pd.DataFrame:
        inputs = rows[self.data.features].copy()
        for name, known in self.categories.items():
            inputs[name] = pd.Categorical(inputs[name], categories=known)
        for name in self.data.numeric:
            inputs[name] = inputs[name].astype(float)
        return inputs

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        inputs = self._inputs(rows)
        if self.data.problem == "regression":
            return rows.assign(prediction=np.round(self.fitted.predict(inputs), 3))
        score = np.round(self.fitted.predict_proba(inputs)[:, 1], 6)
        return rows.assign(prediction=(score >= 0.5).astype(int), score=score)


class Source:
    """The population that reference and windows are both drawn from, with replacement: without an event they differ by chance alone,
    and by the hour of the day where the set has a clock."""

    def __init__(self, data: Set, rows: pd.DataFrame):
        self.data, self.rows = data, rows
        self.tilt = self._tilt()
        if data.clock:
            hours = rows[data.clock].to_numpy()
            self.pools = [self._near(hours, hour) for hour in range(timeline.DAY)]
        else:
            self.pools = [np.arange(len(rows))] * timeline.DAY

    @staticmethod
    def _near(hours: np.ndarray, hour: int) -> np.ndarray:
        """The rows of this hour of the day and its neighbours; of more neighbours where there are few."""
        away = np.minimum((hours - hour) % 24, (hour - hours) % 24)
        for reach in range(1, 13):
            near = np.flatnonzero(away <= reach)
            if len(near) >= 1000:
                break
        return near

    def _tilt(self) -> np.ndarray:
        """How the nightly batch prefers rows: high values of the first number, the commonest value of the first category."""
        number, text = self.rows[self.data.numeric[0]], self.rows[self.data.categorical[0]]
        place = ((number - number.mean()) / number.std()).clip(-3, 3).fillna(0).to_numpy()
        return np.exp(0.4 * place) * np.where(text == text.value_counts().index[0], 1.6, 1.0)

    def draw(self, hour: int, count: int, rng: np.random.Generator, event: Event | None = None) -> pd.DataFrame:
        pool = self.pools[hour % timeline.DAY]
        likely = np.ones(len(pool))
        if hour % timeline.DAY == timeline.BATCH_HOUR:
            likely = self.tilt[pool]
        if event is not None and event.kind == "category_mix":
            likely = likely * weights(self.rows.iloc[pool], event)
        chosen = rng.choice(pool, size=count, p=likely / likely.sum())
        rows = self.rows.iloc[chosen].drop(columns=[self.data.clock] if self.data.clock else [])
        return rows.reset_index(drop=True)


def stamped(rows: pd.DataFrame, hour: int, rng: np.random.Generator) -> pd.DataFrame:
    milliseconds = np.sort(rng.integers(0, 3_600_000, len(rows)))
    times = START + pd.Timedelta(hours=hour) + pd.to_timedelta(milliseconds, unit="ms")
    rows.insert(0, "timestamp", times.strftime("%Y-%m-%dT%H:%M:%S.%f").str.slice(0, 23) + "Z")
    return rows


@dataclass
class Stream:
    """What is scored: the files, what every hour is, and the events. `shown[i]` lists the hours in which event i shows."""

    data: Set
    folder: pathlib.Path
    hours: list[dict]
    events: list[dict]

    @property
    def reference(self) -> pathlib.Path:
        return self.folder / "reference.csv"

    @property
    def current(self) -> pathlib.Path:
        return self.folder / "current.csv"

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Reference and current with parsed times; the current frame has the position of its hour in `hour`."""
        types = {name: object for name in self.data.categorical}
        reference, current = (
            pd.read_csv(file, dtype=types, keep_default_na=False, na_values=[""]) for file in (self.reference, self.current)
        )
        for frame in (reference, current):
            frame["timestamp"] = pd.to_datetime(frame["timestamp"]).dt.tz_localize(None)
        first = (START + pd.Timedelta(hours=timeline.REFERENCE_HOURS)).tz_localize(None)
        current["hour"] = ((current["timestamp"] - first) // pd.Timedelta(hours=1)).astype(int)
        return reference, current


def fingerprint() -> str:
    here = pathlib.Path(__file__).parent
    digest = hashlib.sha256()
    for name in [*MADE_BY, "requirements.txt", "data-requirements.txt"]:
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:12]


def stream(data: Set, cache: pathlib.Path) -> Stream:
    """Reads the set's stream from the cache, and builds it first if it is not there."""
    folder = cache / f"streams-{fingerprint()}" / data.name
    plan = folder / "plan.json"
    if not plan.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        plan.write_text(json.dumps(build(data, folder)))
    kept = json.loads(plan.read_text())
    return Stream(data, folder, kept["hours"], kept["events"])


def build(data: Set, folder: pathlib.Path) -> dict:
    rng = np.random.default_rng([SEED, *data.name.encode()])
    rows = rows_of(data)
    order = rng.permutation(len(rows))
    train, rest = np.split(order, [int(len(rows) * 0.3)])
    model, source = Model(data, rows.iloc[train]), Source(data, rows.iloc[rest].reset_index(drop=True))

    week = []
    for hour in range(timeline.REFERENCE_HOURS):
        drawn = source.draw(hour, timeline.usual_rows(data.peak, hour, rng), rng)
        week.append(stamped(model.answer(drawn), hour, rng))
    reference = pd.concat(week, ignore_index=True)
    reference.to_csv(folder / "reference.csv", index=False)

    chosen = timeline.events_of(data, reference, rng)
    hours, events = timeline.lay_out(chosen, rng)
    scales = {
        name: {"mean": reference[name].mean(), "std": reference[name].std(ddof=0)} for name in data.numeric
    }
    ends = {"label_min": reference[data.label].min(), "label_max": reference[data.label].max()}
    shown: list[list[int]] = [[] for _ in events]
    windows = []
    for position, hour in enumerate(hours):
        clock = timeline.REFERENCE_HOURS + position
        event = events[hour["event"]] if hour["event"] is not None else None
        count = timeline.usual_rows(data.peak, clock, rng)
        count = hour["amount"] if hour["kind"] == "low_traffic" else count * hour["amount"]
        hour["rows"] = int(count)
        before = source.draw(clock, count, rng)
        drawn = before
        if event is not None:
            if event.kind == "category_mix":
                drawn = source.draw(clock, count, rng, event)
            drawn = alter(drawn, event, position - event.start, scales.get(event.feature, {}) | ends, rng)
            if event.kind not in HIDDEN and shows(before[event.feature], drawn[event.feature], event.feature in data.numeric):
                shown[hour["event"]].append(position)
        windows.append(stamped(model.answer(drawn), clock, rng))
    pd.concat(windows, ignore_index=True).to_csv(folder / "current.csv", index=False)
    return {"hours": hours, "events": [asdict(event) | {"shown": shown[index]} for index, event in enumerate(events)]}
