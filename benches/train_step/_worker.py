"""The line protocol between `cargo xtask bench-train` and the programs it times.

A program answers each line of stdin, a JSON object, with a line on stdout. A request names a case,
`objective` ("fm" or "meanflow"), `hidden` (width of three hidden layers) and `batch`, and one of

    export  path to write the initial weights and the compared steps to (only our program)
    check   path to read them from: run them, answer `losses` of the steps and `average`, the sum
            of squares of the averaged weights after them
    steps   run this many steps on fresh noise, answer `seconds`; training continues between requests

The step, in every program: x1 drawn with replacement from 20,000 rows of two normal numbers,
x0 normal, t uniform, x = (1 - t) x0 + t x1, v = x1 - x0; network [t, (h), x] -> 3 hidden layers
with SiLU -> 2; loss the mean over rows of |u - target|^2; gradient clipped to global norm 1; Adam
(1e-3, 0.9, 0.999, 1e-8); average of the weights with decay 0.999. The target is v; in MeanFlow's
first half of the rows v + h du, du the derivative along (dt, dh, dx) = (1, -1, v), no gradient
through it, t the smaller of two uniform numbers, r = t + h the larger, or 1 in half of them; in the
other half h = 0.

A program that cannot run a case answers `error`.
"""

import json
import sys

DATA_ROWS, RATE, CLIP, DECAY = 20_000, 1e-3, 1.0, 0.999


def serve(make_case):
    """Answers requests with `make_case(objective, hidden, batch)`: `.check(file)`, `.run(steps)`."""
    print(json.dumps({"ready": True}), flush=True)
    key, case = None, None
    for line in sys.stdin:
        request = json.loads(line)
        wanted = request["objective"], request["hidden"], request["batch"]
        try:
            if wanted != key:
                key, case = wanted, make_case(*wanted)
            if request.get("check"):
                losses, average = case.check(request["check"])
                answer = {"losses": losses, "average": average}
            else:
                answer = {"seconds": case.run(request["steps"])}
        # Any failure of the library becomes the answer.
        except Exception as error:
            key, answer = None, {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
