"""Rebuilds exported networks in PyTorch and solves them with the flow_matching package's solver.

What: a `torch.nn.Sequential` from a .safetensors file and its metadata, in float64, and
`flow_matching.solver.ODESolver` on it, from the noise that `fm sample` starts from. Every sample
must come out, number by number.

Why: this is the way that a user of PyTorch goes with our export, and solver and network are both
somebody else's. (rebuild.py needs no PyTorch, and looks at every kind of input.)
"""

import torch
from flow_matching.solver import ODESolver

from _fm import SMALL, Workplace, agree_all, table
from _noise import noise
from _torch import Velocity

COUNT, SEED = 64, 6
# As a share of the data's standard deviation. Rounding to float32 is 6e-8 an operation: some tens
# of operations a layer, three layers, up to 32 evaluations, and noise good to 1e-6. A mistake in a
# weight, an input or a step shows at 1e-2.
TOLERANCE = 2e-5


def start(dim):
    return torch.from_numpy(noise(SEED, COUNT, dim))


def compare(work, run, methods, words="", **condition):
    """`fm sample` against ODESolver with the same fixed steps."""
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

        trained("endpoint", "moons --objective meanflow --predict endpoint --activation silu")
        compare(work, "endpoint", methods)

        table(work.path / "table.csv")
        line = "table.csv --columns a,b,c,d,e --class label --objective fm --activation gelu"
        trained("classes", line)
        k1 = {"class:k1": torch.tensor(1.0)}
        compare(work, "classes", methods, " --class k1", **k1)


if __name__ == "__main__":
    main()
