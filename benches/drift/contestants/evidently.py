"""Evidently with its defaults: `DataDriftPreset`, one report an hour.

A report tests every column three times and draws it; only the decisions are scored. So the tests are run as the preset runs them, by
Evidently's own functions (its choice of test, its threshold), and every `CHECKED`th hour the whole report is run too and must agree.
"""

import re
import warnings

import numpy as np
import pandas as pd

from contestants import Answer
from streams import Stream

CHECKED = 60
ANY, FEATURES, DATASET = "Evidently, any column", "Evidently, any feature", "Evidently, dataset drift"


def run(stream: Stream) -> Answer:
    warnings.filterwarnings("ignore")
    from evidently import DataDefinition, Dataset

    reference, current = stream.frames()
    numbers = stream.data.numeric + (["score"] if "score" in reference else ["prediction"])
    texts = stream.data.categorical + (["prediction"] if "score" in reference else [])
    for frame in (reference, current):
        frame[texts] = frame[texts].astype(object).where(frame[texts].isna(), frame[texts].astype(str))
    columns = numbers + texts
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    whole = Dataset.from_pandas(reference[columns], data_definition=definition)
    # In order, so that what the tests sort is sorted already; no test looks at the order of the rows.
    known = {name: _clean(reference[name]).sort_values(ignore_index=True) for name in columns}

    alarms: dict[str, dict[int, list[str]]] = {ANY: {}, FEATURES: {}, DATASET: {}}
    errors, compared = 0, 0
    for hour, rows in current.groupby("hour"):
        rows = rows[columns].reset_index(drop=True)
        drifted = _drifted(known, rows, numbers)
        if hour % CHECKED == 0:
            assert drifted == _report(rows, whole, definition), f"hour {hour}: the report says otherwise than its tests"
            compared += 1
        if drifted is None:
            errors += 1
            continue
        if drifted:
            alarms[ANY][int(hour)] = drifted
        if features := [name for name in drifted if name in stream.data.features]:
            alarms[FEATURES][int(hour)] = features
        if len(drifted) >= 0.5 * len(columns):
            alarms[DATASET][int(hour)] = drifted
    return Answer(alarms, errors, [f"{compared} hours compared with whole reports"])


def _clean(values: pd.Series) -> pd.Series:
    return values.replace([-np.inf, np.inf], np.nan).dropna()


def _drifted(known: dict[str, pd.Series], rows: pd.DataFrame, numbers: list[str]) -> list[str] | None:
    """The columns that drift, sorted; None where a column is empty, for then the report raises and says nothing at all."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    drifted = []
    for name, reference in known.items():
        current = _clean(rows[name])
        if current.empty:
            return None
        kind = ColumnType.Numerical if name in numbers else ColumnType.Categorical
        result = get_stattest(reference, current, kind, None)(reference, current, kind, None)
        if result.drifted:
            drifted.append(name)
    return sorted(drifted)


def _report(rows: pd.DataFrame, reference, definition) -> list[str] | None:
    """The same from a whole report."""
    from evidently import Dataset, Report
    from evidently.presets import DataDriftPreset

    if rows.isna().all().any():
        return None
    taken = Report([DataDriftPreset()]).run(Dataset.from_pandas(rows, data_definition=definition), reference).dict()
    drifted = []
    for metric in taken["metrics"]:
        if found := re.match(r"ValueDrift\(column=(.*),method=(.*),threshold=(.*)\)$", metric["metric_name"]):
            name, method, threshold = found[1], found[2], float(found[3])
            value = float(metric["value"])
            if value < threshold if "p_value" in method else value >= threshold:
                drifted.append(name)
    return sorted(drifted)
