"""The training step of `cargo xtask bench-train` in JAX: `jit`, one call per step, or `scan`, one call per run."""

import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file

from _worker import CLIP, DATA_ROWS, DECAY, RATE, serve

OPTIMISER = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(RATE))
DATA = jax.random.normal(jax.random.key(0), (DATA_ROWS, 2))


def net(params, x):
    for weight, bias in params[:-1]:
        x = jax.nn.silu(x @ weight + bias)
    weight, bias = params[-1]
    return x @ weight + bias


def loss(params, average, x, v):
    """`average` is true if the first half of the rows has a gap."""
    if not average:
        return jnp.mean(jnp.sum((net(params, x) - v) ** 2, 1))
    half = len(x) // 2
    one = jnp.ones((half, 1))
    tangent = jnp.concatenate([one, -one, v[:half]], 1)
    u, du = jax.jvp(partial(net, params), (x[:half],), (tangent,))
    target = jax.lax.stop_gradient(v[:half] + x[:half, 1:2] * du)
    apart = jnp.sum((u - target) ** 2, 1)
    same = jnp.sum((net(params, x[half:]) - v[half:]) ** 2, 1)
    return jnp.mean(jnp.concatenate([apart, same]))


def batch(key, rows, average):
    row, noise, time, other, end = jax.random.split(key, 5)
    x1 = DATA[jax.random.randint(row, (rows,), 0, DATA_ROWS)]
    x0 = jax.random.normal(noise, x1.shape)
    t = jax.random.uniform(time, (rows, 1))
    times = [t]
    if average:
        half = rows // 2
        r = jax.random.uniform(other, (half, 1))
        late = jnp.where(jax.random.bernoulli(end, 0.5, (half, 1)), 1.0, jnp.maximum(t[:half], r))
        t = t.at[:half].set(jnp.minimum(t[:half], r))
        h = jnp.zeros((rows, 1)).at[:half].set(late - t[:half])
        times = [t, h]
    return jnp.concatenate([*times, (1 - t) * x0 + t * x1], 1), x1 - x0


def descend(average, state, x, v):
    params, mean, opt = state
    value, gradient = jax.value_and_grad(loss)(params, average, x, v)
    updates, opt = OPTIMISER.update(gradient, opt, params)
    params = optax.apply_updates(params, updates)
    mean = jax.tree.map(lambda old, new: DECAY * old + (1 - DECAY) * new, mean, params)
    return (params, mean, opt), value


def fresh_step(average, rows, carry):
    key, state = carry
    key, now = jax.random.split(key)
    state, value = descend(average, state, *batch(now, rows, average))
    return (key, state), value


def start(params):
    return params, params, OPTIMISER.init(params)


class Case:
    def __init__(self, whole, objective, hidden, rows):
        self.average = objective == "meanflow"
        inputs = 4 if self.average else 3
        self.whole, self.compiled = whole, {}
        self.step = jax.jit(partial(fresh_step, self.average, rows), donate_argnums=0)
        key = jax.random.key(1)
        sizes = [inputs, hidden, hidden, hidden, 2]
        params = [
            (jax.random.normal(key, (a, b)) * (2 / a) ** 0.5, jnp.zeros(b))
            for a, b in zip(sizes[:-1], sizes[1:])
        ]
        # Copied, because the same buffer must not be donated twice.
        self.carry = jax.tree.map(jnp.copy, (key, start(params)))

    def check(self, path):
        file = {name: jnp.asarray(value) for name, value in load_file(path).items()}
        state = start([(file[f"weight.{i}"], file[f"bias.{i}"]) for i in range(4)])
        step = jax.jit(partial(descend, self.average))
        losses = []
        for x, v in zip(file["input"], file["velocity"]):
            state, value = step(state, x, v)
            losses.append(float(value))
        return losses, sum(float(np.sum(np.square(x, dtype=np.float64))) for x in jax.tree.leaves(state[1]))

    def run(self, steps):
        if self.whole and steps not in self.compiled:
            body = lambda carry, _: self.step.__wrapped__(carry)
            scan = jax.jit(lambda carry: jax.lax.scan(body, carry, length=steps), donate_argnums=0)
            self.compiled[steps] = scan.lower(self.carry).compile()
        started = time.perf_counter()
        if self.whole:
            self.carry, _ = self.compiled[steps](self.carry)
        else:
            for _ in range(steps):
                self.carry, _ = self.step(self.carry)
        jax.block_until_ready(self.carry)
        return time.perf_counter() - started


serve(partial(Case, {"jit": False, "scan": True}[sys.argv[1]]))
