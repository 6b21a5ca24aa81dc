"""Checks the committed examples: opsets, sizes, digests, and that every version answers on the live data.

Prints, per version, the quality on the live rows whose outcome becomes known.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd

import common

HERE = Path(__file__).resolve().parent
LIMIT = 8_000_000


def feed(model, sess, table):
    if model["input_layout"] == "columns":
        return common.column_feed(sess, table)
    (node,) = sess.get_inputs()
    if model["input_layout"] == "matrix":
        return {node.name: table[[f["name"] for f in model["features"]]].to_numpy(np.float32)}
    feature = model["features"][0]
    return {node.name: table[feature["columns"]].to_numpy(np.float32).reshape(-1, *feature["shape"])}


def check_file(path, version):
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    opsets = {o.domain: o.version for o in proto.opset_import}
    assert 17 <= opsets[""] <= 21 and opsets.get("ai.onnx.ml", 3) == 3, opsets
    assert proto.ir_version <= 10
    assert path.stat().st_size <= common.MAX_BYTES
    assert version["sha256"] == common.sha256(path)
    for value in [*proto.graph.input, *proto.graph.output]:
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch", value.name


def quality(model, label, scores, truth):
    if model["task"] == "regression":
        error = label.ravel() - truth.to_numpy()
        return f"mae {np.abs(error).mean():.2f}"
    text = f"accuracy {np.mean(label == truth.to_numpy()):.4f}"
    if model["task"] == "binary":
        text += f", share of {model['positive_class']!r} {np.mean(label == model['positive_class']):.4f}"
    return text


def check(folder):
    model = json.loads((folder / "model.json").read_text())
    for part in ("reference", "heldback"):
        columns = list(pd.read_csv(folder / f"{part}.csv", nrows=1).columns)
        expected = [c for f in model["features"] for c in f.get("columns", [f["name"]])] + [model["label"]]
        assert columns == expected, (folder.name, part)
    for version in model["versions"]:
        path = folder / version["file"]
        check_file(path, version)
        sess = common.session(path)
        for part in ("live", "live_drifted"):
            if part not in model["data"]:
                continue
            requests = pd.read_csv(folder / model["data"][part]["requests"])
            outcomes = pd.read_csv(folder / model["data"][part]["outcomes"])
            label, *scores = sess.run(None, feed(model, sess, requests))
            one = sess.run(None, feed(model, sess, requests.iloc[:1]))
            assert np.asarray(one[0]).ravel()[0] == label.ravel()[0], "one row and many rows disagree"
            known = quality(model, label[outcomes["row"]], scores, outcomes[model["label"]])
            print(f"{model['name']} v{version['version']} {part}: {known} ({len(outcomes)} of {len(requests)} outcomes)")


def main():
    for description in sorted(HERE.glob("*/model.json")):
        check(description.parent)
    for entry in json.loads((HERE / "hostile" / "manifest.json").read_text()):
        assert (HERE / "hostile" / entry["file"]).stat().st_size == entry["bytes"]
    total = sum(p.stat().st_size for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    print(f"{total} bytes in all")
    return 0 if total < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
