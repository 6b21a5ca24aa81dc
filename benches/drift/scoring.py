"""Scores: what was caught, what was false, and how late, for any number of streams together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from events import HIDDEN

SERIOUS = ("major", "severe")
BENIGN = ("clean", "low_traffic", "burst", "seasonal")


@dataclass(frozen=True)
class Share:
    """`hits` of `of`; a share of nothing is no number."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    def __str__(self) -> str:
        if not self.of:
            return "–"
        return f"{100 * self.hits / self.of:.1f} % ({self.hits}/{self.of})"


@dataclass(frozen=True)
class Scored:
    """One stream as one line saw it: the hours (each with its `kind`), the events, and the hours that alarmed."""

    hours: list[dict]
    events: list[dict]
    alarmed: set[int]


def span(event: dict) -> range:
    return range(event["start"], event["start"] + event["hours"])


def caught(event: dict, alarmed: set[int]) -> bool:
    return any(hour in alarmed for hour in span(event))


def delay(event: dict, alarmed: set[int]) -> int | None:
    """Whole hours from the first hour in which the event shows to the first that alarms: 0 is the same hour, known at its end."""
    first = next((hour for hour in span(event) if hour in alarmed), None)
    return None if first is None else max(first - min(event["shown"], default=event["start"]), 0)


def visible(event: dict) -> bool:
    """Whether a single feature shows the event in at least one of its hours."""
    return event["kind"] not in HIDDEN and bool(event["shown"])


def serious(event: dict) -> bool:
    return visible(event) and event["size"] in SERIOUS


def hidden(event: dict) -> bool:
    return event["kind"] in HIDDEN


def recall(streams: Iterable[Scored], wanted: Callable[[dict], bool]) -> Share:
    found = [caught(event, stream.alarmed) for stream in streams for event in stream.events if wanted(event)]
    return Share(sum(found), len(found))


def alarming(streams: Iterable[Scored], kind: str) -> Share:
    """The share of the hours of a kind that alarm."""
    found = [place in stream.alarmed for stream in streams for place, hour in enumerate(stream.hours) if hour["kind"] == kind]
    return Share(sum(found), len(found))


def mean_delay(streams: Iterable[Scored]) -> float | None:
    """Over the visible events that were caught."""
    found = [delay(event, stream.alarmed) for stream in streams for event in stream.events if visible(event)]
    found = [hours for hours in found if hours is not None]
    return sum(found) / len(found) if found else None
