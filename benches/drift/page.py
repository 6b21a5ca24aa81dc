"""The scores as Markdown tables."""

from collections.abc import Callable

import scoring
from contestants import slipway
from scoring import Scored
from sets import Set

Results = dict[str, dict[str, Scored]]
"""By line, then by set."""

COLUMNS: list[tuple[str, Callable]] = [
    ("events that a feature shows, caught", lambda s: str(scoring.recall(s, scoring.visible))),
    ("of them major and severe", lambda s: str(scoring.recall(s, scoring.serious))),
    ("hidden events, caught", lambda s: str(scoring.recall(s, scoring.hidden))),
    ("clean hours alarming", lambda s: str(scoring.alarming(s, "clean"))),
    ("low-traffic hours", lambda s: str(scoring.alarming(s, "low_traffic"))),
    ("burst hours", lambda s: str(scoring.alarming(s, "burst"))),
    ("nightly batch", lambda s: str(scoring.alarming(s, "seasonal"))),
    ("mean delay, h", lambda s: _number(scoring.mean_delay(s))),
]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _name(line: str) -> str:
    return f"**{line}**" if line == slipway.ANY else line


def bars(results: Results) -> str:
    """What the product is asked to reach, against what it reached."""
    if slipway.ANY not in results:
        return ""
    streams = list(results[slipway.ANY].values())
    delay = scoring.mean_delay(streams)
    asked = [
        ("events that any feature shows: at least 95 % caught", scoring.recall(streams, scoring.visible), lambda v: v >= 0.95),
        ("of them major and severe: all caught", scoring.recall(streams, scoring.serious), lambda v: v == 1),
        ("clean hours alarming: at most 0.5 %", scoring.alarming(streams, "clean"), lambda v: v <= 0.005),
        ("low-traffic hours alarming: none", scoring.alarming(streams, "low_traffic"), lambda v: v == 0),
    ]
    rows = [[what, str(share), _verdict(share.value, reached)] for what, share, reached in asked]
    rows.append(["mean delay: at most 1 hour", f"{_number(delay)} h", _verdict(delay, lambda v: v <= 1)])
    return "## Bars\n\n" + _table(["asked", "measured", ""], rows)


def _verdict(value: float | None, reached: Callable[[float], bool]) -> str:
    if value is None:
        return "–"
    return "reached" if reached(value) else "**not reached**"


def side_by_side(title: str, results: Results) -> str:
    head = ["", *(name for name, _ in COLUMNS)]
    rows = [[_name(line), *(cell(list(by_set.values())) for _, cell in COLUMNS)] for line, by_set in results.items()]
    return f"## {title}\n\n" + _table(head, rows)


def per_set(data: Set, results: Results) -> str:
    return "#" + side_by_side(f"{data.title}", {line: {data.name: by_set[data.name]} for line, by_set in results.items() if data.name in by_set})


def per_kind(results: Results, lines: list[str]) -> str:
    """Events caught of those that there are, by kind and by size: the visible ones, and all of the hidden kinds."""
    streams = next(iter(results.values())).values()
    events = [event for stream in streams for event in stream.events]
    counted = [event for event in events if scoring.visible(event) or scoring.hidden(event)]
    text = ""
    for title, key, order in (
        ("By kind", "kind", sorted({event["kind"] for event in counted}, key=lambda kind: (kind in scoring.HIDDEN, kind))),
        ("By size", "size", [size for size in ("tiny", "small", "medium", "major", "severe") if any(e["size"] == size for e in counted)]),
    ):
        rows = []
        for value in order:
            def wanted(event: dict, value=value) -> bool:
                return event[key] == value and (scoring.visible(event) or scoring.hidden(event))

            shares = [scoring.recall(results[line].values(), wanted) for line in lines]
            rows.append([value.replace("_", " "), str(shares[0].of), *(str(share.hits) for share in shares)])
        text += f"\n### {title}\n\n" + _table([title.split()[1], "events", *map(_name, lines)], rows)
    return text


def about(sets: list[Set], results: Results) -> str:
    """The sets as they were scored."""
    rows = []
    for data in sets:
        scored = next(by_set[data.name] for by_set in results.values() if data.name in by_set)
        kinds = [hour["kind"] for hour in scored.hours]
        order = "hour of the day kept" if data.clock else "shuffled into time"
        seen = sum(map(scoring.visible, scored.events))
        rows.append([
            f"{data.title} ({data.source})", f"{len(data.numeric)} + {len(data.categorical)}", data.problem, order,
            str(len(scored.hours)), f"{sum(hour['rows'] for hour in scored.hours):,}", f"{len(scored.events)} ({seen})", str(kinds.count("clean")),
        ])  # fmt: skip
    head = ["set", "numbers + categories", "problem", "order", "hours", "rows", "events (shown by a feature)", "clean hours"]
    return "## The sets\n\n" + _table(head, rows)
