"""A Gaussian copula: each column's own distribution, and one correlation matrix of normal scores."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from coding import MISSING, Scores
from rivals.timing import timed
from table import grid, is_number


class Marginal:
    """A column as normal scores and back; missing cells come first, texts by their frequency."""

    def __init__(self, column):
        self.names = None
        if not is_number(column):
            self.names = list(column.fillna(MISSING).value_counts().index)
        places = self.places(column)
        self.absent = np.mean(places == -np.inf)
        present = places[places > -np.inf]
        repeat = self.names is not None or grid(column) is not None
        self.scale, self.present = Scores(places, repeat), Scores(present, repeat)

    def places(self, column):
        if self.names is not None:
            return column.fillna(MISSING).map(self.names.index).to_numpy(dtype=float)
        return column.fillna(-np.inf).to_numpy()

    def scores(self, column, rng):
        return self.scale.encode(self.places(column), rng)

    def cells(self, scores):
        levels = norm.cdf(scores)
        of_present = norm.ppf(((levels - self.absent) / (1 - self.absent)).clip(0, 1))
        values = self.present.decode(of_present)
        if self.names is None:
            return np.where(levels < self.absent, np.nan, values)
        chosen = np.array(self.names, dtype=object)[values.astype(int)]
        return np.where(chosen == MISSING, None, chosen)


def copula(rows, count, seed, folder):
    """Normal scores, their correlation, and back through each column's quantiles."""
    rng = np.random.default_rng(seed)

    def fit():
        marginals = {name: Marginal(column) for name, column in rows.items()}
        scores = [marginal.scores(rows[name], rng) for name, marginal in marginals.items()]
        return marginals, np.corrcoef(scores)

    def sample(model):
        marginals, correlation = model
        drawn = rng.multivariate_normal(np.zeros(len(marginals)), correlation, count, method="eigh")
        pairs = zip(marginals.items(), drawn.T, strict=True)
        return pd.DataFrame({name: marginal.cells(scores) for (name, marginal), scores in pairs})

    return timed(fit, sample)
