"""Writes a loan model's life as CSV: a reference of 50,000 rows and a million rows after it, nine columns each, and a wide table.

    data.py FOLDER
"""

import pathlib
import sys

import numpy as np
import pandas as pd

REFERENCE, CURRENT, WIDE, FEATURES = 50_000, 1_000_000, 100_000, 100


def rows(rng, n):
    debt = np.round(rng.beta(2, 3, n), 6)
    repaid = rng.choice(["True", "False"], n)
    pull = 2.4 * (debt < 0.4) + 1.6 * (repaid == "True") - 2 + 0.6 * rng.normal(size=n)
    score = 1 / (1 + np.exp(-pull))
    return pd.DataFrame(
        {
            "car_value": np.round(rng.gamma(4, 9000, n)).astype(int),
            "salary_range": rng.choice(["0 - 20K", "20K - 40K", "40K - 60K", "60K+"], n, p=[0.25, 0.35, 0.25, 0.15]),
            "debt_to_income": debt,
            "loan_length": np.round(rng.normal(19, 3, n), 3).clip(5, 40),
            "repaid_before": repaid,
            "driver_tenure": np.round(rng.exponential(4, n), 6),
            "score": np.round(score, 6),
            "prediction": (score > 0.5).astype(int),
            "label": (rng.random(n) < score).astype(int),
        }
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(17)
    rows(rng, REFERENCE).to_csv(folder / "reference.csv", index=False)
    rows(rng, CURRENT).drop(columns="label").to_csv(folder / "current.csv", index=False)
    wide = pd.DataFrame(np.round(rng.normal(size=(WIDE, FEATURES)), 5), columns=[f"f{i:03}" for i in range(FEATURES)])
    wide.iloc[:5_000].to_csv(folder / "wide.reference.csv", index=False)
    wide.to_csv(folder / "wide.csv", index=False)


main()
