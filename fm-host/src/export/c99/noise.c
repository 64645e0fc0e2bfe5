/* Noise from a counter: sample `number` of `seed` is the same alone, in bulk and on every processor. */

/* The square root of a zero or of a positive number that is not subnormal, rounded to nearest. */
static float model_sqrt(float x) {
    const uint32_t word = model_bits(x);
    if (word << 1 == 0u) return x;
    /* The number is m * 4^k with m in [1, 4): `digits` is m with 23 bits after the point. */
    const uint32_t exponent = (word >> 23) + 127u;
    uint32_t digits = (word & UINT32_C(0x007fffff)) | UINT32_C(0x00800000);
    digits <<= exponent & 1u;
    /* As on paper, two digits of m give one of the root; 25 digits include that of a half. */
    uint32_t root = 0, remainder = 0;
    for (int i = 0; i < 25; i++) {
        remainder = (remainder << 2) | ((digits >> 23) & 3u);
        digits = (digits << 2) & UINT32_C(0x01ffffff);
        const uint32_t trial = (root << 2) | 1u;
        root <<= 1;
        if (trial <= remainder) {
            remainder -= trial;
            root |= 1u;
        }
    }
    /* No root lies exactly between two numbers. */
    const uint32_t rounded = (root + 1u) >> 1;
    return model_of_bits(((exponent >> 1) << 23) + (rounded - UINT32_C(0x00800000)));
}

/* Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, doi:10.1145/2063384.2063405). */
static void model_philox(uint64_t seed, uint64_t number, uint32_t block, uint32_t words[4]) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint32_t a = (uint32_t)number, b = (uint32_t)(number >> 32), c = block, d = 0;
    for (int i = 0; i < 10; i++) {
        const uint64_t left = (uint64_t)a * UINT32_C(0xD2511F53);
        const uint64_t right = (uint64_t)c * UINT32_C(0xCD9E8D57);
        a = (uint32_t)(right >> 32) ^ b ^ k0;
        b = (uint32_t)right;
        c = (uint32_t)(left >> 32) ^ d ^ k1;
        d = (uint32_t)left;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

/* Two independent standard normal numbers from two random words (Box and Muller, 1958,
 * doi:10.1214/aoms/1177706645). */
static void model_normal_pair(uint32_t radius, uint32_t angle, float *first, float *second) {
    const float uniform = ((float)radius + 0.5f) * (1.0f / 4294967296.0f);
    const float r = model_sqrt(-2.0f * model_log(uniform));
    float sine, cosine;
    model_sine_cosine(angle, &sine, &cosine);
    *first = r * cosine;
    *second = r * sine;
}

static void model_noise(uint64_t seed, uint64_t number, float *x) {
    for (size_t d = 0; d < MODEL_DIM; d += 4) {
        uint32_t words[4];
        float normals[4];
        model_philox(seed, number, (uint32_t)(d / 4), words);
        model_normal_pair(words[0], words[1], &normals[0], &normals[1]);
        model_normal_pair(words[2], words[3], &normals[2], &normals[3]);
        for (size_t i = 0; i < 4 && d + i < MODEL_DIM; i++) x[d + i] = normals[i];
    }
}

