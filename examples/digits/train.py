"""Trains `digits`: which digit is on an 8x8 picture. v1 is a small MLP, v2 a small convolutional net, both in NumPy.

See ../README.md. The networks are trained here by hand-written gradients, so that no deep-learning library is needed.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402  first: it sets the number of threads
from common import TensorProto  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.metrics import log_loss, roc_auc_score  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402


SEED = 0
LABEL = "digit"
PIXELS = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
SCALE = 16.0
SHIFT = 1  # labelled injection of live_drifted.csv: the camera was moved, pictures sit this many pixels to the right


def patches(images):
    """(n,8,8) -> (n,8,8,9): the 3x3 neighbourhood of each pixel, zeros outside."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return np.stack([padded[:, i:i + 8, j:j + 8] for i in range(3) for j in range(3)], axis=-1)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Adam:
    def __init__(self, weights, rate=0.003, decay=1e-4):
        self.weights, self.rate, self.decay, self.step = weights, rate, decay, 0
        self.m = [np.zeros_like(w) for w in weights]
        self.v = [np.zeros_like(w) for w in weights]

    def update(self, gradients):
        self.step += 1
        for w, g, m, v in zip(self.weights, gradients, self.m, self.v, strict=True):
            g = g + self.decay * w
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= self.rate * (m / (1 - 0.9**self.step)) / (np.sqrt(v / (1 - 0.999**self.step)) + 1e-8)


