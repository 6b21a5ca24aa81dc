"""The Open Inference Protocol beyond what an ordinary client sends: raw bodies, chunks, odd headers, and what must be refused."""

import asyncio
import gzip
import http.client
import json
import os
import unittest
import zlib

import numpy as np
import requests
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from common import ADDRESS, URL, churn_columns, flights_matrix

INFER = URL + "/v2/models/flights/infer"
LENGTH = "Inference-Header-Content-Length"


def body(rows: int = 2) -> dict:
    matrix = flights_matrix(rows)
    return {"inputs": [{"name": "X", "shape": list(matrix.shape), "datatype": "FP32", "data": matrix.ravel().tolist()}]}


def alive():
    """After whatever was sent, an ordinary request is answered."""
    answer = requests.post(INFER, json=body(1), timeout=30)
    assert answer.status_code == 200, answer.text


class Refused(unittest.TestCase):
    """Bad input is 400 with words (or its own status), never a 5xx, and the server lives on."""

    def refuse(self, status: int, **request) -> str:
        answer = requests.post(request.pop("url", INFER), timeout=60, **request)
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["content-type"], "application/json")
        alive()
        return answer.json()["error"]

    def test_bodies_that_are_no_request(self):
        for data in (b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}" * 10, b"[" * 100_000, os.urandom(1000)):
            with self.subTest(data=data[:10]):
                self.refuse(400, data=data)

    def test_tensors_that_do_not_add_up(self):
        def change(**fields):
            request = body()
            request["inputs"][0].update(fields)
            return {key: value for key, value in request.items()}

        for name, request in {
            "negative": change(shape=[-2, 19]),
            "huge": change(shape=[2**40, 2**40]),
            "more than there is": change(shape=[3, 19]),
            "no data": change(data=[]),
            "nested otherwise": change(data=np.zeros((19, 2)).tolist()),
            "ragged": change(data=[[1.0], [1.0, 2.0]]),
            "deep": change(data=json.loads("[" * 90 + "1" + "]" * 90)),
            "text": change(data=["x"] * 38),
            "object": change(data={}),
            "unknown type": change(datatype="FP31"),
            "half as JSON": change(datatype="FP16"),
            "other name": change(name="Y"),
            "shared memory": change(parameters={"shared_memory_region": "r", "shared_memory_byte_size": 4}),
        }.items():
            with self.subTest(name):
                self.assertTrue(self.refuse(400, json=request))
        self.assertIn("twice", self.refuse(400, json={"inputs": body()["inputs"] * 2}))

    def test_lengths_that_lie(self):
        data = json.dumps(body()).encode()
        for length in ("-1", "x", str(len(data) + 1), "18446744073709551616"):
            with self.subTest(length):
                self.refuse(400, data=data, headers={LENGTH: length})
        binary = json.dumps({"inputs": [{"name": "X", "shape": [1, 19], "datatype": "FP32", "parameters": {"binary_data_size": 76}}]}).encode()
        for tail in (b"", b"\0" * 75, b"\0" * 77):
            with self.subTest(len(tail)):
                self.refuse(400, data=binary + tail, headers={LENGTH: str(len(binary))})

    def test_codings_that_are_unknown_or_lie(self):
        self.refuse(415, data=b"x", headers={"Content-Encoding": "br"})
        self.refuse(400, data=b"not gzip", headers={"Content-Encoding": "gzip"})
        self.refuse(413, data=gzip.compress(b" " * (80 << 20)), headers={"Content-Encoding": "gzip"})
        self.refuse(413, data=zlib.compress(b" " * (80 << 20)), headers={"Content-Encoding": "deflate"})

    def test_a_body_past_the_limit(self):
        self.refuse(413, data=b" " * (65 << 20))

    def test_addresses_and_methods_that_are_none(self):
        for method, path, status in (
            ("GET", "/v2/nothing", 404),
            ("GET", "/v2/models/no-such-model", 404),
            ("GET", "/v2/models/flights/versions/x", 404),
            ("GET", "/v2/models/flights/infer", 405),
            ("DELETE", "/v2/models/flights", 405),
            ("GET", "/v2/repository/index", 405),
        ):
            with self.subTest(path=path):
                answer = requests.request(method, URL + path, timeout=30)
                self.assertEqual(answer.status_code, status)
                self.assertTrue(answer.json()["error"])


class Raw(unittest.TestCase):
    def test_the_whole_body_is_the_one_input(self):
        matrix = flights_matrix(3)
        answer = requests.post(INFER, data=matrix.tobytes(), headers={LENGTH: "0"}, timeout=30)
        self.assertEqual(answer.status_code, 200, answer.text)
        length = int(answer.headers[LENGTH])
        response = json.loads(answer.content[:length])
        sizes = [output["parameters"]["binary_data_size"] for output in response["outputs"]]
        self.assertEqual(length + sum(sizes), len(answer.content))
        ordinary = requests.post(INFER, json=body(3), timeout=30).json()
        scores = next(o for o in ordinary["outputs"] if o["name"] == "probabilities")["data"]
        at = length + sum(size for size, output in zip(sizes, response["outputs"]) if output["name"] != "probabilities")
        names = [output["name"] for output in response["outputs"]]
        self.assertEqual(names[-1], "probabilities")
        np.testing.assert_allclose(np.frombuffer(answer.content[at:], np.float32), scores, rtol=1e-6)

    def test_chunked_bodies_are_read(self):
        connection = http.client.HTTPConnection(ADDRESS, timeout=30)
        self.addCleanup(connection.close)
        data = json.dumps(body()).encode()
        parts = (data[at : at + 100] for at in range(0, len(data), 100))
        connection.request("POST", "/v2/models/flights/infer", body=parts, headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, answer.read())

    def test_numbers_that_json_does_not_have_come_back_as_null_or_bytes(self):
        request = body(1)
        request["inputs"][0]["data"][0] = None
        answer = requests.post(INFER, json=request, timeout=30)
        self.assertIn(answer.status_code, (200, 400), answer.text)
        alive()

    def test_an_empty_batch(self):
        tensor = triton.InferInput("X", [0, 19], "FP32")
        tensor.set_data_from_numpy(np.zeros((0, 19), np.float32))
        client = triton.InferenceServerClient(ADDRESS)
        self.addCleanup(client.close)
        try:
            self.assertEqual(client.infer("flights", [tensor]).as_numpy("probabilities").shape, (0, 2))
        except InferenceServerException as refused:
            self.assertEqual(refused.status(), "400")
        alive()

    def test_whatever_the_content_type_says(self):
        for kind in (None, "application/json", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "nonsense"):
            with self.subTest(kind):
                headers = {"Content-Type": kind} if kind else {}
                answer = requests.post(INFER, data=json.dumps(body()), headers=headers, timeout=30)
                self.assertEqual(answer.status_code, 200, answer.text)

    def test_answers_are_compressed_only_where_asked(self):
        for asked, given in (("gzip", "gzip"), ("deflate", "deflate"), ("br", None), ("gzip, deflate, br", "gzip"), ("identity", None)):
            with self.subTest(asked):
                answer = requests.post(INFER, json=body(20), headers={"Accept-Encoding": asked}, timeout=30)
                self.assertEqual(answer.headers.get("content-encoding"), given)
                self.assertEqual(answer.json()["model_name"], "flights")
        for path in ("/v2", "/v2/models/flights", "/v2/models/stats"):
            answer = requests.get(URL + path, headers={"Accept-Encoding": "gzip, deflate, br"}, timeout=30)
            self.assertNotIn("content-encoding", answer.headers)


class Extensions(unittest.TestCase):
    def setUp(self):
        self.client = triton.InferenceServerClient(ADDRESS)
        self.addCleanup(self.client.close)

    def test_classes_instead_of_scores(self):
        matrix = flights_matrix(4)
        tensor = triton.InferInput("X", list(matrix.shape), "FP32")
        tensor.set_data_from_numpy(matrix)
        output = triton.InferRequestedOutput("probabilities", class_count=2)
        result = self.client.infer("flights", [tensor], outputs=[output]).as_numpy("probabilities")
        self.assertEqual(result.shape, (4, 2))
        for best, second in result:
            (a, i, *_), (b, j, *_) = best.decode().split(":"), second.decode().split(":")
            self.assertGreaterEqual(float(a), float(b))
            self.assertEqual({int(i), int(j)}, {0, 1})

    def test_texts_that_are_not_plain(self):
        columns = churn_columns(1)
        for text in ("ä€😀", "", "with \"quotes\" and \\", "x" * 10_000):
            for binary in (False, True):
                with self.subTest(text=text[:8], binary=binary):
                    inputs = []
                    for name, values in columns.items():
                        if values.dtype == np.object_:
                            values = np.array([[text]], dtype=np.object_)
                        tensor = triton.InferInput(name, [1, 1], "BYTES" if values.dtype == np.object_ else "FP32")
                        tensor.set_data_from_numpy(values, binary_data=binary)
                        inputs.append(tensor)
                    self.assertEqual(self.client.infer("churn", inputs).as_numpy("probabilities").shape, (1, 2))

    def test_the_configuration_and_statistics_have_what_perf_analyzer_reads(self):
        config = self.client.get_model_config("flights")
        self.assertGreater(config["max_batch_size"], 0)
        self.assertEqual(config["input"][0]["name"], "X")
        self.assertEqual(config["input"][0]["dims"], [19])
        for entry in self.client.get_inference_statistics()["model_stats"]:
            self.assertTrue({"name", "version", "last_inference", "inference_count", "execution_count"} <= set(entry))
            for key in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"):
                self.assertEqual(set(entry["inference_stats"][key]), {"count", "ns"})

    def test_loading_and_unloading(self):
        self.client.unload_model("digits")
        try:
            self.assertFalse(self.client.is_model_ready("digits"))
            states = {entry["name"]: entry["state"] for entry in self.client.get_model_repository_index()}
            self.assertEqual(states["digits"], "UNAVAILABLE")
            with self.assertRaises(InferenceServerException):
                self.client.load_model("digits", config="{}", files={"file:1/model.onnx": b"x"})
        finally:
            self.client.load_model("digits")
        self.assertTrue(self.client.is_model_ready("digits"))

    def test_a_deadline_in_microseconds(self):
        matrix = flights_matrix(100)
        tensor = triton.InferInput("X", list(matrix.shape), "FP32")
        tensor.set_data_from_numpy(matrix)
        self.assertEqual(self.client.infer("flights", [tensor], timeout=10_000_000).as_numpy("probabilities").shape, (100, 2))
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer("flights", [tensor], timeout=1)
        self.assertEqual(caught.exception.status(), "504")


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_every_question_of_the_asynchronous_client(self):
        async with triton_aio.InferenceServerClient(ADDRESS) as client:
            self.assertTrue(await client.is_server_live())
            self.assertEqual((await client.get_server_metadata())["name"], "slipway")
            self.assertEqual((await client.get_model_metadata("flights"))["name"], "flights")
            self.assertEqual((await client.get_model_config("flights"))["name"], "flights")
            self.assertTrue((await client.get_inference_statistics("flights"))["model_stats"])
            self.assertTrue(await client.get_model_repository_index())
            matrix = flights_matrix(8)
            tensor = triton_aio.InferInput("X", list(matrix.shape), "FP32")
            tensor.set_data_from_numpy(matrix)
            for algorithm in (None, "gzip", "deflate"):
                result = await client.infer("flights", [tensor], request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
                self.assertEqual(result.as_numpy("probabilities").shape, (8, 2))

    async def test_a_thousand_at_once(self):
        async with triton_aio.InferenceServerClient(ADDRESS, conn_limit=1000) as client:
            matrix = flights_matrix(1)
            tensor = triton_aio.InferInput("X", list(matrix.shape), "FP32")
            tensor.set_data_from_numpy(matrix)
            results = await asyncio.gather(*(client.infer("flights", [tensor], request_id=str(i)) for i in range(1000)))
        self.assertEqual([result.get_response()["id"] for result in results], [str(i) for i in range(1000)])
