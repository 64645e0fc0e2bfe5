"""Compares the cost of our optimal-transport coupling with POT's exact one on the same points.

What: the pairs that training draws, from the example `peer_numbers` and a pool in which every row is
paired with one noise row. Their mean squared distance is compared with `ot.emd2` between the same noise
and the same rows, class by class, since the coupling pairs within classes.

Why: pairs that are nearly optimal still train; only the cost shows the difference.
"""

import numpy as np
import ot

from _fm import agree, numbers

DRAWS = 30  # for each row, with replacement: all are seen but with probability 1e-10


def compare(name, x1, labels, seed):
    pairs = numbers("couple", x1=x1, labels=labels, draws=DRAWS * len(x1), seed=seed)
    # Each of the pool's pairs once: no two noise rows are equal.
    x0, first = np.unique(pairs["x0"], axis=0, return_index=True)
    partners = pairs["x1"][first]
    assert len(x0) == len(x1), "a pair was not drawn, or noise was paired with two rows"
    # Every row has one noise row.
    rows = x1.astype(np.float64)
    assert np.array_equal(sorted(map(tuple, partners)), sorted(map(tuple, rows)))
    owner = {tuple(row): label for row, label in zip(rows, labels, strict=True)}
    classes = np.array([owner[tuple(row)] for row in partners])
    for label in np.unique(labels):
        noise, met = x0[classes == label], partners[classes == label]
        mass = np.full(len(noise), 1 / len(noise))
        cost = ot.dist(noise, rows[labels == label], "sqeuclidean")
        best = ot.emd2(mass, mass, cost, numItermax=2_000_000)
        found = ((noise - met) ** 2).sum(1).mean()
        # Two exact optima of the same numbers in float64 differ by summed roundings of 1e-16 of the costs.
        tolerance = 1e-12 * cost.mean()
        assert cost.mean() - found > 1e6 * tolerance, "the cost is too close to that of random pairs"
        agree(f"{name}, class {label}, {len(noise)} rows", found, best, tolerance)


def main():
    rng = np.random.default_rng(2)
    plane = rng.normal(size=(512, 2)).astype(np.float32)
    compare("normal in the plane", plane, np.zeros(512, int), 1)
    far = (30 + 0.01 * rng.normal(size=(300, 3))).astype(np.float32)
    compare("a far point", far, np.zeros(300, int), 2)
    wide = rng.standard_t(3, size=(200, 64)).astype(np.float32)
    compare("64 columns", wide, np.zeros(200, int), 3)
    labels = np.arange(400) % 5 % 3  # classes of 160, 160 and 80 rows
    moved = (plane[:400] + 3 * labels[:, None]).astype(np.float32)
    compare("three classes", moved, labels, 4)


if __name__ == "__main__":
    main()
