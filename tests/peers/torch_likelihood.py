"""Compares `fm loglik` with the flow_matching package's likelihood of the same network and rows.

What: `ODESolver.compute_likelihood`, its divergence exact, by automatic differentiation, on a
network rebuilt from our .safetensors in float64; Dormand and Prince's method chooses its steps. The
contribution of the standardisation is subtracted here. Every row's figure must match.

Why: a divergence of the wrong sign, or a forgotten scale, still results in numbers that rank rows
plausibly.
"""

import csv

import numpy as np
import torch
from flow_matching.solver import ODESolver

from _fm import SMALL, Workplace, agree_all, table
from _torch import Velocity

# Relative to one nat plus the row's own nats. Float32 rounds the state by 6e-8 of itself in each of 64
# steps, which changes |x0|^2 / 2, most of an unlikely row's nats, by twice that share: 8e-6 if all
# roundings have the same sign. The error of the steps is smaller: 16 steps agreed as well as 512.
TOLERANCE = 1e-5


def ours(work, line):
    """The log density of every row, in the file's order."""
    work.fm(f"loglik {line} --all --out rows.csv")
    rows = list(csv.DictReader((work.path / "rows.csv").open()))
    assert [int(row["file_row"]) for row in rows] == list(range(2, 2 + len(rows))), rows[:3]
    return np.array([float(row["log_density_nats"]) for row in rows])


def theirs(work, run, values, **condition):
    velocity = Velocity(work.path / f"{run}.safetensors")
    normal = torch.distributions.Normal(*torch.tensor([0.0, 1.0], dtype=torch.float64))
    x1 = (torch.from_numpy(values) - velocity.mean) / velocity.std
    _, logs = ODESolver(velocity).compute_likelihood(
        x1,
        lambda x0: normal.log_prob(x0).sum(1),
        step_size=None,
        method="dopri5",
        atol=1e-9,
        rtol=1e-9,
        time_grid=torch.tensor([1.0, 0.0], dtype=torch.float64),
        exact_divergence=True,
        **condition,
    )
    return (logs - velocity.std.log().sum()).detach().numpy()


def main():
    torch.set_default_dtype(torch.float64)  # the package begins its sum of divergences so
    # Longer than elsewhere, so that the field is far from the identity.
    options = SMALL.replace("--steps 40", "--steps 400")
    with Workplace() as work:

        def compare(run, line, values, **condition):
            work.fm(f"export {run} --out {run}.safetensors")
            found, wanted = ours(work, line), theirs(work, run, values, **condition)
            print(f"{line}: from {wanted.min():.2f} to {wanted.max():.2f} nats")
            agree_all(line, found, wanted, 1 + np.abs(wanted), TOLERANCE)

        work.fm(f"train moons --objective fm --activation silu --out moons {options}")
        points = np.random.default_rng(3).normal([0.5, 0.25], 0.7, (60, 2)).astype(np.float32)
        lines = [f"{x},{y}" for x, y in points.tolist()]
        (work.path / "points.csv").write_text("\n".join(["x,y", *lines]) + "\n")
        compare("moons", "moons --data points.csv", points.astype(np.float64))

        table(work.path / "table.csv")
        data = "table.csv --columns a,b,c,d,e --class label"
        work.fm(f"train {data} --objective fm --activation gelu --out classes {options}")
        rows = list(csv.DictReader((work.path / "table.csv").open()))
        # `fm` reads float32.
        values = np.array([[np.float32(row[name]) for name in "abcde"] for row in rows])
        condition = {
            f"class:{k}": torch.tensor([float(row["label"] == k) for row in rows])
            for k in ("k0", "k1", "k2")
        }
        compare("classes", "classes", values.astype(np.float64), **condition)


if __name__ == "__main__":
    main()
