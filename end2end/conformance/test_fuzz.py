"""Whatever comes in: never a 5xx, always an answer in the address's own form that says what is wrong, and the server lives on.

`SLIPWAY_FUZZ_SEED` names another sequence of requests, `SLIPWAY_FUZZ_REQUESTS` another number of them. Each sequence ends early on a
slow machine, after `SLIPWAY_FUZZ_SECONDS`.
"""

import http.client
import json
import os
import socket
import time
import unittest

import numpy as np
import requests

from callers import Ask, Plain
from mutate import STRANGE, Mutator, places, put
from place import ADDRESS, PEOPLE, URL, name, prepare
from schema import check
from values import points, x

SEED = int(os.environ.get("SLIPWAY_FUZZ_SEED", "20261126"))
REQUESTS = int(os.environ.get("SLIPWAY_FUZZ_REQUESTS", "3000"))
SECONDS = float(os.environ.get("SLIPWAY_FUZZ_SECONDS", "15"))
MODEL, INPUT = name("wrong_label_shape"), "X"
# The one that the fuzzer may unload; it alone may then say 503.
SACRIFICE = name("unranked")
TENSOR = {"name": INPUT, "shape": [2, 4], "datatype": "FP32", "data": [2, 0, 0, 0, 0, 2, 0, 2]}
INFER = {
    "id": "f", "inputs": [TENSOR], "outputs": [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probabilities", "parameters": {"classification": 1}}],
    "parameters": {"binary_data_output": False, "priority": 0, "sequence_id": 1, "routing_key": "k", "mine": "x"},
}
SEVERAL = {
    "inputs": [
        {"name": "size", "shape": [1, 2], "datatype": "FP32", "data": [[1.5, 2]]},
        {"name": "count", "shape": [1, 1], "datatype": "INT64", "data": [3]},
        {"name": "name", "shape": [1], "datatype": "BYTES", "data": ["n"]},
    ]
}
# The same behind the JSON: two rows of numbers, and two texts.
BINARY = {
    MODEL: (
        {"inputs": [{"name": INPUT, "shape": [2, 4], "datatype": "FP32", "parameters": {"binary_data_size": 32}}], "parameters": {"binary_data_output": True}},
        points(2).tobytes(),
    ),
    name("identity_bytes"): (
        {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "BYTES", "parameters": {"binary_data_size": 12}}], "outputs": [{"name": "y", "parameters": {"binary_data": True}}]},
        b"\3\0\0\0abc\1\0\0\0z",
    ),
}
BODIES = {"infer": INFER, "load": {"parameters": {"unload_dependents": False}}, "unload": {"parameters": {}}, "index": {"ready": True}}
PATHS = [
    "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", "/v2/models/stats", "/v2/repository/index",
    *(f"/v2/models/{MODEL}{version}{act}" for version in ("", "/versions/1", "/versions/7") for act in ("", "/ready", "/config", "/stats")),
    *[f"/v2/models/{MODEL}/infer"] * 12, f"/v2/models/{MODEL}/versions/1/infer", "/v2/models/no-such-model/infer",
    *[f"/v2/models/{name(model)}/infer" for model in ("several", "identity_bytes", "scalar", "unranked", "dynamic", "undeclared_width")] * 2,
    f"/v2/repository/models/{SACRIFICE}/load", f"/v2/repository/models/{SACRIFICE}/unload", "/v2/repository/models/no-such-model/load",
]


def turns(most: int):
    """0, 1, 2 … as long as there is time."""
    end = time.monotonic() + SECONDS
    for i in range(most):
        if time.monotonic() > end:
            return
        yield i


