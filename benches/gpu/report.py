"""The page benches/gpu/results.md."""

from objectives import TOLERANCE, failed
from speed import TOGETHER

HEAD = """# Training on a GPU

The output of `cargo xtask gpu`, one run of benches/gpu/measure.py, with nothing else on the machine.
"""


def page(results):
    """The whole page."""
    machine = results["machine"]
    lines = [HEAD, f"GPU (name, driver): {machine.get('gpu', 'none')}. Processor: {machine['processor']}.\n"]
    for name, write in WRITERS.items():
        part = results.get(name)
        if part is None:
            continue
        took = f"{results['seconds'][name]:.0f} s"
        lines += [write[0], ""]
        lines += [f"This part failed: {part['error']}"] if "error" in part else write[1](part)
        lines += ["", f"({took})", ""]
    wrong = problems(results)
    lines.append(f"Failed: {'; '.join(wrong)}." if wrong else "No check failed.")
    return "\n".join(lines) + "\n"


def problems(results):
    """What did not come out as it must."""
    wrong = [f"{name} ({part['error']})" for name, part in results.items() if "error" in part]
    compared = results.get("objectives", [])
    wrong += failed(compared) if isinstance(compared, list) else []
    run = results.get("runs", {})
    wrong += [] if run.get("resumes", True) or not run.get("repeats", False) else ["a resumed run has other bytes"]
    return wrong


def objectives_part(rows):
    """The table of differences."""
    yield (
        "Twenty steps on both devices; the largest difference of a step relative to the CPU's. At most"
        f" {TOLERANCE:g} is allowed: the order of sums differs."
    )
    yield ""
    yield "| training | minimised loss | loss | gradient's norm |"
    yield "|---|--:|--:|--:|"
    for row in rows:
        if "error" in row:
            yield f"| {row['case']} | {row['error'].splitlines()[-1]} | | |"
        else:
            yield f"| {row['case']} | {row['weighted']:.1e} | {row['loss']:.1e} | {row['gradient_norm']:.1e} |"


def runs_part(told):
    """What repetition and resumption give."""
    same = lambda equal: "the same bytes" if equal else "**other bytes**"
    yield f"The same training twice gives {same(told['repeats'])}. Killed after step {told['killed_after']} (SIGKILL)"
    yield f"and resumed, it gives {same(told['resumes'])}. Last losses: {told['losses']}."


def seeds_part(told):
    """Many models at once."""
    many, one = told["losses"]
    yield (
        f"{told['count']} models at once took {told['seconds']:.1f} s, one model {told['alone_seconds']:.1f} s. The"
        f" fourth model's last loss is {many:.6f} together and {one:.6f} by itself."
    )


def speeds_part(told):
    """The table of times."""
    columns = {"fm": told["ours"]["fm"], "fm on the CPU": told["ours"]["fm on the CPU"]}
    columns |= {f"PyTorch {way}": times for way, (times, _) in told["torch"].items()}
    yield f"Milliseconds per step on {told['device']}; the CPU is {told['cpu']}."
    yield "In parentheses: the GPU program's time divided by this one's."
    yield ""
    yield f"| objective | width | batch | {' | '.join(columns)} |"
    yield "|---|--:|--:|" + "--:|" * len(columns)
    for key, base in columns["fm"].items():
        cells = [f"{base:.3f}"]
        for name in list(columns)[1:]:
            value = columns[name].get(key)
            cells.append(f"{value:.3f} ({base / value:.2f}x)" if value else "-")
        yield f"| {key} | {' | '.join(cells)} |"
    yield ""
    for way, (_, wrong) in told["torch"].items():
        if wrong:
            yield f"PyTorch {way}: {wrong}"
    yield f"Milliseconds per model's step, {TOGETHER} models at once:"
    yield ""
    yield "| objective | width | batch | " + " | ".join(told["together"]) + " |"
    yield "|---|--:|--:|" + "--:|" * len(told["together"])
    for key in next(iter(told["together"].values())):
        yield f"| {key} | " + " | ".join(f"{times[key]:.4f}" for times in told["together"].values()) + " |"
    yield ""


def quality_part(told):
    """How good the trained models are."""
    shown = ["c2st", "energy", "w2"]
    yield "`fm train moons --objective meanflow` with all defaults, and its samples in one step. The floor is that of"
    yield "real rows."
    yield ""
    yield "| device | seconds | of them training | " + " | ".join(shown) + " |"
    yield "|---|--:|--:|" + "--:|" * len(shown)
    for model in told:
        row = model["row"]
        cells = [f"{row[name]:.4f} (floor {row[name + '_floor']:.4f})" for name in shown]
        yield f"| {model['device']} | {model['seconds']:.1f} | {model['training']:.1f} | {' | '.join(cells)} |"


WRITERS = {
    "objectives": ("## Every objective against the CPU", objectives_part),
    "runs": ("## Repeated, killed, resumed", runs_part),
    "seeds": ("## Many models at once", seeds_part),
    "speeds": ("## Speed", speeds_part),
    "quality": ("## A whole training", quality_part),
}
