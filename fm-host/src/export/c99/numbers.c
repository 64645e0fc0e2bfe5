/* Moves of bits, and elementary functions with the same bits on every processor. */

static uint32_t model_bits(float number) {
    union {
        float number;
        uint32_t word;
    } both;
    both.number = number;
    return both.word;
}

#if HAS_OF_BITS
static float model_of_bits(uint32_t word) {
    union {
        float number;
        uint32_t word;
    } both;
    both.word = word;
    return both.number;
}

#endif
static int model_is_finite(float number) {
    return (model_bits(number) & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
}

#if HAS_EXP
/* exp(x) for x in [-87, 88]; outside of it, the value at the nearer end. A NaN stays NaN. */
static float model_exp(float x) {
    /* Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits. */
    const float round = 12582912.0f;
    x = 88.0f <= x ? 88.0f : x;
    x = x <= -87.0f ? -87.0f : x;
    const float shifted = x * 1.44269504f + round;
    const float n = shifted - round;
    /* ln 2 in two parts: the first ends with zeros, so n times it is exact. */
    float r = x - n * 0.6933594f;
    r = r - n * -2.1219444e-4f;
    float p = 1.3814596e-3f;
    p = p * r + 8.368717e-3f;
    p = p * r + 4.166839e-2f;
    p = p * r + 1.6666521e-1f;
    p = p * r + 4.9999993e-1f;
    const float e = (p * (r * r) + r) + 1.0f;
    const uint32_t exponent = model_bits(shifted) - model_bits(round);
    return e * model_of_bits((exponent + 127u) << 23);
}

#endif
#if HAS_LOG
/* The natural logarithm of a positive number that is not subnormal.
 *
 * From FreeBSD's e_logf.c, by way of musl and Rust's libm:
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 * Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute
 * this software is freely granted, provided that this notice is preserved. */
static float model_log(float x) {
    /* The number is m * 2^k with m in [sqrt(2)/2, sqrt(2)]. */
    uint32_t word = model_bits(x) + (UINT32_C(0x3f800000) - UINT32_C(0x3f3504f3));
    const float k = (float)((int32_t)(word >> 23) - 0x7f);
    word = (word & UINT32_C(0x007fffff)) + UINT32_C(0x3f3504f3);
    const float f = model_of_bits(word) - 1.0f;
    const float s = f / (2.0f + f);
    const float z = s * s;
    const float w = z * z;
    const float t1 = w * (0.40000972152f + w * 0.24279078841f);
    const float t2 = z * (0.66666662693f + w * 0.28498786688f);
    const float r = t2 + t1;
    const float half_square = 0.5f * f * f;
    return s * (half_square + r) + k * 9.0580006145e-06f - half_square + f + k * 6.9313812256e-01f;
}

#endif
#if HAS_SINE
/* Sine and cosine of 2 pi angle / 2^32. */
static void model_sine_cosine(uint32_t angle, float *sine, float *cosine) {
    /* The two top bits, rounded, are the quadrant; the rest is an angle in [-pi/4, pi/4). */
    const uint32_t quadrant = (angle + (UINT32_C(1) << 29)) >> 30;
    const int32_t rest = (int32_t)(angle - (quadrant << 30));
    const float a = (float)rest * (6.28318530718f / 4294967296.0f);
    const float z = a * a;
    float s = -1.9517298e-4f;
    s = s * z + 8.332178e-3f;
    s = s * z - 1.6666655e-1f;
    s = a + a * (z * s);
    float c = 2.443845e-5f;
    c = c * z - 1.3887367e-3f;
    c = c * z + 4.1666647e-2f;
    c = 1.0f - (0.5f * z - z * (z * c));
    const float first = quadrant & 1u ? c : s;
    const float second = quadrant & 1u ? s : c;
    *sine = quadrant & 2u ? -first : first;
    *cosine = (quadrant + 1u) & 2u ? -second : second;
}

#endif
