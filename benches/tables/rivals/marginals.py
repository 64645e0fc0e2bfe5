"""References that need no model: the training rows again, and columns drawn independently."""

import numpy as np
import pandas as pd

from rivals.timing import timed


def copy(rows, count, seed, folder):
    """Training rows in a random order, each as often as any other: what memorising gives.

    A bootstrap would repeat rows within one set of samples, and a cross-fitted classifier would recognise
    a row of its training folds.
    """
    rng = np.random.default_rng(seed)

    def sample(_):
        passes = -(-count // len(rows))
        order = np.concatenate([rng.permutation(len(rows)) for _ in range(passes)])
        return rows.iloc[order[:count]].reset_index(drop=True)

    return timed(lambda: None, sample)


def independent(rows, count, seed, folder):
    """Each column drawn from its training cells, whatever the other columns hold."""
    rng = np.random.default_rng(seed)

    def sample(_):
        places = {name: rng.integers(len(rows), size=count) for name in rows}
        return pd.DataFrame({name: rows[name].to_numpy()[place] for name, place in places.items()})

    return timed(lambda: None, sample)
