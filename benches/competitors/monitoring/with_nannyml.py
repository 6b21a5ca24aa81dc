"""NannyML, as its users run it: distances of every column with its default method, and performance by CBPE, chunk by chunk.

    with_nannyml.py FOLDER ROWS_OF_A_CHUNK
"""

import logging
import os
import pathlib
import sys

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
logging.disable(logging.WARNING)

import nannyml  # noqa: E402
import pandas as pd  # noqa: E402

folder, size = pathlib.Path(sys.argv[1]), int(sys.argv[2])
reference, current = pd.read_csv(folder / "reference.csv"), pd.read_csv(folder / "current.csv")
columns = [name for name in reference.columns if name != "label"]
drift = nannyml.UnivariateDriftCalculator(
    column_names=columns,
    continuous_methods=["jensen_shannon", "wasserstein", "kolmogorov_smirnov", "hellinger"],
    categorical_methods=["jensen_shannon", "chi2", "l_infinity", "hellinger"],
    chunk_size=size,
)
found = drift.fit(reference).calculate(current).to_df()
estimator = nannyml.CBPE(
    y_pred="prediction", y_pred_proba="score", y_true="label", problem_type="classification_binary", metrics=["roc_auc", "accuracy"], chunk_size=size
)
print(len(found), len(estimator.fit(reference).estimate(current).to_df()))
