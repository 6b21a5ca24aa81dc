"""Makes the models of the conformance suite: one for each shape, type and exporter's quirk that the protocol has to carry.

    python -m venv /tmp/models && /tmp/models/bin/pip install -r end2end/models/requirements.txt
    PYTHONHASHSEED=0 /tmp/models/bin/python end2end/models/make.py

Seeds are fixed and one thread is used: the same versions give the same bytes. (The exporters keep sets, hence the hash seed.)
"""

from pathlib import Path

import lightgbm
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType as LightgbmFloats
from skl2onnx import to_onnx
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

HERE = Path(__file__).resolve().parent
TYPES = {
    "bool": TensorProto.BOOL,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "fp16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
}
FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, constants=(), opsets=(("", 17),)):
    graph = helper.make_graph(nodes, "conformance", inputs, outputs, list(constants))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid(*opset) for opset in opsets], producer_name="slipway-conformance")
    proto.ir_version = 8
    return proto


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def constant(name, value, kind):
    return numpy_helper.from_array(np.array(value, dtype=kind), name)


def identity(kind):
    return model([node("Identity", "x", "y")], [tensor("x", kind, ["n", 2])], [tensor("y", kind, ["n", 2])])


def texts():
    """Text in and out, with a number beside it: a deployment answers with numbers or classes."""
    return model(
        [node("Identity", "x", "y"), node("Equal", "x nothing", "is_nothing"), node("Cast", "is_nothing", "empty", to=FLOAT)],
        [tensor("x", STRING, ["n", 2])],
        [tensor("y", STRING, ["n", 2]), tensor("empty", FLOAT, ["n", 2])],
        [helper.make_tensor("nothing", STRING, [1], [b""])],
        opsets=(("", 19),),
    )


def several():
    """Three inputs of three types, three outputs: what is asked for, and in which order, is the caller's."""
    return model(
        [node("Identity", "name", "name_out"), node("Cast", "count", "as_float", to=FLOAT), node("Add", "size as_float", "sum"),
         node("Mul", "size size", "square")],
        [tensor("size", FLOAT, ["n", 2]), tensor("count", INT64, ["n", 1]), tensor("name", STRING, ["n"])],
        [tensor("name_out", STRING, ["n"]), tensor("sum", FLOAT, ["n", 2]), tensor("square", FLOAT, ["n", 2])],
    )


def columns():
    """One tensor for each column, numbers and text, as exporters of data frames make them."""
    return model(
        [node("Equal", "plan gold", "is_gold"), node("Cast", "is_gold", "bonus", to=FLOAT), node("Add", "age bonus", "score")],
        [tensor("age", FLOAT, ["n", 1]), tensor("plan", STRING, ["n", 1])],
        [tensor("score", FLOAT, ["n", 1])],
        [helper.make_tensor("gold", STRING, [1], [b"gold"])],
        opsets=(("", 19),),
    )


def dynamic():
    """Every dimension is the caller's; the second output loses one."""
    return model(
        [node("Add", "x x", "double"), node("ReduceSum", "x axis", "total", keepdims=0)],
        [tensor("x", FLOAT, ["n", "m"])],
        [tensor("double", FLOAT, ["n", "m"]), tensor("total", FLOAT, ["n"])],
        [constant("axis", [1], np.int64)],
    )


def undeclared_width():
    """The width is declared free, but only three columns fit: the runtime finds out while it runs."""
    weights = constant("w", [[1, 0], [0, 1], [1, 1]], np.float32)
    return model([node("MatMul", "x w", "y")], [tensor("x", FLOAT, ["n", "m"])], [tensor("y", FLOAT, ["n", "k"])], [weights])


def unranked():
    """Not even the number of dimensions is declared."""
    return model([node("Neg", "x", "y")], [tensor("x", FLOAT, None)], [tensor("y", FLOAT, None)])


def scalar():
    return model([node("Add", "x x", "y")], [tensor("x", FLOAT, [])], [tensor("y", FLOAT, [])])


def no_batch():
    """A fixed shape, without a dimension for rows."""
    return model([node("Transpose", "x", "y", perm=[1, 0])], [tensor("x", FLOAT, [2, 3])], [tensor("y", FLOAT, [3, 2])])


def image():
    return model(
        [node("Cast", "image", "pixels", to=FLOAT), node("ReduceMean", "pixels", "brightness", axes=[2, 3], keepdims=0)],
        [tensor("image", TensorProto.UINT8, ["n", 3, 8, 8])],
        [tensor("brightness", FLOAT, ["n", 3])],
    )


def table(classes=3):
    """Points around the corners of a triangle, and which corner it is."""
    random = np.random.default_rng(7)
    y = random.integers(0, classes, 300)
    x = np.stack([y == 0, y == 1, y == 2, y >= 1], axis=1) * 2.0 + random.normal(0, 0.4, (300, 4))
    return x.astype(np.float32), y


def zipmap(names=None):
    x, y = table()
    labels = y if names is None else np.array(names, dtype=object)[y]
    return to_onnx(LogisticRegression(max_iter=200).fit(x, labels), x[:1], target_opset={"": 17, "ai.onnx.ml": 3})


def sklearn(estimator):
    x, y = table()
    return to_onnx(estimator.fit(x, y), x[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3})


def lightgbm_model(zip_scores):
    x, y = table()
    trained = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=5, random_state=7, n_jobs=1, deterministic=True, verbose=-1).fit(x, y)
    return convert_lightgbm(trained, initial_types=[("input", LightgbmFloats([None, 4]))], target_opset=15, zipmap=zip_scores)


def wrong_label_shape():
    """The label is declared [1], whatever the number of rows: some exporters write that."""
    proto = sklearn(DecisionTreeClassifier(max_depth=3, random_state=7))
    label = proto.graph.output[0]
    assert label.name == "label"
    label.type.tensor_type.shape.ClearField("dim")
    label.type.tensor_type.shape.dim.add().dim_value = 1
    return proto


def duplicate_opset_imports():
    """The same domain twice, with two versions: converters that put graphs together leave that behind."""
    proto = sklearn(DecisionTreeClassifier(max_depth=2, random_state=7))
    for domain, version in (("ai.onnx.ml", 1), ("ai.onnx.ml", 3), ("", 15)):
        proto.opset_import.append(helper.make_opsetid(domain, version))
    return proto


MODELS = {
    **{f"identity_{name}": (lambda kind=kind: identity(kind)) for name, kind in TYPES.items()},
    "identity_bytes": texts,
    "several": several,
    "columns": columns,
    "dynamic": dynamic,
    "undeclared_width": undeclared_width,
    "unranked": unranked,
    "scalar": scalar,
    "no_batch": no_batch,
    "image": image,
    "zipmap_numbers": zipmap,
    "zipmap_words": lambda: zipmap(["red", "green", "blue"]),
    "sklearn_missing": lambda: sklearn(make_pipeline(SimpleImputer(), LogisticRegression(max_iter=200))),
    "sklearn_linear": lambda: sklearn(LogisticRegression(max_iter=200)),
    "lightgbm": lambda: lightgbm_model(False),
    "lightgbm_zipmap": lambda: lightgbm_model(True),
    "wrong_label_shape": wrong_label_shape,
    "duplicate_opset_imports": duplicate_opset_imports,
}

if __name__ == "__main__":
    for name, make in MODELS.items():
        proto = make()
        # Exporters put made-up names here.
        proto.graph.name = "conformance"
        data = proto.SerializeToString(deterministic=True)
        (HERE / f"{name}.onnx").write_bytes(data)
        print(f"{name}: {len(data)} bytes")
