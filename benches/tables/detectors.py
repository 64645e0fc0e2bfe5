"""Scores of rows that are higher the stranger a row is, learnt from normal rows.

A detector is a function of normal rows and tested rows, both matrices, of a seed and an empty folder.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from rivals.densities import best_mixture
from rivals.ours import run
from table import grid

VARIANCE = 0.95
NEIGHBOURS = 5


def standardised(normal, tested):
    """Both in standard deviations of the normal rows."""
    mean, sd = normal.mean(axis=0), normal.std(axis=0)
    return (normal - mean) / np.where(sd > 0, sd, 1), (tested - mean) / np.where(sd > 0, sd, 1)


def isolation_forest(normal, tested, seed, folder):
    """scikit-learn's, with its default options."""
    return -IsolationForest(random_state=seed).fit(normal).score_samples(tested)


def pca(normal, tested, seed, folder):
    """What the components that hold 95 % of the variance leave out."""
    normal, tested = standardised(normal, tested)
    model = PCA(VARIANCE, random_state=seed).fit(normal)
    return np.sum((tested - model.inverse_transform(model.transform(tested))) ** 2, axis=1)


def neighbours(normal, tested, seed, folder):
    """The mean distance to the five nearest normal rows."""
    normal, tested = standardised(normal, tested)
    return NearestNeighbors(n_neighbors=NEIGHBOURS).fit(normal).kneighbors(tested)[0].mean(axis=1)


def mixture(normal, tested, seed, folder):
    """The negative log density of a Gaussian mixture, its components by BIC."""
    normal, tested = standardised(normal, tested)
    return -best_mixture(normal, seed).score_samples(tested)


def fm(normal, tested, seed, folder):
    """The negative log density by `fm loglik`.

    A density needs continuous columns: values of a grid are spread over its steps, and a column that is
    constant among the normal rows is left out.
    """
    rng = np.random.default_rng(seed)
    used = normal.std(axis=0) > 0
    normal, tested = normal[:, used].copy(), tested[:, used].copy()
    for column in range(normal.shape[1]):
        decimals = grid(pd.Series(np.concatenate([normal[:, column], tested[:, column]])))
        if decimals is not None:
            for values in (normal, tested):
                values[:, column] += 10.0**-decimals * (rng.random(len(values)) - 0.5)
    for name, values in [("rows", normal), ("tested", tested)]:
        pd.DataFrame(values).add_prefix("c").to_csv(folder / f"{name}.csv", index=False)
    run(folder, f"train rows.csv --objective meanflow --seed {seed} --out run")
    run(folder, "loglik run --data tested.csv --out density.csv")
    return -pd.read_csv(folder / "density.csv").iloc[:, -1].to_numpy()


def fm_score(normal, tested, seed, folder):
    """The score by `fm score`, of one evaluation of the network; the table as it is."""
    for name, values in [("rows", normal), ("tested", tested)]:
        pd.DataFrame(values).add_prefix("c").to_csv(folder / f"{name}.csv", index=False)
    run(folder, f"train rows.csv --objective meanflow --seed {seed} --out run")
    run(folder, "score run tested.csv --out score.csv")
    return pd.read_csv(folder / "score.csv")["score"].to_numpy()


OURS = [fm, fm_score]
RIVALS = [isolation_forest, pca, neighbours, mixture]
