"""Builds the streams, lets every contestant answer, scores the answers and prints the tables.

    main.py --cache DIR [--program SLIPWAY] [--set NAME…] [--only CONTESTANT…] [--quick] [--page FILE] [--details]

Sets: the names in sets.py, `heldout` (the default) and `design`. `--details` tells what was missed and what was false, for the sets that
rules may be designed on; of the others only sums are ever shown.
"""

import argparse
import hashlib
import importlib
import json
import pathlib
import sys
import time

import page
import scoring
import streams
from contestants import Answer
from scoring import Scored
from sets import SETS, Set

CONTESTANTS = ["slipway", "evidently", "nannyml", "fixed"]
QUICK = ["diamonds"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--set", action="append", default=[], dest="sets")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--details", action="store_true")
    options = parser.parse_args()

    sets = chosen(options.sets or (QUICK if options.quick else ["heldout"]))
    names = options.only or [name for name in CONTESTANTS if name != "slipway" or options.program]
    if unknown := set(names) - set(CONTESTANTS):
        raise SystemExit(f"there is no contestant {', '.join(sorted(unknown))}; there are {', '.join(CONTESTANTS)}")
    if "slipway" in names and not options.program:
        raise SystemExit("slipway is to be scored: say where it is with --program")
    results: page.Results = {}
    notes: list[str] = []
    for data in sets:
        say(f"{data.name}: building the stream, unless it is there")
        stream = streams.stream(data, options.cache)
        for name in names:
            answer = answered(name, stream, options.program)
            for line, alarms in answer.alarms.items():
                results.setdefault(line, {})[data.name] = Scored(stream.hours, stream.events, set(alarms))
            if answer.errors:
                notes.append(f"{name} gave no result for {answer.errors} hours of {data.name}; they count as quiet.")
            notes += [f"{name}, {data.name}: {note}." for note in answer.notes]
            if options.details:
                details(data, stream, answer)
    text = tables(sets, results, notes)
    print(text)
    if options.page:
        options.page.write_text(text)


def chosen(wanted: list[str]) -> list[Set]:
    groups = {"heldout": [data for data in SETS if data.heldout], "design": [data for data in SETS if not data.heldout]}
    known = groups | {data.name: [data] for data in SETS}
    if unknown := [name for name in wanted if name not in known]:
        raise SystemExit(f"there is no set {', '.join(unknown)}; there are {', '.join(known)}")
    return [data for name in wanted for data in known[name]]


def answered(name: str, stream: streams.Stream, program: pathlib.Path | None) -> Answer:
    """From the cache where the same contestant has answered for the same stream; Slipway is always asked."""
    module = importlib.import_module(f"contestants.{name}")
    source = pathlib.Path(module.__file__).read_bytes()
    file = stream.folder / f"{name}-{hashlib.sha256(source).hexdigest()[:12]}.json"
    if name != "slipway" and file.is_file():
        kept = json.loads(file.read_text())
        alarms = {line: {int(hour): what for hour, what in hours.items()} for line, hours in kept["alarms"].items()}
        return Answer(alarms, kept["errors"], kept["notes"])
    start = time.monotonic()
    answer = module.run(stream, program) if name == "slipway" else module.run(stream)
    say(f"{stream.data.name}: {name} has answered ({time.monotonic() - start:.0f} s)")
    if name != "slipway":
        file.write_text(json.dumps(answer.__dict__))
    return answer


def tables(sets: list[Set], results: page.Results, notes: list[str]) -> str:
    parts = [page.bars(results), page.side_by_side("All sets together", results), page.about(sets, results)]
    parts.append("## Where and what\n\nNumbers of events caught; of the hidden kinds all events count, of the others those that a feature shows.\n")
    parts.append(page.per_kind(results, list(results)))
    if len(sets) > 1:
        parts.append("\n## Set by set\n")
        parts += [page.per_set(data, results) for data in sets]
    if notes:
        parts.append("## Notes\n\n" + "".join(f"- {note}\n" for note in notes))
    return "\n".join(part for part in parts if part)


def details(data: Set, stream: streams.Stream, answer: Answer) -> None:
    if data.heldout:
        say(f"{data.name} is held out: no details of it")
        return
    for line, alarms in answer.alarms.items():
        print(f"\n== {data.name}: {line}")
        for event in stream.events:
            if not scoring.caught(event, set(alarms)):
                seen = [hour - event["start"] for hour in event["shown"]]
                rows = [stream.hours[hour]["rows"] for hour in scoring.span(event)]
                print(f"missed  {event['kind']} {event['size']} {event['feature']} {event['category'] or ''} hours {event['start']}+{event['hours']} rows {rows} shows in {seen}")
        for hour, what in alarms.items():
            kind = stream.hours[hour]["kind"]
            if kind != "event":
                print(f"false   hour {hour} ({kind}, {stream.hours[hour]['rows']} rows): {', '.join(what)}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
