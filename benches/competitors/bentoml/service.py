"""A model behind BentoML: plain, or with its adaptive batching (BATCHED=1). bentoml serve service:Service"""

import os

import bentoml
import numpy as np
import onnxruntime as ort

BATCHED = os.environ.get("BATCHED") == "1"


@bentoml.service(workers=2, traffic={"timeout": 60, "max_concurrency": 4096})
class Service:
    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # two workers share two cores
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.shape = [-1 if isinstance(dim, str) or dim is None else dim for dim in self.session.get_inputs()[0].shape]

    @bentoml.api(batchable=BATCHED, max_batch_size=64, max_latency_ms=1000)
    def predict(self, x: np.ndarray) -> np.ndarray:
        # A picture comes as one flat row of JSON, whatever shape the model takes.
        return self.session.run(["probabilities"], {"x": x.astype(np.float32).reshape(self.shape)})[0]
