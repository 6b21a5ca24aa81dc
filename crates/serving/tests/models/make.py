"""Writes the small ONNX files of these tests: `python make.py` with the `onnx` package. The files are committed."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

HERE = Path(__file__).parent
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, stored=(), opsets=OPSETS, functions=(), check=True):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(stored))
    model = helper.make_model(graph, opset_imports=opsets, functions=list(functions), producer_name="slipway-tests", ir_version=9)
    if check:
        onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


X = value("x", T.FLOAT, ["n", 2])
ONE = value("x", T.FLOAT, ["n", 1])

# y = 2 x + 1, row by row.
save("double", [helper.make_node("Mul", ["x", "two"], ["m"]), helper.make_node("Add", ["m", "one"], ["y"])],
     [X], [value("y", T.FLOAT, ["n", 2])], [constant("two", np.float32(2)), constant("one", np.float32(1))])

# Always 1, always 2, always 3: stand-ins for versions whose answers one can tell apart.
for k in (1, 2, 3):
    save(f"says_{k}", [helper.make_node("Mul", ["x", "zero"], ["m"]), helper.make_node("Add", ["m", "k"], ["y"])],
         [ONE], [value("y", T.FLOAT, ["n", 1])], [constant("zero", np.float32(0)), constant("k", np.float32(k))])

# The logarithm: not a number below zero, as a model that fails on some inputs.
save("log", [helper.make_node("Log", ["x"], ["y"])], [ONE], [value("y", T.FLOAT, ["n", 1])])

# Looks up a table of four values: an index beyond it fails the whole run.
save("lookup", [helper.make_node("Gather", ["table", "i"], ["y"])], [value("i", T.INT64, ["n"])], [value("y", T.FLOAT, ["n"])],
     [constant("table", np.array([10, 11, 12, 13], np.float32))])

# Subtracts the mean over all rows of the run: rows of different requests must never meet in it.
save("mean_of_batch", [helper.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1), helper.make_node("Sub", ["x", "m"], ["y"])],
     [X], [value("y", T.FLOAT, ["n", 2])])

# One row only, as image models are often exported.
save("one_row", [helper.make_node("Neg", ["x"], ["y"])], [value("x", T.FLOAT, [1, 3])], [value("y", T.FLOAT, [1, 3])])

# A label that is declared with one row and has as many as the input, as older converters write it.
save("wrong_label", [helper.make_node("ArgMax", ["x"], ["y"], axis=1, keepdims=0)], [X], [value("y", T.INT64, [1])], check=False)

# Every type there and back.
kinds = {"bool": T.BOOL, "u8": T.UINT8, "u16": T.UINT16, "u32": T.UINT32, "u64": T.UINT64, "i8": T.INT8, "i16": T.INT16, "i32": T.INT32,
         "i64": T.INT64, "f16": T.FLOAT16, "bf16": T.BFLOAT16, "f32": T.FLOAT, "f64": T.DOUBLE, "text": T.STRING}
save("every_type", [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds],
     [value(name, kind, ["n", 2]) for name, kind in kinds.items()], [value(f"{name}_out", kind, ["n", 2]) for name, kind in kinds.items()])

# A classifier as scikit-learn's converter writes it by default: labels, and a sequence of maps from class to probability.
for name, labels in (("zipmap_text", {"classlabels_strings": ["no", "yes"]}), ("zipmap_numbers", {"classlabels_int64s": [0, 1]})):
    classifier = {("classlabels_ints" if key == "classlabels_int64s" else key): names for key, names in labels.items()}
    key = T.STRING if "text" in name else T.INT64
    save(name,
         [helper.make_node("LinearClassifier", ["x"], ["label", "raw"], domain="ai.onnx.ml", coefficients=[-1.0, 0.0, 1.0, 0.0],
                           intercepts=[0.0, 0.0], multi_class=0, post_transform="SOFTMAX", **classifier),
          helper.make_node("ZipMap", ["raw"], ["maps"], domain="ai.onnx.ml", **labels)],
         [X],
         [value("label", key, ["n"]),
          helper.make_value_info("maps", helper.make_sequence_type_proto(helper.make_map_type_proto(key, helper.make_tensor_type_proto(T.FLOAT, []))))],
         check=False)

# Long enough for requests to pile up behind it: a loop of small matrix products.
rng = np.random.default_rng(7)
body = helper.make_graph(
    [helper.make_node("MatMul", ["s", "w"], ["p"]), helper.make_node("Tanh", ["p"], ["s_out"]), helper.make_node("Identity", ["go"], ["go_out"])],
    "body", [value("i", T.INT64, []), value("go", T.BOOL, []), value("s", T.FLOAT, ["n", 2])], [value("go_out", T.BOOL, []), value("s_out", T.FLOAT, ["n", 2])])
save("slow", [helper.make_node("Loop", ["times", "yes", "x"], ["y"], body=body)], [X], [value("y", T.FLOAT, ["n", 2])],
     [constant("times", np.int64(4_000)), constant("yes", np.bool_(True)), constant("w", rng.normal(size=(2, 2)).astype(np.float32))])

# The same with one column, so that it can stand in for a version of the others.
body = helper.make_graph(
    [helper.make_node("MatMul", ["s", "w"], ["p"]), helper.make_node("Tanh", ["p"], ["s_out"]), helper.make_node("Identity", ["go"], ["go_out"])],
    "body", [value("i", T.INT64, []), value("go", T.BOOL, []), value("s", T.FLOAT, ["n", 1])], [value("go_out", T.BOOL, []), value("s_out", T.FLOAT, ["n", 1])])
save("slow_one", [helper.make_node("Loop", ["times", "yes", "x"], ["y"], body=body)], [ONE], [value("y", T.FLOAT, ["n", 1])],
     [constant("times", np.int64(4_000)), constant("yes", np.bool_(True)), constant("w", np.array([[0.9]], np.float32))])

# A function of the file's own in a domain of its own, made of ordinary operators: nothing is missing to run it.
twice = helper.make_function("acme", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
save("own_function", [helper.make_node("Twice", ["x"], ["y"], domain="acme")], [X], [value("y", T.FLOAT, ["n", 2])],
     opsets=[*OPSETS, helper.make_opsetid("acme", 1)], functions=[twice])

# The same function, which calls an operator that nobody has.
hidden = helper.make_function("acme", "Twice", ["a"], ["b"], [helper.make_node("Secret", ["a"], ["b"], domain="com.evil")],
                              [helper.make_opsetid("", 17), helper.make_opsetid("com.evil", 1)])
save("function_hides_operator", [helper.make_node("Twice", ["x"], ["y"], domain="acme")], [X], [value("y", T.FLOAT, ["n", 2])],
     opsets=[*OPSETS, helper.make_opsetid("acme", 1)], functions=[hidden], check=False)

# A default value for an input: it may be left out, and is no input to us.
save("with_default", [helper.make_node("Add", ["x", "bias"], ["y"])], [X, value("bias", T.FLOAT, [2])], [value("y", T.FLOAT, ["n", 2])],
     [constant("bias", np.array([1, 2], np.float32))])

# Whole-number division: by zero, the processor would stop the program.
save("divide", [helper.make_node("Div", ["a", "b"], ["y"])], [value("a", T.INT64, ["n"]), value("b", T.INT64, ["n"])], [value("y", T.INT64, ["n"])])

# Models that fail for some inputs only, so that one can see them recover. They take one number, and answer its absolute value.
# As many rounds as the largest number says: a number of millions hangs.
body = helper.make_graph(
    [helper.make_node("Abs", ["s"], ["s_out"]), helper.make_node("Identity", ["go"], ["go_out"])],
    "body", [value("i", T.INT64, []), value("go", T.BOOL, []), value("s", T.FLOAT, ["n", 1])], [value("go_out", T.BOOL, []), value("s_out", T.FLOAT, ["n", 1])])
save("rounds", [helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0), helper.make_node("Cast", ["most"], ["times"], to=T.INT64),
                helper.make_node("Loop", ["times", "yes", "x"], ["y"], body=body)], [ONE], [value("y", T.FLOAT, ["n", 1])],
     [constant("yes", np.bool_(True))])

# A tensor of as many numbers as the largest one says, four bytes each.
save("room", [helper.make_node("Abs", ["x"], ["size"]), helper.make_node("ReduceMax", ["size"], ["most"], keepdims=0),
              helper.make_node("Cast", ["most"], ["count"], to=T.INT64), helper.make_node("Unsqueeze", ["count", "first"], ["shape"]),
              helper.make_node("ConstantOfShape", ["shape"], ["filled"]), helper.make_node("ReduceSum", ["filled"], ["sum"], keepdims=0),
              helper.make_node("Add", ["size", "sum"], ["y"])],
     [ONE], [value("y", T.FLOAT, ["n", 1])], [constant("first", np.array([0], np.int64))])
