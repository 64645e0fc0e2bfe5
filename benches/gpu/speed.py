"""Training steps per second: the device, the CPU of the same machine, and PyTorch on the same device."""

import json
import subprocess
import sys
from pathlib import Path

STEP = Path(__file__).parent.parent / "train_step" / "torch_step.py"
SIZES = [(64, 1024), (256, 1024), (1024, 1024), (1024, 16384)]
TOGETHER = 256


def sizes(chosen):
    """As an option of `fm bench`."""
    return ",".join(f"{hidden}x{batch}" for hidden, batch in chosen)


def ours(program, device, seconds):
    """`fm bench` on a device; milliseconds per step by objective and size."""
    told = program.json(f"bench --device {device} --sizes {sizes(SIZES)} --seconds {seconds}")
    return told["device"], times(told)


def together(program, device, seconds):
    """Milliseconds per model's step of many models at once."""
    line = f"bench --device {device} --sizes {sizes(SIZES[:1])} --seeds {TOGETHER} --seconds {seconds}"
    return times({"speeds": [speed for speed in program.json(line)["speeds"] if speed["models"] > 1]})


def times(told):
    """By objective, width and rows."""
    return {key(s): 1e3 / s["steps_per_second"] for s in told["speeds"]}


def key(case):
    """A case as the text of its cells in a table."""
    return f"{case['objective']} | {case['hidden']} | {case['batch']}"


def torch(way, device, seconds):
    """The same step in PyTorch; milliseconds per step by objective and size, or what went wrong."""
    command = [sys.executable, str(STEP), way, device]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=STEP.parent, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
    if not process.stdout.readline():
        return {}, process.stderr.read().strip().splitlines()[-1:]
    measured, problems = {}, []

    def ask(case, steps):
        process.stdin.write(json.dumps(case | {"steps": steps}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    for objective in ["fm", "meanflow"]:
        for hidden, batch in SIZES:
            case = {"objective": objective, "hidden": hidden, "batch": batch}
            warm = ask(case, 20)
            if "error" in warm:
                problems.append(warm["error"])
                continue
            rate = ask(case, 20)["seconds"] / 20
            steps = max(20, int(seconds / rate))
            measured[key(case)] = 1e3 * ask(case, steps)["seconds"] / steps
    process.stdin.close()
    process.wait()
    return measured, problems

