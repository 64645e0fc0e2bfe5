"""The noise of generated windows per activity: samples' against the data's, `cargo xtask tables --windows`.

Second differences of a smooth signal are its noise: the difference of three values has the variance of
6 values. A sampler whose windows are too smooth or too rough shows it here.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from faulted import ACTIVITIES, LENGTH, NOISE, windows
from rivals.ours import run

COUNT = 6000
PER_CLASS = 1000


def noise_sd(values):
    """The root mean square of second differences, over the square root of 6."""
    return float(np.sqrt(np.mean(np.diff(values, n=2, axis=1) ** 2) / 6))


def drawn(rows, activity, seed, folder):
    """Windows of one activity from a model of all of them."""
    run(folder, f"sample run --steps 1 --class {activity} --count {PER_CLASS} --seed {seed} --out drawn.csv")
    return pd.read_csv(folder / "drawn.csv")[list(rows.columns[:LENGTH])].to_numpy()


def main():
    """Prints one line per activity and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed")
    args = parser.parse_args()
    data = windows(COUNT, seed=1)
    print("| activity | seed | noise of the law | second differences, data | samples | ratio |")
    print("|---|--:|--:|--:|--:|--:|")
    for seed in range(1 if args.quick else 3):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data.to_csv(folder / "rows.csv", index=False)
            run(folder, f"train rows.csv --class activity --objective meanflow --seed {seed} --out run")
            for activity in ACTIVITIES:
                real = noise_sd(data[data["activity"] == activity].iloc[:, :LENGTH].to_numpy())
                ours = noise_sd(drawn(data, activity, seed, folder))
                print(
                    f"| {activity} | {seed} | {NOISE[activity]} | {real:.4f} | {ours:.4f} | "
                    f"{ours / real:.3f} |"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
