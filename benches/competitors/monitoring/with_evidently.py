"""Evidently, as its users run it: one report of data drift over all rows, with its default tests. It estimates no performance.

    with_evidently.py FOLDER
"""

import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")

import pandas as pd  # noqa: E402
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.presets import DataDriftPreset, DataSummaryPreset  # noqa: E402

folder = pathlib.Path(sys.argv[1])
reference, current = pd.read_csv(folder / "reference.csv").drop(columns="label"), pd.read_csv(folder / "current.csv")
texts = ["salary_range", "repaid_before", "prediction"]
for frame in (reference, current):
    frame[texts] = frame[texts].astype(str)
definition = DataDefinition(numerical_columns=[n for n in reference.columns if n not in texts], categorical_columns=texts)
taken = Report([DataDriftPreset(), DataSummaryPreset()]).run(
    Dataset.from_pandas(current, data_definition=definition), Dataset.from_pandas(reference, data_definition=definition)
)
print(len(taken.dict()["metrics"]))
