"""Fits and samples a model of a coding's numbers, with the seconds that each takes."""

import time

from rivals import Drawn


def timed(fit, sample, **notes):
    """`fit()` returns a model, `sample(model)` the rows."""
    start = time.perf_counter()
    model = fit()
    fitted = time.perf_counter()
    samples = sample(model)
    return Drawn(samples, fitted - start, time.perf_counter() - fitted, notes)
