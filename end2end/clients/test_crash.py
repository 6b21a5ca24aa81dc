"""A server that is killed under load: whatever it had acknowledged is there when it comes back."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import requests

from common import rows, version_form

PLAN = {
    "steps": [
        {"weight": 50.0, "seconds": 3600, "min_requests": 1, "exit": "manual"},
        {"weight": 100.0, "seconds": 0, "min_requests": 0, "exit": "nothing_worse"},
    ],
    "guardrails": [{"metric": "error_rate", "limit": 0.5, "worse": "higher", "required": True}],
    "alpha": 0.05,
    "planned_requests": 1000,
}


class Killed(unittest.TestCase):
    def setUp(self):
        self.data = Path(tempfile.mkdtemp(prefix="slipway-crash-"))
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.address}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:{self.data / 'slipway.db'}",
            "SLIPWAY_ARTIFACTS": f"file:{self.data / 'artifacts'}",
            "SLIPWAY_ADDR": self.address,
            "SLIPWAY_DEMO": "1",
        }
        program = [os.environ["SLIPWAY_PROGRAM"]]
        people = subprocess.run([*program, "user", "demo", "--json"], env=self.environment, capture_output=True, check=True)
        self.people = {person["role"]: person for person in json.loads(people.stdout)}
        self.start()
        self.addCleanup(lambda: self.server.kill())

    def start(self):
        log = open(self.data / "server.log", "ab")
        self.addCleanup(log.close)
        self.server = subprocess.Popen([os.environ["SLIPWAY_PROGRAM"], "serve"], env=self.environment, stdout=log, stderr=log)
        for _ in range(600):
            try:
                if requests.get(self.url + "/v2/health/ready", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            self.assertIsNone(self.server.poll(), (self.data / "server.log").read_text()[-2000:])
            time.sleep(0.1)
        self.fail("the server was not ready within a minute")

    def call(self, role: str, method: str, path: str, **arguments):
        headers = {"authorization": f"Bearer {self.people[role]['token']}"}
        answer = requests.request(method, self.url + path, headers=headers, timeout=60, **arguments)
        self.assertLess(answer.status_code, 300, f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def promote(self, version: int, plan=None) -> dict:
        self.call("engineer", "POST", f"/api/v1/models/churn/versions/{version}/gates", json={})
        request = {"model": "churn", "version": version, "deployment": "churn", "reason": "A test."}
        asked = self.call("engineer", "POST", "/api/v1/approvals", json={**request, **({"plan": plan} if plan else {})})
        path = f"/api/v1/approvals/{asked['id']}"
        shown = self.call("approver", "GET", path)
        decision = {
            "decision": "approve",
            "comment": "A test.",
            "evidence_hash": shown["evidence_hash"],
            "password": self.people["approver"]["password"],
        }
        return self.call("approver", "POST", f"{path}/decisions", json=decision)

    def test_what_was_acknowledged_survives(self):
        for version in (2, 3):
            self.call("engineer", "POST", "/api/v1/models/churn/versions", files=version_form("churn", version))
        self.call("engineer", "POST", "/api/v1/deployments", json={"name": "churn", "settings": {"model": "churn", "recording": "durable"}})
        self.promote(1)
        for _ in range(100):
            if requests.get(self.url + "/v2/models/churn/ready", timeout=5).status_code == 200:
                break
            time.sleep(0.1)
        approved = self.promote(2, PLAN)
        rollout = approved["rollout"]
        self.assertTrue(rollout)

        # Load from four callers; every outcome that the server acknowledged is remembered here.
        acknowledged, stop = [], threading.Event()
        body = {"records": [{k: number(v) for k, v in row.items()} for row in rows("churn", 1)]}

        def load():
            while not stop.is_set():
                try:
                    asked = requests.post(self.url + "/api/v1/deployments/churn/predict", json=body, timeout=5).json()
                    outcome = {"prediction_id": asked["predictions"][0]["prediction_id"], "label": "no"}
                    answer = self.call("engineer", "POST", "/api/v1/outcomes", json={"outcomes": [outcome]})
                    if answer["accepted"] == 1:
                        acknowledged.append(outcome)
                except (requests.RequestException, KeyError, AssertionError):
                    time.sleep(0.02)

        callers = [threading.Thread(target=load) for _ in range(4)]
        for caller in callers:
            caller.start()
        time.sleep(4)
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        stop.set()
        for caller in callers:
            caller.join()
        self.assertGreater(len(acknowledged), 10)

        self.start()
        versions = self.call("engineer", "GET", "/api/v1/models/churn/versions")["items"]
        self.assertEqual(len(versions), 2)
        again = self.call("engineer", "GET", f"/api/v1/rollouts/{rollout}")
        self.assertEqual(again["phase"], "running")
        self.assertEqual((again["stable"], again["canary"]), (1, 2))
        self.assertTrue(self.call("admin", "GET", "/api/v1/audit/verify")["intact"])
        # Sent again, every acknowledged outcome is known: its prediction was not lost.
        for at in range(0, len(acknowledged), 500):
            part = acknowledged[at : at + 500]
            answer = self.call("engineer", "POST", "/api/v1/outcomes", json={"outcomes": part})
            self.assertEqual((answer["accepted"], answer["unknown"]), (len(part), 0))
        # And the rollout goes on from where it was.
        for arm_seen in range(200):
            answer = requests.post(self.url + "/api/v1/deployments/churn/predict", json={**body, "routing_key": str(arm_seen)}, timeout=5).json()
            if answer.get("arm") == "canary":
                break
        else:
            self.fail("no request reached the canary after the restart")


def number(text: str):
    try:
        return float(text)
    except ValueError:
        return text
