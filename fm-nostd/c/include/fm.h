/* Flow-matching samplers for firmware: the C interface of fm-nostd.
 *
 *   #include "moons.h"                       // by `fm export RUN --out moons.h`
 *
 *   static fm_model model;
 *   static fm_sampler sampler;
 *   static float work[MOONS_WORK];
 *
 *   float x[MOONS_DIM];
 *   fm_status status = fm_model_init(&model, moons, sizeof moons);
 *   if (status == FM_OK) status = fm_sampler_init(&sampler, &model, work, MOONS_WORK);
 *   if (status == FM_OK) status = fm_sample(&sampler, 1, 0, x, MOONS_DIM);
 *
 * The library does not allocate, does not copy weights, and keeps all state in the memory that the
 * caller provides. It cannot panic. Of the C library it uses only memcpy, memmove, memset and memcmp,
 * and contains its own versions of them.
 *
 * Numbers: a seed produces the same bits as the `fm` program on a workstation. This requires IEEE 754
 * arithmetic with an FPU's reset settings: round to nearest, no flush to zero and no default NaN (on
 * Arm, FPSCR bits 22 to 25 are 0). Do not call the library from code that changed these settings, and
 * save them with the FPU's registers on a task switch. Enable the FPU first. Compiler flags of the C
 * code, including -ffast-math, do not affect the library, but -ffast-math at link time may set flush
 * to zero at start-up on a hosted system.
 *
 * Generated from the source by cbindgen: do not edit. */


#ifndef FM_H
#define FM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Words of memory for a model's view, the same for models of any size.
#define FM_MODEL_WORDS 40

// Words of memory for a sampler, in addition to its working memory.
#define FM_SAMPLER_WORDS 24

// The result of a call. A call that does not return `FM_OK` has changed nothing.
typedef enum fm_status {
  // Done.
  FM_OK = 0,
  // A pointer is NULL.
  FM_NULL = 1,
  // A pointer, or the model's weights, are misaligned: `fm_model` and `fm_sampler` require 8 bytes,
  // `float` and weights 4. Align a model to 16.
  FM_MISALIGNED = 2,
  // The `fm_model` or `fm_sampler` was not initialised, or its initialisation failed.
  FM_NOT_READY = 3,
  // An array has a different length than the model requires.
  FM_LENGTH = 4,
  // The working memory is too short: see `fm_info`.
  FM_WORK = 5,
  // Not a .fm model, or an erased flash page.
  FM_NOT_A_BLOB = 16,
  // The model is cut short.
  FM_TRUNCATED = 17,
  // The model is damaged.
  FM_BAD_CRC = 18,
  // This library does not support the model's format revision: export the model again.
  FM_FORMAT = 19,
  // The model was made for another revision of the numbers contract, so the bits would differ:
  // export it again.
  FM_NUMBERS = 20,
  // The model's header does not parse.
  FM_MALFORMED = 21,
  // This build does not support the model's kind of weights.
  FM_DTYPE = 22,
  // The model's sizes are zero, overflow or disagree.
  FM_SIZES = 23,
  // The model predicts velocities and cannot jump. Use Euler or Heun.
  FM_NOT_AVERAGE = 32,
  // The model predicts scores or noise, but was trained so that these imply no velocity.
  FM_NO_VELOCITY = 33,
  // The model supports only the jump from noise to data, not a velocity. Use `fm_sample`.
  FM_ONE_JUMP = 34,
  // The model moves rows of a source, not noise. Use `fm_transport`.
  FM_SOURCE = 35,
  // The model moves noise, not rows of a source. Use `fm_sample`.
  FM_NO_SOURCE = 36,
  // The model was trained without known parts.
  FM_NO_KNOWN = 37,
  // Parts of the sample are known, but a whole row is scored. Set them to unknown first.
  FM_KNOWN = 38,
  // The model was trained with its first numbers known (`fm_info.known_prefix`) and no others: just these must be
  // known, and whole rows have no score.
  FM_KNOWN_PREFIX = 39,
  // The model requires a condition.
  FM_CONDITION_REQUIRED = 48,
  // The model has no such class.
  FM_NO_SUCH_CLASS = 49,
  // The model accepts another kind of condition, or none.
  FM_OTHER_CONDITION = 50,
  // A number of the condition, a known value or a value of a row is not finite; the previous condition or known
  // parts stay.
  FM_NOT_FINITE = 51,
  // A known value or a value of a row is none of its column's categories; the previous known parts stay.
  FM_IMPOSSIBLE = 52,
  // An error without a code in this interface.
  FM_OTHER = 255,
} fm_status;

// The label at the start of a model.
typedef struct fm_label {
  // The exporter's fingerprint of the model.
  uint64_t id;
  // Length of the whole model in bytes.
  size_t len;
} fm_label;

// A checked model: a view of bytes that must stay in place. The caller provides its memory, on the stack
// or static; only the library accesses its contents. It must not be copied or moved while a sampler uses
// it.
typedef struct fm_model {
  uint64_t ready;
  size_t state[FM_MODEL_WORDS];
} fm_model;

