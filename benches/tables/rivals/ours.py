"""Ours: the program `fm`, which `cargo xtask tables` passes in the variable FM.

`fm` sees the table as it is, and learns rows with missing cells with `--masked`. Its samples have none, so
they get those of training rows at random: gaps that depend on the values are told apart. Columns that it
leaves out are drawn independently and named in the results, and what it refuses is an error there. `fm_scores` sees the table coded as for the mixture on
normal scores: what preparation outside the program gives.
"""

import hashlib
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from coding import Coding, Scores
from rivals import Drawn
from rivals.marginals import independent
from table import tidy

TRAIN = "train rows.csv --objective meanflow --seed {seed} --out run"
SAMPLE = "sample run --steps 1 --count {count} --seed {seed} --out samples.csv"
EXPORT = "export run --out model.fm"


def program():
    """What decides the results: the program's bytes and the command."""
    digest = hashlib.sha256(Path(os.environ["FM"]).read_bytes()).hexdigest()
    return f"fm {digest[:12]}: {TRAIN}; {SAMPLE}"


def run(folder, line):
    """Runs `fm` in a folder; its error is an exception."""
    done = subprocess.run([os.environ["FM"], *line.split()], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["fm failed"])[-1])
    return done.stdout


def _draw(rows, count, seed, folder):
    """Samples of the columns that `fm` models, with the seconds to train and sample, and the bytes."""
    rows.to_csv(folder / "rows.csv", index=False)
    start = time.perf_counter()
    gaps = " --masked" if rows.isna().any().any() else ""
    run(folder, TRAIN.format(seed=seed) + gaps)
    trained = time.perf_counter()
    run(folder, SAMPLE.format(seed=seed, count=count))
    sampled = time.perf_counter()
    run(folder, EXPORT)
    samples = pd.read_csv(folder / "samples.csv")
    bytes_ = (folder / "model.fm").stat().st_size
    return Drawn(samples, trained - start, sampled - trained, {"bytes": bytes_})


def fm(rows, count, seed, folder):
    """`fm train TABLE.csv --objective meanflow`, `fm sample --steps 1`."""
    drawn = _draw(rows, count, seed, folder)
    samples = tidy(drawn.samples)
    lost = [name for name in rows if name not in samples]
    if lost:
        drawn.notes["lost"] = lost
        samples = pd.concat([samples, independent(rows[lost], count, seed, folder).samples], axis=1)
    gaps = rows.isna().to_numpy()[np.random.default_rng(seed).integers(len(rows), size=count)]
    drawn.samples = samples[list(rows)].mask(gaps, None)
    return drawn


def fm_scores(rows, count, seed, folder):
    """The same commands on normal scores, with a column of zeros and ones per text."""
    coding = Coding(rows, Scores)
    codes = pd.DataFrame(coding.encode(rows, np.random.default_rng(seed)))
    drawn = _draw(codes.add_prefix("c"), count, seed, folder)
    wanted = drawn.samples.reindex(columns=[f"c{i}" for i in range(codes.shape[1])])
    drawn.samples = coding.decode(wanted.to_numpy())
    return drawn
