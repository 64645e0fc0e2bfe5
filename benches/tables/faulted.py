"""Windows of an accelerometer, 64 samples of three activities, and five faults of the sensor."""

import numpy as np
import pandas as pd

LENGTH = 64
RATE = 32.0  # samples per second
ACTIVITIES = ["rest", "walk", "run"]
NOISE = {"rest": 0.02, "walk": 0.05, "run": 0.1}


def windows(count, seed):
    """As many windows, a third of each activity: columns s0 to s63 and `activity`."""
    rng = np.random.default_rng(seed)
    activity = rng.permutation(np.resize(ACTIVITIES, count))
    values = np.stack([signal(name, rng) for name in activity])
    return pd.DataFrame(values, columns=[f"s{i}" for i in range(LENGTH)]).assign(activity=activity)


def signal(activity, rng):
    """Gravity, steps as a wave with a harmonic, and white noise."""
    time = np.arange(LENGTH) / RATE
    gravity = 1 + 0.05 * rng.normal()
    rate, height = {"rest": (0.3, 0.03), "walk": (1.8, 0.3), "run": (2.8, 0.9)}[activity]
    rate, height = rate * np.exp(0.08 * rng.normal()), height * np.exp(0.2 * rng.normal())
    phase, second = rng.uniform(0, 2 * np.pi, 2)
    angle = 2 * np.pi * rate * time + phase
    wave = height * (np.sin(angle) + 0.35 * np.sin(2 * angle + 0.5 * np.sin(second)))
    return gravity + wave + NOISE[activity] * rng.normal(size=LENGTH)


def spike(values, rng):
    """One sample far off."""
    scale = np.std(values, axis=1).clip(0.05)
    values[np.arange(len(values)), rng.integers(LENGTH, size=len(values))] += (
        4 * scale * rng.choice([-1, 1], len(values))
    )


def flat(values, rng):
    """A value that stays for a quarter of the window."""
    for row in values:
        start = rng.integers(LENGTH - LENGTH // 4)
        row[start : start + LENGTH // 4] = row[start]


def drift(values, rng):
    """A slope that reaches twice the usual spread."""
    end = 2 * np.std(values, axis=1).clip(0.05) * rng.choice([-1, 1], len(values))
    values += end[:, None] * np.linspace(0, 1, LENGTH)


def noise(values, rng):
    """White noise as large as half the spread."""
    values += 0.5 * np.std(values, axis=1, keepdims=True).clip(0.05) * rng.normal(size=values.shape)


def swap(values, rng):
    """Both halves exchanged."""
    half = LENGTH // 2
    values[:] = np.concatenate([values[:, half:], values[:, :half]], axis=1)


FAULTS = [spike, flat, drift, noise, swap]


def faulty(rows, fault, seed):
    """The same windows with a fault in each."""
    values = rows.iloc[:, :LENGTH].to_numpy().copy()
    fault(values, np.random.default_rng(seed))
    return rows.assign(**{f"s{i}": values[:, i] for i in range(LENGTH)})
