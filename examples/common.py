"""What the training scripts of the examples share: export to ONNX, check in ONNX Runtime, metrics, tables."""

import hashlib
import json
import os
from pathlib import Path

# One thread: sums over several come out in another order, and the files would differ in their last bits.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime as ort  # noqa: E402
import pandas as pd  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402
from sklearn.metrics import log_loss, roc_auc_score  # noqa: E402
from skl2onnx import convert_sklearn  # noqa: E402

OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8
MAX_BYTES = 300_000


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def convert(model, initial_types, classifier=True):
    """scikit-learn estimator -> ONNX with tensors only (no sequences of maps)."""
    options = {id(model): {"zipmap": False}} if classifier else None
    return convert_sklearn(model, "model", initial_types, options=options, target_opset=OPSET)


def finish(proto, path, inputs, doc):
    """Declare `inputs` in this order (also those that the model does not use), name the batch axis, check, write.

    inputs: list of (name, TensorProto element type, shape without the batch axis).
    """
    graph = proto.graph
    del graph.input[:]
    for name, elem, shape in inputs:
        graph.input.append(helper.make_tensor_value_info(name, elem, ["batch", *shape]))
    for output in graph.output:
        dims = output.type.tensor_type.shape.dim
        if dims:
            dims[0].Clear()
            dims[0].dim_param = "batch"
    graph.name = Path(path).parent.name + "-" + Path(path).stem
    graph.doc_string = doc
    proto.ir_version = IR_VERSION
    domains = sorted(opset.domain for opset in proto.opset_import)  # the converter's order varies from run to run
    del proto.opset_import[:]
    proto.opset_import.extend(helper.make_opsetid(domain, OPSET[domain]) for domain in domains)
    proto.producer_name = "slipway-examples"
    proto.producer_version = "1"
    onnx.checker.check_model(proto, full_check=True)
    data = proto.SerializeToString(deterministic=True)
    if len(data) > MAX_BYTES:
        raise SystemExit(f"{path}: {len(data)} bytes, more than {MAX_BYTES}")
    Path(path).write_bytes(data)


def rename_output(proto, old, new):
    for node in proto.graph.node:
        for index, name in enumerate(node.output):
            if name == old:
                node.output[index] = new
    for output in proto.graph.output:
        if output.name == old:
            output.name = new
    return proto


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def column_feed(sess, frame):
    """One [N,1] tensor per input, from the columns of the same name; missing text is the empty string."""
    feed = {}
    for node in sess.get_inputs():
        column = frame[node.name]
        if node.type == "tensor(string)":
            feed[node.name] = column.fillna("").to_numpy(dtype=object).reshape(-1, 1)
        else:
            feed[node.name] = column.to_numpy(dtype=np.float32).reshape(-1, 1)
    return feed


def binary_metrics(truth, label, p_yes, positive, segments=None):
    """Accuracy, AUC, log loss, share of the positive class; accuracy and rows per segment value."""
    truth, label = np.asarray(truth), np.asarray(label)
    result = {
        "rows": int(len(truth)),
        "accuracy": r(np.mean(truth == label)),
        "roc_auc": r(roc_auc_score(truth == positive, p_yes)),
        "log_loss": r(log_loss(truth == positive, np.clip(p_yes, 1e-6, 1 - 1e-6))),
        "positive_share_predicted": r(np.mean(label == positive)),
        "positive_share_true": r(np.mean(truth == positive)),
        "precision": r(np.mean(truth[label == positive] == positive)) if (label == positive).any() else None,
        "recall": r(np.mean(label[truth == positive] == positive)),
    }
    if segments is not None:
        result["segments"] = {
            column: {
                str(value): {"rows": int(len(index)), "accuracy": r(np.mean(truth[index] == label[index]))}
                for value, index in segments.groupby(column, sort=True).indices.items()
            }
            for column in segments.columns
        }
    return result


def r(value, digits=4):
    return round(float(value), digits)


def write_csv(frame, path):
    frame.to_csv(path, index=False, lineterminator="\n", float_format="%.10g")


def write_json(value, path):
    Path(path).write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def stamp(folder, scripts=("train.py",)):
    """Write the digests of the files into model.json, so that a version can be traced to what made it.

    `code_sha256` is the SHA-256 of the training script(s) of the folder followed by common.py, concatenated.
    """
    folder = Path(folder)
    if not (folder / "model.json").exists():
        raise SystemExit(f"{folder}/model.json is missing: it describes the model and is written by hand")
    model = json.loads((folder / "model.json").read_text())
    code = hashlib.sha256()
    for script in [*(folder / s for s in scripts), Path(__file__)]:
        code.update(script.read_bytes())
    for version in model["versions"]:
        version["sha256"] = sha256(folder / version["file"])
        version["training_data_sha256"] = sha256(folder / version["training_data"])
        version["code_sha256"] = code.hexdigest()
    write_json(model, folder / "model.json")


def wasserstein_over_std(reference, current):
    """Wasserstein-1 distance over the reference's standard deviation (ddof 0), missing values left out."""
    from scipy.stats import wasserstein_distance

    reference, current = reference.dropna().astype(float), current.dropna().astype(float)
    return r(wasserstein_distance(reference, current) / reference.std(ddof=0))


__all__ = ["TensorProto", "binary_metrics", "column_feed", "convert", "finish", "np", "pd", "r", "rename_output",
           "session", "sha256", "stamp", "wasserstein_over_std", "write_csv", "write_json"]
