"""Checks and times training on a GPU: `cargo xtask gpu`.

    measure.py --fm PROGRAM [--device cuda] [--out FOLDER] [--part NAME]...

Needs a Python with nothing but its standard library; PyTorch is measured if it is there. Writes results.md and
results.json into the folder, after every part. Exits with 1 if a check failed.
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import objectives
import report
import runs
import speed
from program import Program

HERE = Path(__file__).parent
PENGUINS = HERE.parent.parent / "examples/data/penguins.csv.gz"


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fm", required=True, help="the fm program, built with CUDA")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="cpu rehearses the checks")
    parser.add_argument("--out", default=HERE, type=Path, help="folder of the results")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="do this part only; can be repeated")
    parser.add_argument("--seconds", default=1.0, type=float, help="how long to time each size")
    return parser.parse_args()


def machine():
    """The GPU, the processor and the versions."""
    told = {"processor": processor(), "python": platform.python_version()}
    if shutil.which("nvidia-smi"):
        query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        told["gpu"] = subprocess.run(query, capture_output=True, text=True).stdout.strip()
    return told


def processor():
    """The model of the processor and the number of its cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}"


def speeds(program, seconds):
    """Both devices and PyTorch, interleaved only by part: each is alone on the machine."""
    told = {"device": None, "cpu": None, "ours": {}, "torch": {}}
    told["device"], told["ours"]["fm"] = speed.ours(program, "DEVICE", seconds)
    told["cpu"], told["ours"]["fm on the CPU"] = speed.ours(program, "cpu", seconds)
    ways = ["eager", "graph"] if program.device == "cuda" else ["eager"]
    told["torch"] = {way: speed.torch(way, program.device, seconds) for way in ways}
    told["together"] = {device: speed.together(program, device, seconds) for device in [program.device, "cpu"]}
    return told


PARTS = {
    "objectives": lambda program, _: objectives.compare(program, PENGUINS),
    "runs": lambda program, _: runs.kill_and_resume(program),
    "seeds": lambda program, _: runs.seeds(program, speed.TOGETHER),
    "speeds": speeds,
    "quality": lambda program, _: runs.quality(program, ["DEVICE", "cpu"]),
}


def main():
    """Does the parts in order."""
    asked = options()
    results = {"machine": machine(), "seconds": {}}
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        program = Program(asked.fm, folder, asked.device)
        for name in asked.part or PARTS:
            started = time.perf_counter()
            try:
                results[name] = PARTS[name](program, asked.seconds)
            # A part that fails must not cost the others.
            except Exception as error:
                results[name] = {"error": f"{type(error).__name__}: {error}"}
            results["seconds"][name] = time.perf_counter() - started
            (asked.out / "results.json").write_text(json.dumps(results, indent=1, default=str, sort_keys=True))
            (asked.out / "results.md").write_text(report.page(results))
    problems = report.problems(results)
    print(report.page(results))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
