"""Makes the files that an upload must refuse, or that a runtime must survive, and `manifest.json` about them.

Every file is small on disk. Nothing here does harm by lying there; some do when loaded or run without limits.
"""

import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
FIXED_DATE = (2020, 1, 1, 0, 0, 0)
ZEROS = 90_000_000


def model(nodes, inputs, outputs, initializers=(), opsets=(("", 17),), ir_version=8):
    graph = helper.make_graph(nodes, "hostile", inputs, outputs, list(initializers))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in opsets],
                              producer_name="slipway-examples")
    proto.ir_version = ir_version
    return proto


def value(name, elem=TensorProto.FLOAT, shape=("batch", 2)):
    return helper.make_tensor_value_info(name, elem, list(shape))


X, Y = value("X"), value("Y")
PROBABILITIES, LABEL = value("probabilities"), value("label", TensorProto.INT64, ("batch",))


def scalar(name, number, dtype=np.float32):
    return numpy_helper.from_array(np.array(number, dtype=dtype), name)


def external(location):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, text in (("location", location), ("offset", "0"), ("length", "8")):
        tensor.external_data.add(key=key, value=text)
    return model([helper.make_node("Add", ["X", "w"], ["Y"])], [X], [Y], [tensor])


def custom_operator():
    return model([helper.make_node("Exfiltrate", ["X"], ["Y"], domain="com.example.evil")], [X], [Y],
                 opsets=(("", 17), ("com.example.evil", 1)))


def custom_operator_in_subgraph():
    """The custom operator sits in a branch, where a check of the top level alone does not see it."""
    branch = helper.make_graph([helper.make_node("Exfiltrate", ["X"], ["inner"], domain="com.example.evil")],
                               "branch", [], [value("inner")])
    other = helper.make_graph([helper.make_node("Identity", ["X"], ["inner2"])], "other", [], [value("inner2")])
    return model([helper.make_node("If", ["condition"], ["Y"], then_branch=branch, else_branch=other)], [X], [Y],
                 [scalar("condition", False, np.bool_)], opsets=(("", 17), ("com.example.evil", 1)))


def huge_initializer():
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[10**12], raw_data=struct.pack("<f", 1.0))
    return model([helper.make_node("Gather", ["w", "i"], ["Y"])], [value("i", TensorProto.INT64, ("batch",))],
                 [value("Y", shape=("batch",))], [tensor])


def overflowing_initializer():
    """2**32 * 2**32 elements: the product wraps around to 0 in 64 bits."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**32, 2**32], raw_data=b"")
    return model([helper.make_node("Identity", ["w"], ["Y"])], [X], [value("Y", shape=("a", "b"))], [tensor])


def negative_dimension():
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-2], raw_data=struct.pack("<2f", 1.0, 2.0))
    return model([helper.make_node("Add", ["X", "w"], ["Y"])], [X], [Y], [tensor])


def cyclic_graph():
    return model([helper.make_node("Add", ["X", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
                  helper.make_node("Identity", ["b"], ["Y"])], [X], [Y])


def dangling_input():
    return model([helper.make_node("Add", ["X", "nowhere"], ["Y"])], [X], [Y])


def unknown_operator():
    return model([helper.make_node("NoSuchOperator", ["X"], ["Y"])], [X], [Y])


def future_opset():
    return model([helper.make_node("Identity", ["X"], ["Y"])], [X], [Y], opsets=(("", 999),), ir_version=9999)


def no_outputs():
    return model([helper.make_node("Identity", ["X"], ["Y"])], [X], [])


def sequence_output():
    """A valid model whose output is a sequence: no tensor, so nothing that the protocol can answer."""
    output = helper.make_tensor_sequence_value_info("Y", TensorProto.FLOAT, None)
    return model([helper.make_node("SequenceConstruct", ["X"], ["Y"])], [X], [output])


def message(field, payload):
    """One length-delimited protobuf field."""
    def varint(n):
        out = bytearray()
        while n > 0x7F:
            out.append(n & 0x7F | 0x80)
            n >>= 7
        return bytes(out + bytes([n]))
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def nested_branches(levels):
    """`levels` If nodes in each other, written by hand because protobuf libraries refuse to write it."""
    identity = helper.make_node("Identity", ["X"], ["Y"]).SerializeToString()
    graph = message(1, identity) + message(2, b"innermost") + message(12, Y.SerializeToString())
    for _ in range(levels):
        branch = message(5, message(1, b"then_branch") + message(6, graph) + b"\xa0\x01\x05")  # name, g, type = GRAPH
        other = helper.make_attribute("else_branch", helper.make_graph(
            [helper.make_node("Identity", ["X"], ["Z"])], "else", [], [value("Z")])).SerializeToString()
        node = message(1, b"condition") + message(2, b"Y") + message(4, b"If") + branch + message(5, other)
        graph = message(1, node) + message(2, b"g") + message(12, Y.SerializeToString())
    top = graph + message(5, scalar("condition", True, np.bool_).SerializeToString()) + message(11, X.SerializeToString())
    return b"\x08\x08" + message(7, top) + message(8, helper.make_opsetid("", 17).SerializeToString())


def nan_output():
    return model(
        [helper.make_node("Mul", ["X", "zero"], ["zeros"]), helper.make_node("Add", ["zeros", "nan"], ["probabilities"]),
         helper.make_node("ArgMax", ["zeros"], ["label"], axis=1, keepdims=0)],
        [X], [LABEL, PROBABILITIES], [scalar("zero", 0.0), scalar("nan", np.nan)])


def endless_loop():
    """A Loop of a thousand million rounds: valid, loads at once, does not answer for a long time."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["still"]), helper.make_node("Sin", ["state"], ["next"])], "body",
        [value("round", TensorProto.INT64, ()), value("go", TensorProto.BOOL, ()), value("state")],
        [value("still", TensorProto.BOOL, ()), value("next")])
    return model([helper.make_node("Loop", ["rounds", "yes", "X"], ["Y"], body=body)], [X], [Y],
                 [scalar("rounds", 10**9, np.int64), scalar("yes", True, np.bool_)])


