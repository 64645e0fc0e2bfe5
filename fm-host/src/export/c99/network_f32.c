/* The network in single precision. */

/* The network's output at x; `times` is t, and r - t for a network that jumps. */
static void model_network(model_sampler *sampler, const float *times, const float *x, float *out) {
    float *from = sampler->hidden[0], *to = sampler->hidden[1];
    for (size_t i = 0; i < MODEL_LAYERS; i++) {
        const model_layer layer = model_layers[i];
        for (size_t o = 0; o < MODEL_HIDDEN; o++) to[o] = model_read_float(layer.bias + o);
        if (i == 0) {
            model_add_before(sampler, times, layer.weights, MODEL_INPUTS, MODEL_HIDDEN, to);
            model_add(layer.weights, MODEL_INPUTS, MODEL_INPUTS - MODEL_DIM, x, MODEL_DIM, MODEL_HIDDEN, to);
        } else {
            model_add(layer.weights, MODEL_HIDDEN, 0, from, MODEL_HIDDEN, MODEL_HIDDEN, to);
        }
        for (size_t o = 0; o < MODEL_HIDDEN; o++) to[o] = model_activation(to[o]);
        float *const swapped = from;
        from = to;
        to = swapped;
    }
    const model_layer last = model_layers[MODEL_LAYERS];
#if HAS_GAINS
    /* The sums start at a gain times x. */
    for (size_t d = 0; d < MODEL_DIM; d++) out[d] = model_read_float(model_gains_bias + d);
    model_add_before(sampler, times, model_gains_weights, MODEL_INPUTS - MODEL_DIM, MODEL_DIM, out);
    for (size_t d = 0; d < MODEL_DIM; d++) out[d] = out[d] * x[d] + model_read_float(last.bias + d);
#else
    for (size_t d = 0; d < MODEL_DIM; d++) out[d] = model_read_float(last.bias + d);
#endif
    model_add(last.weights, MODEL_HIDDEN, 0, from, MODEL_HIDDEN, MODEL_DIM, out);
}

