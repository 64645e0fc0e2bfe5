"""Finds rows of another kind: `cargo xtask tables --anomaly`, which writes anomaly.md and anomaly.json.

Tasks are scikit-learn's sets with each class held out in turn as the anomaly, and windows of an
accelerometer with each of five faults. Detectors learn from normal rows only and score normal rows that
they have not seen among anomalies; the figure is the area under the curve, 1 where all anomalies come
first.
"""

import argparse
import json
import sys
import tempfile
import zlib
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from sklearn import datasets
from sklearn.metrics import roc_auc_score

import detectors
import faulted
from cache import Cache, code
from measure import chosen
from rivals.ours import program

HERE = Path(__file__).parent
SETS = ["iris", "wine", "breast_cancer", "digits"]
SEEDS = 3
TRAINING, TESTED = 2000, 500  # windows


def class_tasks(name):
    """Each class of a set as the anomaly: a name, and a function of the seed that makes the rows."""
    values, of = getattr(datasets, f"load_{name}")(return_X_y=True)

    def task(anomaly):
        def rows(seed):
            rng = np.random.default_rng(seed)
            normal = rng.permutation(np.flatnonzero(of != anomaly))
            cut = len(normal) * 4 // 5
            return values[normal[:cut]], values[normal[cut:]], values[of == anomaly]

        return rows

    return {f"{name}, class {anomaly}": task(anomaly) for anomaly in np.unique(of)}


def window_tasks():
    """Each fault of the windows."""

    def task(fault):
        def rows(seed):
            made = faulted.windows(TRAINING + 2 * TESTED, seed)
            broken = faulted.faulty(made.iloc[-TESTED:], fault, seed)
            numbers = [part.iloc[:, : faulted.LENGTH].to_numpy() for part in (made, broken)]
            return numbers[0][:TRAINING], numbers[0][TRAINING:-TESTED], numbers[1]

        return rows

    return {f"windows, {fault.__name__}": task(fault) for fault in faulted.FAULTS}


def trial(rows, detector, seed):
    """The area under the curve of one detector on one task, or its error."""
    train, normal, strange = rows(seed)
    tested = np.vstack([normal, strange])
    try:
        with tempfile.TemporaryDirectory() as folder:
            scores = detector(train, tested, seed, Path(folder))
        return {"auc": float(roc_auc_score(np.repeat([0, 1], [len(normal), len(strange)]), scores))}
    except Exception as problem:  # whatever a detector raises is its result
        return {"error": f"{type(problem).__name__}: {problem}"}


def fingerprint(rows):
    """Changes whenever a row of the first seed does."""
    return [zlib.crc32(np.ascontiguousarray(part).tobytes()) for part in rows(0)]


def figure(found):
    """A mean with its standard error over seeds."""
    failed = [record["error"] for record in found if "error" in record]
    if failed:
        return "failed"
    areas = [record["auc"] for record in found]
    error = f" ± {stdev(areas) / len(areas) ** 0.5:.3f}" if len(areas) > 1 else ""
    return f"{mean(areas):.3f}{error}"


def main():
    """Measures and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed; of digits, three classes")
    parser.add_argument("--table", action="append", help="this set only: iris, .., windows; can be repeated")
    parser.add_argument("--rival", action="append", help="this detector only; can be repeated")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of anomaly.md and anomaly.json")
    args = parser.parse_args()
    every = {detector.__name__: detector for detector in detectors.RIVALS + detectors.OURS}
    used = chosen(every, args.rival, "rival")
    tasks = {}
    for name in chosen([*SETS, "windows"], args.table, "table"):
        found = window_tasks() if name == "windows" else class_tasks(name)
        tasks |= dict(list(found.items())[:3]) if args.quick and name == "digits" else found
    cache, results = Cache(), {}
    for task, rows in tasks.items():
        mark = [*fingerprint(rows), code("detectors.py")]
        results[task] = {name: [] for name in used}
        for name in used:
            identity = (
                program() if every[name] in detectors.OURS else f"scikit-learn {version('scikit-learn')}"
            )
            for seed in range(1 if args.quick else SEEDS):
                key = ["anomaly", task, mark, name, identity, seed]
                make = lambda rows=rows, name=name, seed=seed: trial(rows, every[name], seed)
                results[task][name].append(cache.get(key, make))
            print(f"{task}, {name}: {figure(results[task][name])}", flush=True)
    build = program().split(":")[0]
    about = {"command": "cargo xtask tables --anomaly " + " ".join(sys.argv[1:])}
    about |= {"date": date.today().isoformat(), "quick": args.quick, "fm": build}
    (args.out / "anomaly.json").write_text(json.dumps({"about": about, "tasks": results}, indent=1) + "\n")
    (args.out / "anomaly.md").write_text("\n".join(page(about, results, used)) + "\n")


def page(about, results, used):
    """The Markdown of all tasks."""
    yield "# Anomalies, ours and rivals'\n"
    yield (
        "**Quick: one seed.** " if about["quick"] else ""
    ) + f"`{about['command'].strip()}`, {about['date']}."
    yield f"`{about['fm']}`: `fm train --objective meanflow`, then `fm loglik` or `fm score`."
    yield "Area under the curve, with its standard error over seeds. [What the tasks are](README.md).\n"
    yield "| task | " + " | ".join(used) + " |"
    yield "|---|" + "--:|" * len(used)
    for task, found in results.items():
        yield f"| {task} | " + " | ".join(figure(found[name]) for name in used) + " |"
    averages = []
    for name in used:
        records = [record for found in results.values() for record in found[name]]
        whole = all("auc" in record for record in records)
        averages.append(f"{mean(record['auc'] for record in records):.3f}" if whole else "")
    yield "| mean | " + " | ".join(averages) + " |"
    for task, found in results.items():
        for name in used:
            failed = [record["error"] for record in found[name] if "error" in record]
            if failed:
                yield f"\n- {name} on {task}: {failed[0]}"


if __name__ == "__main__":
    main()
