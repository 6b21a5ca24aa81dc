"""Answers checked against the protocol, written down as a JSON schema beside this file."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).resolve().parent / "protocol.schema.json").read_text())


def _validator(part: str) -> Draft202012Validator:
    return Draft202012Validator({"$schema": SCHEMA["$schema"], "$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]})


VALIDATORS = {part: _validator(part) for part in SCHEMA["$defs"]}


def check(part: str, answer):
    """Gives `answer` back if it is a right `part` of the protocol; the first mistake otherwise."""
    mistake = next(VALIDATORS[part].iter_errors(answer), None)
    assert mistake is None, f"{part}: {mistake.json_path}: {mistake.message}"
    return answer
