"""Compares our conversions between predictions with the flow_matching package's.

What: `PathPoint` in float32, by the example `peer_numbers`, against `AffineProbPath` in
float64: velocity, data ("target") and noise ("epsilon"), each into each other. Its
`CondOTScheduler` is our linear path, its `CosineScheduler` our trigonometric one; both have t = 0
at the noise. It knows no score.

Why: models of one kind are sampled and judged as models of another.
"""

import numpy as np
import torch
from flow_matching.path import AffineProbPath
from flow_matching.path.scheduler import CondOTScheduler, CosineScheduler

from _fm import agree_all, numbers

PATHS = {
    "linear": AffineProbPath(CondOTScheduler()),
    "trig": AffineProbPath(CosineScheduler()),
}
NAMES = {"velocity": "velocity", "data": "target", "noise": "epsilon"}  # ours: theirs
# As a share of (|x| + |value|) / d^2, d the lesser of alpha and sigma. Float32 rounds by 6e-8:
# alpha and sigma are off by up to five of these (see torchcfm_paths.py), a division by d makes of
# this five over d^2 at worst, and some ten roundings of products and sums are to come.
TOLERANCE = 1e-6


def main():
    rng = np.random.default_rng(1)
    t = rng.uniform(0.05, 0.95, 500).astype(np.float32)
    # Any two numbers are a point and a prediction: the conversions are linear.
    x, value = rng.normal(size=(2, 500, 3)).astype(np.float32)
    wide_t, wide_x, wide_value = (torch.from_numpy(a.astype(np.float64)) for a in (t, x, value))
    for path, theirs in PATHS.items():
        at = theirs.scheduler(wide_t[:, None])
        least = torch.minimum(at.alpha_t, at.sigma_t).numpy()
        scale = (np.abs(x) + np.abs(value)) / least**2
        for source in NAMES:
            for goal in NAMES:
                if source == goal:
                    continue
                question = {"path": path, "t": t, "x": x, "value": value}
                ours = numbers("convert", **question, **{"from": source, "to": goal})
                convert = getattr(theirs, f"{NAMES[source]}_to_{NAMES[goal]}")
                wanted = convert(wide_value, wide_x, wide_t[:, None]).numpy()
                agree_all(f"{path}, {source} to {goal}", ours, wanted, scale, TOLERANCE)


if __name__ == "__main__":
    main()
