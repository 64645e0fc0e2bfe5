"""Rows of any table as a matrix of numbers, and back.

Rivals that model numbers only see this coding. A column of numbers becomes one column, standardised or
as normal scores, and a column of zeros and ones beside it if cells are missing; a column of text becomes
one column of zeros and ones per value, of which the largest decides on the way back.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from table import grid, is_number, snapped

MISSING = "(missing)"


class Standard:
    """A column of numbers as its distance from the mean in standard deviations."""

    def __init__(self, values, repeat):
        self.mean, self.sd = values.mean(), values.std() or 1.0

    def encode(self, values, rng):
        return (values - self.mean) / self.sd

    def decode(self, codes):
        return codes * self.sd + self.mean


class Scores:
    """A column of numbers as the normal quantiles of its ranks; equal values in a random order.

    On the way back, a column whose values `repeat` has no values but these, any other also values between.
    """

    def __init__(self, values, repeat):
        self.sorted, self.repeat = np.sort(values), repeat

    def encode(self, values, rng):
        below = np.searchsorted(self.sorted, values, side="left")
        upto = np.searchsorted(self.sorted, values, side="right")
        # A value of rank i, from 0, owns the interval from i to i + 1.
        ranks = below + (upto - below) * rng.random(len(values))
        return norm.ppf((ranks + 0.5) / (len(self.sorted) + 1))

    def decode(self, codes):
        ranks = norm.cdf(codes) * (len(self.sorted) + 1) - 0.5
        if self.repeat:
            return self.sorted[np.floor(ranks).clip(0, len(self.sorted) - 1).astype(int)]
        return np.interp(ranks - 0.5, np.arange(len(self.sorted)), self.sorted)


class Numbers:
    """The coding of a column of numbers."""

    def __init__(self, column, scale):
        self.observed = column.dropna()
        self.scale = scale(self.observed.to_numpy(), repeat=grid(column) is not None)
        self.gaps = bool(column.isna().any())
        self.width = 1 + self.gaps

    def encode(self, column, rng):
        absent = column.isna().to_numpy()
        values = column.to_numpy().copy()
        values[absent] = rng.choice(self.observed, absent.sum())
        codes = self.scale.encode(values, rng)
        return np.column_stack([codes, absent.astype(float)] if self.gaps else [codes])

    def decode(self, codes):
        values = snapped(self.scale.decode(codes[:, 0]), self.observed)
        return np.where(codes[:, 1] > 0.5, np.nan, values) if self.gaps else values


class Text:
    """The coding of a column of text."""

    def __init__(self, column):
        self.values = sorted(set(column.fillna(MISSING)))
        self.width = len(self.values)

    def encode(self, column, rng):
        return (column.fillna(MISSING).to_numpy()[:, None] == np.array(self.values)).astype(float)

    def decode(self, codes):
        chosen = np.array(self.values, dtype=object)[codes.argmax(axis=1)]
        return np.where(chosen == MISSING, None, chosen)


class Coding:
    """The coding of a table, from its training rows; `scale` is Standard or Scores."""

    def __init__(self, rows, scale):
        self.columns = {
            name: Numbers(column, scale) if is_number(column) else Text(column)
            for name, column in rows.items()
        }

    def encode(self, rows, rng):
        """A matrix with as many rows."""
        return np.hstack([coding.encode(rows[name], rng) for name, coding in self.columns.items()])

    def decode(self, codes):
        """A table with as many rows."""
        ends = np.cumsum([coding.width for coding in self.columns.values()])
        parts = np.split(codes, ends[:-1], axis=1)
        pairs = zip(self.columns.items(), parts, strict=True)
        return pd.DataFrame({name: coding.decode(part) for (name, coding), part in pairs})
