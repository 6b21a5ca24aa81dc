"""The REST API as a program of a user calls it."""

import json
import unittest
import uuid

import requests

from common import REPOSITORY, URL, rows, token, version_form

HOSTILE = REPOSITORY / "examples" / "hostile"


def call(role: str | None, method: str, path: str, **arguments) -> requests.Response:
    headers = dict(arguments.pop("headers", {}))
    if role:
        headers["authorization"] = f"Bearer {token(role)}"
    return requests.request(method, URL + path, headers=headers, timeout=60, **arguments)


def record() -> dict:
    def value(text: str):
        try:
            return float(text)
        except ValueError:
            return text

    return {name: value(text) for name, text in rows("churn", 1)[0].items()}


class WhoMayDoWhat(unittest.TestCase):
    def test_without_a_token_nothing_is_told(self):
        answer = call(None, "GET", "/api/v1/models")
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")

    def test_a_wrong_token_is_no_token(self):
        answer = requests.get(URL + "/api/v1/models", headers={"authorization": "Bearer slp_wrong"}, timeout=60)
        self.assertEqual(answer.status_code, 401)

    def test_roles_are_kept_apart(self):
        for role, path, body in (
            ("stakeholder", "/api/v1/models", {"name": "not-mine"}),
            ("oncall", "/api/v1/deployments", {"name": "not-mine", "settings": {"model": "churn"}}),
            ("approver", "/api/v1/users", {"email": "a@example.org", "name": "A", "role": "admin", "password": "long enough to pass"}),
        ):
            with self.subTest(role=role):
                self.assertEqual(call(role, "POST", path, json=body).status_code, 403)

    def test_everybody_knows_who_they_are(self):
        for role in ("engineer", "approver", "stakeholder", "oncall", "admin"):
            self.assertEqual(call(role, "GET", "/api/v1/me").json()["role"], role)


class Models(unittest.TestCase):
    def test_lists_have_items_and_a_cursor(self):
        page = call("stakeholder", "GET", "/api/v1/models").json()
        self.assertIn("next_cursor", page)
        self.assertLessEqual({"churn", "flights"}, {item["name"] for item in page["items"]})

    def test_what_is_not_there_is_a_problem_with_a_type(self):
        answer = call("engineer", "GET", "/api/v1/models/no-such-model")
        self.assertEqual(answer.status_code, 404)
        problem = answer.json()
        self.assertTrue(problem["type"].endswith("not-found"))
        self.assertEqual(problem["status"], 404)
        self.assertTrue(problem["request_id"])

    def test_the_file_comes_back_as_it_went_in(self):
        answer = call("engineer", "GET", "/api/v1/models/churn/versions/1/file")
        self.assertEqual(answer.content, (REPOSITORY / "examples/churn/v1.onnx").read_bytes())

    def test_the_champion_cannot_be_moved_around_the_approval(self):
        answer = call("engineer", "PUT", "/api/v1/models/churn/aliases/champion", json={"version": 1})
        self.assertEqual(answer.status_code, 403)
        self.assertTrue(answer.json()["type"].endswith("needs-approval"))

    def test_hostile_files_are_refused_with_words_and_leave_nothing(self):
        name = f"hostile-{uuid.uuid4().hex[:8]}"
        for entry in json.loads((HOSTILE / "manifest.json").read_text()):
            if entry["stop_at"] != "upload":
                continue
            with self.subTest(file=entry["file"]):
                form = {"file": (entry["file"], (HOSTILE / entry["file"]).read_bytes())}
                answer = call("engineer", "POST", f"/api/v1/models/{name}/versions", files=form)
                self.assertIn(answer.status_code, (400, 413, 422), answer.text)
                self.assertGreater(len(answer.json()["detail"]), 20)
        versions = call("engineer", "GET", f"/api/v1/models/{name}/versions")
        self.assertTrue(versions.status_code == 404 or versions.json()["items"] == [], versions.text)

    def test_the_same_key_registers_once(self):
        name, key = f"twice-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        answers = [
            call("engineer", "POST", f"/api/v1/models/{name}/versions", files=version_form("bikes", 1), headers={"idempotency-key": key})
            for _ in range(2)
        ]
        self.assertEqual([answer.status_code for answer in answers], [201, 201], answers[0].text)
        self.assertEqual(answers[0].json(), answers[1].json())
        self.assertEqual(len(call("engineer", "GET", f"/api/v1/models/{name}/versions").json()["items"]), 1)


