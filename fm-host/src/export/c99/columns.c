/* The transforms of columns: from the numbers of the network to those of the data, and back. */

/* A column of the table: its words are the kinds and the number of parameters, six numbers, and the
 * parameters. */
typedef struct model_column {
    uint8_t form;
    uint8_t meaning;
    size_t count;
    float low, high, shift, scale, step, per;
    const uint32_t *parameters;
} model_column;

static float model_number(const uint32_t *word) {
    return model_of_bits(model_read_word(word));
}

/* Reads the column at `word` and returns the place of the next one. */
static const uint32_t *model_read_column(const uint32_t *word, model_column *column) {
    const uint32_t head = model_read_word(word);
    column->form = (uint8_t)(head & 0xffu);
    column->meaning = (uint8_t)((head >> 8) & 0xffu);
    column->count = (size_t)(head >> 16);
    column->low = model_number(word + 1);
    column->high = model_number(word + 2);
    column->shift = model_number(word + 3);
    column->scale = model_number(word + 4);
    column->step = model_number(word + 5);
    column->per = model_number(word + 6);
    column->parameters = word + 7;
    return column->parameters + column->count;
}

/* The number within the limits that is nearest to x; of a NaN, the lower one. */
static float model_limited(float x, float low, float high) {
    const float above = low <= x ? x : low;
    return above <= high ? above : high;
}

#if HAS_COLUMN_LOG
/* x, or the smallest normal number if x is less: its logarithm is finite. */
static float model_positive(float x) {
    return model_limited(x, 1.17549435e-38f, 3.40282347e+38f);
}

#endif
/* The nearest whole number, halves to even, for magnitudes below 2^22; other numbers stay. */
static float model_round(float x) {
    return -4194304.0f <= x && x <= 4194304.0f ? x + 12582912.0f - 12582912.0f : x;
}

#if HAS_POWER
/* The parameters lambda and its reciprocal for the sign of `value`, and its magnitude (Yeo and Johnson,
 * 2000, doi:10.1093/biomet/87.4.954). */
static float model_side(const model_column *column, float value, float *lambda, float *inverse) {
    const uint32_t *side = column->parameters + (0.0f <= value ? 0 : 2);
    *lambda = model_number(side);
    *inverse = model_number(side + 1);
    return 0.0f <= value ? value : -value;
}

static float model_inverse_power(const model_column *column, float y) {
    float lambda, inverse;
    const float size = model_side(column, y, &lambda, &inverse);
    const float logarithm =
        inverse == 0.0f ? size : model_log(model_positive(lambda * size + 1.0f)) * inverse;
    const float x = model_exp(logarithm) - 1.0f;
    return 0.0f <= y ? x : -x;
}

#if HAS_KNOWN
static float model_power(const model_column *column, float x) {
    float lambda, inverse;
    const float size = model_side(column, x, &lambda, &inverse);
    const float logarithm = model_log(model_positive(1.0f + size));
    const float y = inverse == 0.0f ? logarithm : (model_exp(lambda * logarithm) - 1.0f) * inverse;
    return 0.0f <= x ? y : -y;
}

#endif
#endif
#if HAS_KNOTS
/* The knot whose line gives the value at y: the last that begins at or before it, or the first. A knot is
 * its beginning, the value there, the slope from there, and a y that stands for it. */
static const uint32_t *model_knot_at(const model_column *column, float y) {
    const uint32_t *found = column->parameters;
    for (size_t i = 4; i < column->count; i += 4) {
        if (!(model_number(column->parameters + i) <= y)) break;
        found = column->parameters + i;
    }
    return found;
}

#if HAS_KNOWN
/* The knot of a value: one that is this value alone, or the last that begins at or before it, or the
 * first. `beside` becomes the knot after it, or before it if it is the last; itself if it is the only one. */
