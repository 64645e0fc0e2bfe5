"""Whole runs on the device: killed and resumed, repeated, many at once, and how good the model is."""

import signal
import time

TRAIN = "train moons --objective meanflow --steps 3000 --batch 512 --log-every 50 --checkpoint-every 500 --device DEVICE"


def kill_and_resume(program):
    """Kills a run in the middle and resumes it; returns whether its bytes equal an undisturbed run's."""
    for run in ["whole", "again"]:
        program.run(f"{TRAIN} --out {run}")
    repeats = program.model("whole") == program.model("again")
    process = program.start(f"{TRAIN} --out killed")
    log = program.folder / "killed/log.jsonl"
    while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < 25):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    step = program.log("killed")[-1]["step"]
    program.run("train --resume --device DEVICE --out killed")
    resumed = program.model("killed") == program.model("whole")
    losses = [program.log(run)[-1]["loss"] for run in ["whole", "again", "killed"]]
    return {"killed_after": step, "repeats": repeats, "resumes": resumed, "losses": losses}


def seeds(program, count):
    """Trains many models at once; compares some of them with the same model trained by itself."""
    line = f"train moons --objective meanflow --steps 400 --batch 256 --log-every 100 --ot-pool 2048 --device DEVICE"
    started = time.perf_counter()
    program.run(f"{line} --seeds {count} --out many")
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    program.run(f"{line} --seed 3 --out one")
    alone = time.perf_counter() - started
    many, one = program.log("many/seed-3")[-1]["loss"], program.log("one")[-1]["loss"]
    return {"count": count, "seconds": seconds, "alone_seconds": alone, "losses": [many, one]}


def quality(program, devices):
    """Trains one model by the defaults on each device and evaluates it in one step."""
    told = []
    for device in devices:
        started = time.perf_counter()
        report = program.json(f"train moons --objective meanflow --device {device} --out by-{device}")
        seconds = time.perf_counter() - started
        row = program.json(f"eval by-{device} --data moons --steps 1")["rows"][0]
        told.append({"device": report["device"], "seconds": seconds, "training": report["seconds"], "row": row})
    return told
