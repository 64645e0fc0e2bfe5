"""Measures samples with other libraries and compares the figures with those of `fm eval`.

What: `fm sample` writes the points that `fm eval` evaluated, `fm data --held-out` the rows that it
compared them with, and POT (exact transport), SciPy (distances, matrix roots) and scikit-learn
(principal components, neighbours) compute the figures from their definitions.

Why: these figures decide which model is better, so they must match their names.
"""

import csv
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import ot
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from _fm import SMALL, Workplace, agree

SEED = 3  # what `fm eval` draws with; as many samples as it judges held-out rows
DIGITS = Path("examples/data/digits.csv.gz").resolve()


def w2(x, y):
    """The mean of the exact 2-Wasserstein distances over disjoint blocks of up to 2048 rows."""
    n = min(2048, len(x), len(y))
    mass = np.full(n, 1 / n)
    blocks = []
    for i in range(len(x) // n):
        k = i % (len(y) // n)
        cost = cdist(x[i * n : (i + 1) * n], y[k * n : (k + 1) * n], "sqeuclidean")
        blocks.append(np.sqrt(ot.emd2(mass, mass, cost, numItermax=2_000_000)))
    return np.mean(blocks)


def sw2(x, y, directions=2048):
    """The sliced distance on other random directions, and the standard error of 256 of them."""
    p = np.random.default_rng(0).normal(size=(x.shape[1], directions))
    p /= np.linalg.norm(p, axis=0)
    if len(x) == len(y):
        gaps = np.sort(x @ p, 0) - np.sort(y @ p, 0)
    else:
        levels = (np.arange(512) + 0.5) / 512
        gaps = np.quantile(x @ p, levels, axis=0) - np.quantile(y @ p, levels, axis=0)
    squares = (gaps**2).mean(0)
    root = np.sqrt(squares.mean())
    return root, squares.std() / np.sqrt(256) / (2 * root)


def energy(x, y):
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| over pairs of different rows."""
    a, b = len(x), len(y)
    within = cdist(x, x).sum() / (a * (a - 1)) + cdist(y, y).sum() / (b * (b - 1))
    return 2 * cdist(x, y).mean() - within


def fd20(x, y, train):
    """The Fréchet distance of Gaussians in 20 principal components of the training rows."""
    pca = PCA(20, svd_solver="full").fit(train)
    a, b = pca.transform(x), pca.transform(y)
    c, d = np.cov(a.T), np.cov(b.T)
    root = sqrtm(c @ d)
    return np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(c + d - 2 * np.real(root))


def nn(x, train):
    """The mean distance of the first 1000 samples to the nearest training row."""
    return NearestNeighbors(n_neighbors=1).fit(train).kneighbors(x[:1000])[0].mean()


def accuracy(x, asked, train, labels):
    """The share of samples whose five nearest training rows vote for the requested class."""
    _, nearest = NearestNeighbors(n_neighbors=5).fit(train).kneighbors(x)
    right = 0
    for rows, wanted in zip(labels[nearest], asked):
        votes = Counter(rows)
        # A tie goes to the class whose neighbour is nearest: the first of the largest.
        right += max(rows, key=lambda k: votes[k]) == wanted
    return right / len(x)


def distances(figures, x, held_out):
    """Compares the figures that do not use training rows."""
    # An exact optimum on both sides; costs rounded to float32 there.
    agree("w2", figures["w2"], w2(x, held_out), 1e-6 * figures["w2"])
    # Other directions: four standard errors of the 256, the 2048 here adding a twentieth.
    wanted, error = sw2(x, held_out)
    agree("sw2", figures["sw2"], wanted, 4.2 * error)
    # Three means of distances that are each rounded to float32: 1e-7 of the largest, if the
    # roundings all pointed one way.
    agree("energy", figures["energy"], energy(x, held_out), 3e-7 * cdist(x, held_out).max())
    # Points are rounded to float32, which may move one to the other side of an equal value.
    wanted = max(ks_2samp(a, b).statistic for a, b in zip(x.T, held_out.T))
    agree("ks_worst", figures["ks_worst"], wanted, 1.5 / len(x))


def evaluated(work, run, steps):
    """One row of `fm eval`."""
    return work.json(f"eval {run} --steps {steps} --seed {SEED}")["rows"][0]


def built_in(work):
    """Two columns, 4096 held-out rows, blocks of 2048."""
    work.fm(f"train moons --objective fm --out moons {SMALL}")
    work.fm("data moons --held-out held-out.npy")
    tensors, _ = work.export("moons")
    held_out = np.load(work.path / "held-out.npy")
    standard = lambda rows: (rows - tensors["data.mean"]) / tensors["data.std"]
    points = work.sample(f"moons --solver euler --steps 8 --seed {SEED}", len(held_out))
    distances(evaluated(work, "moons", 8), standard(points), standard(held_out))


def read(lines):
    """A table's numbers and its column `label`."""
    rows = list(csv.DictReader(lines))
    labels = np.array([row.pop("label") for row in rows])
    return np.array([list(map(float, row.values())) for row in rows]), labels


def digits(work):
    """64 columns, classes, few held-out rows; every figure."""
    # Long enough that some samples look like their class, and not all.
    options = SMALL.replace("--steps 40", "--steps 400").replace("24,24", "64,64")
    work.fm(f"train {DIGITS} --class label --objective fm --out digits {options}")
    work.fm(f"data {DIGITS} --class label --held-out held-out.csv")
    held_out, asked = read((work.path / "held-out.csv").open())
    everything, classes = read(gzip.open(DIGITS, "rt"))

    # Rows that are not held out are training rows; no two of the digits are equal.
    apart = {row.tobytes() for row in held_out}
    assert len({row.tobytes() for row in everything}) == len(everything)
    trained = np.array([row.tobytes() not in apart for row in everything])
    train, labels = everything[trained], classes[trained]
    assert len(train) == len(everything) - len(held_out)

    # The model's units are those of the training rows, which also checks that these are the rows.
    tensors, _ = work.export("digits")
    mean, std = tensors["data.mean"], tensors["data.std"]
    assert np.allclose(mean, train.mean(0), rtol=1e-6, atol=1e-6)
    assert np.allclose(std, np.maximum(train.std(0), 1), rtol=1e-6)  # grey levels are 1 apart
    standard = lambda rows: (rows - mean) / std

    # In `fm eval` sample i has the class of held-out row i.
    count = len(held_out)
    points = np.empty((count, 64))
    for name in sorted(set(asked)):
        line = f"digits --solver euler --steps 4 --seed {SEED} --class {name}"
        points[asked == name] = work.sample(line, count)[asked == name, :64]

    figures = evaluated(work, "digits", 4)
    x, held_out, train = standard(points), standard(held_out), standard(train)
    distances(figures, x, held_out)
    # Moments in float64 on both sides, of points rounded to float32.
    agree("fd20", figures["fd20"], fd20(x, held_out, train), 1e-6 * figures["fd20"])
    # A mean of distances rounded to float32.
    agree("nn", figures["nn"], nn(x, train), 1e-6 * figures["nn"])
    # Votes are equal unless two distances are so nearly equal that float32 swaps them: a sample.
    agree("accuracy", figures["accuracy"], accuracy(x, asked, train, labels), 1.5 / count)
    assert 0.2 < figures["accuracy"] < 0.999, "the figure is too extreme for a comparison"


def main():
    with Workplace() as work:
        built_in(work)
        digits(work)


if __name__ == "__main__":
    main()
