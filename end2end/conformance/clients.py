"""The clients that users have, each behind the one face of `callers.py`."""

import asyncio
import threading

import httpx
import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.errors import InvalidInput
from kserve.protocol.infer_type import RequestedOutput
from tritonclient.utils import InferenceServerException

from callers import Ask, Caller, Cannot, Plain, Refused, Told, plain_texts
from schema import check
from place import ADDRESS, URL


class Loop:
    """An event loop in a thread of its own, for the clients that need one."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)


def understood(error: InferenceServerException) -> Exception:
    """What the server refused; a request that the client itself would not send is no answer of the server."""
    if error.status() is None and "reserved" in error.message():
        return Cannot()
    return Refused(int(error.status() or 0), error.message())


class Triton(Caller):
    name = "tritonclient"
    module = triton

    def __init__(self):
        self.client = triton.InferenceServerClient(ADDRESS, concurrency=4)
        self.close = self.client.close

    def run(self, call):
        """What a call of the client gives; it is a coroutine where the client is asynchronous."""
        return call

    def asked(self, method: str, *arguments, **named):
        try:
            return self.run(getattr(self.client, method)(*arguments, **named))
        except InferenceServerException as error:
            raise understood(error) from error

    def live(self):
        return self.asked("is_server_live")

    def ready(self):
        return self.asked("is_server_ready")

    def model_ready(self, model, version=""):
        return self.asked("is_model_ready", model, version)

    def server(self):
        return check("server", self.asked("get_server_metadata"))

    def model(self, model, version=""):
        return check("model", self.asked("get_model_metadata", model, version))

    def config(self, model, version=""):
        return check("config", self.asked("get_model_config", model, version))

    def statistics(self, model="", version=""):
        return check("statistics", self.asked("get_inference_statistics", model, version))

    def index(self):
        return check("index", self.asked("get_model_repository_index"))

    def load(self, model):
        self.asked("load_model", model)

    def unload(self, model):
        self.asked("unload_model", model)

    def arguments(self, ask: Ask) -> dict:
        inputs = []
        for tensor in ask.inputs:
            sent = self.module.InferInput(tensor.name, list(tensor.values.shape), tensor.datatype)
            binary = ask.binary if tensor.binary is None else tensor.binary
            try:
                sent.set_data_from_numpy(tensor.values, binary_data=binary)
            except InferenceServerException as error:
                raise Cannot from error
            inputs.append(sent)
        outputs = ask.outputs
        if outputs is not None:
            binary = lambda wanted: ask.binary if wanted.binary is None else wanted.binary
            outputs = [self.module.InferRequestedOutput(o.name, binary_data=binary(o), class_count=o.classes) for o in outputs]
        parameters = dict(ask.parameters)
        if outputs is None and not ask.binary:
            # Without this the client asks for binary answers.
            raise Cannot
        return {
            "inputs": inputs, "outputs": outputs, "model_version": ask.version, "request_id": ask.id, "parameters": parameters or None,
            "request_compression_algorithm": ask.packed, "response_compression_algorithm": ask.answer_packed, "timeout": ask.timeout_us,
        }

    def infer(self, ask):
        return self.told(self.asked("infer", ask.model, **self.arguments(ask)))

    @staticmethod
    def told(result) -> Told:
        response = check("infer", result.get_response())
        return Told(response, {output["name"]: plain_texts(result.as_numpy(output["name"])) for output in response["outputs"]})


class TritonPool(Triton):
    """`async_infer` over four connections: the same request four times at once."""

    name = "tritonclient, pool"

    def infer(self, ask):
        arguments = self.arguments(ask)
        try:
            waiting = [self.client.async_infer(ask.model, **arguments) for _ in range(4)]
            answers = [self.told(one.get_result()) for one in waiting]
        except InferenceServerException as error:
            raise understood(error) from error
        ids = {answer.response["parameters"]["prediction_id"] for answer in answers}
        assert len(ids) == len(answers), "each answer has an id of its own"
        for answer in answers[1:]:
            for name, values in answers[0].arrays.items():
                np.testing.assert_array_equal(answer.arrays[name], values)
        return answers[0]


class TritonAsyncio(Triton):
    name = "tritonclient, asyncio"
    module = triton_aio

    def __init__(self):
        self.loop = Loop()

        async def make():
            return triton_aio.InferenceServerClient(ADDRESS)

        self.client = self.loop.run(make())
        self.close = lambda: self.loop.run(self.client.close())

    def run(self, call):
        return self.loop.run(call)


class KServe(Caller):
    name = "KServe"

    def __init__(self):
        self.loop = Loop()

        async def make():
            return InferenceRESTClient(RESTConfig(protocol="v2", retries=0))

        self.client = self.loop.run(make())
        self.close = lambda: self.loop.run(self.client.close())

    def live(self):
        return self.loop.run(self.client.is_server_live(URL))

    def ready(self):
        return self.loop.run(self.client.is_server_ready(URL))

    def model_ready(self, model, version=""):
        if version:
            raise Cannot
        return self.loop.run(self.client.is_model_ready(URL, model))

    def infer(self, ask):
        if ask.version or ask.packed or ask.answer_packed or any(tensor.datatype == "BF16" for tensor in ask.inputs):
            raise Cannot
        inputs = []
        for tensor in ask.inputs:
            sent = InferInput(tensor.name, list(tensor.values.shape), tensor.datatype)
            sent.set_data_from_numpy(tensor.values, binary_data=ask.binary if tensor.binary is None else tensor.binary)
            inputs.append(sent)
        outputs = ask.outputs and [
            RequestedOutput(
                wanted.name,
                {
                    **({} if wanted.binary is None else {"binary_data": wanted.binary}),
                    **({"classification": wanted.classes} if wanted.classes else {}),
                },
            )
            for wanted in ask.outputs
        ]
        parameters = {**ask.parameters, "binary_data_output": ask.binary}
        if ask.timeout_us is not None:
            parameters["timeout"] = ask.timeout_us
        request = InferRequest(ask.model, inputs, request_id=ask.id or None, parameters=parameters, request_outputs=outputs)
        try:
            request.to_rest()
        except InvalidInput as error:
            raise Cannot from error
        try:
            answer = self.loop.run(self.client.infer(URL, request, model_name=ask.model))
        except httpx.HTTPStatusError as error:
            raise Refused(error.response.status_code, str(error)) from error
        response = {"model_name": answer.model_name, "parameters": answer.parameters, "id": answer.id}
        return Told(response, {output.name: plain_texts(output.as_numpy()) for output in answer.outputs})


CALLERS = [Plain, Triton, TritonPool, TritonAsyncio, KServe]
