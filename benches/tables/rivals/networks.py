"""CTGAN and TVAE with their default options; missing numbers are coded as for the mixtures."""

import numpy as np

from rivals.timing import timed
from table import is_number, snapped

ABSENT = " is missing"


def _prepared(rows, rng):
    """Rows without missing cells: a random cell in their place, and a column of text that tells so."""
    rows = rows.copy()
    for name in list(rows):
        absent = rows[name].isna()
        if not absent.any():
            continue
        if is_number(rows[name]):
            rows[name + ABSENT] = absent.map({True: "yes", False: "no"})
            rows.loc[absent, name] = rng.choice(rows[name].dropna(), absent.sum())
        else:
            rows[name] = rows[name].fillna("")
    return rows


def _restored(samples, rows):
    """The samples with gaps in the places that `_prepared` filled, and numbers that the data could hold."""
    samples = samples.copy()
    for name in rows:
        if name + ABSENT in samples:
            samples.loc[samples[name + ABSENT] == "yes", name] = np.nan
        if is_number(rows[name]):
            absent = samples[name].isna()
            samples[name] = np.where(absent, np.nan, snapped(samples[name].to_numpy(), rows[name]))
        else:
            samples[name] = samples[name].replace({"": None}).astype(object)
    return samples[list(rows)]


def _network(kind, rows, count, seed):
    import ctgan
    import torch

    torch.manual_seed(seed)
    np.random.seed(seed)
    prepared = _prepared(rows, np.random.default_rng(seed))
    texts = [name for name in prepared if not is_number(prepared[name])]

    def fit():
        model = getattr(ctgan, kind)(enable_gpu=False)
        model.fit(prepared, texts)
        return model

    return timed(fit, lambda model: _restored(model.sample(count), rows))


def ctgan(rows, count, seed, folder):
    """CTGAN, 300 epochs."""
    return _network("CTGAN", rows, count, seed)


def tvae(rows, count, seed, folder):
    """TVAE, 300 epochs."""
    return _network("TVAE", rows, count, seed)
