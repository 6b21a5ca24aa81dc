"""Makes the models of the serving benchmark, the tables that the tabular one is registered with, and the right answers.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python make.py
"""

import json
import os
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime as ort  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from skl2onnx import convert_sklearn  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402

HERE = Path(__file__).parent
OPSET = {"": 17, "ai.onnx.ml": 3}
CASES = 8
FEATURES = 20


def values(case, count):
    """The formula of `benches/src/cases.rs`."""
    i = np.arange(count, dtype=np.uint32)
    mixed = (np.uint32(case * 7919 + 1) + i * np.uint32(104729)) * np.uint32(2654435761)
    return ((mixed >> np.uint32(8)).astype(np.float64) / (1 << 23) - 1).astype(np.float32)


def write(proto, name):
    proto.ir_version = 8
    proto.producer_name, proto.producer_version = "slipway-benches", "1"
    onnx.checker.check_model(proto, full_check=True)
    (HERE / name).write_bytes(proto.SerializeToString(deterministic=True))


def table(name, rows, label):
    columns = ",".join([f"f{i:02}" for i in range(FEATURES)] + ["label"])
    lines = [",".join([f"{value:.5g}" for value in row] + [str(int(y))]) for row, y in zip(rows, label)]
    (HERE / name).write_text("\n".join([columns, *lines]) + "\n")


def tabular():
    """Gradient boosting on 20 numbers: 100 trees of depth 5."""
    rng = np.random.default_rng(20)
    x = rng.uniform(-1, 1, (3_000, FEATURES)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3:8].sum(axis=1) * 0.5 + rng.normal(0, 0.3, len(x))
    y = (signal > 0).astype(int)
    model = GradientBoostingClassifier(n_estimators=100, max_depth=5, subsample=0.7, random_state=5).fit(x[:2_000], y[:2_000])
    proto = convert_sklearn(model, "trees", [("x", FloatTensorType([None, FEATURES]))], options={id(model): {"zipmap": False}}, target_opset=OPSET)
    write(proto, "trees.onnx")
    table("trees.reference.csv", x[2_000:2_500], y[2_000:2_500])
    table("trees.heldback.csv", x[2_500:], y[2_500:])


def picture():
    """A small network on a picture of 3 x 224 x 224 floats, 602,112 bytes: two convolutions, mean, one layer."""
    rng = np.random.default_rng(3)
    tensor = lambda name, *shape: numpy_helper.from_array((rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32), name)  # noqa: E731
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("GlobalAveragePool", ["r2"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    weights = [tensor("w1", 16, 3, 8, 8), tensor("b1", 16), tensor("w2", 32, 16, 3, 3), tensor("b2", 32), tensor("w3", 32, 10), tensor("b3", 10)]
    graph = helper.make_graph(
        nodes,
        "picture",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        weights,
    )
    write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), "picture.onnx")


def layers():
    """A multilayer perceptron on 256 numbers with 200,000 weights, whose batches cost little more than single rows."""
    rng = np.random.default_rng(4)
    tensor = lambda name, *shape: numpy_helper.from_array((rng.normal(0, 1, shape) / np.sqrt(shape[0])).astype(np.float32), name)  # noqa: E731
    nodes, weights, last = [], [], "x"
    for i, (rows, columns) in enumerate([(256, 384), (384, 256), (256, 10)]):
        weights += [tensor(f"w{i}", rows, columns), tensor(f"b{i}", columns)]
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"g{i}"]))
        nodes.append(helper.make_node("Relu", [f"g{i}"], [f"r{i}"]) if i < 2 else helper.make_node("Softmax", [f"g{i}"], ["probabilities"], axis=1))
        last = f"r{i}"
    graph = helper.make_graph(
        nodes,
        "layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 256])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        weights,
    )
    write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), "layers.onnx")


def wide():
    """A logistic function of 80 numbers, which may be missing, and 20 categories, each an input of its own: little to compute, much to watch."""
    rng = np.random.default_rng(5)
    numbers, categories = [f"n{i:02}" for i in range(80)], [f"c{i:02}" for i in range(20)]
    weights = numpy_helper.from_array((rng.normal(0, 1, (100, 1)) / 10).astype(np.float32), "w")
    nodes = [
        helper.make_node("LabelEncoder", [name], [f"{name}_code"], domain="ai.onnx.ml", keys_strings=list("abcdefghij"), values_floats=[i / 10 for i in range(10)], default_float=0.5)
        for name in categories
    ]
    nodes += [
        helper.make_node("Concat", numbers + [f"{name}_code" for name in categories], ["given"], axis=1),
        helper.make_node("IsNaN", ["given"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "given"], ["x"]),
        helper.make_node("MatMul", ["x", "w"], ["logit"]),
        helper.make_node("Neg", ["logit"], ["against"]),
        helper.make_node("Concat", ["against", "logit"], ["both"], axis=1),
        helper.make_node("Sigmoid", ["both"], ["probabilities"]),
        helper.make_node("ArgMax", ["both"], ["label"], axis=1, keepdims=0),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1]) for name in numbers]
    inputs += [helper.make_tensor_value_info(name, TensorProto.STRING, ["batch", 1]) for name in categories]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]), helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])]
    zero = numpy_helper.from_array(np.zeros((1, 1), np.float32), "zero")
    graph = helper.make_graph(nodes, "wide", inputs, outputs, [weights, zero])
    write(helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, version) for domain, version in OPSET.items()]), "wide.onnx")


def answers():
    cases = {}
    for name, model, shape in [
        ("a", "trees.onnx", [1, FEATURES]),
        ("b", "trees.onnx", [32, FEATURES]),
        ("c", "picture.onnx", [1, 3, 224, 224]),
        ("e", "layers.onnx", [1, 256]),
    ]:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(str(HERE / model), options, providers=["CPUExecutionProvider"])
        scores = []
        for case in range(CASES):
            # What is sent as text has seven digits behind the point.
            x = np.round(values(case, int(np.prod(shape))).astype(np.float64), 7).astype(np.float32).reshape(shape)
            scores.append([round(float(p), 6) for p in session.run(["probabilities"], {"x": x})[0].ravel()])
        cases[name] = {"model": model, "input": "x", "shape": shape, "output": "probabilities", "scores": scores}
    (HERE / "cases.json").write_text(json.dumps(cases).replace('}, "', '},\n"') + "\n")


if __name__ == "__main__":
    tabular()
    picture()
    layers()
    wide()
    answers()
