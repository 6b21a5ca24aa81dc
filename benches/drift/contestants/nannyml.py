"""NannyML with its defaults: Jensen-Shannon distances, hour by hour, thresholds from the reference's hours (mean ± 3 deviations).

Besides the default, three lines that a user of NannyML can have for the asking: L-infinity and Wasserstein; its estimate of performance
(CBPE, or DLE for regression); and everything together with missing values, unseen values and realised performance.
"""

import logging
import os
import warnings

from contestants import Answer
from streams import Stream

JS, OTHER, ESTIMATE = "NannyML, Jensen-Shannon (default)", "NannyML, Wasserstein and L-infinity", "NannyML, estimated performance"
WITH, ALL = "NannyML, default and estimate", "NannyML, everything together"


def run(stream: Stream) -> Answer:
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    import nannyml

    data = stream.data
    reference, current = stream.frames()
    binary = data.problem == "binary"
    outputs = ["score", "prediction"] if binary else ["prediction"]
    known = reference.copy()
    rows = current.drop(columns="hour")
    if binary:
        # As a category: a distance between two classes is no distance between numbers.
        known["prediction"], rows["prediction"] = known["prediction"].astype(str), rows["prediction"].astype(str)
    columns = data.features + outputs
    by_hour = {"timestamp_column_name": "timestamp", "chunk_period": "h"}

    def univariate(numbers: str, texts: str) -> dict[int, list[str]]:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=columns, continuous_methods=[numbers], categorical_methods=[texts], **by_hour
        )
        return _alarms(calculator.fit(known).calculate(rows), stream)

    def quality(calculator_of) -> dict[int, list[str]]:
        return _alarms(calculator_of(nannyml).calculate(rows), stream)

    default = univariate("jensen_shannon", "jensen_shannon")
    other = univariate("wasserstein", "l_infinity")
    plain = {"reference_data": reference.assign(prediction=reference["prediction"])}
    scored = {"y_pred": "prediction", "y_true": data.label, **by_hour}
    if binary:
        performance = {"problem_type": "classification_binary", "metrics": ["roc_auc", "accuracy"], "y_pred_proba": "score", **scored}
        estimator, realised = nannyml.CBPE(**performance), nannyml.PerformanceCalculator(**performance)
    else:
        estimator = nannyml.DLE(feature_column_names=data.features, metrics=["mae"], **scored)
        realised = nannyml.PerformanceCalculator(problem_type="regression", metrics=["mae"], **scored)
    numbers = current.drop(columns="hour")
    estimated = _alarms(estimator.fit(plain["reference_data"]).estimate(numbers.drop(columns=data.label)), stream)
    measured = _alarms(realised.fit(plain["reference_data"]).calculate(numbers), stream)
    missing = nannyml.MissingValuesCalculator(column_names=data.features, **by_hour).fit(known).calculate(rows)
    unseen = nannyml.UnseenValuesCalculator(column_names=data.categorical, **by_hour).fit(known).calculate(rows)
    everything = _together(default, other, estimated, measured, _alarms(missing, stream), _alarms(unseen, stream))
    return Answer({JS: default, OTHER: other, ESTIMATE: estimated, WITH: _together(default, estimated), ALL: everything})


def _alarms(result, stream: Stream) -> dict[int, list[str]]:
    """Every column of alerts that is true, by hour. Chunks are matched by their place: both have one an hour, in order."""
    frame = result.filter(period="analysis").to_df(multilevel=False)
    hours = list(range(len(stream.hours)))
    assert len(frame) == len(hours), f"{len(frame)} chunks for {len(hours)} hours"
    alerts = [name for name in frame.columns if name.endswith("alert")]
    alarms = {}
    for hour, values in zip(hours, frame[alerts].itertuples(index=False)):
        if raised := [name for name, value in zip(alerts, values) if value is True or value == 1]:
            alarms[hour] = raised
    return alarms


def _together(*parts: dict[int, list[str]]) -> dict[int, list[str]]:
    hours = sorted({hour for part in parts for hour in part})
    return {hour: [name for part in parts for name in part.get(hour, [])] for hour in hours}
