"""Every objective on the device against the CPU: the same steps must compute the same numbers.

The two share the batches, which are made on the CPU, and nothing else: the CPU runs the fused kernels, the GPU
dfdx's operations.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

STEPS = 20
COMMON = f"--steps {STEPS} --log-every 1 --checkpoint-every 1000 --rows 4096 --ot-pool 1024 --ot-batch 512"
TEACHER = "teacher"
# As in `cargo xtask bench-train`: another order of sums and another exponential, over steps of Adam, which
# divides rounding errors by their own size where a gradient is nearly zero.
TOLERANCE = 1e-4

# Maximum likelihood needs a smooth one.
ACTIVATIONS = ["relu", "silu", "gelu", "tanh"]
PLAIN = {
    "fm": "",
    "fm, loss weight": "--weight-p 1",
    "fm, trigonometric path": "--path trig",
    "fm, source": "--source 8gaussians",
    "fm, optimal transport": "--coupling ot",
    "delta-fm": "",
    "delta-fm, closed form": "--delta-closed",
    "score": "",
    "ddpm": "",
    "meanflow": "",
    "meanflow, loss weight": "--weight-p 1",
    "meanflow, own tangent": "--tangent predicted",
    "meanflow, teacher": f"--teacher {TEACHER}",
    "reflow": f"--teacher {TEACHER} --reflow-pairs 2048",
    "distill": f"--teacher {TEACHER} --reflow-pairs 2048",
    "fm, wide": "--hidden 512,512,512 --batch 8192",
    "meanflow, wide": "--hidden 512,512,512 --batch 8192",
    "mle": "--likelihood-steps 4",
    "mle, penalties": "--likelihood-steps 4 --kinetic-penalty 0.1 --jacobian-penalty 0.1",
    "mle, estimated divergence": "--likelihood-steps 4 --divergence hutchinson",
}
CLASSES = {
    "meanflow, classes and guidance": "--label-dropout 0.1 --omega 2",
    "fm, classes": "--label-dropout 0.1",
    "mle, classes": "--likelihood-steps 4",
}


def cases(table):
    """A name, the data and the options of every case."""
    objective = lambda name: name.split(",")[0]
    for name, options in PLAIN.items():
        yield name, "checkerboard", f"--objective {objective(name)} {options}"
    for name in ["meanflow", "mle"]:
        for activation in ACTIVATIONS[name == "mle" :]:
            steps = "--likelihood-steps 4" if name == "mle" else ""
            yield f"{name}, {activation}", "checkerboard", f"--objective {name} --activation {activation} {steps}"
    columns = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
    for name, options in CLASSES.items():
        options = f"--objective {objective(name)} --class species --columns {columns} --drop-missing {options}"
        yield name, table, options


def compare(program, table):
    """Trains every case on both devices; returns rows with the largest relative differences."""
    teacher = f"train checkerboard --objective fm --steps 200 --batch 256 --rows 4096 --device cpu --out {TEACHER}"
    program.run(teacher)
    listed = list(cases(table))

    def train(case):
        (number, (_, data, options)), (name, device) = case
        run = f"objective-{number}-{name}"
        rows = "" if "--batch" in options else "--batch 256"
        program.run(f"train {data} {options} {rows} {COMMON} --device {device} --out {run}")
        return program.log(run)

    def both(case):
        name, data, options = case[1]
        row = {"case": name, "options": options, "data": data}
        try:
            theirs, ours = train((case, ("cpu", "cpu"))), train((case, ("tested", program.device)))
        except RuntimeError as error:
            return row | {"error": str(error)}
        return row | {key: difference(ours, theirs, key) for key in ["weighted", "loss", "gradient_norm"]}

    # Small trainings wait for launches most of the time.
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(both, enumerate(listed)))


def difference(ours, theirs, key):
    """The largest difference of a number over all steps, relative to the CPU's."""
    if len(ours) != STEPS or len(theirs) != STEPS:
        return float("inf")
    # A run that does not move would agree with anything.
    if not any(a[key] != b[key] for a, b in pairwise(theirs)):
        return float("inf")
    return max(abs(a[key] - b[key]) / max(abs(b[key]), 1e-3) for a, b in zip(ours, theirs, strict=True))


def failed(rows):
    """The cases that disagree or do not run."""
    return [row["case"] for row in rows if not row.get("weighted", 1.0) <= TOLERANCE]
