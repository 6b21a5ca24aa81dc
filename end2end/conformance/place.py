"""The server under test: one of the suite's own, with the suite's models registered and deployed through the public interface.

Importing this starts `$SLIPWAY_PROGRAM serve` on a free port with an empty folder; both are gone when the process ends.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "end2end/models"
# What registration cannot read out of a file whose number of columns is free.
ABOUT = {"dynamic": {"features": ["a", "b", "c"]}, "undeclared_width": {"features": ["a", "b", "c"]}}


def start() -> tuple[str, dict[str, dict]]:
    """A new server: its address, and the demo's people by role, each with a token."""
    data = Path(tempfile.mkdtemp(prefix="slipway-conformance-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:{data / 'slipway.db'}",
        "SLIPWAY_ARTIFACTS": f"file:{data / 'artifacts'}",
        "SLIPWAY_ADDR": address,
        "SLIPWAY_DEMO": "1",
    }
    program = os.environ["SLIPWAY_PROGRAM"]
    told = subprocess.run([program, "user", "demo", "--json"], env=environment, capture_output=True, check=True)
    log = open(data / "server.log", "wb")
    server = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log)
    atexit.register(lambda: (server.kill(), server.wait()))
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            if requests.get(f"http://{address}/v2/health/ready", timeout=5).status_code == 200:
                return address, {person["role"]: person for person in json.loads(told.stdout)}
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not start: {(data / 'server.log').read_text()[-2000:]}")


ADDRESS, PEOPLE = start()
URL = f"http://{ADDRESS}"


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
