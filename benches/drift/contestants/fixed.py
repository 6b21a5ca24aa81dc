"""The fixed rule: an hour alarms if any number's Wasserstein distance to the reference is 0.15 reference deviations or more."""

import numpy as np
from scipy.stats import wasserstein_distance

from contestants import Answer
from streams import Stream

THRESHOLD = 0.15
LINE = "W/std ≥ 0.15, any number"


def run(stream: Stream) -> Answer:
    reference, current = stream.frames()
    names = stream.data.numeric + (["score"] if "score" in reference else ["prediction"])
    known = {name: np.sort(reference[name].dropna().to_numpy()) for name in names}
    alarms = {}
    for hour, rows in current.groupby("hour"):
        far = []
        for name in names:
            values = rows[name].dropna().to_numpy()
            if len(values) and wasserstein_distance(known[name], values) >= THRESHOLD * known[name].std():
                far.append(name)
        if far:
            alarms[int(hour)] = far
    return Answer({LINE: alarms})
