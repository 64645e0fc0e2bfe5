"""The rivals by name.

A rival is a function of training rows, a number of samples, a seed and an empty folder; it returns a
`Drawn`. `CHEAP` are those that `--quick` runs.
"""

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Drawn:
    """Samples and what they cost; `notes` go into the results as they are."""

    samples: pd.DataFrame
    fit_seconds: float
    sample_seconds: float
    notes: dict = field(default_factory=dict)
