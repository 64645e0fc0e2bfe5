"""Compares our points and velocities along a path with torchcfm's, on the same t, x0 and x1.

What: `PathPoint` in float32, from the example `peer_numbers`, compared with torchcfm's flow matchers in
float64. `ConditionalFlowMatcher` with sigma 0 is our linear path, and
`VariancePreservingConditionalFlowMatcher` our trigonometric one.

Why: a sign, a swapped end or a factor pi/2 in a path teaches every objective the wrong velocity.
"""

import numpy as np
import torch
from torchcfm.conditional_flow_matching import (
    ConditionalFlowMatcher,
    VariancePreservingConditionalFlowMatcher,
)

from _fm import agree_all, numbers

# Relative to |x0| + |x1|. Float32 rounds by 6e-8: the angle in pi/2, in the product and in 1 - t (pi/2
# times that in the sine), the sine itself, the product with x and the sum make at most eight roundings;
# the velocity has pi/2 times as many and two more.
POINT, VELOCITY = 5e-7, 9e-7
MATCHERS = {
    "linear": ConditionalFlowMatcher(sigma=0.0),
    "trig": VariancePreservingConditionalFlowMatcher(sigma=0.0),
}


def main():
    rng = np.random.default_rng(0)
    t = rng.random(500).astype(np.float32)
    t[:2] = 0, 1
    x0 = rng.normal(size=(500, 3)).astype(np.float32)
    x1 = (5 * rng.normal(size=(500, 3)) + 2).astype(np.float32)
    wide = [torch.from_numpy(a.astype(np.float64)) for a in (x0, x1, t)]
    scale = np.abs(x0) + np.abs(x1)
    for path, matcher in MATCHERS.items():
        ours = numbers("sample", path=path, t=t, x0=x0, x1=x1)
        _, x_t, u_t = matcher.sample_location_and_conditional_flow(*wide)
        agree_all(f"{path}, x_t", ours["x_t"], x_t.numpy(), scale, POINT)
        agree_all(f"{path}, u_t", ours["dx_t"], u_t.numpy(), scale, VELOCITY)


if __name__ == "__main__":
    main()
