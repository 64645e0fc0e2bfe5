"""Compares ours with its rivals on every table: `cargo xtask tables`.

Writes benches/tables/results.md and results.json. Each trial is cached in target/tables/cache.jsonl under
the table's fingerprint, the rival's version, the split and the seed.
"""

import argparse
import json
import platform
import sys
from datetime import date
from importlib.metadata import version
from itertools import product
from pathlib import Path

import generated
import report
import shipped
from cache import Cache, code
from rivals import every
from trial import real, trial

HERE = Path(__file__).parent
SPLITS, SEEDS = 5, 3  # of slow rivals one seed per split
PACKAGES = ["numpy", "scikit-learn", "ctgan", "torch", "ForestDiffusion", "xgboost"]


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, one split, no slow rivals")
    parser.add_argument("--table", action="append", help="this table only; can be repeated")
    parser.add_argument("--rival", action="append", help="this rival only; can be repeated")
    parser.add_argument(
        "--unseen", action="store_true", help="the tables kept apart, once defaults are fixed"
    )
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results.md and results.json")
    return parser.parse_args()


def chosen(every_name, wanted, what):
    """The wanted names, all if none; an unknown one ends the program."""
    unknown = set(wanted or []) - set(every_name)
    if unknown:
        sys.exit(f"error: no {what} {', '.join(sorted(unknown))}; there are {', '.join(every_name)}")
    return [name for name in every_name if not wanted or name in wanted]


def measured(table, rivals, splits, seeds, cache):
    """The trials of one table, and what the real rows teach per split."""
    mark = [table.name, table.fingerprint(), code("judge.py", "trial.py", "table.py")]
    trials, reals = [], []
    for split in range(splits):
        reals.append(cache.get([*mark, "real", split], lambda split=split: real(table, split)))
    for rival, split, seed in product(rivals, range(splits), range(seeds)):
        if rival in every.SLOW and seed > 0:
            continue
        key = [*mark, rival, every.identity(rival), split, seed]
        found = cache.get(key, lambda of=(table, split, rival, seed): trial(*of))
        about = {"table": table.name, "rival": rival, "split": split, "seed": seed}
        trials.append(about | {name: value for name, value in found.items() if name != "key"})
        show(trials[-1])
    return trials, reals


def show(record):
    """One line per trial, so that a long run shows where it is."""
    result = record.get("error") or f"AUC {record['auc']:.3f}, {record['fit_seconds']:.1f} s"
    print(
        f"{record['table']} {record['rival']} split {record['split']} seed {record['seed']}: {result}",
        flush=True,
    )


def main():
    """Measures and writes the results."""
    args = options()
    makers = {
        maker.__name__: maker for maker in (shipped.UNSEEN if args.unseen else generated.ALL + shipped.ALL)
    }
    names = chosen(makers, args.table, "table")
    rivals = chosen(every.ALL, args.rival, "rival")
    if args.quick and not args.rival:
        rivals = [name for name in rivals if name not in every.SLOW]
    splits, seeds = (1, 1) if args.quick else (SPLITS, SEEDS)
    cache = Cache()
    summaries, everything = {}, []
    for name in names:
        trials, reals = measured(makers[name](), rivals, splits, seeds, cache)
        everything += trials
        summaries[name] = report.summary(trials, reals)
    title = "unseen" if args.unseen else "results"
    about = {
        "command": "cargo xtask tables " + " ".join(sys.argv[1:]),
        "date": date.today().isoformat(),
        "quick": args.quick,
        "splits": splits,
        "seeds": seeds,
        "versions": {package: version(package) for package in PACKAGES}
        | {"python": platform.python_version()},
        "fm": every.program(),
    }
    write(args.out / f"{title}.json", about, summaries, everything)
    (args.out / f"{title}.md").write_text("\n".join(page(about, summaries)))
    print(f"wrote {args.out / title}.md and {title}.json")


def write(file, about, summaries, trials):
    """JSON with a line per trial."""
    lines = ",\n".join(json.dumps(found) for found in trials)
    head = json.dumps({"about": about, "summaries": summaries}, indent=1)
    file.write_text(f'{head[:-2]},\n "trials": [\n{lines}\n]}}\n')


def page(about, summaries):
    """The Markdown of all results."""
    yield "# Samples of tables, ours and rivals'\n"
    if about["quick"]:
        yield "**Quick: one split, one seed, no slow rivals, so no intervals; 0.03 of AUC is noise.**\n"
    versions = ", ".join(f"{name} {text}" for name, text in about["versions"].items())
    yield f"`{about['command'].strip()}`, {about['date']}; splits: {about['splits']}, seeds: {about['seeds']}"
    yield f"(of slow rivals: 1). {versions}. `{about['fm']}`. [What is measured, and how](README.md).\n"
    yield "AUC of a classifier of samples against held-out rows; 0.5 is perfect. Bold: the first; in"
    yield "brackets: not ranked, since the samples are training rows or close to them.\n"
    yield from report.overview(summaries)
    for ours in every.OURS:
        yield from report.standing(summaries, ours)
    yield "\n## By table\n"
    for name, lines in summaries.items():
        yield from report.table_page(name, lines)


if __name__ == "__main__":
    main()
