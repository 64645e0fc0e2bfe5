"""The `fm` program: runs it, and reads what a training leaves in its run directory."""

import json
import os
import site
import subprocess
import sys
from pathlib import Path

LIBRARIES = ["libcublas.so.13", "libnvrtc.so.13"]


class Program:
    """`fm` with the CUDA libraries that it is linked with, in a folder of its own."""

    def __init__(self, path, folder, device):
        self.path, self.folder, self.device = Path(path).resolve(), Path(folder), device
        paths = [str(path) for path in libraries()] + [os.environ.get("LD_LIBRARY_PATH", "")]
        self.environment = os.environ | {"LD_LIBRARY_PATH": ":".join(filter(None, paths))}

    def start(self, line, **options):
        """Starts `fm` with these arguments; `DEVICE` in the line is the device that is tested."""
        arguments = line.replace("DEVICE", self.device).split()
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [self.path, *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=pipe,
            stderr=pipe,
            **options,
        )

    def run(self, line):
        """Runs `fm` to its end and returns its standard output."""
        process = self.start(line)
        output, problem = process.communicate()
        if process.returncode != 0:
            last = "\n".join(problem.strip().splitlines()[-3:])
            raise RuntimeError(f"fm {line}: exit code {process.returncode}\n{last}")
        return output

    def json(self, line):
        """The JSON object that `fm` prints."""
        return json.loads(self.run(f"{line} --json"))

    def log(self, run):
        """The rows of a run's log."""
        return [json.loads(line) for line in (self.folder / run / "log.jsonl").read_text().splitlines()]

    def model(self, run):
        """The bytes of a run's model."""
        return (self.folder / run / "model.fm").read_bytes()


def libraries():
    """The folders of the CUDA libraries: those of the toolkit, else those of PyTorch's wheels."""
    toolkit = [Path(path) / "lib64" for path in ["/usr/local/cuda", "/usr/local/cuda-13.0"]]
    packages = [Path(path) for path in site.getsitepackages() + sys.path if path]
    wheels = [folder for path in packages for folder in sorted(path.glob("nvidia/*/lib"))]
    return [folder for folder in toolkit + wheels if any((folder / name).exists() for name in LIBRARIES)]