class Line:
    """A connection that is opened again where the server has closed it."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(ADDRESS, timeout=60)

    def send(self, method: str, path: str, headers: dict, body: bytes) -> tuple[int, str, bytes]:
        for attempt in (1, 2):
            try:
                self.connection.putrequest(method, path, skip_accept_encoding=True)
                self.connection.putheader("Content-Length", str(len(body)))
                for key, value in headers.items():
                    self.connection.putheader(key, value.encode())
                self.connection.endheaders(body or None)
                answer = self.connection.getresponse()
                return answer.status, answer.headers.get("content-type", ""), answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if attempt == 2:
                    raise
        raise AssertionError


class Fuzz(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare()
        cls.plain, cls.line = Plain(), Line()

    @classmethod
    def tearDownClass(cls):
        cls.plain.load(SACRIFICE)
        cls.plain.close()
        cls.line.connection.close()

    def alive(self):
        told = self.plain.infer(Ask(MODEL, x(points(), name=INPUT))).arrays["label"]
        np.testing.assert_array_equal(told, [0, 1, 2])

    def sent(self, method, path, headers, body):
        said = f"{method} {path[:200]} {headers} {body[:600]!r}"
        status, kind, answer = self.line.send(method, path, headers, body)
        return f"{said}: {status} {answer[:400]!r}", status, kind, answer

    def test_the_protocol(self):
        mutator = Mutator(SEED)
        seen = {}
        for i in turns(REQUESTS):
            path = mutator.path(PATHS)
            act = path.rsplit("/", 1)[-1]
            good = SEVERAL if name("several") in path else BODIES.get(act, INFER)
            usual = "POST" if act in BODIES else "GET"
            method = usual if mutator.random.random() < 0.93 else mutator.random.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FOO"])
            body = mutator.body(good) if method == "POST" or mutator.random.random() < 0.05 else b""
            headers = mutator.headers(body)
            if act == "infer" and mutator.random.random() < 0.3:
                model = mutator.random.choice(list(BINARY))
                path, method = f"/v2/models/{model}/infer", "POST"
                body, lengths = mutator.binary(*BINARY[model])
                headers |= lengths
            said, status, kind, answer = self.sent(method, path, headers, body)
            with self.subTest(i):
                allowed = (503,) if SACRIFICE in path else (504,) if b"timeout" in body else ()
                self.assertTrue(200 <= status < 500 or status in allowed, said)
                if status >= 400 and method != "HEAD" and path.startswith("/v2"):
                    self.assertEqual(kind, "application/json", said)
                    check("error", json.loads(answer))
            seen[status] = seen.get(status, 0) + 1
            if i % 250 == 0:
                self.alive()
        self.alive()
        self.reached_both(seen)

    def reached_both(self, seen: dict[int, int]):
        """Neither all refused nor all answered."""
        sent = sum(seen.values())
        self.assertGreater(seen.get(200, 0), sent // 50, seen)
        self.assertGreater(seen.get(400, 0), sent // 10, seen)

    def test_one_wrong_field_is_named(self):
        for request in (INFER, SEVERAL):
            model = MODEL if request is INFER else name("several")
            for path in places(request):
                for value in STRANGE if path else []:
                    body = json.dumps(put(request, path, value)).encode()
                    said, status, kind, answer = self.sent("POST", f"/v2/models/{model}/infer", {}, body)
                    with self.subTest(path=path, value=value):
                        self.assertIn(status, (200, 400), said)
                        if status == 400:
                            error = check("error", json.loads(answer))["error"]
                            self.assertTrue(any(word in error for word in self.words(request, path, value)), said)
        self.alive()

    @staticmethod
    def words(request, path, value):
        """Any of these names a wrong place: its key, or the input or output that it belongs to (by its old or new name)."""
        key = next(part for part in reversed(path) if isinstance(part, str))
        named = [key, *(["parameter"] if "parameters" in path else [])]
        if len(path) > 1 and path[0] in ("inputs", "outputs"):
            named += [request[path[0]][path[1]]["name"], f"{path[0]}[{path[1]}]"]
        # A list that lost its members: those are what is missing now.
        if path[0] == "inputs" and len(path) <= 2:
            named += [tensor["name"] for tensor in request["inputs"]]
        return named + ([value] if isinstance(value, str) and value else [])

    def test_plain_records(self):
        mutator = Mutator(SEED + 1)
        record = {"age": 41, "plan": "gold"}
        good = {"records": [record, record], "routing_key": "k", "version": 1}
        paths = [f"/api/v1/deployments/{name('columns')}/predict"] * 8 + ["/api/v1/deployments/no-such/predict", f"/api/v1/deployments/{MODEL}/predict"]
        self.problems(mutator, paths, good, {}, REQUESTS // 3)

    def test_outcomes(self):
        mutator = Mutator(SEED + 2)
        good = {"outcomes": [{"prediction_id": "01a", "label": "yes", "value": 3.5, "at": "2026-03-17T14:20:05Z"}, {"prediction_id": "01b", "label": 1}]}
        token = {"Authorization": f"Bearer {PEOPLE['engineer']['token']}"}
        self.problems(mutator, ["/api/v1/outcomes"], good, token, REQUESTS // 3)

    def problems(self, mutator, paths, good, own_headers, count):
        seen = {}
        for i in turns(count):
            path, body = mutator.path(paths) if mutator.random.random() < 0.3 else mutator.random.choice(paths), mutator.body(good)
            headers = {**own_headers, **mutator.headers(body)}
            method = "POST" if mutator.random.random() < 0.95 else mutator.random.choice(["PUT", "DELETE", "PATCH", "OPTIONS", "FOO"])
            said, status, kind, answer = self.sent(method, path, headers, body)
            with self.subTest(i):
                allowed = (503,) if b"timeout_ms" in body else ()
                self.assertTrue(200 <= status < 500 or status in allowed, said)
                if status >= 400 and path.startswith("/api/v1"):
                    self.assertEqual(kind, "application/problem+json", said)
                    self.assertEqual(check("problem", json.loads(answer))["status"], status, said)
            seen[status] = seen.get(status, 0) + 1
        self.alive()
        self.reached_both(seen)

    def test_what_is_no_http(self):
        """A request that never was one may be cut off without words; the next one is answered."""
        host, port = ADDRESS.split(":")
        for data in (
            b"\0" * 64, b"GET\r\n\r\n", b"POST /v2/models/x/infer HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
            b"POST /v2/models/x/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
            b"POST /v2/models/x/infer HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
            b"POST /v2/models/x/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
            b"POST /v2/models/x/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", b"GET /v2 HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        ):
            with self.subTest(data=data[:60]), socket.create_connection((host, int(port)), timeout=10) as raw:
                try:
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    first = raw.recv(4096)
                except OSError:
                    first = b""
                self.assertFalse(first.startswith(b"HTTP/1.1 5"), first)
                self.alive()

    def test_bodies_past_the_limit(self):
        for path in (f"/v2/models/{MODEL}/infer", "/v2/repository/index", f"/v2/repository/models/{SACRIFICE}/load"):
            with self.subTest(path):
                answer = requests.post(URL + path, data=b" " * (65 << 20), timeout=60)
                self.assertEqual((answer.status_code, answer.headers["content-type"]), (413, "application/json"), answer.text)
                check("error", answer.json())
        self.alive()