class Predictions(unittest.TestCase):
    def test_a_plain_record_is_answered(self):
        answer = call(None, "POST", "/api/v1/deployments/churn/predict", json={"records": [record()], "routing_key": "k"})
        self.assertEqual(answer.status_code, 200, answer.text)
        prediction = answer.json()["predictions"][0]
        self.assertIn(prediction["label"], ("yes", "no"))
        self.assertAlmostEqual(sum(prediction["scores"].values()), 1.0, places=4)

    def test_an_unfit_record_names_the_field(self):
        answer = call(None, "POST", "/api/v1/deployments/churn/predict", json={"records": [{**record(), "total_day_minutes": "many"}]})
        self.assertEqual(answer.status_code, 400, answer.text)
        self.assertIn("total_day_minutes", answer.text)

    def test_bodies_that_are_no_request_are_refused(self):
        for body in (b"", b"{", b"[]", b"{\"records\": 3}", b"\x00" * 100):
            with self.subTest(body=body[:12]):
                answer = call(None, "POST", "/api/v1/deployments/churn/predict", data=body, headers={"content-type": "application/json"})
                self.assertIn(answer.status_code, (400, 415, 422))
                answer = call(None, "POST", "/v2/models/churn/infer", data=body)
                self.assertEqual(answer.status_code, 400)
                self.assertTrue(answer.json()["error"])

    def test_outcomes_are_joined_once(self):
        asked = call(None, "POST", "/api/v1/deployments/churn/predict", json={"records": [record()]}).json()
        prediction = asked["predictions"][0]["prediction_id"]
        body = {"outcomes": [{"prediction_id": prediction, "label": "no"}]}
        for _ in range(2):
            answer = call("engineer", "POST", "/api/v1/outcomes", json=body)
            self.assertEqual(answer.status_code, 200, answer.text)
            self.assertEqual(answer.json()["accepted"], 1)


class Approvals(unittest.TestCase):
    def test_nobody_signs_their_own_version(self):
        name = f"mine-{uuid.uuid4().hex[:8]}"
        call("engineer", "POST", f"/api/v1/models/{name}/versions", files=version_form("bikes", 2)).raise_for_status()
        call("engineer", "POST", "/api/v1/deployments", json={"name": name, "settings": {"model": name}}).raise_for_status()
        call("engineer", "POST", f"/api/v1/models/{name}/versions/1/gates").raise_for_status()
        asked = call("engineer", "POST", "/api/v1/approvals", json={"model": name, "version": 1, "deployment": name, "reason": "A test."})
        self.assertEqual(asked.status_code, 201, asked.text)
        path = f"/api/v1/approvals/{asked.json()['id']}"
        shown = call("approver", "GET", path).json()
        decision = {"decision": "approve", "comment": "Mine.", "evidence_hash": shown["evidence_hash"]}
        self.assertEqual(call("engineer", "POST", f"{path}/decisions", json=decision).status_code, 403)
        stale = {**decision, "decision": "reject", "evidence_hash": "0" * 64}
        self.assertIn(call("approver", "POST", f"{path}/decisions", json=stale).status_code, (400, 409, 422))

    def test_the_audit_log_holds(self):
        verdict = call("admin", "GET", "/api/v1/audit/verify").json()
        self.assertTrue(verdict["intact"], verdict)
        self.assertGreater(verdict["entries"], 10)


class Metrics(unittest.TestCase):
    def test_prometheus_reads_what_was_served(self):
        text = requests.get(URL + "/metrics", timeout=60).text
        for name in ("slipway_requests_total", "slipway_request_duration_seconds", "slipway_rollout_weight"):
            self.assertIn(name, text)
