"""Finds rows of another kind: `cargo xtask tables --anomaly`, which writes anomaly.md and anomaly.json.

Tasks are scikit-learn's sets with each class held out in turn as the anomaly, and windows of an
accelerometer with each of five faults. Detectors learn from normal rows only and score normal rows that
they have not seen among anomalies; the figure is the area under the curve, 1 where all anomalies come
first.
"""

import zlib
from importlib.metadata import version
from statistics import mean

import numpy as np
from sklearn import datasets
from sklearn.metrics import roc_auc_score

import detectors
import faulted
from cache import code
from comparison import attempt, failures, figure, head, measured, options, row, write
from measure import chosen
from rivals.ours import program

SETS = ["iris", "wine", "breast_cancer", "digits"]
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
    kinds = np.repeat([0, 1], [len(normal), len(strange)])
    auc = lambda folder: float(roc_auc_score(kinds, detector(train, tested, seed, folder)))
    return attempt(lambda folder: {"auc": auc(folder)})


def fingerprint(rows):
    """Changes whenever a row of the first seed does."""
    return [zlib.crc32(np.ascontiguousarray(part).tobytes()) for part in rows(0)]


def tasks(sets, quick, every):
    """Each task of the sets with the keys and the makers of its trials."""
    for name in sets:
        found = window_tasks() if name == "windows" else class_tasks(name)
        for task, rows in list(found.items())[: 3 if quick and name == "digits" else None]:
            mark = [*fingerprint(rows), code("detectors.py")]

            def key(rival, seed, task=task, mark=mark):
                ours = every[rival] in detectors.OURS
                identity = program() if ours else f"scikit-learn {version('scikit-learn')}"
                return ["anomaly", task, mark, rival, identity, seed]

            yield task, key, lambda rival, seed, rows=rows: trial(rows, every[rival], seed)


def area(records):
    """The mean area under the curve with its standard error."""
    return figure(records, "auc")


def main():
    """Measures and writes the results."""
    quick, table = "one seed; of digits, three classes", "this set (iris, .., windows)"
    args = options(__doc__, quick, table, "this detector").parse_args()
    every = {detector.__name__: detector for detector in detectors.RIVALS + detectors.OURS}
    used = chosen(every, args.rival, "rival")
    sets = chosen([*SETS, "windows"], args.table, "table")
    results = measured(tasks(sets, args.quick, every), used, args.quick, area)
    write(args.out, "anomaly", args.quick, page, results, "tasks")


def page(about, results):
    """The Markdown of all tasks."""
    yield from head("Anomalies, ours and rivals'", about)
    yield f"`{about['fm']}`: `fm train --objective meanflow`, then `fm loglik` or `fm score`."
    yield "Area under the curve, with its standard error over seeds. [What the tasks are](README.md).\n"
    used = list(next(iter(results.values())))
    yield row(["task", *used])
    yield "|---|" + "--:|" * len(used)
    for task, found in results.items():
        yield row([task, *map(area, found.values())])
    averages = []
    for name in used:
        records = [record for found in results.values() for record in found[name]]
        whole = all("auc" in record for record in records)
        averages.append(f"{mean(record['auc'] for record in records):.3f}" if whole else "")
    yield row(["mean", *averages])
    yield from failures(results)


if __name__ == "__main__":
    main()
