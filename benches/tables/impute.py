"""Fills missing cells: `cargo xtask tables --impute`, which writes impute.md and impute.json.

Of every held-out row, cells are hidden at random; each imputer learns from the training rows and draws the
hidden cells 100 times. Figures are means over hidden cells: the continuous ranked probability score of
numbers in standard deviations of their column, the share of numbers within the draws' central 90 %, and
the Brier score of texts.
"""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import mean, stdev

import numpy as np

import generated
import imputers
import shipped
from cache import Cache, code
from measure import chosen
from rivals.ours import program
from table import is_number

HERE = Path(__file__).parent
TABLES = [
    shipped.wine,
    shipped.breast_cancer,
    shipped.diabetes,
    shipped.penguins,
    shipped.cars,
    shipped.seattle_weather,
    generated.smooth10,
    generated.adult_like,
]
UNSEEN = shipped.UNSEEN
HIDDEN, DRAWS, SEEDS, MOST_ROWS = 0.3, 100, 3, 400
FIGURES = {"crps": "CRPS, lower is better", "coverage": "inside 90 %", "brier": "Brier, lower is better"}


def crps(draws, truth):
    """E|X - y| - E|X - X'| / 2 of each column of `draws` (Gneiting and Raftery, 2007, equation 21)."""
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weights = (2 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = (weights * ordered).sum(axis=0) / (n * n)
    return np.abs(draws - truth).mean(axis=0) - spread


def brier(draws, truth):
    """The sum over texts of the squared difference of share and truth."""
    total = 0.0
    for text in np.union1d(draws, [truth]):
        total += (np.mean(draws == text) - (text == truth)) ** 2
    return total


def trial(table, imputer, seed):
    """The figures of one imputer on one split, or its error."""
    train, held_out = table.split(seed)
    whole = held_out.dropna().head(MOST_ROWS).reset_index(drop=True)
    hidden = np.random.default_rng(seed).random(whole.shape) < HIDDEN
    gaps = whole.mask(hidden)
    try:
        with tempfile.TemporaryDirectory() as folder:
            draws = imputer(train, gaps, DRAWS, seed, Path(folder))
        return figures(train, whole, hidden, draws)
    except Exception as problem:  # whatever a library raises is its result
        return {"error": f"{type(problem).__name__}: {problem}"}


def figures(train, whole, hidden, draws):
    """Means over the hidden cells; `draws` are as many tables."""
    scores, inside, briers = [], [], []
    for number, name in enumerate(whole):
        rows = np.flatnonzero(hidden[:, number])
        if not len(rows):
            continue
        drawn = np.array([draw[name].to_numpy()[rows] for draw in draws])
        truth = whole[name].to_numpy()[rows]
        if not is_number(whole[name]):
            briers += [brier(drawn[:, i].astype(str), str(truth[i])) for i in range(len(rows))]
            continue
        sd = train[name].std() or 1.0
        drawn = drawn.astype(float)
        scores += list(crps(drawn, truth) / sd)
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        # Coverage of values that repeat is not 90 % for the best of draws either.
        if train[name].nunique() > len(train) / 20:
            inside += list((low <= truth) & (truth <= high))
    found = {"crps": scores, "coverage": inside, "brier": briers}
    return {name: round(float(np.mean(values)), 5) for name, values in found.items() if values}


def figure(records, name):
    """A mean over splits with its standard error."""
    if any("error" in record for record in records):
        return "failed"
    values = [record[name] for record in records if name in record]
    if not values:
        return ""
    error = f" ± {stdev(values) / len(values) ** 0.5:.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{error}"


def main():
    """Measures and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--unseen", action="store_true", help="the tables that no default was chosen by")
    parser.add_argument("--table", action="append", help="this table only; can be repeated")
    parser.add_argument("--rival", action="append", help="this imputer only; can be repeated")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of impute.md and impute.json")
    args = parser.parse_args()
    makers = {make.__name__: make for make in (UNSEEN if args.unseen else TABLES)}
    every = {imputer.__name__: imputer for imputer in imputers.ALL}
    used = chosen(every, args.rival, "rival")
    cache, results = Cache(), {}
    for name in chosen(makers, args.table, "table"):
        table = makers[name]()
        results[name] = {imputer: [] for imputer in used}
        for imputer in used:
            identity = imputers.identity(every[imputer], program())
            for seed in range(1 if args.quick else SEEDS):
                key = ["impute", name, table.fingerprint(), code("impute.py", "imputers.py"), identity, seed]
                make = lambda table=table, imputer=imputer, seed=seed: trial(table, every[imputer], seed)
                results[name][imputer].append(cache.get([*key, imputer], make))
            print(f"{name}, {imputer}: {figure(results[name][imputer], 'crps')}", flush=True)
    about = {"command": " ".join(["cargo xtask tables --impute", *sys.argv[1:]]), "quick": args.quick}
    about |= {"date": date.today().isoformat(), "fm": program().split(":")[0]}
    record = {"about": about, "tables": results}
    (args.out / "impute.json").write_text(json.dumps(record, indent=1) + "\n")
    (args.out / "impute.md").write_text("\n".join(page(about, results, used)) + "\n")


def page(about, results, used):
    """The Markdown of all tables."""
    yield "# Missing cells, ours and rivals'\n"
    yield ("**Quick: one seed.** " if about["quick"] else "") + f"`{about['command']}`, {about['date']}."
    yield f"`{about['fm']}`. {HIDDEN:.0%} of the cells of held-out rows are hidden; {DRAWS} draws of each."
    yield "[What is measured](README.md). Standard errors are over seeds, each with a split of its own."
    for name, title in FIGURES.items():
        yield f"\n## {title}\n"
        yield "| table | " + " | ".join(used) + " |"
        yield "|---|" + "--:|" * len(used)
        for table, found in results.items():
            cells = [figure(found[imputer], name) for imputer in used]
            if any(cells):
                yield f"| {table} | " + " | ".join(cells) + " |"
    for table, found in results.items():
        for imputer in used:
            failed = [record["error"] for record in found[imputer] if "error" in record]
            if failed:
                yield f"\n- {imputer} on {table}: {failed[0]}"


if __name__ == "__main__":
    main()
