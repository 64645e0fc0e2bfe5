/* Known parts: numbers of a sample that are given; the others are drawn. */

static const float *model_flags(const model_sampler *sampler) {
    return sampler->condition + MODEL_PARTS;
}

model_apart int model_set_known(model_sampler *sampler, const float *values, const uint8_t *known) {
    float *const flags = sampler->condition + MODEL_PARTS, *const places = flags + MODEL_DIM;
#if HAS_PREFIX
    /* The model learnt no other question. */
    for (size_t d = 0; d < MODEL_DIM; d++)
        if ((known[d] != 0) != (d < MODEL_KNOWN_PREFIX)) return -1;
#endif
    /* All values are checked before the first is written. */
    for (int write = 0; write < 2; write++) {
#if HAS_COLUMNS
        const uint32_t *next = model_columns;
#endif
        for (size_t d = 0; d < MODEL_DIM; d++) {
            float y = values[d];
            int possible = model_is_finite(y);
#if HAS_COLUMNS
            model_column column;
            next = model_read_column(next, &column);
            possible = possible && model_accepts(&column, values[d]);
            y = model_apply(&column, model_nearest(&column, values[d]));
#endif
            y = (y - model_read_float(model_mean + d)) / model_read_float(model_std + d);
            if (write) {
                flags[d] = known[d] ? 1.0f : 0.0f;
                places[d] = known[d] ? y : 0.0f;
                sampler->known[d] = known[d] ? values[d] : 0.0f;
            } else if (known[d] && !(possible && model_is_finite(y))) {
                return (int)d + 1;
            }
        }
    }
    return 0;
}

/* Writes the known parts over a state between noise and data. */
static void model_pin(const model_sampler *sampler, float *x) {
    const float *const flags = model_flags(sampler);
    for (size_t d = 0; d < MODEL_DIM; d++)
        if (model_bits(flags[d])) x[d] = flags[MODEL_DIM + d];
}

/* Known numbers do not move. */
static void model_hold(const model_sampler *sampler, float *velocity) {
    const float *const flags = model_flags(sampler);
    for (size_t d = 0; d < MODEL_DIM; d++)
        if (model_bits(flags[d])) velocity[d] = 0.0f;
}

