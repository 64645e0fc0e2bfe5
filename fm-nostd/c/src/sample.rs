//! Samples, whole or step by step, in the caller's memory.

use fm_nostd::Draw;

use crate::raw;
use crate::sampler::{fm_sampler, on_sample};
use crate::state::Part;
use crate::status::{fm_status, outcome};

/// A sample of an average-velocity model, in the data's units, by one evaluation of its network: what
/// this library is for. The same `seed` and `sample` give the same bits on every machine.
///
/// # Safety
/// As `fm_set_none`; `x` leads to `len` numbers, `fm_info.dim`, none of them work memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_sample(
    sampler: *mut fm_sampler,
    seed: u64,
    sample: u64,
    x: *mut f32,
    len: usize,
) -> fm_status {
    // SAFETY: the caller's promise.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.check_jumps()?;
            Draw { seed, sample }.fill(0, x);
            state.jump(Part::Whole(1), x)
        })
    }
}

/// Fills `x` with the standard normal noise that a sample starts from. Noise of one's own does as
/// well: nothing asks where it comes from.
///
/// # Safety
/// `x` leads to `len` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_noise(seed: u64, sample: u64, x: *mut f32, len: usize) -> fm_status {
    // SAFETY: the caller's promise.
    outcome(unsafe { raw::array_mut(x, len) }.map(|x| Draw { seed, sample }.fill(0, x)))
}

/// Carries noise in `x` to a sample in the data's units, by `steps` jumps (at least one) of an
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.jump(Part::Whole(steps), x)) }
}

/// Carries noise in `x` to a sample in the data's units, by `steps` steps (at least one) of Euler's
/// method. Any model will do.
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.euler(Part::Whole(steps), x)) }
}

/// Carries noise in `x` to a sample in the data's units, by `steps` steps (at least one) of Heun's
/// method, two evaluations each. Any model will do; the work memory is `fm_info.work_heun`.
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.heun(Part::Whole(steps), x)) }
}

/// One jump from time `t` to time `r`, in standardised units: 0 is noise, 1 is data. Nothing but `x`
/// is kept between steps, so the next one can be taken whenever there is time. After the last, call
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.jump(Part::Step(t, r), x)) }
}

/// One step of Euler's method, as `fm_jump_step`.
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.euler(Part::Step(t, r), x)) }
}

/// One step of Heun's method, as `fm_jump_step`.
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
    // SAFETY: the caller's promise.
    unsafe { on_sample(sampler, x, len, |state, x| state.heun(Part::Step(t, r), x)) }
}

/// Brings a sample that steps have carried to time 1 into the data's units, and into its range.
///
/// # Safety
/// As `fm_sample`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_finish(sampler: *mut fm_sampler, x: *mut f32, len: usize) -> fm_status {
    // SAFETY: the caller's promise.
    unsafe {
        on_sample(sampler, x, len, |state, x| {
            state.model.destandardise(x);
            Ok(())
        })
    }
}
