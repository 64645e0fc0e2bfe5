"""Tables that Python packages ship: see README.md for their sources and licences."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from palmerpenguins import load_penguins
from sklearn import datasets
from vega_datasets import local_data

from table import Table


def of_sklearn(name, **options):
    """A set of scikit-learn; classes are text."""
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    rows = bunch.frame.rename(columns=lambda column: column.replace(" ", "_"))
    if hasattr(bunch, "target_names"):
        rows["target"] = np.array(bunch.target_names, dtype=object)[rows["target"]]
    return Table(name, rows, "target")


def iris():
    """Four lengths of 150 flowers of three species."""
    return of_sklearn("iris")


def wine():
    """13 measurements of 178 wines of three growers."""
    return of_sklearn("wine")


def breast_cancer():
    """30 measurements of 569 tumours."""
    return of_sklearn("breast_cancer")


def diabetes():
    """Ten measurements of 442 patients, and how the disease went on."""
    return of_sklearn("diabetes", scaled=False)


def penguins():
    """344 penguins: lengths, weight, and text, with a few missing cells."""
    rows = load_penguins()
    return Table("penguins", rows.assign(year=rows["year"].astype(str)), "species")


def cars():
    """406 cars of 1970 to 1982; names are left out, as each is almost unique."""
    rows = local_data.cars().drop(columns="Name")
    return Table("cars", rows.assign(Year=pd.to_datetime(rows["Year"]).dt.year), "Origin")


def seattle_weather():
    """The weather of 1461 days; half of them are dry."""
    rows = local_data.seattle_weather()
    month = pd.to_datetime(rows["date"]).dt.month.astype(float)
    return Table("seattle_weather", rows.drop(columns="date").assign(month=month), "weather")


def affairs():
    """6366 answers to a survey on a few ordered scales."""
    rows = sm.datasets.fair.load_pandas().data
    return Table("affairs", rows.assign(affairs=np.where(rows["affairs"] > 0, "yes", "no")), "affairs")


def anes96():
    """944 voters of 1996."""
    return Table("anes96", sm.datasets.anes96.load_pandas().data, "vote")


def modechoice():
    """840 choices of how to travel, four rows per traveller."""
    rows = sm.datasets.modechoice.load_pandas().data.drop(columns="individual")
    modes = {1: "air", 2: "train", 3: "bus", 4: "car"}
    return Table("modechoice", rows.assign(mode=rows["mode"].map(modes)), "mode")


def randhie():
    """20190 person-years of a health insurance experiment."""
    return Table("randhie", sm.datasets.randhie.load_pandas().data, "mdvis")


ALL = [iris, wine, breast_cancer, diabetes, penguins, cars, seattle_weather, affairs]

# Kept apart: no default is to be chosen by looking at these.
UNSEEN = [anes96, modechoice, randhie]
