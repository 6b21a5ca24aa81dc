"""The server under test: where it is, and the suite's models registered and deployed there through the public interface."""

import json
import os
import time
from pathlib import Path

import requests

URL = os.environ["SLIPWAY_URL"]
ADDRESS = URL.removeprefix("http://")
REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "end2end/models"
# What registration cannot read out of a file whose number of columns is free.
ABOUT = {"dynamic": {"features": ["a", "b", "c"]}, "undeclared_width": {"features": ["a", "b", "c"]}}


def people() -> dict[str, dict]:
    """The demo's people by role, each with a token."""
    told = json.loads(Path(os.environ["SLIPWAY_DEMO_JSON"]).read_text())
    told = told["users"] if isinstance(told, dict) else told
    return {person["role"]: person for person in told}


PEOPLE = people()


def call(role: str, method: str, path: str, **arguments) -> requests.Response:
    headers = {"authorization": f"Bearer {PEOPLE[role]['token']}", **arguments.pop("headers", {})}
    return requests.request(method, URL + path, headers=headers, timeout=60, **arguments)


def name(model: str) -> str:
    """Under which name a file of `end2end/models` is served."""
    return "oip-" + model.replace("_", "-")


def file(model: str) -> Path:
    return REPOSITORY / "examples/churn/v3.onnx" if model == "churn" else MODELS / f"{model}.onnx"


def deploy(model: str) -> None:
    """Registers version 1, declares a deployment and puts the version into service, unless that has been done."""
    served = name(model)
    if requests.get(f"{URL}/v2/models/{served}/ready", timeout=60).status_code == 200:
        return
    form = {
        "meta": (None, json.dumps(ABOUT.get(model, {})), "application/json"),
        "file": (f"{model}.onnx", file(model).read_bytes()),
    }
    expect(201, call("engineer", "POST", f"/api/v1/models/{served}/versions", files=form))
    expect(201, call("engineer", "POST", "/api/v1/deployments", json={"name": served, "settings": {"model": served}}))
    started = {"deployment": served, "version": 1, "reason": "The conformance suite."}
    expect(200, call("admin", "POST", "/api/v1/rollouts", json=started))


def expect(status: int, answer: requests.Response) -> None:
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"


def prepare() -> None:
    """Deploys every model of the suite and waits until all of them answer."""
    models = ["churn", *sorted(path.stem for path in MODELS.glob("*.onnx"))]
    for model in models:
        deploy(model)
    for model in models:
        for _ in range(300):
            if requests.get(f"{URL}/v2/models/{name(model)}/ready", timeout=60).status_code == 200:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{name(model)} was not ready within half a minute")
