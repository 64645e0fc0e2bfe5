"""Compares our conversions between predictions with the flow_matching package's.

What: `PathPoint` in float32, from the example `peer_numbers`, compared with `AffineProbPath` in
float64: velocity, data ("target") and noise ("epsilon"), each converted to each other. Its
`CondOTScheduler` is our linear path, its `CosineScheduler` our trigonometric one; both have t = 0
at the noise. It has no score.

Why: models of one kind are sampled and evaluated as models of another.
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
# Relative to (|x| + |value|) / d^2, where d is the smaller of alpha and sigma. Float32 rounds by 6e-8:
# alpha and sigma have errors of up to five roundings (see torchcfm_paths.py), which a division by d turns
# into at most five over d^2, and about ten roundings of products and sums are added.
TOLERANCE = 1e-6


def main():
    rng = np.random.default_rng(1)
    t = rng.uniform(0.05, 0.95, 500).astype(np.float32)
    # Any two numbers can be a point and a prediction, because the conversions are linear.
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
