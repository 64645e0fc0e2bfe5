/* A test of compiler and processor: samples whose bits the workstation computed. */

/* Whether a sample has other bits than the golden one. The bits of a number that is not finite may differ. */
static int model_differs(const float *x, const uint32_t *golden) {
    for (size_t d = 0; d < MODEL_DIM; d++) {
        const uint32_t word = model_read_word(golden + d);
        const int finite = (word & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
        if (finite ? model_bits(x[d]) != word : model_is_finite(x[d])) return 1;
    }
    return 0;
}

#if HAS_CONDITIONING
/* Sets a condition, and makes every second number of the sample x a known one. */
static void model_test_condition(model_sampler *sampler, const float *x) {
    (void)x;
#if HAS_CLASSES
    model_set_class(sampler, MODEL_CLASSES - 1);
#endif
#if HAS_VECTOR
    float vector[MODEL_CONDITION];
    for (size_t i = 0; i < MODEL_CONDITION; i++) {
        const float scale = model_read_float(model_condition_scale + i);
        vector[i] = model_read_float(model_condition_mean + i) + 0.5f / scale;
    }
    model_set_condition(sampler, vector);
#endif
#if HAS_KNOWN
    uint8_t known[MODEL_DIM];
    for (size_t d = 0; d < MODEL_DIM; d++) known[d] = d % 2 == 0;
    model_set_known(sampler, x, known);
#endif
}

#endif
#if HAS_SOURCE
/* A row near the mean of the source. */
static void model_test_row(uint64_t number, float *x) {
    const float offset = number == 0 ? 0.5f : -0.75f;
    for (size_t d = 0; d < MODEL_DIM; d++)
        x[d] = model_read_float(model_source_mean + d) + offset / model_read_float(model_source_scale + d);
}

#endif
model_apart int model_self_test(model_sampler *sampler) {
    float x[MODEL_DIM];
    const uint32_t *golden = model_golden;
    int wrong = 0;
    model_init(sampler);
    for (uint64_t number = 0; number < 2; number++) {
#if HAS_CONDITIONING
        if (number == 1) model_test_condition(sampler, x);
#endif
#if HAS_SOURCE
#if HAS_JUMP
        model_test_row(number, x);
        model_transport(sampler, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#if HAS_JUMPS
        model_test_row(number, x);
        model_transport_jumps(sampler, 2, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#if HAS_ODE
        model_test_row(number, x);
        model_transport_euler(sampler, 3, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
        model_test_row(number, x);
        model_transport_heun(sampler, 2, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#else
#if HAS_JUMP
        model_sample(sampler, 1, number, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#if HAS_JUMPS
        model_sample_jumps(sampler, 1, number, 2, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#if HAS_ODE
        model_sample_euler(sampler, 1, number, 3, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
        model_sample_heun(sampler, 1, number, 2, x);
        wrong += model_differs(x, golden);
        golden += MODEL_DIM;
#endif
#endif
    }
    return wrong;
}
