"""`fm train moons` in JAX: the same network and recipe, all steps in one `lax.scan`.

Arguments: steps, batch, and the safetensors file to leave the averaged weights in.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import save_file

STEPS, BATCH, OUT = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
SIZES, RATE, WARMUP, LAST, CLIP, DECAY, ROWS = [3, 64, 64, 64, 2], 5e-3, 200, 0.01, 1.0, 0.999, 131_072


def moons(rows, rng):
    angle, lower = np.pi * rng.random(rows), rng.random(rows) < 0.5
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x = np.where(lower[:, None], [1.0, 0.5] - x, x) + 0.05 * rng.standard_normal((rows, 2))
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32)


def net(params, x):
    for weight, bias in params[:-1]:
        x = jax.nn.silu(x @ weight + bias)
    weight, bias = params[-1]
    return x @ weight + bias


def loss(params, x0, x1, t):
    x = jnp.concatenate([t, (1 - t) * x0 + t * x1], 1)
    return jnp.mean(jnp.sum((net(params, x) - (x1 - x0)) ** 2, 1))


schedule = optax.warmup_cosine_decay_schedule(0.0, RATE, WARMUP, STEPS, RATE * LAST)
optimiser = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(schedule))


@jax.jit
def train(params, data, key):
    def step(carry, i):
        params, mean, state, key = carry
        key, row, noise, time = jax.random.split(key, 4)
        x1 = data[jax.random.randint(row, (BATCH,), 0, len(data))]
        x0, t = jax.random.normal(noise, x1.shape), jax.random.uniform(time, (BATCH, 1))
        value, gradient = jax.value_and_grad(loss)(params, x0, x1, t)
        updates, state = optimiser.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        decay = jnp.minimum(DECAY, (1.0 + i) / (10.0 + i))
        mean = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, mean, params)
        return (params, mean, state, key), value

    carry, losses = jax.lax.scan(step, (params, params, optimiser.init(params), key), jnp.arange(STEPS))
    return carry[1], losses


rng = np.random.default_rng(0)
params = []
for i, (a, b) in enumerate(zip(SIZES[:-1], SIZES[1:])):
    scale = 0.1 / np.sqrt(a) if i == len(SIZES) - 2 else np.sqrt(2 / a)
    params.append((jnp.float32(scale * rng.standard_normal((a, b))), jnp.zeros(b)))
mean, losses = train(params, jnp.asarray(moons(ROWS, rng)), jax.random.key(0))
print("loss of the last 500 steps", float(np.asarray(losses)[-500:].mean()))
tensors = {f"{kind}.{i}": np.asarray(value) for i, layer in enumerate(mean) for kind, value in zip(("weight", "bias"), layer)}
save_file(tensors, OUT)
