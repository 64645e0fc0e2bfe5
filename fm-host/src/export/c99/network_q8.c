/* The network in integers: 8-bit weights, 16-bit activations, 32-bit sums. */

/* An input of the first layer: 11 bits after the point, halves away from 0, saturated; 0 for a NaN. */
static int16_t model_fixed(float x) {
    const float scaled = x * 2048.0f;
    const float rounded = scaled + (scaled < 0.0f ? -0.5f : 0.5f);
    if (rounded >= 32767.0f) return INT16_MAX;
    if (rounded <= -32768.0f) return INT16_MIN;
    if (rounded != rounded) return 0;
    return (int16_t)rounded;
}

/* Four sums from output `first` on, or those that remain: bias + weights * inputs. Sums wrap.
 *
 * The weights of a layer are stored in blocks of 4 outputs, each block input by input; the last block has
 * the outputs that remain. */
static void model_sums(const model_layer *layer, size_t rows, const int16_t *inputs, size_t first,
                       size_t width, int32_t sums[4]) {
    const int32_t *bias = layer->bias + first;
    const int8_t *w = layer->weights + first * rows;
    if (width == 4) {
        uint32_t a = (uint32_t)model_read_word(bias), b = (uint32_t)model_read_word(bias + 1);
        uint32_t c = (uint32_t)model_read_word(bias + 2), d = (uint32_t)model_read_word(bias + 3);
        for (size_t i = 0; i < rows; i++, w += 4) {
            const int32_t x = inputs[i];
            a += (uint32_t)(model_read_byte(w) * x);
            b += (uint32_t)(model_read_byte(w + 1) * x);
            c += (uint32_t)(model_read_byte(w + 2) * x);
            d += (uint32_t)(model_read_byte(w + 3) * x);
        }
        sums[0] = (int32_t)a, sums[1] = (int32_t)b, sums[2] = (int32_t)c, sums[3] = (int32_t)d;
        return;
    }
    for (size_t lane = 0; lane < width; lane++) {
        uint32_t sum = (uint32_t)model_read_word(bias + lane);
        for (size_t i = 0; i < rows; i++)
            sum += (uint32_t)(model_read_byte(w + i * width + lane) * (int32_t)inputs[i]);
        sums[lane] = (int32_t)sum;
    }
}

#if !HAS_RELU
/* The activation's difference from ReLU, or from the sign, by table; `size` and the result have `fraction`
 * bits after the point. */
static int32_t model_difference(int32_t size, uint8_t fraction) {
    const int finer = fraction - 4;
    const uint32_t place = (uint32_t)size >> finer;
    if (place >= 256u) return 0;
    const uint32_t one = UINT32_C(1) << finer, rest = (uint32_t)size & (one - 1u);
    const uint32_t left = model_read_half(model_table + place);
    const uint32_t right = model_read_half(model_table + place + 1);
    return (int32_t)((left * (one - rest) + right * rest + 1024u) >> 11);
}

#endif
/* The next layer's input from a sum: scaled to 16 bits, then activated. */
static int16_t model_rescale(const model_layer *layer, size_t output, int32_t sum) {
    const int32_t multiplier = (int16_t)model_read_half(layer->multipliers + output);
    /* sum * multiplier / 2^16 towards minus infinity, without a product of 64 bits. */
    const int32_t low = ((sum & INT32_C(0xffff)) * multiplier) >> 16;
    const int32_t scaled = (sum >> 16) * multiplier + low;
    int32_t z = (scaled + (INT32_C(1) << (layer->shift - 1))) >> layer->shift;
    z = z > 0x7fff ? 0x7fff : z < -0x7fff ? -0x7fff : z;
#if HAS_RELU
    return (int16_t)(z < 0 ? 0 : z);
#endif
#if HAS_TANH
    const int32_t size = (INT32_C(1) << layer->fraction) - model_difference(z < 0 ? -z : z, layer->fraction);
    return (int16_t)(z < 0 ? -size : size);
#endif
#if HAS_SILU || HAS_GELU
    return (int16_t)((z < 0 ? 0 : z) - model_difference(z < 0 ? -z : z, layer->fraction));
#endif
}

/* The first layer's inputs: times, condition, known parts and x. */
static void model_inputs(const model_sampler *sampler, const float *times, const float *x, int16_t *inputs) {
    (void)sampler;
    for (size_t i = 0; i < MODEL_INPUTS - MODEL_DIM; i++) inputs[i] = 0;
    for (size_t i = 0; i < MODEL_TIMES; i++) inputs[i] = model_fixed(times[i]);
#if HAS_ROW
#if HAS_CLASSES
    inputs[MODEL_TIMES + sampler->row] = 2048;
#else
    if (sampler->row == MODEL_NONE_ROW) inputs[MODEL_TIMES + MODEL_NONE_ROW] = 2048;
#endif
#endif
#if HAS_MEMORY
    size_t start = 0;
#if HAS_NONE
    /* Without a condition, only the known parts are read. */
    if (sampler->row == MODEL_NONE_ROW) start = MODEL_UNCONDITIONAL_FROM;
#endif
    for (size_t i = start; i < MODEL_MEMORY; i++)
        inputs[MODEL_TIMES + MODEL_CLASSES + i] = model_fixed(sampler->condition[i]);
#endif
    for (size_t d = 0; d < MODEL_DIM; d++) inputs[MODEL_INPUTS - MODEL_DIM + d] = model_fixed(x[d]);
}

/* The network's output at x; `times` is t, and r - t for a network that jumps. */
static void model_network(model_sampler *sampler, const float *times, const float *x, float *out) {
    int16_t *from = sampler->values[0], *to = sampler->values[1];
    int32_t sums[4];
    model_inputs(sampler, times, x, from);
    for (size_t i = 0; i < MODEL_LAYERS; i++) {
        const model_layer layer = model_layers[i];
        for (size_t o = 0; o < MODEL_HIDDEN; o += 4) {
            const size_t width = MODEL_HIDDEN - o < 4 ? MODEL_HIDDEN - o : 4;
            model_sums(&layer, i == 0 ? MODEL_INPUTS : MODEL_HIDDEN, from, o, width, sums);
            for (size_t lane = 0; lane < width; lane++)
                to[o + lane] = model_rescale(&layer, o + lane, sums[lane]);
        }
        int16_t *const swapped = from;
        from = to;
        to = swapped;
    }
    const model_layer last = model_layers[MODEL_LAYERS];
    for (size_t o = 0; o < MODEL_DIM; o += 4) {
        const size_t width = MODEL_DIM - o < 4 ? MODEL_DIM - o : 4;
        model_sums(&last, MODEL_HIDDEN, from, o, width, sums);
        for (size_t lane = 0; lane < width; lane++)
            out[o + lane] = (float)sums[lane] * model_read_float(model_scale + o + lane);
    }
#if HAS_GAINS
    float gains[MODEL_DIM];
    for (size_t d = 0; d < MODEL_DIM; d++) gains[d] = model_read_float(model_gains_bias + d);
    model_add_before(sampler, times, model_gains_weights, MODEL_INPUTS - MODEL_DIM, MODEL_DIM, gains);
    for (size_t d = 0; d < MODEL_DIM; d++) out[d] += gains[d] * x[d];
#endif
}

