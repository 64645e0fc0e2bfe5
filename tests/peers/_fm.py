"""The `fm` program for the checks, and what several of them need.

`cargo xtask peers` says where the program is in the variable FM.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from safetensors import safe_open

# Trained enough that every weight has moved; more would only take time.
SMALL = "--steps 40 --batch 32 --hidden 24,24 --ot-pool 600 --ot-batch 50 --rows 600"


class Workplace(tempfile.TemporaryDirectory):
    """A folder that lasts as long as the check."""

    def __enter__(self):
        self.path = Path(super().__enter__())
        return self

    def fm(self, line):
        """Runs `fm` with these words in the folder; gives its standard output."""
        command = [os.environ["FM"], *line.split()]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"fm {line}\n{done.stderr}")
        return done.stdout

    def json(self, line):
        return json.loads(self.fm(f"{line} --json"))

    def sample(self, line, count):
        """The points that `fm sample` draws, as float64. Shape: [count, dim]."""
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


def agree(what, found, wanted, tolerance):
    """Prints two figures and fails if they differ by more than the tolerance."""
    difference = abs(found - wanted)
    print(f"{what}: {found:.7g} against {wanted:.7g}, {difference:.1e} apart of {tolerance:.1e}")
    if not difference <= tolerance:
        raise SystemExit(f"{what} disagrees")
