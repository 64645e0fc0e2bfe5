"""Means, paired differences and ranks of trials, as Markdown.

Seeds of one split are averaged first; differences from the first are paired over splits, and their
standard error is that of these differences. Splits share rows, so it is a little too small: a rival that
counts as within two standard errors of the first would also be with a larger one.
"""

from collections import defaultdict
from statistics import mean, stdev

from rivals.every import ALL, REFERENCE

LEAST_NEARNESS = 0.5  # samples nearer to the training rows than this are copies of them
LARGEST_MODEL = 64 * 1024


def by_rival(records):
    """The records of each rival, in the order of their first."""
    grouped = defaultdict(list)
    for record in records:
        grouped[record["rival"]].append(record)
    return grouped


def average(records, figure):
    """The mean of a figure, None if it is in no record."""
    values = [record[figure] for record in records if record.get(figure) is not None]
    return mean(values) if values else None


def per_split(records, figure="auc"):
    """A figure of each split, averaged over seeds."""
    splits = defaultdict(list)
    for record in records:
        splits[record["split"]].append(record[figure])
    return {split: mean(values) for split, values in splits.items()}


def summary(records, reals):
    """One line of figures per rival of one table, the best AUC first.

    `rank` is missing for the reference, for copies and for what failed in any trial; `behind` is the mean
    difference from the first and its standard error.
    """
    lines = []
    for rival, trials in by_rival(records).items():
        failed = [record["error"] for record in trials if "error" in record]
        line = {"rival": rival, "trials": len(trials)}
        if failed:
            lines.append(line | {"error": failed[0], "failed": len(failed)})
            continue
        for figure in ["auc", "useful", "nearness", "fit_seconds", "sample_seconds", "bytes"]:
            line[figure] = average(trials, figure)
        line["lost"] = trials[0].get("lost", [])
        line["useful_real"] = average(reals, "useful")
        near = line["nearness"] is not None and line["nearness"] < LEAST_NEARNESS
        line["ranked"] = rival != REFERENCE and not near
        line["splits"] = per_split(trials)
        lines.append(line)
    lines.sort(key=lambda line: ("auc" not in line, not line.get("ranked"), line.get("auc", 1)))
    ranked = [line for line in lines if line.get("ranked")]
    for rank, line in enumerate(ranked, 1):
        line["rank"] = rank
        line["behind"] = difference(line["splits"], ranked[0]["splits"])
    return lines


def difference(splits, first):
    """The mean of paired differences over splits, and its standard error, None from one split."""
    pairs = [splits[split] - first[split] for split in splits if split in first]
    error = stdev(pairs) / len(pairs) ** 0.5 if len(pairs) > 1 else None
    return mean(pairs), error


def verdict(line):
    """What a reader wants to know of a rival on a table, in a few words."""
    if "error" in line:
        return "failed"
    if not line["ranked"]:
        return "reference" if line["rival"] == REFERENCE else "copies"
    behind, error = line["behind"]
    if line["rank"] == 1:
        return "**first**"
    if error is None:
        return "behind"
    return "within two standard errors" if behind <= 2 * error else "loses"


def number(value, digits):
    """A figure as text, nothing if there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def table_page(name, lines):
    """The Markdown of one table."""
    yield f"### {name}\n"
    heads = ["rival", "AUC", "behind the first", "verdict", "useful", "of real rows", "nearness"]
    heads += ["fit, s", "sample, s", "bytes"]
    yield "| " + " | ".join(heads) + " |"
    yield "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|"
    for line in lines:
        if "error" in line:
            cells = [line["rival"], "", "", "failed"] + [""] * 6
        else:
            cells = [line["rival"], number(line["auc"], 3), behind(line), verdict(line)]
            cells += [number(line[figure], 3) for figure in ["useful", "useful_real", "nearness"]]
            cells += [number(line[figure], 2) for figure in ["fit_seconds", "sample_seconds"]]
            cells += [number(line["bytes"], 0)]
        yield "| " + " | ".join(cells) + " |"
    yield ""
    for line in lines:
        if "error" in line:
            yield f"- {line['rival']}, {line['failed']} of {line['trials']} trials: {line['error']}"
        if line.get("lost"):
            yield f"- {line['rival']} leaves out {', '.join(line['lost'])}: drawn independently here"
        if (line.get("bytes") or 0) > LARGEST_MODEL:
            yield f"- {line['rival']}: the model takes more than {LARGEST_MODEL:,} bytes"
    yield ""


def behind(line):
    """The difference from the first, with its standard error if there is one."""
    if not line["ranked"] or line["rank"] == 1:
        return ""
    value, error = line["behind"]
    return f"{value:.3f}" + ("" if error is None else f" ± {error:.3f}")


def overview(summaries):
    """AUC by table and rival; the first in bold, what is not ranked in brackets."""
    used = {line["rival"] for lines in summaries.values() for line in lines}
    rivals = [rival for rival in ALL if rival in used]
    yield "| table | " + " | ".join(rivals) + " |"
    yield "|---|" + "--:|" * len(rivals)
    for name, lines in summaries.items():
        cells = {line["rival"]: cell(line) for line in lines}
        yield f"| {name} | " + " | ".join(cells.get(rival, "") for rival in rivals) + " |"
    yield ""


def cell(line):
    """An AUC for the overview."""
    if "error" in line:
        return "failed"
    text = number(line["auc"], 3)
    if not line["ranked"]:
        return f"({text})"
    return f"**{text}**" if line["rank"] == 1 else text


def standing(summaries, ours):
    """Where one rival is first, where it is close, and where it loses."""
    places = defaultdict(list)
    for name, lines in summaries.items():
        for line in lines:
            if line["rival"] == ours:
                places[verdict(line).strip("*")].append(name)
    for what, tables in sorted(places.items()):
        yield f"- `{ours}`: {what} on {len(tables)} of {len(summaries)} tables: {', '.join(tables)}"
