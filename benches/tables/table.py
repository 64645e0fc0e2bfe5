"""A table: its rows, the column to predict, and its splits into training and held-out rows.

A column of numbers is of type float, with NaN for a missing cell; every other column is text, with
None for a missing cell.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

HELD_OUT = 0.2
LARGEST_GRID, FINEST_GRID = 3, 6  # powers of ten: steps from 1000 to a millionth
FEW_VALUES = 30  # a column of numbers with no more than these has only these


@dataclass
class Table:
    """Rows of one kind, `target` being the column that the others predict."""

    name: str
    rows: pd.DataFrame
    target: str

    def __post_init__(self):
        self.rows = tidy(self.rows)
        assert self.target in self.rows, (self.name, self.target)

    def split(self, number):
        """Training and held-out rows; classes keep their shares."""
        classes = None if is_number(self.rows[self.target]) else self.rows[self.target].fillna("")
        train, held_out = train_test_split(
            self.rows, test_size=HELD_OUT, random_state=number, stratify=classes
        )
        return train.reset_index(drop=True), held_out.reset_index(drop=True)

    def fingerprint(self):
        """Changes whenever a cell or the target does."""
        text = f"{self.target}\n{self.rows.to_csv(index=False)}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def tidy(rows):
    """The same rows with columns of floats and of text only."""
    columns = {}
    for name, column in rows.items():
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns[str(name)] = column.astype(float)
        else:
            text = column.astype(object)
            columns[str(name)] = text.where(text.isna(), text.astype(str)).where(~text.isna(), None)
    return pd.DataFrame(columns).reset_index(drop=True)


def is_number(column):
    """Whether a column holds numbers, not text."""
    return pd.api.types.is_float_dtype(column)


def grid(column):
    """The decimals that all values of a column are rounded to, None if it is continuous."""
    values = column.dropna().to_numpy()
    for decimals in range(-LARGEST_GRID, FINEST_GRID + 1):
        if np.allclose(np.round(values, decimals), values, rtol=1e-9, atol=1e-12):
            return decimals
    return None


def snapped(values, column):
    """Numbers as a column would hold them: one of its few values, or rounded to its decimals."""
    known = np.unique(column.dropna())
    if len(known) <= FEW_VALUES:
        middles = (known[1:] + known[:-1]) / 2
        return known[np.searchsorted(middles, values)]
    decimals = grid(column)
    return values if decimals is None else np.round(values, decimals)
