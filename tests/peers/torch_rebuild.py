"""Rebuilds exported networks in PyTorch and solves them with the flow_matching package's solver.

What: a `torch.nn.Sequential` from a .safetensors file and its metadata, in float64, and
`flow_matching.solver.ODESolver` on it, starting from the noise of `fm sample`. Every sample must
match, number by number.

Why: users of PyTorch will use our export like this, and neither solver nor network is our code.
(rebuild.py does not need PyTorch, and checks every kind of input.)
"""

import torch
from flow_matching.solver import ODESolver

from _fm import SMALL, Workplace, agree_all, table
from _noise import noise
from _torch import Velocity

COUNT, SEED = 64, 6
# Relative to the data's standard deviation. Rounding to float32 is 6e-8 per operation: some tens of
# operations per layer, three layers, up to 32 evaluations, and noise accurate to 1e-6. A mistake in a
# weight, an input or a step causes a difference of 1e-2.
TOLERANCE = 2e-5


def start(dim):
    return torch.from_numpy(noise(SEED, COUNT, dim))


def compare(work, run, methods, words="", **condition):
    """Compares `fm sample` with ODESolver with the same fixed steps."""
    velocity = Velocity(work.path / f"{run}.safetensors")
    solver = ODESolver(velocity)
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    for ours, theirs in methods.items():
        for steps in (1, 5, 16):
            drawn = solver.sample(
                start(len(velocity.mean)), 1 / steps, theirs, time_grid=ends, **condition
            )
            wanted = (velocity.mean + velocity.std * drawn).numpy()
            line = f"{run} --solver {ours} --steps {steps}{words}"
            found = work.sample(f"{line} --seed {SEED}", COUNT)[:, : len(velocity.mean)]
            agree_all(line, found, wanted, velocity.std.numpy(), TOLERANCE)


def main():
    methods = {"euler": "euler", "midpoint": "midpoint", "heun": "heun2"}
    with Workplace() as work:

        def trained(run, line):
            work.fm(f"train {line} --out {run} {SMALL}")
            work.fm(f"export {run} --out {run}.safetensors")

        trained("moons", "moons --objective fm --activation silu")
        compare(work, "moons", methods)
        trained("trig", "moons --objective fm --path trig --activation tanh")
        compare(work, "trig", methods)
        trained("average", "moons --objective meanflow --activation relu")
        compare(work, "average", methods)

        table(work.path / "table.csv")
        line = "table.csv --columns a,b,c,d,e --class label --objective fm --activation gelu"
        trained("classes", line)
        k1 = {"class:k1": torch.tensor(1.0)}
        compare(work, "classes", methods, " --class k1", **k1)


if __name__ == "__main__":
    main()
