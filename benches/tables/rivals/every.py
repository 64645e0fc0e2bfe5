"""Every rival by its name, and what its results depend on."""

import inspect
from importlib.metadata import version

from cache import code
from rivals.copula import copula
from rivals.densities import kernel, mixture, mixture_scores
from rivals.forest import forest_flow
from rivals.marginals import copy, independent
from rivals.networks import ctgan, tvae
from rivals.ours import fm, fm_scores, program

OURS = {"fm": fm, "fm_scores": fm_scores}
CHEAP = {
    "copy": copy,
    "independent": independent,
    "copula": copula,
    "mixture": mixture,
    "mixture_scores": mixture_scores,
    "kernel": kernel,
}
SLOW = {"tvae": tvae, "ctgan": ctgan, "forest_flow": forest_flow}
ALL = CHEAP | OURS | SLOW

# Shown, but not ranked: it is the training data.
REFERENCE = "copy"

PACKAGES = {"tvae": "ctgan", "ctgan": "ctgan", "forest_flow": "ForestDiffusion"}


def identity(name):
    """Changes when the rival's results may: a cached result counts for this identity alone."""
    package = PACKAGES.get(name, "scikit-learn")
    made = program() if name in OURS else f"{package} {version(package)}"
    return f"{made}, {code(inspect.getfile(ALL[name]), 'coding.py', 'table.py')}"
