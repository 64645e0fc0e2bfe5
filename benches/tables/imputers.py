"""Imputers: each takes training rows, rows with gaps and a number of draws, and returns as many whole tables."""

from importlib.metadata import version

import numpy as np
import pandas as pd
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - it makes the next import work
from sklearn.impute import IterativeImputer

from rivals.ours import run
from table import is_number, snapped, tidy

NEIGHBOURS = 10
TEACHER = "train rows.csv --masked --objective fm --seed {seed} --out teacher"
STUDENT = "train rows.csv --masked --objective distill --teacher teacher --seed {seed} --out run"
IMPUTE = "impute run gaps.csv --draws {draws} --seed {seed} --out draws.csv"


def fm(train, gaps, draws, seed, folder):
    """`fm train --masked`, distilled to one step, and `fm impute`."""
    train.to_csv(folder / "rows.csv", index=False)
    gaps.to_csv(folder / "gaps.csv", index=False)
    for line in [TEACHER, STUDENT, IMPUTE]:
        run(folder, line.format(seed=seed, draws=draws))
    texts = {name: str for name in train if not is_number(train[name])}
    drawn = pd.read_csv(folder / "draws.csv", dtype=texts)
    return [tidy(drawn[drawn["draw"] == i].drop(columns="draw")) for i in range(1, draws + 1)]


def iterative(train, gaps, draws, seed, folder):
    """`IterativeImputer(sample_posterior=True)`; a text is a column per value, the largest of which is drawn."""
    codes = Codes(train)
    imputer = IterativeImputer(sample_posterior=True, random_state=seed).fit(codes.encode(train))
    coded = codes.encode(gaps)
    return [codes.decode(imputer.transform(coded), gaps) for _ in range(draws)]


def hot_deck(train, gaps, draws, seed, folder):
    """The hidden cells of one of the ten whole training rows nearest in the known cells."""
    rng, codes = np.random.default_rng(seed), Codes(train)
    donors = train.dropna().reset_index(drop=True)
    theirs, ours = codes.encode(donors), codes.encode(gaps)
    spread = np.nanstd(codes.encode(train), axis=0)
    spread[spread == 0] = 1.0
    near = []
    for row in ours:
        apart = ((theirs - row) / spread) ** 2
        near.append(np.argsort(np.nansum(apart, axis=1), kind="stable")[:NEIGHBOURS])
    near = np.array(near)
    chosen = [near[np.arange(len(gaps)), rng.integers(near.shape[1], size=len(gaps))] for _ in range(draws)]
    return [gaps.where(~gaps.isna(), donors.iloc[rows].reset_index(drop=True)) for rows in chosen]


def marginals(train, gaps, draws, seed, folder):
    """Each hidden cell from its column's training cells, whatever is known."""
    rng = np.random.default_rng(seed)
    some = lambda column: rng.choice(train[column].dropna().to_numpy(), len(gaps))
    drawn = [pd.DataFrame({column: some(column) for column in gaps}) for _ in range(draws)]
    return [gaps.where(~gaps.isna(), table) for table in drawn]


ALL = [fm, iterative, hot_deck, marginals]


def identity(imputer, program):
    """What decides an imputer's results."""
    return f"{program.split(':')[0]}; {STUDENT}" if imputer is fm else f"scikit-learn {version('scikit-learn')}"


class Codes:
    """Rows as numbers: a column per number, and one per value of a text."""

    def __init__(self, train):
        texts = {name: sorted(train[name].dropna().unique()) for name in train if not is_number(train[name])}
        self.train, self.texts = train, texts

    def encode(self, rows):
        """Missing cells are NaN."""
        columns = []
        for name in rows:
            if name not in self.texts:
                columns.append(rows[name].to_numpy(float)[:, None])
                continue
            cells = rows[name].to_numpy(object)[:, None]
            flags = (cells == np.array(self.texts[name], dtype=object)).astype(float)
            flags[rows[name].isna().to_numpy()] = np.nan
            columns.append(flags)
        return np.hstack(columns)

    def decode(self, numbers, gaps):
        """As the training rows have them; known cells are those of `gaps`."""
        columns, at = {}, 0
        for name in gaps:
            if name not in self.texts:
                columns[name] = snapped(numbers[:, at], self.train[name])
                at += 1
                continue
            values = np.array(self.texts[name], dtype=object)
            columns[name] = values[numbers[:, at : at + len(values)].argmax(axis=1)]
            at += len(values)
        return gaps.where(~gaps.isna(), pd.DataFrame(columns, index=gaps.index))
