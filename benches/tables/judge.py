"""How good samples are: what a classifier tells apart, what they teach, and whether they are copies.

Samples are judged against held-out rows, which no rival has seen.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from table import is_number

FOLDS = 5
SMALL_TEST = 500  # with fewer held-out rows, several sets of samples are compared with them
SETS = 4


def sets(held_out):
    """How many sets of samples, each as large as the held-out rows, the classifier judges."""
    return SETS if len(held_out) < SMALL_TEST else 1


class Features:
    """Columns as gradient boosting takes them: numbers as they are, text as categories."""

    def __init__(self, *tables, without=None):
        self.names = [name for name in tables[0] if name != without]
        together = pd.concat(tables, ignore_index=True)
        self.values = {
            name: sorted(set(together[name].dropna()))
            for name in self.names
            if not is_number(tables[0][name])
        }
        # Gradient boosting takes 255 categories at most.
        for name, values in self.values.items():
            assert len(values) < 255, f"column {name} has {len(values)} values"
        self.categories = [name in self.values for name in self.names]

    def __call__(self, rows):
        codes = {
            name: pd.Categorical(rows[name], self.values[name]).codes.astype(float)
            if name in self.values
            else rows[name].to_numpy(dtype=float)
            for name in self.names
        }
        matrix = pd.DataFrame(codes).to_numpy()
        matrix[:, self.categories] = np.where(
            matrix[:, self.categories] < 0, np.nan, matrix[:, self.categories]
        )
        return matrix


def boosting(kind, features, count):
    """Gradient boosting with its default options, but for leaves that fit few rows."""
    leaf = int(np.clip(count // 20, 3, 20))
    return kind(
        categorical_features=features.categories, min_samples_leaf=leaf, early_stopping=False, random_state=0
    )


def two_sample_auc(samples, held_out):
    """The area under the curve of a cross-fitted classifier of samples against held-out rows.

    0.5 where it cannot tell, 1 where it always can; the mean over folds, and over sets of samples.
    """
    features = Features(samples, held_out)
    count = len(held_out)
    real = features(held_out)
    areas = []
    for number in range(len(samples) // count):
        drawn = features(samples.iloc[number * count : (number + 1) * count])
        x, y = np.vstack([real, drawn]), np.repeat([0, 1], count)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=number)
        for fit, test in folds.split(x, y):
            model = boosting(HistGradientBoostingClassifier, features, len(fit)).fit(x[fit], y[fit])
            areas.append(roc_auc_score(y[test], model.predict_proba(x[test])[:, 1]))
    return float(np.mean(areas))


def usefulness(rows, held_out, target):
    """Accuracy, or R² of a target of numbers, on held-out rows after training on these rows."""
    rows, held_out = rows.dropna(subset=[target]), held_out.dropna(subset=[target])
    features = Features(rows, held_out, without=target)
    kind = HistGradientBoostingRegressor if is_number(held_out[target]) else HistGradientBoostingClassifier
    wanted = rows[target].to_numpy()
    if len(set(wanted)) == 1 and kind is HistGradientBoostingClassifier:
        return float(np.mean(held_out[target] == wanted[0]))
    model = boosting(kind, features, len(rows)).fit(features(rows), wanted)
    return float(model.score(features(held_out), held_out[target].to_numpy()))


def positions(rows, train):
    """Rows as points: numbers in standard deviations, text as a coordinate per value, and gaps as such."""
    columns = []
    for name, known in train.items():
        cells = rows[name]
        if is_number(known):
            columns.append(((cells - known.mean()) / (known.std() or 1)).fillna(0))
        else:
            # Different texts are as far apart as numbers that differ by a standard deviation.
            columns += [(cells == value) / np.sqrt(2) for value in sorted(set(known.dropna()))]
        columns.append(cells.isna().astype(float))
    return np.column_stack(columns)


def nearness(samples, train, held_out):
    """The distance from samples to their nearest training row, relative to that from held-out rows.

    1 for samples of the same law, 0 for training rows. Medians, or means where the median is 0.
    """
    nearest = NearestNeighbors(n_neighbors=1).fit(positions(train, train))
    of_samples, of_held_out = (nearest.kneighbors(positions(rows, train))[0] for rows in (samples, held_out))
    middle = np.median if np.median(of_held_out) > 0 else np.mean
    return float(middle(of_samples) / middle(of_held_out)) if middle(of_held_out) > 0 else None