def allocation_at_run_time():
    """Asks for 40 GB per row of the request; the size comes from the input, so that loading does not show it."""
    return model(
        [helper.make_node("Shape", ["X"], ["shape"]), helper.make_node("Gather", ["shape", "first"], ["rows"]),
         helper.make_node("Mul", ["rows", "many"], ["size"]),
         helper.make_node("ConstantOfShape", ["size"], ["block"]),
         helper.make_node("ReduceSum", ["block"], ["sum"], keepdims=0), helper.make_node("Add", ["X", "sum"], ["Y"])],
        [X], [Y], [scalar("first", [0], np.int64), scalar("many", [10**10], np.int64)])


def allocation_constant():
    """The same with the size written in the file; a runtime that folds constants would allocate it while loading."""
    return model(
        [helper.make_node("ConstantOfShape", ["size"], ["block"]),
         helper.make_node("ReduceSum", ["block"], ["sum"], keepdims=0), helper.make_node("Add", ["X", "sum"], ["Y"])],
        [X], [Y], [scalar("size", [10**10], np.int64)])


def zip_of(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, FIXED_DATE), data, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def gzip_of(data):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def png_header():
    data = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + data + struct.pack(">I", zlib.crc32(b"IHDR" + data))


# name: (how it is made, what it is, where it must be stopped: at the upload, or by limits on each run)
FILES = {
    "external_data_escape.onnx": (lambda: external("../../etc/passwd"), "a weight read from a file outside the model's folder", "upload"),
    "external_data_absolute.onnx": (lambda: external("/etc/passwd"), "a weight read from an absolute path", "upload"),
    "external_data_beside.onnx": (lambda: external("weights.bin"), "a weight in a second file that was not uploaded", "upload"),
    "custom_operator.onnx": (custom_operator, "an operator of a foreign domain", "upload"),
    "custom_operator_in_subgraph.onnx": (custom_operator_in_subgraph, "an operator of a foreign domain inside a branch", "upload"),
    "unknown_operator.onnx": (unknown_operator, "an operator that ONNX does not have", "upload"),
    "empty.onnx": (lambda: b"", "zero bytes", "upload"),
    "truncated.onnx": (lambda: (HERE.parent / "churn" / "v2.onnx").read_bytes()[:2345], "a model cut off in the middle", "upload"),
    "png.onnx": (png_header, "the start of a PNG picture", "upload"),
    "html.onnx": (lambda: b"<!doctype html><title>404 Not Found</title>", "an error page saved under the model's name", "upload"),
    "bomb.zip": (lambda: zip_of([("model.onnx", bytes(ZEROS))]), f"{ZEROS} zero bytes in a small archive", "upload"),
    "bomb.onnx.gz": (lambda: gzip_of(bytes(ZEROS)), f"{ZEROS} zero bytes, gzip", "upload"),
    "slip.zip": (lambda: zip_of([("../../evil.onnx", b"evil")]), "an archive whose entry leaves its folder", "upload"),
    "huge_initializer.onnx": (huge_initializer, "a weight that declares 10^12 numbers and carries one", "upload"),
    "overflowing_initializer.onnx": (overflowing_initializer, "a weight whose size overflows 64 bits", "upload"),
    "negative_dimension.onnx": (negative_dimension, "a weight with a negative dimension", "upload"),
    "cyclic_graph.onnx": (cyclic_graph, "two operators that wait for each other", "upload"),
    "dangling_input.onnx": (dangling_input, "an operator that reads what nothing writes", "upload"),
    "no_outputs.onnx": (no_outputs, "a model without outputs", "upload"),
    "sequence_output.onnx": (sequence_output, "a valid model whose output is no tensor", "upload"),
    "future_opset.onnx": (future_opset, "opset 999 and IR version 9999", "upload"),
    "nested_500.onnx": (lambda: nested_branches(500), "500 branches in each other (recursion in parsers)", "upload"),
    "allocation_constant.onnx": (allocation_constant, "asks for 40 GB, a size that is written in the file", "run"),
    "allocation_at_run.onnx": (allocation_at_run_time, "asks for 40 GB per row when it runs", "run"),
    "endless_loop.onnx": (endless_loop, "valid, and does not answer for a very long time", "run"),
    "nan_output.onnx": (nan_output, "valid, and every probability is NaN", "run"),
}


def main():
    manifest = []
    for name, (make, what, stage) in FILES.items():
        made = make()
        data = made if isinstance(made, bytes) else made.SerializeToString(deterministic=True)
        assert len(data) < 100_000, (name, len(data))
        (HERE / name).write_bytes(data)
        manifest.append({"file": name, "what": what, "stop_at": stage, "bytes": len(data)})
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
