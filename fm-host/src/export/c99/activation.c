/* The activation after every hidden layer. */

static float model_activation(float x) {
#if HAS_RELU
    /* On the bits: -0.0 becomes 0.0, and so does a NaN of either sign. */
    const uint32_t word = model_bits(x);
    return word <= UINT32_C(0x7f800000) ? x : 0.0f;
#endif
#if HAS_SILU
    return x / (1.0f + model_exp(-x));
#endif
#if HAS_GELU
    const float argument = x * (1.595769f + 7.1354816e-2f * (x * x));
    return x / (1.0f + model_exp(-argument));
#endif
#if HAS_TANH
    const uint32_t sign = model_bits(x) & UINT32_C(0x80000000);
    const float magnitude = model_of_bits(model_bits(x) ^ sign);
    if (magnitude < 0.625f) {
        const float z = x * x;
        float p = -5.7049784e-3f;
        p = p * z + 2.0639078e-2f;
        p = p * z - 5.373971e-2f;
        p = p * z + 1.3331442e-1f;
        p = p * z - 3.333328e-1f;
        return x + x * (z * p);
    }
    const float y = 1.0f - 2.0f / (model_exp(2.0f * magnitude) + 1.0f);
    return model_of_bits((model_bits(y) & UINT32_C(0x7fffffff)) | sign);
#endif
}

