"""The noise that every sample of `fm` starts from, computed from the papers that define it."""

import numpy as np


def philox(counter, key):
    """Philox 4x32-10 (Salmon et al., 2011) on columns of 32-bit words in 64-bit integers."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    a, b, c, d = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = (np.uint64(word) for word in key)
    for _ in range(10):
        left, right = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (right >> half) ^ b ^ k0, right & low, (left >> half) ^ d ^ k1, left & low
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & low, (k1 + np.uint64(0xBB67AE85)) & low
    return a, b, c, d


def noise(seed, count, dim):
    """Standard normal numbers: counter (sample, block of four dimensions, step 0), key seed."""
    blocks = -(-dim // 4)
    sample, block = np.divmod(np.arange(count * blocks), blocks)
    zeros = np.zeros_like(sample)
    words = philox((sample, zeros, block, zeros), (seed & 0xFFFFFFFF, seed >> 32))
    columns = []
    for radius, angle in (words[:2], words[2:]):
        r = np.sqrt(-2 * np.log((radius + 0.5) / 2.0**32))
        a = 2 * np.pi * angle / 2.0**32
        columns += [r * np.cos(a), r * np.sin(a)]
    return np.stack(columns, 1).reshape(count, 4 * blocks)[:, :dim]
