/* A sampler's condition: a class, a vector, or none. */

model_apart void model_init(model_sampler *sampler) {
    (void)sampler;
#if HAS_ROW
    sampler->row = $initial_row;
#endif
#if HAS_MEMORY
    for (size_t i = 0; i < MODEL_MEMORY; i++) sampler->condition[i] = 0.0f;
#endif
#if HAS_KNOWN
    for (size_t d = 0; d < MODEL_DIM; d++) sampler->known[d] = 0.0f;
#endif
}

#if HAS_CLASSES
model_apart int model_set_class(model_sampler *sampler, size_t number) {
    if (number >= MODEL_CLASSES) return -1;
    sampler->row = number;
    return 0;
}

#endif
#if HAS_VECTOR
static float model_standardised(const float *values, size_t i) {
    const float mean = model_read_float(model_condition_mean + i);
    return (values[i] - mean) * model_read_float(model_condition_scale + i);
}

model_apart int model_set_condition(model_sampler *sampler, const float *values) {
    for (size_t i = 0; i < MODEL_CONDITION; i++)
        if (!model_is_finite(model_standardised(values, i))) return -1;
    for (size_t i = 0; i < MODEL_CONDITION; i++) sampler->condition[i] = model_standardised(values, i);
#if HAS_NONE
    /* The class stays if there is one. */
#if HAS_CLASSES
    if (sampler->row == MODEL_NONE_ROW) sampler->row = 0;
#else
    sampler->row = 0; /* any other row */
#endif
#endif
    return 0;
}

#endif
#if HAS_NONE
model_apart void model_set_no_condition(model_sampler *sampler) {
    sampler->row = MODEL_NONE_ROW;
}

#endif
