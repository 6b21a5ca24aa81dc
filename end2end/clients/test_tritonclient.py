"""The Open Inference Protocol as an unmodified tritonclient speaks it, in step and asynchronously."""

import asyncio
import unittest

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from common import ADDRESS, churn_columns, flights_matrix

ROWS = 5


def churn_inputs(module, binary: bool):
    inputs = []
    for name, values in churn_columns(ROWS).items():
        datatype = "BYTES" if values.dtype == np.object_ else "FP32"
        tensor = module.InferInput(name, list(values.shape), datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        inputs.append(tensor)
    return inputs


class InStep(unittest.TestCase):
    def setUp(self):
        self.client = triton.InferenceServerClient(ADDRESS)
        self.addCleanup(self.client.close)

    def test_server_and_model_are_there(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("churn"))
        self.assertFalse(self.client.is_model_ready("no-such-model"))
        self.assertIn("binary_tensor_data", self.client.get_server_metadata()["extensions"])

    def test_metadata_names_every_input_and_output(self):
        metadata = self.client.get_model_metadata("churn")
        self.assertEqual(metadata["name"], "churn")
        self.assertEqual({tensor["name"] for tensor in metadata["inputs"]}, set(churn_columns(1)))
        self.assertEqual({tensor["name"] for tensor in metadata["outputs"]}, {"label", "probabilities"})
        for tensor in metadata["inputs"]:
            self.assertEqual(tensor["shape"], [-1, 1])

    def test_the_repository_lists_what_is_served(self):
        names = {entry["name"] for entry in self.client.get_model_repository_index()}
        self.assertLessEqual({"churn", "flights", "bikes", "digits"}, names)

    def test_json_and_binary_give_the_same_answer(self):
        answers = []
        for binary in (False, True):
            outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
            result = self.client.infer(
                "churn", churn_inputs(triton, binary), outputs=outputs, request_id="four-two", parameters={"routing_key": "same"}
            )
            response = result.get_response()
            self.assertEqual(response["id"], "four-two")
            self.assertIn("prediction_id", response["parameters"])
            probabilities = result.as_numpy("probabilities")
            self.assertEqual(probabilities.shape, (ROWS, 2))
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
            labels = [label.decode() if isinstance(label, bytes) else label for label in result.as_numpy("label").ravel()]
            self.assertLessEqual(set(labels), {"yes", "no"})
            answers.append((response["model_version"], labels, probabilities))
        if answers[0][0] == answers[1][0]:
            self.assertEqual(answers[0][1], answers[1][1])
            np.testing.assert_allclose(answers[0][2], answers[1][2], rtol=1e-6)

    def test_one_matrix_input(self):
        matrix = flights_matrix(ROWS)
        tensor = triton.InferInput("X", list(matrix.shape), "FP32")
        tensor.set_data_from_numpy(matrix)
        result = self.client.infer("flights", [tensor])
        self.assertEqual(result.as_numpy("probabilities").shape, (ROWS, 2))

    def test_a_version_can_be_named(self):
        version = self.client.get_model_metadata("churn")["versions"][0]
        self.assertEqual(self.client.get_model_metadata("churn", version)["versions"], [version])
        result = self.client.infer("churn", churn_inputs(triton, True), model_version=version)
        self.assertEqual(result.get_response()["model_version"], version)

    def test_compressed_requests_and_answers(self):
        result = self.client.infer(
            "churn", churn_inputs(triton, True), request_compression_algorithm="gzip", response_compression_algorithm="deflate"
        )
        self.assertEqual(result.as_numpy("probabilities").shape, (ROWS, 2))

    def test_statistics_count_what_was_answered(self):
        before = self.count()
        self.client.infer("churn", churn_inputs(triton, True))
        self.assertGreater(self.count(), before)

    def count(self) -> int:
        stats = self.client.get_inference_statistics("churn")["model_stats"]
        return sum(int(entry["inference_stats"]["success"]["count"]) for entry in stats)

    def test_an_unknown_model_is_refused(self):
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer("no-such-model", churn_inputs(triton, True))
        self.assertIn("no-such-model", caught.exception.message())

    def test_a_wrong_input_name_is_named(self):
        inputs = churn_inputs(triton, True)
        wrong = triton.InferInput("no_such_input", [ROWS, 1], "FP32")
        wrong.set_data_from_numpy(np.zeros((ROWS, 1), np.float32))
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer("churn", [*inputs[1:], wrong])
        self.assertRegex(caught.exception.message(), "no_such_input|area_code")

    def test_a_wrong_shape_says_what_was_expected(self):
        tensor = triton.InferInput("X", [ROWS, 3], "FP32")
        tensor.set_data_from_numpy(np.zeros((ROWS, 3), np.float32))
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer("flights", [tensor])
        self.assertIn("X", caught.exception.message())
        self.assertIn("19", caught.exception.message())

    def test_a_wrong_type_says_what_was_expected(self):
        tensor = triton.InferInput("X", [ROWS, 19], "INT64")
        tensor.set_data_from_numpy(np.zeros((ROWS, 19), np.int64))
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer("flights", [tensor])
        self.assertIn("FP32", caught.exception.message())


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = triton_aio.InferenceServerClient(ADDRESS)

    async def asyncTearDown(self):
        await self.client.close()

    async def test_ready_and_metadata(self):
        self.assertTrue(await self.client.is_server_ready())
        self.assertTrue(await self.client.is_model_ready("churn"))
        self.assertEqual((await self.client.get_model_metadata("churn"))["name"], "churn")

    async def test_json_and_binary(self):
        for binary in (False, True):
            result = await self.client.infer("churn", churn_inputs(triton_aio, binary))
            self.assertEqual(result.as_numpy("probabilities").shape, (ROWS, 2))

    async def test_many_at_once(self):
        results = await asyncio.gather(*(self.client.infer("churn", churn_inputs(triton_aio, True)) for _ in range(50)))
        self.assertEqual(len(results), 50)
        for result in results:
            self.assertEqual(result.as_numpy("probabilities").shape, (ROWS, 2))

    async def test_bad_input_is_an_error_with_words(self):
        tensor = triton_aio.InferInput("X", [1, 2], "FP32")
        tensor.set_data_from_numpy(np.zeros((1, 2), np.float32))
        with self.assertRaises(InferenceServerException) as caught:
            await self.client.infer("flights", [tensor])
        self.assertIn("X", caught.exception.message())
