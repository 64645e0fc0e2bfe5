/* From noise to a sample in the data's units: jumps, Euler's method, Heun's method. */

/* x += factor * direction */
static void model_advance(float *x, float factor, const float *direction) {
    for (size_t d = 0; d < MODEL_DIM; d++) x[d] += factor * direction[d];
}

#if HAS_JUMP
/* x += (r - t) u(t, r, x): exact for an exact average velocity u (MeanFlow; Geng et al., 2025,
 * arXiv:2505.13447). */
model_apart void model_jump(model_sampler *sampler, float t, float r, float *x) {
    const float times[2] = {t, r - t};
#if HAS_KNOWN
    model_pin(sampler, x);
#endif
    model_network(sampler, times, x, sampler->slope);
#if HAS_KNOWN
    model_hold(sampler, sampler->slope);
#endif
    model_advance(x, r - t, sampler->slope);
}

#endif
#if HAS_ODE
/* The velocity at time t. */
static void model_velocity(model_sampler *sampler, float t, const float *x, float *out) {
    const float times[2] = {t, 0.0f};
    model_network(sampler, times, x, out);
#if HAS_PATH
    /* The output is a score or noise, which imply a velocity on the path of training. */
#if HAS_TRIG
    /* A quarter turn is 2^30. */
    const float turn = t * 1073741824.0f;
    const uint32_t angle = !(turn > 0.0f) ? 0u : turn >= 4294967296.0f ? UINT32_MAX : (uint32_t)turn;
    float alpha, sigma;
    model_sine_cosine(angle, &alpha, &sigma);
    const float slope = 1.57079632679f * sigma, det = -1.57079632679f;
#else
    const float alpha = t, slope = 1.0f, det = -1.0f;
#if HAS_SCORE
    const float sigma = 1.0f - t;
#endif
#endif
    for (size_t d = 0; d < MODEL_DIM; d++) {
#if HAS_SCORE
        const float noise = -sigma * out[d];
#else
        const float noise = out[d];
#endif
        out[d] = (slope * x[d] + det * noise) / alpha;
    }
#endif
#if HAS_KNOWN
    model_hold(sampler, out);
#endif
}

/* x += h v(t, x) */
model_apart void model_euler(model_sampler *sampler, float t, float r, float *x) {
#if HAS_KNOWN
    model_pin(sampler, x);
#endif
    model_velocity(sampler, t, x, sampler->slope);
    model_advance(x, r - t, sampler->slope);
}

/* x += h/2 (v(t, x) + v(r, x + h v(t, x))) */
model_apart void model_heun(model_sampler *sampler, float t, float r, float *x) {
    const float h = r - t, half = 0.5f * (r - t);
    float *const slope = sampler->slope, *const end = sampler->end;
#if HAS_KNOWN
    model_pin(sampler, x);
#endif
    model_velocity(sampler, t, x, slope);
    for (size_t d = 0; d < MODEL_DIM; d++) end[d] = x[d] + h * slope[d];
    model_advance(x, half, slope);
    model_velocity(sampler, r, end, slope);
    model_advance(x, half, slope);
}

#endif
#if HAS_SOURCE
model_apart void model_begin(const model_sampler *sampler, float *x) {
    (void)sampler;
    for (size_t d = 0; d < MODEL_DIM; d++)
        x[d] = (x[d] - model_read_float(model_source_mean + d)) * model_read_float(model_source_scale + d);
}
#else
model_apart void model_begin(const model_sampler *sampler, uint64_t seed, uint64_t number, float *x) {
    (void)sampler;
    model_noise(seed, number, x);
#if HAS_KNOWN
    model_pin(sampler, x);
#endif
}
#endif

model_apart void model_finish(const model_sampler *sampler, float *x) {
    (void)sampler;
#if HAS_COLUMNS
    const uint32_t *next = model_columns;
#endif
    for (size_t d = 0; d < MODEL_DIM; d++) {
#if HAS_KNOWN
        if (model_bits(model_flags(sampler)[d])) {
            x[d] = sampler->known[d];
#if HAS_COLUMNS
            model_column skipped;
            next = model_read_column(next, &skipped);
#endif
            continue;
        }
#endif
        x[d] = x[d] * model_read_float(model_std + d) + model_read_float(model_mean + d);
#if HAS_COLUMNS
        model_column column;
        next = model_read_column(next, &column);
        x[d] = model_invert(&column, x[d]);
#endif
    }
}

#if HAS_JUMPS || HAS_ODE
/* Moves x by `step` along a grid of `steps` equal steps to the end. */
static void model_solve(model_sampler *sampler, void (*step)(model_sampler *, float, float, float *),
                        uint32_t steps, float *x) {
    const float span = 1.0f - MODEL_START;
    float t = MODEL_START;
    if (steps == 0) steps = 1;
    for (uint32_t k = 1; k <= steps; k++) {
        const float r = k == steps ? 1.0f : MODEL_START + span * ((float)k / (float)steps);
        step(sampler, t, r, x);
        t = r;
        if (k == steps) break;
    }
    model_finish(sampler, x);
}

#endif
#if HAS_SOURCE
#if HAS_JUMP
model_apart void model_transport(model_sampler *sampler, float *x) {
    model_begin(sampler, x);
    model_jump(sampler, 0.0f, 1.0f, x);
    model_finish(sampler, x);
}

#endif
#if HAS_JUMPS
model_apart void model_transport_jumps(model_sampler *sampler, uint32_t steps, float *x) {
    model_begin(sampler, x);
    model_solve(sampler, model_jump, steps, x);
}

#endif
#if HAS_ODE
model_apart void model_transport_euler(model_sampler *sampler, uint32_t steps, float *x) {
    model_begin(sampler, x);
    model_solve(sampler, model_euler, steps, x);
}

model_apart void model_transport_heun(model_sampler *sampler, uint32_t steps, float *x) {
    model_begin(sampler, x);
    model_solve(sampler, model_heun, steps, x);
}

#endif
#else
#if HAS_JUMP
model_apart void model_sample(model_sampler *sampler, uint64_t seed, uint64_t number, float *x) {
    model_begin(sampler, seed, number, x);
    model_jump(sampler, 0.0f, 1.0f, x);
    model_finish(sampler, x);
}

#endif
#if HAS_JUMPS
model_apart void model_sample_jumps(model_sampler *sampler, uint64_t seed, uint64_t number,
        uint32_t steps, float *x) {
    model_begin(sampler, seed, number, x);
    model_solve(sampler, model_jump, steps, x);
}

#endif
#if HAS_ODE
model_apart void model_sample_euler(model_sampler *sampler, uint64_t seed, uint64_t number,
        uint32_t steps, float *x) {
    model_begin(sampler, seed, number, x);
    model_solve(sampler, model_euler, steps, x);
}

model_apart void model_sample_heun(model_sampler *sampler, uint64_t seed, uint64_t number,
        uint32_t steps, float *x) {
    model_begin(sampler, seed, number, x);
    model_solve(sampler, model_heun, steps, x);
}

#endif
#endif