class Mlp:
    """64 -> 24 ReLU -> 10."""

    epochs = 25
    jitter = 0

    def __init__(self, rng):
        self.w = [rng.normal(0, (2 / 64) ** 0.5, (64, 24)), np.zeros(24), rng.normal(0, (1 / 24) ** 0.5, (24, 10)), np.zeros(10)]

    def gradients(self, images, target):
        w1, b1, w2, b2 = self.w
        flat = images.reshape(len(images), 64)
        hidden = np.maximum(flat @ w1 + b1, 0)
        d = (softmax(hidden @ w2 + b2) - target) / len(images)
        dh = (d @ w2.T) * (hidden > 0)
        return [flat.T @ dh, dh.sum(0), hidden.T @ d, d.sum(0)]

    def graph(self):
        w1, b1, w2, b2 = self.w
        return ([helper.make_node("Flatten", ["scaled"], ["flat"], axis=1),
                 helper.make_node("Gemm", ["flat", "w1", "b1"], ["h"]),
                 helper.make_node("Relu", ["h"], ["hidden"]),
                 helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"])],
                {"w1": w1, "b1": b1, "w2": w2, "b2": b2})


class Conv:
    """3x3 convolution with 16 filters -> ReLU -> 2x2 mean pool -> 10."""

    epochs = 120
    filters = 16
    jitter = 1  # pictures are moved by up to one pixel while training

    def __init__(self, rng):
        k = self.filters
        self.w = [rng.normal(0, (2 / 9) ** 0.5, (9, k)), np.zeros(k), rng.normal(0, (1 / (16 * k)) ** 0.5, (16 * k, 10)), np.zeros(10)]

    def gradients(self, images, target):
        n, k = len(images), self.filters
        wc, bc, wd, bd = self.w
        p = patches(images)
        a = np.maximum(p @ wc + bc, 0)                                        # n,8,8,k
        pooled = a.reshape(n, 4, 2, 4, 2, k).mean(axis=(2, 4))                # n,4,4,k
        flat = pooled.transpose(0, 3, 1, 2).reshape(n, -1)                    # channel first, as ONNX flattens
        d = (softmax(flat @ wd + bd) - target) / n
        dp = (d @ wd.T).reshape(n, k, 4, 4).transpose(0, 2, 3, 1) / 4
        da = np.repeat(np.repeat(dp, 2, axis=1), 2, axis=2) * (a > 0)
        return [p.reshape(-1, 9).T @ da.reshape(-1, k), da.sum(axis=(0, 1, 2)), flat.T @ d, d.sum(0)]

    def graph(self):
        wc, bc, wd, bd = self.w
        return ([helper.make_node("Conv", ["scaled", "wc", "bc"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                 helper.make_node("Relu", ["c"], ["a"]),
                 helper.make_node("AveragePool", ["a"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
                 helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
                 helper.make_node("Gemm", ["flat", "wd", "bd"], ["logits"])],
                {"wc": wc.T.reshape(self.filters, 1, 3, 3), "bc": bc, "wd": wd, "bd": bd})


def train(net, images, digits, rng):
    target = np.eye(10)[digits]
    adam = Adam(net.w)
    for _ in range(net.epochs):
        order = rng.permutation(len(images))
        for start in range(0, len(images), 32):
            rows = order[start:start + 32]
            batch = images[rows]
            if net.jitter:
                batch = np.stack([moved(image, *rng.integers(-net.jitter, net.jitter + 1, 2)) for image in batch])
            adam.update(net.gradients(batch, target[rows]))
    return net


def to_onnx(net):
    nodes, weights = net.graph()
    nodes = [helper.make_node("Div", ["image", "scale"], ["scaled"]), *nodes,
             helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
             helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0)]
    weights["scale"] = np.array(SCALE)
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
         helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(np.asarray(w, dtype=np.float32), name) for name, w in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", common.OPSET[""])])


def moved(image, down, right):
    """The 8x8 picture moved by -1, 0 or 1 pixels either way; what enters is paper."""
    padded = np.pad(image, 1)
    return padded[1 - down:9 - down, 1 - right:9 - right]


def scores(truth, label, probabilities):
    probabilities = probabilities.astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return {
        "rows": int(len(truth)),
        "accuracy": common.r(np.mean(truth == label)),
        "roc_auc_one_vs_rest": common.r(roc_auc_score(truth, probabilities, multi_class="ovr")),
        "log_loss": common.r(log_loss(truth, probabilities, labels=list(range(10)))),
        "share_predicted": {str(d): common.r(np.mean(label == d)) for d in range(10)},
    }


def main():
    data = load_digits()
    table = pd.DataFrame(data.data.astype(int), columns=PIXELS).assign(digit=data.target)
    reference, rest = train_test_split(table, train_size=900, stratify=table[LABEL], random_state=SEED)
    heldback, live = train_test_split(rest, train_size=397, stratify=rest[LABEL], random_state=SEED)
    live = live.reset_index(drop=True)
    drifted = live.copy()
    drifted[PIXELS] = np.stack([moved(image, 0, SHIFT) for image in live[PIXELS].to_numpy().reshape(-1, 8, 8)]).reshape(-1, 64)
    rng = np.random.default_rng(SEED)
    for part, name in ((reference, "reference"), (heldback, "heldback")):
        common.write_csv(part, HERE / f"{name}.csv")
    for part, name in ((live, "live"), (drifted, "live_drifted")):
        common.write_csv(part[PIXELS], HERE / f"{name}.csv")
        known = part[rng.random(len(part)) < 0.5]  # a person reads half of the pictures again, within minutes
        common.write_csv(pd.DataFrame({"row": known.index, LABEL: known[LABEL],
                                       "delay_s": rng.integers(30, 600, len(known))}), HERE / f"{name}_outcomes.csv")

    metrics = {"versions": {}}
    images = reference[PIXELS].to_numpy(float).reshape(-1, 8, 8) / SCALE
    for name, kind in (("v1", Mlp), ("v2", Conv)):
        net = train(kind(rng), images, reference[LABEL].to_numpy(), rng)
        path = HERE / f"{name}.onnx"
        common.finish(to_onnx(net), path, [("image", TensorProto.FLOAT, [1, 8, 8])], "Pixels from 0 (paper) to 16 (ink).")
        sess = common.session(path)
        results = {}
        for part, rows in {"reference": reference, "heldback": heldback, "live": live, "live_drifted": drifted}.items():
            feed = {"image": rows[PIXELS].to_numpy(np.float32).reshape(-1, 1, 8, 8)}
            label, probabilities = sess.run(["label", "probabilities"], feed)
            assert probabilities.shape == (len(rows), 10) and label.dtype == np.int64
            results[part] = scores(rows[LABEL].to_numpy(), label, probabilities)
        metrics["versions"][name] = results
    common.write_json(metrics, HERE / "metrics.json")
    common.stamp(HERE)


if __name__ == "__main__":
    main()
