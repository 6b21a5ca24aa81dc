"""Where the events and the controls lie: which of them, on which feature, in which hour. Depends on the set and the seed alone."""

import numpy as np
import pandas as pd

from events import CATALOGUE, Event
from sets import Set

DAY = 24
REFERENCE_HOURS = 7 * DAY
BATCH_HOUR = 2
"""Every night at this hour another mix of rows comes, in the reference too: a season that must not alarm."""
CONTROLS = [("low_traffic", rows) for rows in (30, 30, 30, 50, 50, 50, 100, 100, 100)] + [("burst", 3), ("burst", 4), ("burst", 6)]
"""Hours in which nothing but the number of rows is different: a number of rows, or a multiple of the usual."""


def events_of(data: Set, rows: pd.DataFrame, rng: np.random.Generator) -> list[Event]:
    """The catalogue, spread over the set's features in turn."""
    numbers = list(rng.permutation([name for name in data.numeric if rows[name].std() > 0]))
    texts = list(rng.permutation(data.categorical))
    linked = _linked(data, rows)
    chosen = []
    for position, (kind, size, amount) in enumerate(CATALOGUE):
        hours, category = 3, None
        number, text = numbers[position % len(numbers)], texts[position % len(texts)]
        if kind in ("renamed_category", "new_category", "flipped_coding", "category_mix"):
            feature = text
        elif kind == "missing":
            feature = text if position % 2 else number
        elif kind == "correlation_break":
            feature = linked
        else:
            feature = number
        if kind == "renamed_category":
            category = _near(rows[feature], amount)
        elif kind == "category_mix":
            category = _near(rows[feature], 0.3)
        elif kind == "flipped_coding":
            feature, category = _uneven(data, rows)
        elif kind == "gradual":
            hours = 8
        chosen.append(Event(kind, size, amount, feature, category, hours=hours))
    return chosen


def _near(values: pd.Series, share: float) -> str:
    shares = values.value_counts(normalize=True)
    return str((shares - share).abs().sort_values(kind="stable").index[0])


def _linked(data: Set, rows: pd.DataFrame) -> str:
    """The number that hangs most on another one."""
    related = rows[data.numeric].corr(method="spearman").abs().to_numpy(copy=True)
    np.fill_diagonal(related, 0)
    return data.numeric[int(np.nanargmax(np.nanmax(related, axis=0)))]


def _uneven(data: Set, rows: pd.DataFrame) -> tuple[str, str]:
    """The feature with the fewest categories, and its two commonest, which a flipped coding swaps."""
    feature = min(data.categorical, key=lambda name: (rows[name].nunique(), name))
    one, other = rows[feature].value_counts().index[:2]
    return feature, f"{one}|{other}"


def lay_out(chosen: list[Event], rng: np.random.Generator) -> tuple[list[dict], list[Event]]:
    """One entry an hour, `{"kind", "amount", "event"}`, in an order that the seed decides, with clean hours between all of them."""
    items = [("event", event) for event in chosen] + [("control", control) for control in CONTROLS]
    hours: list[dict] = []
    placed: list[Event] = []

    def quiet(count: int) -> None:
        for _ in range(count):
            kind = "seasonal" if len(hours) % DAY == BATCH_HOUR else "clean"
            hours.append({"kind": kind, "amount": 1, "event": None})

    quiet(12)
    for position in rng.permutation(len(items)):
        what, item = items[position]
        length = item.hours if what == "event" else 1
        # An event beside the nightly batch would be scored for the batch's mix.
        while any((len(hours) + step) % DAY == BATCH_HOUR for step in range(length)):
            quiet(1)
        if what == "event":
            placed.append(item.at(len(hours)))
            hours += [{"kind": "event", "amount": 1, "event": len(placed) - 1} for _ in range(length)]
        else:
            hours.append({"kind": item[0], "amount": item[1], "event": None})
        quiet(int(rng.integers(3, 7)) if what == "event" else int(rng.integers(2, 4)))
    return hours, placed


def usual_rows(peak: int, hour: int, rng: np.random.Generator) -> int:
    """Rows in an hour: a quarter of the peak at four in the night, the peak at four in the afternoon, and some noise."""
    shape = 0.625 - 0.375 * np.cos((hour % DAY - 4) / DAY * 2 * np.pi)
    return max(int(peak * shape * np.exp(rng.normal(0, 0.08))), 20)
