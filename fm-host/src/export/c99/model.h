/* $title: a flow-matching model in C99, without any library.
 *
 * Written by `fm export`, with $weights. The same seed gives the same bits as `fm sample`
 * on a workstation. Nothing here allocates. Samplers share no memory, so each task can have its own. */

#ifndef MODEL_C99_H
#define MODEL_C99_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MODEL_NAME $name
#define MODEL_ID UINT64_C(0x$id)
/* Values per sample. */
#define MODEL_DIM $dim
/* The number of classes, and of values in the condition vector; 0 if there are none. */
#define MODEL_CLASSES $classes
#define MODEL_CONDITION $condition
/* Width of the hidden layers. */
#define MODEL_HIDDEN $hidden
#if HAS_Q8
/* The longest input of a layer. */
#define MODEL_WIDEST $widest
#endif
#if HAS_PREFIX
/* How many first numbers of a sample are always known. */
#define MODEL_KNOWN_PREFIX $known_prefix
#endif
#if HAS_KNOWN
/* The place of the known parts in the memory of the condition. */
#define MODEL_PARTS $parts
#endif
/* Bytes of flash for the model's numbers, without code and self-test. */
#define MODEL_BYTES $bytes
$names
/* A sampler: its condition and its working memory. Only the functions below use the members. */
typedef struct model_sampler {
#if HAS_F32
    float hidden[2][MODEL_HIDDEN];
#else
    int16_t values[2][MODEL_WIDEST];
#endif
    float slope[MODEL_DIM];
#if HAS_ODE
    float end[MODEL_DIM];
#endif
#if HAS_ROW
    size_t row;
#endif
#if HAS_KNOWN
    float condition[MODEL_PARTS + 2 * MODEL_DIM];
    float known[MODEL_DIM];
#else
#if HAS_VECTOR
    float condition[MODEL_CONDITION];
#endif
#endif
} model_sampler;

/* Prepares a sampler; call it first.$initial */
void model_init(model_sampler *sampler);

#if HAS_CLASSES
/* Sets the class of all samples until it is set again. Returns 0, or -1 if there is no such class, and
 * the previous condition stays. */
int model_set_class(model_sampler *sampler, size_t number);

#endif
#if HAS_VECTOR
/* Sets the condition vector of all samples, [MODEL_CONDITION] in the data's units, until it is set
 * again. Returns 0, or -1 if a value is not finite or too large, and the previous condition stays. */
int model_set_condition(model_sampler *sampler, const float *values);

#endif
#if HAS_NONE
/* Draws samples without a condition until one is set. */
void model_set_no_condition(model_sampler *sampler);

#endif
#if HAS_KNOWN
/* Sets the known parts of all samples until they are set again: number d is values[d], in the data's
 * units, if known[d] is not 0. Both are [MODEL_DIM]. Samples contain the known values bit for bit.
 * Returns 0, or the place, counted from 1, of a known value that is not finite or none of its column's
 * categories, and the previous known parts stay.
#if HAS_PREFIX
 * The first MODEL_KNOWN_PREFIX numbers must be known, and no others, or it returns -1.
#endif
 */
int model_set_known(model_sampler *sampler, const float *values, const uint8_t *known);

#endif
#if HAS_SOURCE
#if HAS_JUMP
/* Moves a row of the source to a row of the data in one evaluation of the network. `x` is [MODEL_DIM]:
 * the row of the source in its own units before, the row of the data in its own units after. */
void model_transport(model_sampler *sampler, float *x);

#endif
#if HAS_JUMPS
/* The same in `steps` equal jumps; 0 is taken as 1. */
void model_transport_jumps(model_sampler *sampler, uint32_t steps, float *x);

#endif
#if HAS_ODE
/* Moves a row of the source to a row of the data in `steps` equal steps of Euler's method, one
 * evaluation of the network each, or of Heun's, two evaluations each; 0 is taken as 1. `x` is
 * [MODEL_DIM]: the row of the source in its own units before, the row of the data in its own units
 * after. */
void model_transport_euler(model_sampler *sampler, uint32_t steps, float *x);
void model_transport_heun(model_sampler *sampler, uint32_t steps, float *x);

#endif
#else
#if HAS_JUMP
/* Draws sample `number` of `seed` in one evaluation of the network. `x` is [MODEL_DIM] and receives the
 * sample in the data's units. */
void model_sample(model_sampler *sampler, uint64_t seed, uint64_t number, float *x);

#endif
#if HAS_JUMPS
/* The same in `steps` equal jumps; 0 is taken as 1. */
void model_sample_jumps(model_sampler *sampler, uint64_t seed, uint64_t number, uint32_t steps, float *x);

#endif
#if HAS_ODE
/* Draws sample `number` of `seed` in `steps` equal steps of Euler's method, one evaluation of the
 * network each, or of Heun's, two evaluations each; 0 is taken as 1. `x` is [MODEL_DIM] and receives the
 * sample in the data's units. */
void model_sample_euler(model_sampler *sampler, uint64_t seed, uint64_t number, uint32_t steps, float *x);
void model_sample_heun(model_sampler *sampler, uint64_t seed, uint64_t number, uint32_t steps, float *x);

#endif
#endif
/* The parts of the functions above, to do other work between two steps: begin, then steps from t to r in
 * [MODEL_START, 1], then finish. `x` is [MODEL_DIM]. */
#define MODEL_START $start
#if HAS_SOURCE
/* Standardises a row of the source. */
void model_begin(const model_sampler *sampler, float *x);
#else
/* Writes standard normal noise, the start of a sample; yours will do as well. */
void model_begin(const model_sampler *sampler, uint64_t seed, uint64_t number, float *x);
#endif
#if HAS_JUMP
#if !HAS_ODE
/* This network jumps from 0 to 1 only. */
#endif
void model_jump(model_sampler *sampler, float t, float r, float *x);
#endif
#if HAS_ODE
void model_euler(model_sampler *sampler, float t, float r, float *x);
void model_heun(model_sampler *sampler, float t, float r, float *x);
#endif
/* Converts a sample to the data's units. */
void model_finish(const model_sampler *sampler, float *x);

/* Draws a few samples and compares every bit with what the workstation drew when the model was exported.
 * Returns how many differ: 0 if compiler and processor compute as they should. It initialises `sampler`. */
int model_self_test(model_sampler *sampler);

#ifdef __cplusplus
}
#endif

#endif
