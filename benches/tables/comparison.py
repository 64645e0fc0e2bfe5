"""What the comparisons of one figure per rival and task share: the command line, the trials, the files."""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import mean, stdev

from cache import Cache
from rivals.ours import program

HERE = Path(__file__).parent
SEEDS = 3


def options(doc, quick, table, rival):
    """A parser of what every comparison has; the last three say what its options mean here."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--table", action="append", help=f"{table} only; can be repeated")
    parser.add_argument("--rival", action="append", help=f"{rival} only; can be repeated")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the page and the JSON")
    return parser


def attempt(work):
    """The figures that `work` finds in an empty folder, or its error."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            return work(Path(folder))
    except Exception as problem:  # whatever a library raises is its result
        return {"error": f"{type(problem).__name__}: {problem}"}


def measured(tasks, rivals, quick, figure):
    """The records of every seed by task and rival, each made once.

    `tasks` are names with two functions of a rival and a seed: one gives the trial's key, one makes it.
    """
    cache, results = Cache(), {}
    for task, key, make in tasks:
        results[task] = {}
        for rival in rivals:
            results[task][rival] = [
                cache.get(key(rival, seed), lambda of=(make, rival, seed): of[0](*of[1:]))
                for seed in range(1 if quick else SEEDS)
            ]
            print(f"{task}, {rival}: {figure(results[task][rival])}", flush=True)
    return results


def figure(records, name):
    """The mean of a figure over seeds with its standard error; empty where no record has it."""
    if any("error" in record for record in records):
        return "failed"
    values = [record[name] for record in records if name in record]
    if not values:
        return ""
    error = f" ± {stdev(values) / len(values) ** 0.5:.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{error}"


def head(title, about):
    """The first lines of a page."""
    yield f"# {title}\n"
    yield ("**Quick: one seed.** " if about["quick"] else "") + f"`{about['command']}`, {about['date']}."


def row(cells):
    """A row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def failures(results):
    """A line for each rival that failed on a task, with its first error."""
    for task, found in results.items():
        for rival, records in found.items():
            failed = [record["error"] for record in records if "error" in record]
            if failed:
                yield f"\n- {rival} on {task}: {failed[0]}"


def write(out, name, quick, page, results, key):
    """Writes `name`.json, with the results under `key`, and `name`.md, which `page` makes of them."""
    command = " ".join([f"cargo xtask tables --{name}", *sys.argv[1:]])
    about = {"command": command, "date": date.today().isoformat(), "quick": quick}
    about["fm"] = program().split(":")[0]
    (out / f"{name}.json").write_text(json.dumps({"about": about, key: results}, indent=1) + "\n")
    (out / f"{name}.md").write_text("\n".join(page(about, results)) + "\n")