// The facts about a model. Lengths count `float` numbers, except `len`, which counts bytes.
typedef struct fm_info {
  // The exporter's fingerprint of the model.
  uint64_t id;
  // Length of the whole model in bytes: the offset at which other data in a flash slot may start.
  size_t len;
  // Numbers in a sample.
  size_t dim;
  // Width of the hidden layers.
  size_t hidden;
  // Number of hidden layers.
  size_t layers;
  // Number of classes; 0 without classes.
  size_t classes;
  // Numbers in the condition vector; 0 without one.
  size_t condition;
  // How many first numbers of a sample were always known in training, and no others: they must be set before a
  // sample is drawn (`fm_set_known`). 0 if any set of numbers can be known, or none.
  size_t known_prefix;
  // Working memory for jumps and Euler: `2 hidden + condition + dim`; with known parts, `3 dim` or `3 dim + 1`
  // more.
  size_t work;
  // Working memory for Heun, which also suffices for the others: `dim` more than `work`.
  size_t work_heun;
  // The model's name in UTF-8, inside the model's bytes and not terminated by a zero byte. An empty
  // string if it has no name.
  const char *name;
  // Length of the name in bytes.
  size_t name_len;
  // The time at which sampling starts: 0 except for fields that are singular there.
  float start;
  // Whether the model can jump from noise to data: `fm_sample`.
  bool jumps;
  // Whether the model has a velocity: `fm_euler` and `fm_heun`.
  bool velocity;
  // Whether the model can be sampled without a condition: `fm_set_none`.
  bool unconditional;
  // Whether outputs are clamped to a range.
  bool clamped;
  // Whether samples start at rows of a source instead of noise: `fm_transport`.
  bool source;
  // Whether a part of a sample can be known, so that only the rest is drawn: `fm_set_known`.
  bool known;
} fm_info;

// A sampler of a model: the condition that is set, and the location of the working memory. The caller
// provides its memory; only the library accesses its contents. It must not be copied. Two samplers
// over one model may run in two tasks, each with its own working memory.
typedef struct fm_sampler {
  uint64_t ready;
  size_t state[FM_SAMPLER_WORDS];
} fm_sampler;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Returns the text of a status: a string that is terminated by a zero byte and never freed.
const char *fm_status_text(int status);

// Reads a model's label without checking the model, in a time that does not depend on its length:
// to choose between two slots, or to see that an update is already installed. The label of a damaged
// model may be wrong.
//
// # Safety
// `bytes` points to `len` bytes; `label` to memory for an `fm_label`.
enum fm_status fm_peek(const uint8_t *bytes,
                       size_t len,
                       struct fm_label *label);

// Checks every byte of a model and stores where it is. `len` may be the length of the whole flash slot.
// If this fails, a model that was initialised before stays as it is.
//
// # Safety
// `bytes` points to `len` bytes that do not change for as long as the model is used; `model` to memory
// for an `fm_model` that is zero (static, or `= {0}`) or was passed to this function before, and that
// nothing else uses during the call.
enum fm_status fm_model_init(struct fm_model *model,
                             const uint8_t *bytes,
                             size_t len);

// Reports the facts about a model.
//
// # Safety
// `model` points to memory that was passed to `fm_model_init`, or that is zero; `info` to memory for
// an `fm_info`.
enum fm_status fm_model_info(const struct fm_model *model,
                             struct fm_info *info);

// Makes a sampler over a model. `work_len` is `fm_info.work`, or `fm_info.work_heun` for Heun. If this
// fails, a sampler that was made before stays as it is.
//
// The initial condition is "no condition" if the model supports it, else class 0 and the mean vector.
//
// # Safety
// `model` points to an initialised model that stays in place, `work` to `work_len` numbers, and
// `sampler` to memory for an `fm_sampler` that is zero (static, or `= {0}`) or was passed to this
// function before. While the sampler is used, nothing else writes to the model or uses the working
// memory or the sampler.
enum fm_status fm_sampler_init(struct fm_sampler *sampler,
                               const struct fm_model *model,
                               float *work,
                               size_t work_len);

// Sets "no condition": for models without a condition, or trained with labels dropped.
//
// # Safety
// `sampler` points to memory that was passed to `fm_sampler_init`, or that is zero.
enum fm_status fm_set_none(struct fm_sampler *sampler);

// Sets a class, counted from 0. In a model with classes and a condition vector, the vector stays.
//
// # Safety
// As `fm_set_none`.
enum fm_status fm_set_class(struct fm_sampler *sampler, size_t number);

// Sets a condition vector in the data's units, such as an observation. The vector is standardised as in
// training and copied. In a model with classes and a condition vector, the class stays. With a NaN or an
// infinity, for example from a failed sensor, this returns `FM_NOT_FINITE` and the previous condition
// stays.
//
// # Safety
// As `fm_set_none`; `values` points to `len` numbers outside the working memory.
enum fm_status fm_set_vector(struct fm_sampler *sampler,
                             const float *values,
                             size_t len);

