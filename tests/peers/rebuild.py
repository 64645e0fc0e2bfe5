"""Rebuilds exported networks in NumPy and draws the same samples as `fm`.

What: a .safetensors file should contain everything that another program needs: the weights, the
order of the inputs, the standardisation. This check uses nothing else: NumPy in float64 computes the
network from the file, Philox and the Box-Muller transform from their papers, and the sampler from
its formula, and the result must equal every sample of `fm sample`, number by number.

Why: a swapped input, a transposed weight or a forgotten mean still produces plausible points.
"""

import numpy as np

from _fm import SMALL, Workplace, table
from _noise import noise, philox

COUNT, SEED = 64, 5
# The largest difference, relative to the data's standard deviation. Rounding to float32 is 6e-8
# per operation: some tens of operations per layer, three layers, eight steps, and the f32 noise
# itself is accurate to 1e-6. In total the difference was 1.2e-6 here, and 2e-5 leaves room for another
# machine's training; a mistake in a weight or an input causes a difference of 1e-2.
TOLERANCE = 2e-5

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "tanh": np.tanh,
}


class Network:
    """The network, built only from the file."""

    def __init__(self, tensors, metadata):
        self.tensors, self.inputs = tensors, metadata["inputs"]
        self.architecture = metadata["config"]["architecture"]
        self.activation = ACTIVATIONS[self.architecture["activation"].lower()]
        self.classes = [name for name in self.inputs if name.startswith("class:")]
        self.vector = [name for name in self.inputs if name.startswith("condition:")]
        self.mean, self.std = tensors["data.mean"], tensors["data.std"]

    def __call__(self, x, condition, **times):
        """The network's output; `condition` contains inputs by name, missing inputs are 0."""
        given = times | condition
        given |= {name: x[:, d] for d, name in enumerate(self.inputs[-x.shape[1] :])}
        unknown = set(given) - set(self.inputs)
        assert not unknown, unknown
        columns = [np.broadcast_to(given.get(name, 0.0), len(x)) for name in self.inputs]
        out = inputs = np.stack(columns, 1)
        last = self.architecture["layers"]
        for i in range(last + 1):
            out = out @ self.tensors[f"layers.{i}.weight"].T + self.tensors[f"layers.{i}.bias"]
            out = self.activation(out) if i < last else out
        if self.architecture["gain"]:
            gains = self.tensors["gains.weight"]
            before = inputs[:, : gains.shape[1]]
            out = out + (before @ gains.T + self.tensors["gains.bias"]) * x
        return out

    def velocity(self, t, x, condition):
        times = {"t": t, "h": 0.0} if self.architecture["average"] else {"t": t}
        return self(x, condition, **times)

    def start(self):
        return noise(SEED, COUNT, len(self.mean))

    def euler(self, steps, condition, guidance=None):
        x = self.start()
        for k in range(steps):
            v = self.velocity(k / steps, x, condition)
            if guidance is not None:
                null = self.velocity(k / steps, x, {"no_condition": 1.0})
                v = null + guidance * (v - null)
            x = x + v / steps
        return self.mean + self.std * x

    def jumps(self, steps, condition):
        x = self.start()
        for k in range(steps):
            x = x + self(x, condition, t=k / steps, h=1 / steps) / steps
        return self.mean + self.std * x

    def every_class(self):
        """The classes in turn, in the order of `fm sample --class all`."""
        asked = np.arange(COUNT) % len(self.classes)
        return {name: (asked == k).astype(float) for k, name in enumerate(self.classes)}

    def standard(self, values):
        """A condition vector in the network's units."""
        mean, std = self.tensors["condition.mean"], self.tensors["condition.std"]
        return dict(zip(self.vector, (np.array(values) - mean) / std, strict=True))


def main():
    # Random123's known-answer file, philox4x32 10.
    known = philox([[0x243F6A88], [0x85A308D3], [0x13198A2E], [0x03707344]], (0xA4093822, 0x299F31D0))
    assert [int(word[0]) for word in known] == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]

    with Workplace() as work:

        def trained(run, line):
            work.fm(f"train {line} --out {run} {SMALL}")
            return Network(*work.export(run))

        def compare(network, line, wanted):
            found = work.sample(f"{line} --seed {SEED}", COUNT)[:, : len(network.mean)]
            worst = np.abs((found - wanted) / network.std).max()
            print(f"{line}: largest difference {worst:.1e} of the data's standard deviation")
            if not worst < TOLERANCE:
                raise SystemExit("the rebuilt network draws different samples")

        table(work.path / "table.csv")
        data = "table.csv --columns a,b,c,d,e"
        for objective, activation in (("fm", "silu"), ("meanflow", "gelu")):
            options = f"--objective {objective} --activation {activation}"
            plain = trained(f"{objective}-plain", f"moons {options}")
            compare(plain, f"{objective}-plain --solver euler --steps 8", plain.euler(8, {}))

            # With dropout there is an input for "no condition", which guidance uses.
            options = f"--objective {objective} --activation relu --label-dropout 0.2"
            classes = trained(f"{objective}-classes", f"{data} --class label {options}")
            line = f"{objective}-classes --solver euler --steps 8"
            every = classes.every_class()
            compare(classes, f"{line} --class all", classes.euler(8, every))
            k1 = {"class:k1": 1.0}
            compare(classes, f"{line} --class k1", classes.euler(8, k1))
            compare(classes, f"{line} --class k1 --guidance 2", classes.euler(8, k1, 2.0))

            options = f"--objective {objective} --activation tanh --label-dropout 0.2"
            vector = trained(f"{objective}-vector", f"{data} --condition p,q {options}")
            line = f"{objective}-vector --solver euler --steps 8"
            none = f"{line} --condition none"
            compare(vector, none, vector.euler(8, {"no_condition": 1.0}))
            asked = vector.standard([12.0, -1.1])
            compare(vector, f"{line} --condition 12,-1.1", vector.euler(8, asked))

            if objective == "meanflow":
                for jumps in (1, 3):
                    line = f"{objective}-plain --steps {jumps}"
                    compare(plain, line, plain.jumps(jumps, {}))
                    line = f"{objective}-classes --steps {jumps} --class all"
                    compare(classes, line, classes.jumps(jumps, every))
                    line = f"{objective}-vector --steps {jumps} --condition 12,-1.1"
                    compare(vector, line, vector.jumps(jumps, asked))


if __name__ == "__main__":
    main()
