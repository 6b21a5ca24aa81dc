"""A model behind FastAPI, as people write it: uvicorn app:app --workers 2"""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1  # two workers share two cores
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
shape = [-1 if isinstance(dim, str) or dim is None else dim for dim in session.get_inputs()[0].shape]
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


class Scores(BaseModel):
    scores: list[list[float]]


@app.get("/health")
async def health():
    return {"ready": True}


@app.post("/predict")
async def predict(request: Rows) -> Scores:
    # A picture comes as one flat row of JSON, whatever shape the model takes.
    x = np.asarray(request.rows, dtype=np.float32).reshape(shape)
    return Scores(scores=session.run(["probabilities"], {name: x})[0].tolist())


@app.post("/predict-binary")
async def predict_binary(request: Request):
    x = np.frombuffer(await request.body(), dtype=np.float32).reshape(shape)
    scores = session.run(["probabilities"], {name: x})[0]
    return Response(scores.tobytes(), media_type="application/octet-stream")