// Sets the known parts of all samples until they are set again: number `i` is `values[i]`, in the data's units,
// where `known[i]`, and the others are drawn. Other values are ignored. Until the first call nothing is known.
// Samples contain the known values bit for bit. For a model that was trained with known parts
// (`fm_info.known`). One that was always trained with its first numbers known (`fm_info.known_prefix`) must be
// given just these before it draws, else this returns `FM_KNOWN_PREFIX`.
//
// With a value that is none of its column's categories this returns `FM_IMPOSSIBLE`, with a NaN or an
// infinity `FM_NOT_FINITE`, and the previous known parts stay.
//
// # Safety
// As `fm_set_none`; `values` points to `len` numbers (`fm_info.dim`) outside the working memory, and `known` to
// `len` of `bool`.
enum fm_status fm_set_known(struct fm_sampler *sampler,
                            const float *values,
                            const bool *known,
                            size_t len);

// Draws a sample of an average-velocity model, in the data's units, with one evaluation of its network.
// This is the main function of the library. The same `seed` and `sample` produce the same bits on every
// machine.
//
// # Safety
// As `fm_set_none`; `x` points to `len` numbers (`fm_info.dim`) outside the working memory.
enum fm_status fm_sample(struct fm_sampler *sampler,
                         uint64_t seed,
                         uint64_t sample,
                         float *x,
                         size_t len);

// Moves a row of the source to a row of the data with one evaluation of the network, for example one
// sensor's reading to another's scale. `x` is in the source's units before the call, and in the data's
// units after it. Works with an average-velocity model that was trained with a source.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_transport(struct fm_sampler *sampler,
                            float *x,
                            size_t len);

// Converts a row of the source to the units that steps work in, to be moved by `fm_jump`, `fm_euler` or
// `fm_heun` in place of noise.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_standardise_source(struct fm_sampler *sampler,
                                     float *x,
                                     size_t len);

// Fills `x` with the standard normal noise that a sample starts from. You may use your own noise
// instead.
//
// # Safety
// `x` points to `len` numbers.
enum fm_status fm_noise(uint64_t seed, uint64_t sample, float *x, size_t len);

// Turns the noise in `x` into a sample in the data's units, in `steps` jumps (at least one) of an
// average-velocity model.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_jump(struct fm_sampler *sampler, uint32_t steps, float *x, size_t len);

// Turns the noise in `x` into a sample in the data's units, in `steps` steps (at least one) of Euler's
// method. Works with any model that has a velocity.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_euler(struct fm_sampler *sampler,
                        uint32_t steps,
                        float *x,
                        size_t len);

// Turns the noise in `x` into a sample in the data's units, in `steps` steps (at least one) of Heun's
// method, two evaluations each. Works with any model that has a velocity; requires `fm_info.work_heun`
// of working memory.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_heun(struct fm_sampler *sampler,
                       uint32_t steps,
                       float *x,
                       size_t len);

// Makes one jump from time `t` to time `r`, in standardised units: 0 is noise, 1 is data. Only `x` is
// kept between steps, so the next step can be made at any later time. After the last step, call
// `fm_finish`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_jump_step(struct fm_sampler *sampler,
                            float t,
                            float r,
                            float *x,
                            size_t len);

// Makes one step of Euler's method; see `fm_jump_step`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_euler_step(struct fm_sampler *sampler, float t, float r, float *x, size_t len);

// Makes one step of Heun's method; see `fm_jump_step`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_heun_step(struct fm_sampler *sampler, float t, float r, float *x, size_t len);

// Converts a sample that steps have moved to time 1 to the data's units, clamps it to its range, and puts the
// values of `fm_set_known` back bit for bit.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_finish(struct fm_sampler *sampler,
                         float *x,
                         size_t len);

// Computes how strange a row is to the model, with one evaluation of its network: the higher, the stranger. `row`
// is in the data's units. `shares` receives the share of each number, and `score` their sum, which is at least 0
// and never NaN. Works with any model that has a velocity, also with 8-bit weights. Choose a limit from the scores
// of normal rows that the model was not trained on (`fm score` computes them).
//
// With a NaN or an infinity, for example from a failed sensor, this returns `FM_NOT_FINITE`, with a number that is
// none of its column's categories `FM_IMPOSSIBLE`, and while parts are known (`fm_set_known`) `FM_KNOWN`.
// A model that was trained with its first numbers known (`fm_info.known_prefix`) has no score: `FM_KNOWN_PREFIX`.
//
// # Safety
// As `fm_set_none`; `row` and `shares` point to `len` numbers each (`fm_info.dim`) and `score` to one, all
// apart and outside the working memory.
enum fm_status fm_score(struct fm_sampler *sampler,
                        const float *row,
                        float *shares,
                        size_t len,
                        float *score);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FM_H */
