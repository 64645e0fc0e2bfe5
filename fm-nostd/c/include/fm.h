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
 * The library allocates nothing, keeps nothing between calls outside of the memory that it is given,
 * and copies no weight. It cannot panic, and it uses no function of the C library but memcpy, memmove,
 * memset and memcmp, which it brings along.
 *
 * Numbers: one seed gives the same bits as the `fm` program on a workstation. That wants IEEE 754
 * arithmetic as the reset state of an FPU has it: round to nearest, no flush to zero and no default
 * NaN (on Arm FPSCR bits 22 to 25 are 0). Do not call from code that changed them, and let a task
 * switch save them with the FPU's registers. Switch the FPU on first. Compiler flags of the C code,
 * -ffast-math too, do not reach into the library; but -ffast-math at link time may set flush to zero
 * at start-up on a hosted system.
 *
 * Made from the source by cbindgen: do not edit. */


#ifndef FM_H
#define FM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Words of memory that a model's view takes, whatever the model's size.
#define FM_MODEL_WORDS 40

// Words of memory that a sampler takes beside its work memory.
#define FM_SAMPLER_WORDS 24

// What a call came to. Whatever is not `FM_OK` has changed nothing.
typedef enum fm_status {
  // Done.
  FM_OK = 0,
  // A pointer is NULL.
  FM_NULL = 1,
  // A pointer, or the model's weights, do not lie on a multiple of what they need: 8 bytes for
  // `fm_model` and `fm_sampler`, 4 for `float` and weights. Align a model to 16.
  FM_MISALIGNED = 2,
  // The `fm_model` or `fm_sampler` was not initialised, or its initialisation failed.
  FM_NOT_READY = 3,
  // An array has another length than the model asks for.
  FM_LENGTH = 4,
  // The work memory is too short: see `fm_info`.
  FM_WORK = 5,
  // Not a .fm model, or an erased flash page.
  FM_NOT_A_BLOB = 16,
  // The model is cut short.
  FM_TRUNCATED = 17,
  // The model is damaged.
  FM_BAD_CRC = 18,
  // Its layout is of a revision that this library does not know: export it again.
  FM_FORMAT = 19,
  // Made for another revision of the numbers contract, so the bits would differ: export it again.
  FM_NUMBERS = 20,
  // Its header does not parse.
  FM_MALFORMED = 21,
  // Its kind of weights is not in this build.
  FM_DTYPE = 22,
  // Its sizes are zero, overflow or disagree.
  FM_SIZES = 23,
  // The model predicts velocities: it cannot jump. Take Euler or Heun.
  FM_NOT_AVERAGE = 32,
  // The model predicts scores or noise, but was trained so that these imply no velocity.
  FM_NO_VELOCITY = 33,
  // The model knows the one jump from noise to data, and no velocity: take `fm_sample`.
  FM_ONE_JUMP = 34,
  // The model needs a condition.
  FM_CONDITION_REQUIRED = 48,
  // The model has no such class.
  FM_NO_SUCH_CLASS = 49,
  // The model takes another kind of condition, or none.
  FM_OTHER_CONDITION = 50,
  // A number of the condition is not finite; the condition before stays.
  FM_NOT_FINITE = 51,
  // An error that this interface has no name for.
  FM_OTHER = 255,
} fm_status;

// What the start of a model says of the whole.
typedef struct fm_label {
  // The exporter's fingerprint of the model.
  uint64_t id;
  // Bytes of the whole model.
  size_t len;
} fm_label;

// A checked model: a view of bytes that stay where they are. Its memory is the caller's, on the
// stack or static; what is in it is the library's. It may not be copied or moved while a sampler
// uses it.
typedef struct fm_model {
  uint64_t ready;
  size_t state[FM_MODEL_WORDS];
} fm_model;

// What a model is. Lengths are numbers of `float`, not bytes, but for `len`.
typedef struct fm_info {
  // The exporter's fingerprint of the model.
  uint64_t id;
  // Bytes of the whole model: where the next thing in a flash slot may start.
  size_t len;
  // Numbers in a sample.
  size_t dim;
  // Width of the hidden layers.
  size_t hidden;
  // How many hidden layers there are.
  size_t layers;
  // Classes that can be asked for; 0 where the condition is none or a vector.
  size_t classes;
  // Numbers in the condition vector; 0 where the condition is none or a class.
  size_t condition;
  // Work memory for jumps and Euler: `2 hidden + condition + dim`.
  size_t work;
  // Work memory for Heun too: `2 hidden + condition + 2 dim`.
  size_t work_heun;
  // Its name in UTF-8, inside the model's bytes: no zero byte ends it. An empty string where it has none.
  const char *name;
  // Bytes of the name.
  size_t name_len;
  // The time at which sampling starts: 0 but for fields that are singular there.
  float start;
  // Whether it can jump from noise to data: `fm_sample`.
  bool jumps;
  // Whether it has a velocity: `fm_euler` and `fm_heun`.
  bool velocity;
  // Whether it can be sampled without a condition: `fm_set_none`.
  bool unconditional;
  // Whether outputs are kept in a range.
  bool clamped;
} fm_info;

