"""How well an imputer draws the hidden cells of held-out rows."""

import numpy as np

from comparison import attempt
from table import is_number

HIDDEN, DRAWS, MOST_ROWS = 0.3, 100, 400


def crps(draws, truth):
    """E|X - y| - E|X - X'| / 2 of each column of `draws` (Gneiting and Raftery, 2007, equation 21)."""
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weights = (2 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = (weights * ordered).sum(axis=0) / (n * n)
    return np.abs(draws - truth).mean(axis=0) - spread


def brier(draws, truth):
    """The sum over texts of the squared difference of share and truth."""
    total = 0.0
    for text in np.union1d(draws, [truth]):
        total += (np.mean(draws == text) - (text == truth)) ** 2
    return total


def trial(table, imputer, seed):
    """The figures of one imputer on one split, or its error."""
    train, held_out = table.split(seed)
    whole = held_out.dropna().head(MOST_ROWS).reset_index(drop=True)
    hidden = np.random.default_rng(seed).random(whole.shape) < HIDDEN
    gaps = whole.mask(hidden)
    return attempt(lambda folder: figures(train, whole, hidden, imputer(train, gaps, DRAWS, seed, folder)))


def figures(train, whole, hidden, draws):
    """Means over the hidden cells; `draws` are as many tables."""
    scores, inside, briers = [], [], []
    for number, name in enumerate(whole):
        rows = np.flatnonzero(hidden[:, number])
        if not len(rows):
            continue
        drawn = np.array([draw[name].to_numpy()[rows] for draw in draws])
        truth = whole[name].to_numpy()[rows]
        if not is_number(whole[name]):
            briers += [brier(drawn[:, i].astype(str), str(truth[i])) for i in range(len(rows))]
            continue
        sd = train[name].std() or 1.0
        drawn = drawn.astype(float)
        scores += list(crps(drawn, truth) / sd)
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        # Coverage of values that repeat is not 90 % for the best of draws either.
        if train[name].nunique() > len(train) / 20:
            inside += list((low <= truth) & (truth <= high))
    found = {"crps": scores, "coverage": inside, "brier": briers}
    return {name: round(float(np.mean(values)), 5) for name, values in found.items() if values}
