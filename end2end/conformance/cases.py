"""The table of cases: each is asked of every client that has a call for it. A case that returns has passed."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from callers import LENGTH, Ask, Caller, Refused, Tensor, Wanted
from place import name
from values import edges, floats, nothing, points, texts, x

DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"]
ONLY_BINARY = ("FP16", "BF16")


@dataclass(frozen=True)
class Case:
    group: str
    name: str
    run: Callable[[Caller], None]


CASES: list[Case] = []


def case(group: str, title: str):
    def add(run: Callable[[Caller], None]):
        CASES.append(Case(group, title, run))
        return run

    return add


def same(told: np.ndarray, expected) -> None:
    expected = np.asarray(expected)
    assert told.shape == expected.shape, f"shape {told.shape}, expected {expected.shape}"
    if expected.dtype != object:
        assert told.dtype == expected.dtype, f"{told.dtype}, expected {expected.dtype}"
    np.testing.assert_array_equal(told, expected)


def refused(status: int, *words: str):
    """Runs what must be refused, and looks for what the refusal must name."""

    def check(run: Callable[[], object]) -> None:
        try:
            answer = run()
        except Refused as no:
            assert no.status == status, f"{no.status}, expected {status}: {no.message}"
            missing = [word for word in words if word not in no.message]
            assert not missing, f"“{no.message}” does not name {missing}"
        else:
            raise AssertionError(f"answered instead of refused: {answer}")

    return check


def wanted(*names: str, binary: bool | None = None) -> list[Wanted]:
    return [Wanted(output, binary) for output in names]


# What the server and its models say about themselves.

ENDPOINTS = "Endpoints"
TREE, TREE_INPUT = name("duplicate_opset_imports"), "X"


@case(ENDPOINTS, "server live")
def _(client):
    assert client.live() is True


@case(ENDPOINTS, "server ready")
def _(client):
    assert client.ready() is True


@case(ENDPOINTS, "server metadata")
def _(client):
    server = client.server()
    assert server["name"] == "slipway"
    assert set(server["extensions"]) == {
        "binary_tensor_data", "classification", "model_repository", "parameters", "schedule_policy", "statistics",
    }


@case(ENDPOINTS, "list of models")
def _(client):
    assert name("several") in client.models()["models"]


@case(ENDPOINTS, "model ready")
def _(client):
    assert client.model_ready(name("several")) is True


@case(ENDPOINTS, "model ready, one version")
def _(client):
    assert client.model_ready(name("several"), "1") is True
    assert client.model_ready(name("several"), "9") is False


@case(ENDPOINTS, "unknown model is not ready")
def _(client):
    assert client.model_ready("no-such-model") is False


@case(ENDPOINTS, "model metadata")
def _(client):
    told = client.model(name("several"))
    assert told["name"] == name("several") and told["versions"] == ["1"] and told["platform"] == "onnxruntime_onnx"
    tensor = lambda title, datatype, shape: {"name": title, "datatype": datatype, "shape": shape}
    assert told["inputs"] == [tensor("size", "FP32", [-1, 2]), tensor("count", "INT64", [-1, 1]), tensor("name", "BYTES", [-1])]
    assert told["outputs"] == [tensor("name_out", "BYTES", [-1]), tensor("sum", "FP32", [-1, 2]), tensor("square", "FP32", [-1, 2])]


@case(ENDPOINTS, "model metadata, one version")
def _(client):
    assert client.model(name("several"), "1")["versions"] == ["1"]
    refused(404, "9")(lambda: client.model(name("several"), "9"))


@case(ENDPOINTS, "metadata of an unknown model")
def _(client):
    refused(404, "no-such-model")(lambda: client.model("no-such-model"))


@case(ENDPOINTS, "model configuration")
def _(client):
    config = client.config(name("several"))
    assert config["max_batch_size"] > 0
    assert [(tensor["name"], tensor["data_type"], tensor["dims"]) for tensor in config["input"]] == [
        ("size", "TYPE_FP32", [2]), ("count", "TYPE_INT64", [1]), ("name", "TYPE_STRING", []),
    ]
    assert client.config(name("no_batch"))["max_batch_size"] == 0


@case(ENDPOINTS, "statistics of one model count rows and runs")
def _(client):
    counts = lambda: client.statistics(name("dynamic"), "1")["model_stats"][0]
    before = counts()
    client.infer(Ask(name("dynamic"), x(np.ones((3, 2), np.float32))))
    after = counts()
    assert after["inference_count"] >= before["inference_count"] + 3
    assert after["execution_count"] > before["execution_count"] and after["last_inference"] > 0
    for part in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        assert after["inference_stats"][part]["count"] > before["inference_stats"][part]["count"], part


@case(ENDPOINTS, "statistics of all models")
def _(client):
    assert {line["name"] for line in client.statistics()["model_stats"]} >= {name("several"), name("scalar")}


@case(ENDPOINTS, "repository index")
def _(client):
    assert {"name": name("several"), "version": "1", "state": "READY", "reason": ""} in client.index()


@case(ENDPOINTS, "unload and load")
def _(client):
    model = name("image")
    client.unload(model)
    try:
        assert client.model_ready(model) is False
        assert next(line for line in client.index() if line["name"] == model)["state"] == "UNAVAILABLE"
        refused(503, model)(lambda: client.infer(Ask(model, x(np.zeros((1, 3, 8, 8), np.uint8), "UINT8", "image"))))
    finally:
        client.load(model)
    assert client.model_ready(model) is True


# Every datatype, as JSON and as bytes, at the ends of its range and empty.

def datatype_cases(datatype: str, binary: bool) -> None:
    model, outputs = name(f"identity_{datatype.lower()}"), wanted("y")
    way = "binary" if binary else "JSON"

    if not binary and datatype in ONLY_BINARY:
        # Clients refuse to build such a request themselves; only the plain one can.
        @case("Datatypes", f"{datatype} as {way} is refused")
        def _(client):
            refused(400, "'x'", datatype, "binary")(lambda: client.infer(Ask(model, x(np.ones((2, 2), edges(datatype).dtype), datatype), outputs, binary)))

        @case("Datatypes", f"{datatype} asked for as {way} is refused")
        def _(client):
            refused(400, "'y'", datatype, "binary")(lambda: client.infer(Ask(model, x(edges(datatype), datatype), wanted("y", binary=False))))

        return

    @case("Datatypes", f"{datatype} as {way}")
    def _(client):
        same(client.infer(Ask(model, x(edges(datatype), datatype), outputs, binary)).arrays["y"], edges(datatype))

    @case("Datatypes", f"{datatype} as {way}, no rows")
    def _(client):
        told = client.infer(Ask(model, x(nothing(datatype), datatype), outputs, binary)).arrays["y"]
        assert told.shape == (0, 2), told.shape


for datatype in DATATYPES:
    for binary in (False, True):
        datatype_cases(datatype, binary)

# Shapes.

SHAPES = "Shapes"


@case(SHAPES, "scalar")
def _(client):
    same(client.infer(Ask(name("scalar"), x(np.array(2.5, np.float32)))).arrays["y"], np.array(5, np.float32))


@case(SHAPES, "no batch dimension")
def _(client):
    same(client.infer(Ask(name("no_batch"), x(floats([1, 2, 3], [4, 5, 6])))).arrays["y"], floats([1, 4], [2, 5], [3, 6]))


@case(SHAPES, "dynamic sizes, and an output of fewer dimensions")
def _(client):
    for rows, columns in ((1, 1), (2, 5), (7, 3), (0, 4), (3, 0)):
        told = client.infer(Ask(name("dynamic"), x(np.ones((rows, columns), np.float32))))
        same(told.arrays["double"], np.full((rows, columns), 2, np.float32))
        same(told.arrays["total"], np.full(rows, columns, np.float32))


@case(SHAPES, "a size that only the graph knows is the caller's mistake")
def _(client):
    same(client.infer(Ask(name("undeclared_width"), x(floats([1, 2, 3])))).arrays["y"], floats([4, 5]))
    for shape in ((1, 2), (2, 4), (1, 0)):
        refused(400, "“x”", f"{list(shape)}")(lambda: client.infer(Ask(name("undeclared_width"), x(np.ones(shape, np.float32)))))


@case(SHAPES, "number of dimensions undeclared")
def _(client):
    for shape in ((), (3,), (2, 1, 2), (0,)):
        same(client.infer(Ask(name("unranked"), x(np.ones(shape, np.float32)))).arrays["y"], -np.ones(shape, np.float32))


def pictures(count: int) -> list[Tensor]:
    return x(np.arange(count * 192, dtype=np.uint32).astype(np.uint8).reshape(count, 3, 8, 8), "UINT8", "image")


@case(SHAPES, "images")
def _(client):
    for count in (1, 3, 0):
        sent = pictures(count)
        same(client.infer(Ask(name("image"), sent)).arrays["brightness"], sent[0].values.astype(np.float32).mean(axis=(2, 3)))


def several(rows: int = 2) -> list[Tensor]:
    size = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    return [
        Tensor("size", "FP32", size),
        Tensor("count", "INT64", np.full((rows, 1), 10)),
        Tensor("name", "BYTES", texts([f"row {i}" for i in range(rows)], (rows,))),
    ]


@case(SHAPES, "several inputs and outputs")
def _(client):
    for rows in (2, 0):
        sent = several(rows)
        told = client.infer(Ask(name("several"), sent)).arrays
        assert list(told) == ["name_out", "sum", "square"]
        same(told["sum"], sent[0].values + 10)
        same(told["square"], sent[0].values ** 2)
        same(told["name_out"], sent[2].values)


@case(SHAPES, "inputs in any order, some outputs in any order")
def _(client):
    told = client.infer(Ask(name("several"), several()[::-1], wanted("square", "name_out"))).arrays
    assert list(told) == ["square", "name_out"]
    same(told["square"], several()[0].values ** 2)


def columns(plan: list[str]) -> list[Tensor]:
    rows = len(plan)
    return [Tensor("age", "FP32", np.full((rows, 1), 40, np.float32)), Tensor("plan", "BYTES", texts(plan, (rows, 1)))]


@case(SHAPES, "one tensor per column, numbers and text")
def _(client):
    same(client.infer(Ask(name("columns"), columns(["gold", "tin", "gold"]))).arrays["score"], floats([41], [40], [41]))


# What exporters write.

EXPORTERS = "Exporters"


def classifier(model: str, label: str, scores: str, names: list, feature: str = "X", missing: bool = False) -> None:
    shown = model.replace("_", " ")
    expected = texts(names, (3,)) if isinstance(names[0], str) else np.array(names)
    told = {"shape": [-1], "datatype": "BYTES" if isinstance(names[0], str) else "INT64"}

    @case(EXPORTERS, f"{shown}: labels and a matrix of scores")
    def _(client):
        answer = client.infer(Ask(name(model), x(points(), name=feature))).arrays
        same(answer[label], expected)
        assert answer[scores].shape == (3, 3) and answer[scores].dtype == np.float32
        np.testing.assert_allclose(answer[scores].sum(axis=1), 1, atol=1e-5)
        assert [sorted(names)[best] for best in answer[scores].argmax(axis=1)] == names

    @case(EXPORTERS, f"{shown}: metadata tells the shapes that come")
    def _(client):
        outputs = {output.pop("name"): output for output in client.model(name(model))["outputs"]}
        assert outputs == {label: told, scores: {"datatype": "FP32", "shape": [-1, 3]}}, outputs

    @case(EXPORTERS, f"{shown}: no rows")
    def _(client):
        answer = client.infer(Ask(name(model), x(points(0), name=feature))).arrays
        assert answer[label].shape == (0,) and answer[scores].shape[0] == 0, answer

    @case(EXPORTERS, f"{shown}: NaN is {'answered' if missing else 'refused by name'}")
    def _(client):
        sent = points(1)
        sent[0, 0] = np.nan
        ask = Ask(name(model), x(sent, name=feature))
        if missing:
            assert np.isfinite(client.infer(ask).arrays[scores]).all()
        else:
            refused(400, f"“{feature}”", "not a number")(lambda: client.infer(ask))


classifier("zipmap_numbers", "output_label", "output_probability", [0, 1, 2])
classifier("zipmap_words", "output_label", "output_probability", ["red", "green", "blue"])
classifier("sklearn_linear", "label", "probabilities", [0, 1, 2])
classifier("sklearn_missing", "label", "probabilities", [0, 1, 2], missing=True)
classifier("lightgbm", "label", "probabilities", [0, 1, 2], feature="input", missing=True)
classifier("lightgbm_zipmap", "label", "probabilities", [0, 1, 2], feature="input", missing=True)
classifier("wrong_label_shape", "label", "probabilities", [0, 1, 2], missing=True)
classifier("duplicate_opset_imports", "label", "probabilities", [0, 1, 2], missing=True)

# How requests and answers travel.

ENCODINGS = "Encodings"


def tree(rows: int = 3, **named) -> Ask:
    return Ask(TREE, x(points(rows), name=TREE_INPUT), **named)


@case(ENCODINGS, "id is echoed")
def _(client):
    assert client.infer(tree(id="four-two")).response["id"] == "four-two"


@case(ENCODINGS, "who answered")
def _(client):
    response = client.infer(tree(parameters={"routing_key": "k"})).response
    assert response["model_name"] == TREE and response.get("model_version", "1") == "1"
    assert response["parameters"]["arm"] == "stable" and response["parameters"]["prediction_id"]


@case(ENCODINGS, "a version in the address")
def _(client):
    response = client.infer(tree(version="1")).response
    assert response["model_version"] == "1" and response["parameters"]["arm"] == "pilot"


@case(ENCODINGS, "a parameter of one's own")
def _(client):
    client.infer(tree(parameters={"mine": "x", "number": 3, "flag": True}))


for packed in ("gzip", "deflate"):

    @case(ENCODINGS, f"request packed with {packed}")
    def _(client, packed=packed):
        same(client.infer(tree(packed=packed)).arrays["label"], np.array([0, 1, 2]))

    @case(ENCODINGS, f"answer packed with {packed}")
    def _(client, packed=packed):
        same(client.infer(tree(300, answer_packed=packed)).arrays["label"], np.resize(np.array([0, 1, 2]), 300))


@case(ENCODINGS, "JSON and bytes in one request")
def _(client):
    size, count, text = several()
    size.binary, count.binary, text.binary = True, False, True
    same(client.infer(Ask(name("several"), [size, count, text])).arrays["sum"], size.values + 10)


@case(ENCODINGS, "JSON and bytes in one answer")
def _(client):
    told = client.infer(Ask(name("several"), several(), [Wanted("sum", False), Wanted("name_out", True), Wanted("square", False)])).arrays
    same(told["sum"], several()[0].values + 10)
    same(told["name_out"], several()[2].values)


@case(ENCODINGS, "classes instead of scores")
def _(client):
    told = client.infer(tree(outputs=[Wanted("probabilities", classes=2)])).arrays["probabilities"]
    assert told.shape == (3, 2) and told.dtype == object
    for row, (best, second) in enumerate(told):
        (value, index, label), (less, *_) = best.decode().split(":"), second.decode().split(":")
        assert index == label == str(row) and float(value) >= float(less)


@case(ENCODINGS, "a deadline that is met, and one that is not")
def _(client):
    same(client.infer(tree(timeout_us=30_000_000)).arrays["label"], np.array([0, 1, 2]))
    refused(504, "deadline")(lambda: client.infer(tree(timeout_us=1)))


@case(ENCODINGS, "a thousand rows")
def _(client):
    assert client.infer(tree(1_000)).arrays["probabilities"].shape == (1_000, 3)


SENT = {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4.5]]}]}


@case(ENCODINGS, "nested data")
def _(client):
    same(client.send(name("identity_fp32"), json.dumps(SENT), {}).arrays["y"], floats([1, 2], [3, 4.5]))


@case(ENCODINGS, "any Content-Type")
def _(client):
    for kind in ("application/json", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "nonsense"):
        same(client.send(name("identity_fp32"), json.dumps(SENT), {"Content-Type": kind}).arrays["y"], floats([1, 2], [3, 4.5]))


@case(ENCODINGS, "a body in chunks")
def _(client):
    text = json.dumps(SENT).encode()
    same(client.send(name("identity_fp32"), (text[at : at + 7] for at in range(0, len(text), 7)), {}).arrays["y"], floats([1, 2], [3, 4.5]))


@case(ENCODINGS, "raw request: the body is the one input")
def _(client):
    for model, sent in (("identity_fp32", floats([1, 2], [3, 4])), ("identity_uint16", np.array([[1, 2]], np.uint16)), ("no_batch", floats([1, 2, 3], [4, 5, 6]))):
        told = client.send(name(model), sent.tobytes(), {LENGTH: "0"}).arrays["y"]
        same(told, sent.T if model == "no_batch" else sent)
    refused(400, "'x'", "multiple of 8")(lambda: client.send(name("identity_fp32"), b"123456789", {LENGTH: "0"}))
    refused(400, "one input")(lambda: client.send(name("several"), b"1234", {LENGTH: "0"}))


# What must be refused, with the name of what is wrong.

REFUSALS = "Refusals"


def refusal(title: str, status: int, words: list[str], ask: Callable[[], Ask]) -> None:
    @case(REFUSALS, title)
    def _(client):
        refused(status, *words)(lambda: client.infer(ask()))


one = np.ones((1, 2), np.float32)
refusal("unknown model", 404, ["no-such-model"], lambda: Ask("no-such-model", x(one)))
refusal("unknown version", 404, [name("several"), "9"], lambda: Ask(name("several"), several(), version="9"))
refusal("unknown input", 400, ["“other”", "“x”"], lambda: Ask(name("identity_fp32"), x(one, name="other")))
refusal("missing input", 400, ["“name”", "BYTES"], lambda: Ask(name("several"), several()[:2]))
refusal("input given twice", 400, ["'x'", "twice"], lambda: Ask(name("identity_fp32"), x(one) * 2))
refusal("wrong datatype", 400, ["“x”", "FP32", "INT64"], lambda: Ask(name("identity_fp32"), x(np.ones((1, 2), np.int64), "INT64")))
refusal("wrong size", 400, ["“x”", "[-1, 2]", "[1, 3]"], lambda: Ask(name("identity_fp32"), x(np.ones((1, 3), np.float32))))
refusal("wrong number of dimensions", 400, ["“x”", "[-1, 2]", "[2]"], lambda: Ask(name("identity_fp32"), x(np.ones(2, np.float32))))
refusal("scalar with a dimension", 400, ["“x”", "[1]"], lambda: Ask(name("scalar"), x(np.ones(1, np.float32))))
refusal("rows where there are none", 400, ["“x”", "[2, 3]"], lambda: Ask(name("no_batch"), x(np.ones((1, 2, 3), np.float32))))
refusal("inputs of different lengths", 400, ["“count”", "“size”"], lambda: Ask(name("several"), [several(2)[0], several(3)[1], several(2)[2]]))
refusal("unknown output", 400, ["'other'", "name_out"], lambda: Ask(name("several"), several(), wanted("other")))
refusal("output asked for twice", 400, ["'sum'", "twice"], lambda: Ask(name("several"), several(), wanted("sum", "sum")))
refusal("text without an order as classes", 400, ["'name_out'", "BYTES"], lambda: Ask(name("several"), several(), [Wanted("name_out", classes=1)]))
refusal("text with a zero byte", 400, ["“plan”", "zero byte"], lambda: Ask(name("columns"), columns(["go\0ld"])))
refusal("a parameter of the wrong type", 400, ["priority"], lambda: tree(parameters={"priority": "high"}))
refusal("infinite numbers", 400, ["“x”"], lambda: Ask(name("identity_fp32"), x(floats([np.inf, 1]))))
