"""One trial: a rival learns one split of a table, and its samples are judged."""

import tempfile
from pathlib import Path

import judge
from rivals import every


def trial(table, split, rival, seed):
    """The figures of a trial, or its error."""
    train, held_out = table.split(split)
    count = max(len(train), judge.sets(held_out) * len(held_out))
    try:
        with tempfile.TemporaryDirectory() as folder:
            drawn = every.ALL[rival](train, count, seed, Path(folder))
        return {
            **figures(drawn.samples, train, held_out, table.target),
            "fit_seconds": round(drawn.fit_seconds, 3),
            "sample_seconds": round(drawn.sample_seconds, 3),
            **drawn.notes,
        }
    except Exception as problem:  # whatever a rival's library raises is its result
        return {"error": f"{type(problem).__name__}: {problem}"}


def figures(samples, train, held_out, target):
    """What the judge finds; `samples` are at least as many as the training rows."""
    # Some libraries return samples sorted by component, and the first ones are judged.
    samples = samples.sample(frac=1, random_state=0).reset_index(drop=True)
    judged = samples.iloc[: judge.sets(held_out) * len(held_out)]
    found = {
        "auc": judge.two_sample_auc(judged, held_out),
        "useful": judge.usefulness(samples.iloc[: len(train)], held_out, target),
        "nearness": judge.nearness(judged, train, held_out),
    }
    return {name: value if value is None else round(value, 5) for name, value in found.items()}


def real(table, split):
    """What the training rows themselves teach."""
    train, held_out = table.split(split)
    return {"useful": round(judge.usefulness(train, held_out, table.target), 5)}
