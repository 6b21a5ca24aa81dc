"""Slipway with its defaults: `slipway data compare`, one line an hour; its alarms are the `alerts` of the line."""

import json
import pathlib
import subprocess

import pandas as pd

import timeline
from contestants import Answer
from streams import START, Stream

ANY, PAGES = "Slipway", "Slipway, pages only"


def command(program: pathlib.Path, stream: Stream) -> list[str]:
    data = stream.data
    call = [str(program), "data", "compare", str(stream.reference), str(stream.current), "--json"]
    call += ["--period", "hour", "--timestamp", "timestamp", "--prediction", "prediction", "--label", data.label]
    call += ["--problem", data.problem]
    return call + (["--score", "score", "--positive", "1"] if data.problem == "binary" else [])


def lines(program: pathlib.Path, stream: Stream) -> list[dict]:
    """The JSON lines, each with the position of its `hour`. The exit code 1 says that something drifts, which it does."""
    ran = subprocess.run(command(program, stream), capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command(program, stream))}\nended with {ran.returncode}: {ran.stderr.strip()[-2000:]}")
    first = START + pd.Timedelta(hours=timeline.REFERENCE_HOURS)
    read = [json.loads(line) for line in ran.stdout.splitlines() if line.strip()]
    for line in read:
        line["hour"] = int((pd.Timestamp(line["start"]).tz_convert("UTC") - first) // pd.Timedelta(hours=1))
    hours = [line["hour"] for line in read]
    if hours != list(range(len(stream.hours))):
        raise RuntimeError(f"{len(stream.hours)} hours were asked for, and the lines are for {hours[:3]} … {hours[-3:]}")
    return read


def run(stream: Stream, program: pathlib.Path) -> Answer:
    alarms: dict[str, dict[int, list[str]]] = {ANY: {}, PAGES: {}}
    for line in lines(program, stream):
        for name, wanted in ((ANY, {"page", "warn"}), (PAGES, {"page"})):
            raised = [alert for alert in line["alerts"] if alert["severity"] in wanted]
            if raised:
                alarms[name][line["hour"]] = [f"{alert['kind']}:{alert.get('feature') or ''}" for alert in raised]
    return Answer(alarms)
