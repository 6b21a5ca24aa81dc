"""One face for every client, so that one table of cases serves all of them. The clients themselves are unmodified.

A caller raises `Refused` with what the client understood of a refusal, and `Cannot` for what the client has no call for.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import requests

from schema import check
from place import ADDRESS, URL

LENGTH = "Inference-Header-Content-Length"
NUMPY = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8,
    "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}


def numpy_type(datatype: str):
    if datatype == "BF16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return NUMPY[datatype]


@dataclass
class Tensor:
    name: str
    datatype: str
    values: np.ndarray
    # As this tensor is sent; `None` as the request says.
    binary: bool | None = None


@dataclass
class Wanted:
    name: str
    binary: bool | None = None
    classes: int = 0


@dataclass
class Ask:
    model: str
    inputs: list[Tensor]
    outputs: list[Wanted] | None = None
    binary: bool = True
    version: str = ""
    id: str = ""
    parameters: dict = field(default_factory=dict)
    # Codings of the request and of the answer: `gzip` or `deflate`.
    packed: str | None = None
    answer_packed: str | None = None
    timeout_us: int | None = None


@dataclass
class Told:
    response: dict
    arrays: dict[str, np.ndarray]


class Refused(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


class Cannot(Exception):
    """The client has no call for this."""


def plain_texts(values: np.ndarray) -> np.ndarray:
    """Texts as bytes, whichever of the two a client makes of them."""
    if values.dtype.kind not in "OSU":
        return values
    flat = [text.encode() if isinstance(text, str) else bytes(text) for text in values.ravel()]
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(values.shape)


def to_bytes(tensor: Tensor) -> bytes:
    if tensor.datatype != "BYTES":
        return np.ascontiguousarray(tensor.values).tobytes()
    return b"".join(len(text).to_bytes(4, "little") + text for text in plain_texts(tensor.values).ravel())


def from_bytes(datatype: str, shape: list[int], data: bytes) -> np.ndarray:
    if datatype != "BYTES":
        return np.frombuffer(data, numpy_type(datatype)).reshape(shape)
    texts, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        texts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array.reshape(shape)


def to_json(tensor: Tensor) -> list:
    flat = tensor.values.ravel()
    if tensor.datatype == "BYTES":
        return [text.decode() for text in plain_texts(flat)]
    return [None if isinstance(value, float) and value != value else value for value in (value.item() for value in flat)]


def from_json(datatype: str, shape: list[int], data: list) -> np.ndarray:
    if datatype == "BYTES":
        return plain_texts(np.array(data, dtype=object)).reshape(shape)
    return np.array([np.nan if value is None else value for value in data], dtype=numpy_type(datatype)).reshape(shape)


class Caller:
    """What a client may be asked. Every caller is a column of the report, by its name."""

    name = ""

    def live(self) -> bool:
        raise Cannot

    def ready(self) -> bool:
        raise Cannot

    def model_ready(self, model: str, version: str = "") -> bool:
        raise Cannot

    def server(self) -> dict:
        raise Cannot

    def models(self) -> dict:
        raise Cannot

    def model(self, model: str, version: str = "") -> dict:
        raise Cannot

    def config(self, model: str, version: str = "") -> dict:
        raise Cannot

    def statistics(self, model: str = "", version: str = "") -> dict:
        raise Cannot

    def index(self) -> list:
        raise Cannot

    def load(self, model: str) -> None:
        raise Cannot

    def unload(self, model: str) -> None:
        raise Cannot

    def infer(self, ask: Ask) -> Told:
        raise Cannot

    def send(self, model: str, body, headers: dict[str, str]) -> Told:
        """An infer request as these bytes (or chunks of them) and no other headers."""
        raise Cannot

    def close(self) -> None:
        pass


class Plain(Caller):
    """No client at all: requests built by hand, and every answer checked byte for byte."""

    name = "plain HTTP"

    def __init__(self):
        self.session = requests.Session()
        self.close = self.session.close

    def get(self, path: str, part: str):
        return self.read(self.session.get(URL + path, timeout=60), part)

    def read(self, answer: requests.Response, part: str):
        assert answer.headers["content-type"] == "application/json", answer.headers
        if answer.status_code != 200:
            raise Refused(answer.status_code, check("error", answer.json())["error"])
        return check(part, answer.json())

    def live(self):
        return self.get("/v2/health/live", "live")["live"]

    def ready(self):
        return self.get("/v2/health/ready", "ready")["ready"]

    def model_ready(self, model, version=""):
        try:
            return self.get(self.at(model, version) + "/ready", "model_ready")["ready"]
        except Refused:
            return False

    def server(self):
        assert self.get("/v2", "server") == self.get("/v2/", "server")
        return self.get("/v2", "server")

    def models(self):
        return self.get("/v2/models", "models")

    def model(self, model, version=""):
        return self.get(self.at(model, version), "model")

    def config(self, model, version=""):
        return self.get(self.at(model, version) + "/config", "config")

    def statistics(self, model="", version=""):
        return self.get(f"{self.at(model, version) if model else '/v2/models'}/stats", "statistics")

    def index(self):
        return self.read(self.session.post(URL + "/v2/repository/index", timeout=60), "index")

    def load(self, model):
        self.read(self.session.post(f"{URL}/v2/repository/models/{model}/load", data=b"{}", timeout=60), "loaded")

    def unload(self, model):
        self.read(self.session.post(f"{URL}/v2/repository/models/{model}/unload", timeout=60), "loaded")

    @staticmethod
    def at(model: str, version: str) -> str:
        return f"/v2/models/{model}" + (f"/versions/{version}" if version else "")

    def body(self, ask: Ask) -> tuple[dict, bytes]:
        """The JSON of a request and the tensors behind it."""
        inputs, tail = [], b""
        for tensor in ask.inputs:
            entry = {"name": tensor.name, "shape": list(tensor.values.shape), "datatype": tensor.datatype}
            if ask.binary if tensor.binary is None else tensor.binary:
                data = to_bytes(tensor)
                entry["parameters"] = {"binary_data_size": len(data)}
                tail += data
            else:
                entry["data"] = to_json(tensor)
            inputs.append(entry)
        request: dict = {"inputs": inputs, "parameters": {**ask.parameters, "binary_data_output": ask.binary}}
        if ask.timeout_us is not None:
            request["parameters"]["timeout"] = ask.timeout_us
        if ask.id:
            request["id"] = ask.id
        if ask.outputs is not None:
            request["outputs"] = []
            for wanted in ask.outputs:
                parameters = {} if wanted.binary is None else {"binary_data": wanted.binary}
                if wanted.classes:
                    parameters["classification"] = wanted.classes
                request["outputs"].append({"name": wanted.name, "parameters": parameters})
        return request, tail

    def infer(self, ask):
        import gzip
        import zlib

        request, tail = self.body(ask)
        text = json.dumps(request, allow_nan=False).encode()
        headers = {"Accept-Encoding": ask.answer_packed or "identity"}
        if tail:
            headers[LENGTH] = str(len(text))
        data = text + tail
        if ask.packed:
            headers["Content-Encoding"] = ask.packed
            data = gzip.compress(data) if ask.packed == "gzip" else zlib.compress(data)
        answer = self.session.post(f"{URL}{self.at(ask.model, ask.version)}/infer", data=data, headers=headers, timeout=60)
        assert answer.headers.get("content-encoding") == (ask.answer_packed if answer.status_code == 200 else None)
        return self.told(answer)

    def send(self, model, body, headers):
        return self.told(self.session.post(f"{URL}{self.at(model, '')}/infer", data=body, headers=headers, timeout=60))

    def told(self, answer: requests.Response) -> Told:
        if answer.status_code != 200:
            self.read(answer, "error")
        content, length = answer.content, answer.headers.get(LENGTH)
        kind = "application/json" if length is None else "application/octet-stream"
        assert answer.headers["content-type"] == kind, answer.headers
        at = len(content) if length is None else int(length)
        response = check("infer", json.loads(content[:at]))
        arrays = {}
        for output in response["outputs"]:
            if "data" in output:
                arrays[output["name"]] = from_json(output["datatype"], output["shape"], output["data"])
                continue
            size = output["parameters"]["binary_data_size"]
            arrays[output["name"]] = from_bytes(output["datatype"], output["shape"], content[at : at + size])
            at += size
        assert at == len(content), f"{len(content) - at} bytes behind the last tensor"
        return Told(response, arrays)
