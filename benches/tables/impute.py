"""Fills missing cells: `cargo xtask tables --impute`, which writes impute.md and impute.json.

Of every held-out row, cells are hidden at random; each imputer learns from the training rows and draws the
hidden cells 100 times. Figures are means over hidden cells: the continuous ranked probability score of
numbers in standard deviations of their column, the share of numbers within the draws' central 90 %, and
the Brier score of texts.
"""

import generated
import imputers
import shipped
from cache import code
from comparison import failures, figure, head, measured, options, row, write
from hidden import DRAWS, HIDDEN, trial
from measure import chosen
from rivals.ours import program

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
FIGURES = {"crps": "CRPS, lower is better", "coverage": "inside 90 %", "brier": "Brier, lower is better"}


def tasks(makers, every):
    """Each table with the keys and the makers of its trials."""
    for name, make in makers.items():
        table = make()
        mark = ["impute", name, table.fingerprint(), code("hidden.py", "imputers.py")]

        def key(rival, seed, mark=mark):
            return [*mark, imputers.identity(every[rival], program()), seed, rival]

        yield name, key, lambda rival, seed, table=table: trial(table, every[rival], seed)


def main():
    """Measures and writes the results."""
    parser = options(__doc__, "one seed", "this table", "this imputer")
    parser.add_argument("--unseen", action="store_true", help="the tables that no default was chosen by")
    args = parser.parse_args()
    makers = {make.__name__: make for make in (shipped.UNSEEN if args.unseen else TABLES)}
    makers = {name: makers[name] for name in chosen(makers, args.table, "table")}
    every = {imputer.__name__: imputer for imputer in imputers.ALL}
    used = chosen(every, args.rival, "rival")
    crps = lambda records: figure(records, "crps")
    results = measured(tasks(makers, every), used, args.quick, crps)
    write(args.out, "impute", args.quick, page, results, "tables")


def page(about, results):
    """The Markdown of all tables."""
    yield from head("Missing cells, ours and rivals'", about)
    yield f"`{about['fm']}`. {HIDDEN:.0%} of the cells of held-out rows are hidden; {DRAWS} draws of each."
    yield "[What is measured](README.md). Standard errors are over seeds, each with a split of its own."
    used = list(next(iter(results.values())))
    for name, title in FIGURES.items():
        yield f"\n## {title}\n"
        yield row(["table", *used])
        yield "|---|" + "--:|" * len(used)
        for table, found in results.items():
            cells = [figure(found[imputer], name) for imputer in used]
            if any(cells):
                yield row([table, *cells])
    yield from failures(results)


if __name__ == "__main__":
    main()