// What draws samples of a model: the condition that is set, and where the work memory is. Its
// memory is the caller's; what is in it is the library's. It may not be copied. Two samplers over
// one model may run in two tasks, each with its own work memory.
typedef struct fm_sampler {
  uint64_t ready;
  size_t state[FM_SAMPLER_WORDS];
} fm_sampler;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// A status in words: a string that ends with a zero byte and stays where it is.
const char *fm_status_text(int status);

// Reads a model's label without checking the model, in a time that does not depend on its length:
// to choose between two slots, or to see that an update is already there. A damaged model may have
// any label.
//
// # Safety
// `bytes` leads to `len` bytes; `label` to memory for an `fm_label`.
enum fm_status fm_peek(const uint8_t *bytes, size_t len, struct fm_label *label);

// Checks every byte of a model and keeps where it is. `len` may be that of the whole flash slot. A model
// that was initialised before stays as it is where this fails.
//
// # Safety
// `bytes` leads to `len` bytes that stay as they are for as long as the model is used; `model` to
// memory for an `fm_model` that is zero (static, or `= {0}`) or was given to this function before, and that
// nothing else uses meanwhile.
enum fm_status fm_model_init(struct fm_model *model,
                             const uint8_t *bytes,
                             size_t len);

// Says what a model is.
//
// # Safety
// `model` leads to memory that was given to `fm_model_init`, or that is zero; `info` to memory for
// an `fm_info`.
enum fm_status fm_model_info(const struct fm_model *model, struct fm_info *info);

// Makes a sampler over a model. A sampler that was made before stays as it is where this fails. `work_len` is `fm_info.work`, or `fm_info.work_heun` for Heun too.
//
// The condition is none where the model knows that, else class 0 or the mean vector.
//
// # Safety
// `model` leads to an initialised model that stays where it is, `work` to `work_len` numbers, and
// `sampler` to memory for an `fm_sampler` that is zero (static, or `= {0}`) or was given to this function
// before; while the sampler is used, nothing else writes the first, or uses the other two.
enum fm_status fm_sampler_init(struct fm_sampler *sampler,
                               const struct fm_model *model,
                               float *work,
                               size_t work_len);

// Asks for anything: for models without a condition, or trained with labels dropped.
//
// # Safety
// `sampler` leads to memory that was given to `fm_sampler_init`, or that is zero.
enum fm_status fm_set_none(struct fm_sampler *sampler);

// Asks for a class, from 0.
//
// # Safety
// As `fm_set_none`.
enum fm_status fm_set_class(struct fm_sampler *sampler, size_t number);

// Asks for what a vector in the data's units says, such as an observation: it is standardised here,
// as in training, and copied. A NaN or an infinity is `FM_NOT_FINITE`, and the condition before
// stays: a failed sensor is seen, and nothing is lost by it.
//
// # Safety
// As `fm_set_none`; `values` leads to `len` numbers, none of them work memory.
enum fm_status fm_set_vector(struct fm_sampler *sampler, const float *values, size_t len);

// A sample of an average-velocity model, in the data's units, by one evaluation of its network: what
// this library is for. The same `seed` and `sample` give the same bits on every machine.
//
// # Safety
// As `fm_set_none`; `x` leads to `len` numbers, `fm_info.dim`, none of them work memory.
enum fm_status fm_sample(struct fm_sampler *sampler,
                         uint64_t seed,
                         uint64_t sample,
                         float *x,
                         size_t len);

// Fills `x` with the standard normal noise that a sample starts from. Noise of one's own does as
// well: nothing asks where it comes from.
//
// # Safety
// `x` leads to `len` numbers.
enum fm_status fm_noise(uint64_t seed, uint64_t sample, float *x, size_t len);

// Carries noise in `x` to a sample in the data's units, by `steps` jumps (at least one) of an
// average-velocity model.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_jump(struct fm_sampler *sampler, uint32_t steps, float *x, size_t len);

// Carries noise in `x` to a sample in the data's units, by `steps` steps (at least one) of Euler's
// method. Any model will do.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_euler(struct fm_sampler *sampler, uint32_t steps, float *x, size_t len);

// Carries noise in `x` to a sample in the data's units, by `steps` steps (at least one) of Heun's
// method, two evaluations each. Any model will do; the work memory is `fm_info.work_heun`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_heun(struct fm_sampler *sampler, uint32_t steps, float *x, size_t len);

// One jump from time `t` to time `r`, in standardised units: 0 is noise, 1 is data. Nothing but `x`
// is kept between steps, so the next one can be taken whenever there is time. After the last, call
// `fm_finish`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_jump_step(struct fm_sampler *sampler, float t, float r, float *x, size_t len);

// One step of Euler's method, as `fm_jump_step`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_euler_step(struct fm_sampler *sampler, float t, float r, float *x, size_t len);

// One step of Heun's method, as `fm_jump_step`.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_heun_step(struct fm_sampler *sampler, float t, float r, float *x, size_t len);

// Brings a sample that steps have carried to time 1 into the data's units, and into its range.
//
// # Safety
// As `fm_sample`.
enum fm_status fm_finish(struct fm_sampler *sampler, float *x, size_t len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FM_H */
