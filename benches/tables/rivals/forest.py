"""Forest-Flow: flow matching whose velocity is gradient-boosted trees, one set per time.

As published but for `duplicate_K`, the copies of each row with noise of their own: 100 there; here as
many as make at most `COPIED` rows, so that a fit takes minutes on one core.
"""

import os

import numpy as np
import pandas as pd

from coding import MISSING
from rivals.timing import timed
from table import grid, is_number

COPIED = 10_000


def forest_flow(rows, count, seed, folder):
    """ForestDiffusionModel with diffusion_type="flow"; missing cells as it expects them, as NaN."""
    from ForestDiffusion import ForestDiffusionModel

    names = {name: sorted(set(rows[name].fillna(MISSING))) for name in rows if not is_number(rows[name])}
    # Of a column with one value there is nothing to learn, and the model expects two at least.
    constant = {name: rows[name].iloc[0] for name in rows if rows[name].fillna("").nunique() == 1}
    used = [name for name in rows if name not in constant]
    whole = {name for name in used if name not in names and grid(rows[name]) is not None}
    # A step of the grid becomes 1, since the model rounds to integers.
    factor = {name: 10.0 ** grid(rows[name]) for name in whole}
    codes = np.column_stack(
        [
            rows[name].fillna(MISSING).map(names[name].index)
            if name in names
            else rows[name] * factor.get(name, 1)
            for name in used
        ]
    ).astype(float)
    places = {name: place for place, name in enumerate(used)}
    few = [places[name] for name in used if name in names and len(names[name]) == 2]
    many = [places[name] for name in used if name in names and len(names[name]) > 2]
    copies = int(np.clip(COPIED // len(rows), 1, 100))

    def fit():
        return ForestDiffusionModel(
            codes,
            diffusion_type="flow",
            duplicate_K=copies,
            bin_indexes=few,
            cat_indexes=many,
            int_indexes=[places[name] for name in whole],
            n_jobs=1,
            seed=seed,
            nthread=int(os.environ.get("OMP_NUM_THREADS", "1")),
        )

    def sample(model):
        np.random.seed(seed)
        drawn = np.asarray(model.generate(batch_size=count), dtype=float)
        columns = {}
        for name in rows:
            if name in constant:
                columns[name] = np.repeat(constant[name], count)
            elif name in names:
                chosen = np.array(names[name], dtype=object)[drawn[:, places[name]].astype(int)]
                columns[name] = np.where(chosen == MISSING, None, chosen)
            else:
                columns[name] = drawn[:, places[name]] / factor.get(name, 1)
        return pd.DataFrame(columns)

    return timed(fit, sample, copies=copies)
