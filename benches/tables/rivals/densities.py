"""Densities of coded rows: mixtures of normal distributions, and a kernel density estimate."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity

from coding import Coding, Scores, Standard
from rivals.timing import timed

COMPONENTS = [1, 2, 3, 5, 8, 13, 20, 30]
ROWS_PER_COMPONENT = 10
BANDWIDTHS = np.geomspace(0.03, 1, 12)


def best_mixture(codes, seed):
    """The mixture with the least BIC, of full or diagonal covariances."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    best, least = None, np.inf
    for shape in ["full", "diag"]:
        for components in COMPONENTS:
            if components > 1 and components * ROWS_PER_COMPONENT > len(codes):
                break
            mixture = GaussianMixture(components, covariance_type=shape, reg_covar=1e-4, random_state=seed)
            bic = mixture.fit(codes).bic(codes)
            if bic < least:
                best, least = mixture, bic
    return best


def _mixture(rows, count, seed, scale):
    rng = np.random.default_rng(seed)
    coding = Coding(rows, scale)
    found = best_mixture(coding.encode(rows, rng), seed)
    return coding, found


def mixture(rows, count, seed, folder):
    """A Gaussian mixture on standardised columns, its components by BIC."""
    return timed(
        lambda: _mixture(rows, count, seed, Standard),
        lambda model: model[0].decode(model[1].sample(count)[0]),
    )


def mixture_scores(rows, count, seed, folder):
    """A Gaussian mixture on normal scores, its components by BIC."""
    return timed(
        lambda: _mixture(rows, count, seed, Scores),
        lambda model: model[0].decode(model[1].sample(count)[0]),
    )


def kernel(rows, count, seed, folder):
    """A kernel density estimate on standardised columns, its bandwidth by cross-validation."""
    rng = np.random.default_rng(seed)
    coding = Coding(rows, Standard)

    def fit():
        search = GridSearchCV(KernelDensity(), {"bandwidth": BANDWIDTHS}, cv=5)
        codes = coding.encode(rows, rng)
        # The bandwidth hardly depends on more rows than these.
        search.fit(codes[rng.permutation(len(codes))[:1500]])
        return KernelDensity(bandwidth=search.best_params_["bandwidth"]).fit(codes)

    return timed(fit, lambda model: coding.decode(model.sample(count, random_state=seed)))