static const uint32_t *model_knot_of(const model_column *column, float f, const uint32_t **beside) {
    const uint32_t *const knots = column->parameters, *found = knots;
    size_t at = 0;
    *beside = knots;
    for (size_t i = 0; i < column->count; i += 4) {
        const float value = model_number(knots + i + 1);
        if (model_number(knots + i + 2) == 0.0f && value == f) {
            *beside = knots + i;
            return knots + i;
        }
        if (i == 0 || value <= f) {
            found = knots + i;
            *beside = i == 0 ? found : found - 4;
            at = i;
        } else if (i == at + 4) {
            *beside = knots + i;
        }
    }
    return found;
}

/* How far f is from the point of a value that owns an interval, along the line through the point of the
 * knot beside it. The only value of a column has no unit: 16 is farther than any row. */
static float model_off_values(const uint32_t *knot, const uint32_t *beside, float f) {
    const float value = model_number(knot + 1), other = model_number(beside + 1);
    const float off = f - value, run = model_number(beside + 3) - model_number(knot + 3);
    const float slope = other == value ? model_number(beside + 2) : (other - value) / run;
    if (off == 0.0f) return 0.0f;
    if (slope == 0.0f) return off < 0.0f ? -16.0f : 16.0f;
    return off / slope;
}

#endif
#endif
/* A number of the data from one of the network. */
static float model_invert(const model_column *column, float y) {
    float f = y;
#if HAS_COLUMN_EXP
    if (column->form == 1) f = model_exp(y);
#endif
#if HAS_POWER
    if (column->form == 2) f = model_inverse_power(column, y);
#endif
#if HAS_KNOTS
    if (column->form == 3) {
        const uint32_t *knot = model_knot_at(column, y);
        f = model_number(knot + 1) + (y - model_number(knot + 3)) * model_number(knot + 2);
    }
#endif
    float x = column->shift + column->scale * f;
    if (column->per > 0.0f)
        x = model_round(x * column->per / column->step) * column->step / column->per;
    return model_limited(x, column->low, column->high);
}

#if HAS_KNOWN
/* A number of the network from one of the data. */
static float model_apply(const model_column *column, float x) {
    const float f = (x - column->shift) / column->scale;
#if HAS_COLUMN_EXP
    if (column->form == 1) return model_log(model_positive(f));
#endif
#if HAS_POWER
    if (column->form == 2) return model_power(column, f);
#endif
#if HAS_KNOTS
    if (column->form == 3) {
        const uint32_t *beside;
        const uint32_t *const knot = model_knot_of(column, f, &beside);
        const float slope = model_number(knot + 2), centre = model_number(knot + 3);
        if (slope == 0.0f) return centre + model_off_values(knot, beside, f);
        return centre + (f - model_number(knot + 1)) / slope;
    }
#endif
    return f;
}

/* The number nearest to x that the model read in training: within the range of the training rows, which may
 * follow the parameters of a form, and one of the values of a column that has no others there. */
static float model_nearest(const model_column *column, float x) {
    const size_t powers = column->form == 2 ? 4 : 0;
    float low = column->low, high = column->high;
    if (column->form != 3 && column->count >= powers + 2) {
        low = model_number(column->parameters + powers);
        high = model_number(column->parameters + powers + 1);
    }
    x = model_limited(x, low, high);
#if HAS_KNOTS
    if (column->form == 3) {
        const float f = (x - column->shift) / column->scale;
        const uint32_t *beside;
        const uint32_t *const knot = model_knot_of(column, f, &beside);
        const float value = model_number(knot + 1), other = model_number(beside + 1);
        if (model_number(knot + 2) == 0.0f && value != f) {
            const float own_off = f < value ? value - f : f - value;
            const float other_off = f < other ? other - f : f - other;
            return column->shift + column->scale * (own_off <= other_off ? value : other);
        }
    }
#endif
    return x;
}

/* Whether a finite x means something: any does, unless the column has categories. */
static int model_accepts(const model_column *column, float x) {
    const int whole = model_bits(model_round(x)) == model_bits(x);
    return column->meaning != 1 || (column->low <= x && x <= column->high && whole);
}

#endif
