//! Samples, whole or step by step, and scores of rows, in the caller's memory.

use fm_nostd::Draw;

use crate::raw;
use crate::sampler::{fm_sampler, on_sample};
use crate::state::Part;
use crate::status::{fm_status, outcome};

/// Draws a sample of an average-velocity model, in the data's units, with one evaluation of its network.
/// This is the main function of the library. The same `seed` and `sample` produce the same bits on every
/// machine.
///
/// # Safety
/// As `fm_set_none`; `x` points to `len` numbers (`fm_info.dim`) outside the working memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_sample(
    sampler: *mut fm_sampler,
    seed: u64,
    sample: u64,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.check_source(false)?;
            state.check_jumps()?;
            Draw { seed, sample }.fill(0, x);
            state.jump(Part::Whole(1), x)
        })
    }
}

/// Moves a row of the source to a row of the data with one evaluation of the network, for example one
/// sensor's reading to another's scale. `x` is in the source's units before the call, and in the data's
/// units after it. Works with an average-velocity model that was trained with a source.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_transport(
    sampler: *mut fm_sampler,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.check_source(true)?;
            state.check_jumps()?;
            state.model.standardise_source(x);
            state.jump(Part::Whole(1), x)
        })
    }
}

/// Converts a row of the source to the units that steps work in, to be moved by `fm_jump`, `fm_euler` or
/// `fm_heun` in place of noise.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_standardise_source(
    sampler: *mut fm_sampler,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.check_source(true)?;
            state.model.standardise_source(x);
            Ok(())
        })
    }
}

/// Fills `x` with the standard normal noise that a sample starts from. You may use your own noise
/// instead.
///
/// # Safety
/// `x` points to `len` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_noise(seed: u64, sample: u64, x: *mut f32, len: usize) -> fm_status {
    // SAFETY: guaranteed by the caller.
    outcome(unsafe { raw::array_mut(x, len) }.map(|x| Draw { seed, sample }.fill(0, x)))
}

/// Turns the noise in `x` into a sample in the data's units, in `steps` jumps (at least one) of an
/// average-velocity model.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_jump(
    sampler: *mut fm_sampler,
    steps: u32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.jump(Part::Whole(steps), x)) }
}

/// Turns the noise in `x` into a sample in the data's units, in `steps` steps (at least one) of Euler's
/// method. Works with any model that has a velocity.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_euler(
    sampler: *mut fm_sampler,
    steps: u32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.euler(Part::Whole(steps), x)) }
}

/// Turns the noise in `x` into a sample in the data's units, in `steps` steps (at least one) of Heun's
/// method, two evaluations each. Works with any model that has a velocity; requires `fm_info.work_heun`
/// of working memory.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_heun(
    sampler: *mut fm_sampler,
    steps: u32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.heun(Part::Whole(steps), x)) }
}

/// Makes one jump from time `t` to time `r`, in standardised units: 0 is noise, 1 is data. Only `x` is
/// kept between steps, so the next step can be made at any later time. After the last step, call
/// `fm_finish`.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_jump_step(
    sampler: *mut fm_sampler,
    t: f32,
    r: f32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.jump(Part::Step(t, r), x)) }
}

/// Makes one step of Euler's method; see `fm_jump_step`.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_euler_step(
    sampler: *mut fm_sampler,
    t: f32,
    r: f32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.euler(Part::Step(t, r), x)) }
}

/// Makes one step of Heun's method; see `fm_jump_step`.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_heun_step(
    sampler: *mut fm_sampler,
    t: f32,
    r: f32,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe { on_sample(sampler, x, len, |state, x| state.heun(Part::Step(t, r), x)) }
}

/// Converts a sample that steps have moved to time 1 to the data's units, clamps it to its range, and puts the
/// values of `fm_set_known` back bit for bit.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_finish(sampler: *mut fm_sampler, x: *mut f32, len: usize) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.finish(x);
            Ok(())
        })
    }
}

/// Computes how strange a row is to the model, with one evaluation of its network: the higher, the stranger. `row`
/// is in the data's units. `shares` receives the share of each number, and `score` their sum, which is at least 0
/// and never NaN. Works with any model that has a velocity, also with 8-bit weights. Choose a limit from the scores
/// of normal rows that the model was not trained on (`fm score` computes them).
///
/// With a NaN or an infinity, for example from a failed sensor, this returns `FM_NOT_FINITE`, with a number that is
/// none of its column's categories `FM_IMPOSSIBLE`, and while parts are known (`fm_set_known`) `FM_KNOWN`.
/// A model that was trained with its first numbers known (`fm_info.known_prefix`) has no score: `FM_KNOWN_PREFIX`.
///
/// # Safety
/// As `fm_set_none`; `row` and `shares` point to `len` numbers each (`fm_info.dim`) and `score` to one, all
/// apart and outside the working memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_score(
    sampler: *mut fm_sampler,
    row: *const f32,
    shares: *mut f32,
    len: usize,
    score: *mut f32,
) -> fm_status {
    // SAFETY: guaranteed by the caller.
    unsafe {
        on_sample(sampler, shares, len, |state, shares| {
            state.check_source(false)?;
            let score = raw::exclusive(score)?;
            *score = state.score(raw::array(row, len)?, shares)?;
            Ok(())
        })
    }
}
