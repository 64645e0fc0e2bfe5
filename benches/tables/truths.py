"""Checks of the harness on tables whose answer is known; fails by its exit code.

A Gaussian copula learns a table that is one, a Gaussian mixture a mixture; copies have distance 0 and
cannot be told apart; columns drawn independently can, where columns depend on each other; and a coding
there and back keeps text and missing cells.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

import generated
import report
import trial
from coding import Coding, Scores, Standard
from rivals.copula import copula
from rivals.densities import mixture
from rivals.marginals import copy, independent
from table import Table, grid, snapped


def ranks():
    """Where rivals end up whose figures are known."""
    near = {"copula": [0.5, 0.5, 0.6], "kernel": [0.52, 0.49, 0.62], "fm": [0.6, 0.6, 0.7]}
    copies = {"copy": [0.4, 0.4, 0.4], "tvae": [0.4, 0.4, 0.4]}
    rows = [
        {"rival": rival, "split": split, "auc": auc, "nearness": 0.2 if rival in copies else 1.0}
        for rival, areas in (near | copies).items()
        for split, auc in enumerate(areas)
    ]
    rows.append({"rival": "ctgan", "split": 0, "error": "nothing works"})
    lines = report.summary(rows, [])
    found = {line["rival"]: report.verdict(line) for line in lines}
    expected = {"copula": "**first**", "kernel": "within two standard errors", "fm": "loses"}
    expected |= {"copy": "reference", "tvae": "copies", "ctgan": "failed"}
    if found != expected:
        raise SystemExit(f"{found} instead of {expected}")
    behind, error = next(line["behind"] for line in lines if line["rival"] == "kernel")
    check("a mean of paired differences", behind, 0.00999, 0.01001)
    check("its standard error", error, 0.00999, 0.01001)


def gaussian_copula(rows=4000):
    """Three skewed columns and a text whose normal scores correlate."""
    rng = np.random.default_rng(1)
    correlation = np.full((4, 4), 0.6) + 0.4 * np.eye(4)
    scores = rng.multivariate_normal(np.zeros(4), correlation, rows)
    columns = {name: np.exp(scores[:, i]) for i, name in enumerate("abc")}
    shares = norm.cdf(scores[:, 3])
    columns["text"] = np.array(["often", "seldom", "rare"])[np.digitize(shares, [0.6, 0.9])]
    return Table("gaussian_copula", pd.DataFrame(columns), "text")


def check(what, value, least, most):
    """Prints a figure and fails if it is outside its bounds."""
    print(f"{what}: {value:.4f}, expected {least} to {most}")
    if not least <= value <= most:
        raise SystemExit(f"{what} is wrong")


def judged(table, rival, broken=lambda samples: samples):
    """The figures of a rival on the first split, its samples changed by `broken`."""
    train, held_out = table.split(0)
    samples = broken(rival(train, len(train), 0, None).samples)
    return trial.figures(samples, train, held_out, table.target)


def grids():
    """The steps of a column's values, whatever their size."""
    for values, expected in [([0.5, 1, 7], 1), ([3e-3, 4e-3], 3), ([2000, 5000], -3), ([1e-6, 1], 6)]:
        check(f"decimals of {values}", grid(pd.Series(values)), expected, expected)
    assert grid(pd.Series([1 / 3, 2.0])) is None
    near = snapped(np.array([-9, 0.9, 2.4, 2.6, 9]), pd.Series([1.0, 2, 3]))
    check("nearest of a few values", np.abs(near - [1, 1, 2, 3, 3]).max(), 0, 0)


def there_and_back():
    """A coding returns the rows that it was given."""
    rows = generated.mixed_missing(300).rows
    for scale in [Standard, Scores]:
        coding = Coding(rows, scale)
        back = coding.decode(coding.encode(rows, np.random.default_rng(0)))
        for name in rows:
            same_gaps = (rows[name].isna() == back[name].isna()).mean()
            check(f"{scale.__name__}, gaps of {name}", same_gaps, 1, 1)
            here = rows[name].notna()
            if scale is Standard and name in ["size", "angle"]:
                worst = np.abs(rows[name] - back[name])[here].max()
                check(f"{scale.__name__}, difference of {name}", worst, 0, 1e-9)
            elif name in ["count", "colour", "kind"]:
                same = (rows[name] == back[name])[here].mean()
                check(f"{scale.__name__}, cells of {name}", same, 1, 1)


if __name__ == "__main__":
    ranks()
    grids()
    there_and_back()
    table = gaussian_copula()
    found = judged(table, copula)
    check("a copula of a copula, AUC", found["auc"], 0.45, 0.55)
    check("a copula of a copula, distance", found["nearness"], 0.85, 1.15)
    taught = trial.real(table, 0)["useful"]
    check("a copula of a copula, accuracy relative to real rows", found["useful"] / taught, 0.95, 1.05)
    check("a mixture of a mixture, AUC", judged(generated.smooth10(), mixture)["auc"], 0.45, 0.56)
    found = judged(table, copy)
    check("copies, AUC", found["auc"], 0.45, 0.55)
    check("copies, distance", found["nearness"], 0, 0)
    for with_gaps in [generated.mixed_missing(), generated.adult_like()]:
        check(f"copies of {with_gaps.name}, distance", judged(with_gaps, copy)["nearness"], 0, 0)
    found = judged(table, independent)
    check("independent columns, AUC", found["auc"], 0.65, 1)
    check("independent columns, accuracy relative to real rows", found["useful"] / taught, 0, 0.95)
    moved = judged(table, copula, lambda samples: samples.assign(a=samples["a"] * 3))
    check("a column in the wrong unit, AUC", moved["auc"], 0.65, 1)
    less = judged(table, copula, lambda samples: samples.assign(text="often"))
    check("one text only, AUC", less["auc"], 0.6, 1)
