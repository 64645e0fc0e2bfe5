/* Sums of a dense layer in single precision. */

/* sums += weights * inputs, for `count` inputs from row `first` on. Each sum adds its inputs in order.
 *
 * The weights of a layer are stored in blocks of 8 outputs, each block input by input; the last block has
 * the outputs that remain. */
static void model_add(const float *weights, size_t rows, size_t first, const float *inputs, size_t count,
                      size_t outputs, float *sums) {
    size_t o = 0;
    for (; o + 8 <= outputs; o += 8) {
        const float *w = weights + o * rows + first * 8;
        float a = sums[o], b = sums[o + 1], c = sums[o + 2], d = sums[o + 3];
        float e = sums[o + 4], f = sums[o + 5], g = sums[o + 6], h = sums[o + 7];
        for (size_t i = 0; i < count; i++, w += 8) {
            const float x = inputs[i];
            a += model_read_float(w) * x;
            b += model_read_float(w + 1) * x;
            c += model_read_float(w + 2) * x;
            d += model_read_float(w + 3) * x;
            e += model_read_float(w + 4) * x;
            f += model_read_float(w + 5) * x;
            g += model_read_float(w + 6) * x;
            h += model_read_float(w + 7) * x;
        }
        sums[o] = a, sums[o + 1] = b, sums[o + 2] = c, sums[o + 3] = d;
        sums[o + 4] = e, sums[o + 5] = f, sums[o + 6] = g, sums[o + 7] = h;
    }
    const size_t width = outputs - o;
    const float *block = weights + o * rows + first * width;
    for (size_t lane = 0; lane < width; lane++) {
        const float *w = block + lane;
        float sum = sums[o + lane];
        for (size_t i = 0; i < count; i++, w += width) sum += model_read_float(w) * inputs[i];
        sums[o + lane] = sum;
    }
}

/* Adds the inputs before x, which are the first rows: times, condition and known parts. */
static void model_add_before(const model_sampler *sampler, const float *times, const float *weights,
                             size_t rows, size_t outputs, float *sums) {
    (void)sampler;
    model_add(weights, rows, 0, times, MODEL_TIMES, outputs, sums);
#if HAS_ROW
    const float one = 1.0f;
#if HAS_CLASSES
    model_add(weights, rows, MODEL_TIMES + sampler->row, &one, 1, outputs, sums);
#else
    if (sampler->row == MODEL_NONE_ROW)
        model_add(weights, rows, MODEL_TIMES + MODEL_NONE_ROW, &one, 1, outputs, sums);
#endif
#endif
#if HAS_MEMORY
    size_t start = 0;
#if HAS_NONE
    /* Without a condition, only the known parts are read. */
    if (sampler->row == MODEL_NONE_ROW) start = MODEL_UNCONDITIONAL_FROM;
#endif
    model_add(weights, rows, MODEL_TIMES + MODEL_CLASSES + start, sampler->condition + start,
              MODEL_MEMORY - start, outputs, sums);
#endif
}

