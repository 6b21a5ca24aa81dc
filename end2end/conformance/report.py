"""Runs every case of every client and writes what came of it as a page: `python report.py --write`.

It needs the environment that the tests have: the clients of `end2end/requirements.txt`, `SLIPWAY_PROGRAM`, `ORT_DYLIB_PATH`, and
`SLIPWAY_PERF_ANALYZER`, the folder that `end2end/perf_analyzer.txt` is installed into.
"""

import os
import sys
from importlib.metadata import version

import perf
from callers import Cannot
from cases import CASES
from clients import CALLERS
from place import REPOSITORY, prepare

PAGE = REPOSITORY / "docs/conformance.md"
PASSED, FAILED, NO_CALL = "✓", "✗", "–"
# What has been asked in this process: case and client to one of the marks above.
RESULTS: dict[tuple[str, str, str], str] = {}

HEAD = """# Conformance

Slipway speaks the Open Inference Protocol, version 2, over REST, with the extensions that it lists under `GET /v2`. There is no
official suite for it. This is ours: each case below is asked of each client, as its users have it, against a running server, by
`cargo xtask test --only clients`. This page is written by `end2end/conformance/report.py --write` and compared with every run.

{passed} means that the client got the right answer, or understood the right refusal; {no_call} that it has no call for it.

| client | version |
| --- | --- |
{versions}

- *plain HTTP* are requests built by hand. Every answer is read byte by byte and checked against `end2end/conformance/protocol.schema.json`,
  the protocol as a JSON schema; so is what tritonclient makes of its answers.
- *pool* sends each request four times at once over four connections (`async_infer`).
- The models are made by `end2end/models/make.py`: an identity for every datatype, one for each kind of shape, and what skl2onnx and
  onnxmltools export, with their quirks. They are registered and put into service through the public interface.
- The same run sends some thousands of wrong requests, seeded, to every address under `/v2` and to plain records and outcomes under
  `/api/v1`: none may be answered with a 5xx, all must be answered in the address's own form, and the server must live on
  (`end2end/conformance/test_fuzz.py`). That one wrong field in an infer request is named in the answer is tried for every field.
"""


def ask(case, kind, caller) -> None:
    """Asks one case of one client and notes what came of it; raises what the case raises."""
    key = (case.group, case.name, kind.name)
    RESULTS[key] = FAILED
    try:
        case.run(caller)
    except Cannot:
        RESULTS[key] = NO_CALL
        raise
    RESULTS[key] = PASSED


def measure(case: str) -> None:
    key = (perf.NAME, case, perf.NAME)
    RESULTS[key] = FAILED
    perf.check(case)
    RESULTS[key] = PASSED


def render() -> str:
    """The page, from what has been asked."""
    versions = {"tritonclient": version("tritonclient"), "KServe": version("kserve"), "plain HTTP (requests)": version("requests")}
    pins = (REPOSITORY / "end2end/perf_analyzer.txt").read_text()
    versions[perf.NAME] = next(line.split("==")[1] for line in pins.splitlines() if line.startswith("tritonclient=="))
    lines = [HEAD.format(passed=PASSED, no_call=NO_CALL, versions="\n".join(f"| {name} | {number} |" for name, number in versions.items()))]
    clients = [kind.name for kind in CALLERS]
    for group in dict.fromkeys(case.group for case in CASES):
        lines += [f"## {group}", "", "| case | " + " | ".join(clients) + " |", "| --- |" + " --- |" * len(clients)]
        for case in (case for case in CASES if case.group == group):
            marks = [RESULTS.get((group, case.name, client), FAILED) for client in clients]
            lines.append(f"| {case.name} | " + " | ".join(marks) + " |")
        lines.append("")
    lines += [
        f"## {perf.NAME}", "",
        "NVIDIA's own load generator measures the server, and its count of rows, requests and runs agrees with what the server counted.", "",
        f"| case | {perf.NAME} |", "| --- | --- |",
        *(f"| {case} | {RESULTS.get((perf.NAME, case, perf.NAME), FAILED)} |" for case in perf.CASES), "",
    ]
    return "\n".join(lines)


def main() -> int:
    prepare()
    for kind in CALLERS:
        caller = kind()
        for case in CASES:
            try:
                ask(case, kind, caller)
            except Cannot:
                pass
            except Exception as error:
                print(f"{FAILED} {case.group}: {case.name}: {kind.name}: {error}")
        caller.close()
    for case in perf.CASES:
        try:
            measure(case)
        except Exception as error:
            print(f"{FAILED} {perf.NAME}: {case}: {error}")
    if "--write" in sys.argv:
        PAGE.write_text(render())
    wrong = sum(mark == FAILED for mark in RESULTS.values())
    print(f"{len(RESULTS) - wrong} right, {wrong} wrong, in {os.path.relpath(PAGE)}" if "--write" in sys.argv else f"{len(RESULTS) - wrong} right, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
