"""The `fm` program for the checks, and code that several of them share.

`cargo xtask peers` passes the path of the program in the variable FM, and in PEER_NUMBERS the path of
the example `peer_numbers`, which calls the library itself.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from safetensors import safe_open

# Enough training to change every weight.
SMALL = "--transform plain --steps 40 --batch 32 --hidden 24,24 --ot-pool 600 --ot-batch 50 --rows 600"


class Workplace(tempfile.TemporaryDirectory):
    """A temporary folder for the check."""

    def __enter__(self):
        self.path = Path(super().__enter__())
        return self

    def fm(self, line):
        """Runs `fm` with these arguments in the folder; returns its standard output."""
        command = [os.environ["FM"], *line.split()]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"fm {line}\n{done.stderr}")
        return done.stdout

    def json(self, line):
        return json.loads(self.fm(f"{line} --json"))

    def sample(self, line, count):
        """The points that `fm sample` draws, as float64, and their class or condition if any.

        Shape: [count, dim] or more.
        """
        self.fm(f"sample {line} --count {count} --out samples.npy")
        points = np.load(self.path / "samples.npy")
        assert points.dtype == np.float32 and len(points) == count, (points.dtype, points.shape)
        return points.astype(np.float64)

    def export(self, run):
        """The tensors of a run's safetensors, as float64, and its metadata."""
        self.fm(f"export {run} --out {run}.safetensors")
        with safe_open(self.path / f"{run}.safetensors", framework="numpy") as file:
            tensors = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}
            return tensors, {key: json.loads(file.metadata()[key]) for key in ("inputs", "config")}


def numbers(kind, **question):
    """Our library's answer to a question, with arrays in and out: see examples/peer_numbers.rs."""
    listed = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in question.items()}
    command, text = [os.environ["PEER_NUMBERS"]], json.dumps({kind: listed})
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"peer_numbers, {kind}\n{done.stderr}")
    answer = json.loads(done.stdout)
    exact = lambda values: np.array(values, np.float32).astype(np.float64)
    if isinstance(answer, dict):
        return {name: exact(values) for name, values in answer.items()}
    return exact(answer)


def table(path):
    """200 rows: five columns of data, two of a condition vector, one of classes."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 200)
    goal = rng.normal(size=(200, 2)) * [3, 0.1] + [10, -1]
    data = rng.normal(size=(200, 5)) * [1, 2, 0.1, 30, 1] + [5, 0, 1, -40, 0]
    data[:, 0] += 4 * label
    data[:, 1] += goal[:, 0]
    lines = ["a,b,c,d,e,p,q,label"]
    for numbers, k in zip(np.hstack([data, goal]), label):
        lines.append(",".join([*map(str, numbers), f"k{k}"]))
    path.write_text("\n".join(lines) + "\n")


def agree_all(what, found, wanted, scale, tolerance):
    """Prints the largest difference relative to a scale, and fails if it is too large."""
    assert found.shape == wanted.shape and found.size > 0, (found.shape, wanted.shape)
    worst = (np.abs(found - wanted) / scale).max()
    print(f"{what}: {found.size} numbers, largest difference {worst:.1e}, tolerance {tolerance:.1e}")
    if not worst <= tolerance:
        raise SystemExit(f"{what} disagrees")


def agree(what, found, wanted, tolerance):
    """Prints two figures and fails if they differ by more than the tolerance."""
    difference = abs(found - wanted)
    print(f"{what}: {found:.7g}, expected {wanted:.7g}, difference {difference:.1e}, tolerance {tolerance:.1e}")
    if not difference <= tolerance:
        raise SystemExit(f"{what} disagrees")
