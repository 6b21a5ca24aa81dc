"""The labelled events: what is done to an hour's rows, at which size, and whether one feature by itself shows it.

Every alteration takes a frame and gives a new one; the model predicts from what it gives, as it would in service. Labels stay true,
except in `label_flip`. Integer columns stay integers, so that a shift of a tenth of a deviation may come to nothing; `shows` says so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

SIZES = ["tiny", "small", "medium", "major", "severe"]
HIDDEN = {"correlation_break", "label_flip"}
"""Kinds that leave every single feature's distribution as it was."""

# kind, size, amount. One set goes through all of them.
CATALOGUE = [
    ("shift", "tiny", 0.1), ("shift", "small", 0.2), ("shift", "medium", 0.4), ("shift", "major", 0.8), ("shift", "severe", 2.0),
    ("scale", "small", 1.3), ("scale", "medium", 1.6), ("scale", "major", 0.3), ("scale", "severe", 3.0),
    ("unit", "major", 2.54), ("unit", "severe", 1000.0),
    ("missing", "tiny", 0.01), ("missing", "small", 0.04), ("missing", "medium", 0.12), ("missing", "major", 0.4), ("missing", "severe", 1.0),
    ("renamed_category", "medium", 0.1), ("renamed_category", "severe", 1.0),
    ("new_category", "tiny", 0.01), ("new_category", "small", 0.03), ("new_category", "major", 0.25),
    ("flipped_coding", "major", 1.0),
    ("stuck", "medium", 0.2), ("stuck", "severe", 1.0),
    ("category_mix", "small", 0.08), ("category_mix", "major", 0.3),
    ("correlation_break", "medium", 0.5), ("correlation_break", "major", 1.0),
    ("label_flip", "medium", 0.15), ("label_flip", "major", 0.4),
    ("gradual", "medium", 0.6), ("gradual", "major", 1.5),
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """`amount` is in reference deviations for shifts, a factor for scales and units, a share of the rows for most others."""

    kind: str
    size: str
    amount: float
    feature: str
    category: str | None = None
    start: int = -1
    hours: int = 3

    def at(self, hour: int) -> "Event":
        return Event(**{**self.__dict__, "start": hour})


def _like(values: pd.Series, altered: np.ndarray) -> np.ndarray:
    """Integers stay integers."""
    return np.round(altered) if (values.dropna() % 1 == 0).all() else altered


def alter(rows: pd.DataFrame, event: Event, step: int, scale: dict, rng: np.random.Generator) -> pd.DataFrame:
    """The rows of the event's hour `step` (from 0). `scale` has the reference's mean and deviation of the feature."""
    rows, name, amount = rows.copy(), event.feature, event.amount
    values = rows[name] if name in rows else None
    some = rng.random(len(rows)) < amount
    match event.kind:
        case "shift":
            rows[name] = _like(values, values + amount * scale["std"])
        case "gradual":
            rows[name] = _like(values, values + amount * scale["std"] * (step + 1) / event.hours)
        case "scale":
            rows[name] = _like(values, scale["mean"] + (values - scale["mean"]) * amount)
        case "unit":
            rows[name] = values * amount
        case "missing":
            rows[name] = values.where(~some)
        case "stuck":
            last = values.dropna().iloc[0]
            rows[name] = values.where(~some, last)
        case "renamed_category":
            rows[name] = values.where(values != event.category, f"{event.category} (new)")
        case "new_category":
            rows[name] = values.where(~some, "not seen before")
        case "flipped_coding":
            one, other = event.category.split("|")
            rows[name] = values.replace({one: other, other: one})
        case "correlation_break":
            where = np.flatnonzero(some)
            altered = values.to_numpy().copy()
            altered[where] = altered[rng.permutation(where)]
            rows[name] = altered
        case "label_flip":
            labels = rows["label"]
            rows["label"] = labels.where(~some, scale["label_min"] + scale["label_max"] - labels)
        case "category_mix":
            pass
        case other:
            raise ValueError(f"there is no kind of event “{other}”")
    return rows


def weights(rows: pd.DataFrame, event: Event) -> np.ndarray:
    """How likely each row is drawn in an hour of `category_mix`: the category's share rises by `amount`."""
    inside = (rows[event.feature] == event.category).to_numpy()
    share = inside.mean()
    wanted = min(share + event.amount, 0.98)
    return np.where(inside, wanted / share, (1 - wanted) / (1 - share))


def shows(before: pd.Series, after: pd.Series, numeric: bool) -> bool:
    """Whether the altered feature shows the event in this hour, to one who knows where to look and what was there before.

    The hour's values are tested against the same hour's before the alteration, taken as the known distribution, at p < 0.001:
    missing values by the binomial, numbers by Kolmogorov's D, categories by chi-square (an expected share is at least 1 / 2n).
    """
    n = len(before)
    if n == 0:
        return False
    rate = (before.isna().sum() + 0.5) / (n + 1)
    if stats.binomtest(int(after.isna().sum()), n, rate).pvalue < 1e-3:
        return True
    a, b = before.dropna(), after.dropna()
    if a.empty or b.empty:
        return False
    if numeric:
        distance = stats.ks_2samp(a, b, method="asymp").statistic
        return bool(stats.kstwobign.sf(distance * np.sqrt(len(b))) < 1e-3)
    names = pd.Index(a.unique()).union(b.unique())
    expected = np.maximum(a.value_counts(normalize=True).reindex(names, fill_value=0).to_numpy(), 0.5 / len(a))
    observed = b.value_counts().reindex(names, fill_value=0).to_numpy()
    expected = expected / expected.sum() * observed.sum()
    return len(names) > 1 and bool(stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), len(names) - 1) < 1e-3)
