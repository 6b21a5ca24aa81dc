"""Values that are hard to carry: the ends of every type, and texts that are not plain."""

import ml_dtypes
import numpy as np

from callers import Tensor, numpy_type

TEXTS = ["", "ä€😀", 'with "quotes", \\ and\nlines', "x" * 1_000]


def edges(datatype: str) -> np.ndarray:
    """Four values of a type as [2, 2], its smallest and largest among them."""
    if datatype == "BYTES":
        values = np.empty(4, dtype=object)
        values[:] = [text.encode() for text in TEXTS]
        return values.reshape(2, 2)
    kind = numpy_type(datatype)
    if datatype == "BOOL":
        four = [True, False, False, True]
    elif np.issubdtype(kind, np.integer):
        four = [np.iinfo(kind).min, np.iinfo(kind).max, 1, 0]
    else:
        four = [ml_dtypes.finfo(kind).min, ml_dtypes.finfo(kind).max, 0.1, -1.5]
    return np.array(four, dtype=kind).reshape(2, 2)


def nothing(datatype: str) -> np.ndarray:
    return np.empty((0, 2), dtype=object if datatype == "BYTES" else numpy_type(datatype))


def floats(*rows) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def texts(values, shape) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = [value.encode() for value in values]
    return array.reshape(shape)


def points(rows: int = 3) -> np.ndarray:
    """Rows in the three corners that the classifiers of `end2end/models` learnt, in the order of their classes."""
    corners = floats([2, 0, 0, 0], [0, 2, 0, 2], [0, 0, 2, 2])
    return np.resize(corners, (rows, 4))


def x(values: np.ndarray, datatype: str = "FP32", name: str = "x") -> list[Tensor]:
    return [Tensor(name, datatype, values)]
