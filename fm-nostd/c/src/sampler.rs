//! A sampler: its memory, and the functions that create it and set its condition.

use core::ptr;

use fm_nostd::Condition;

use crate::model::fm_model;
use crate::raw;
use crate::state::State;
use crate::status::{fm_status, outcome};

/// The value of `ready` in an initialised sampler.
const READY: u64 = 0x4c50_4d41_534d_4601;

/// Words of memory for a sampler, in addition to its working memory.
pub const FM_SAMPLER_WORDS: usize = 24;

/// A sampler of a model: the condition that is set, and the location of the working memory. The caller
/// provides its memory; only the library accesses its contents. It must not be copied. Two samplers
/// over one model may run in two tasks, each with its own working memory.
#[repr(C)]
pub struct fm_sampler {
    ready: u64,
    state: [usize; FM_SAMPLER_WORDS],
}

const _: () = assert!(size_of::<State>() <= size_of::<[usize; FM_SAMPLER_WORDS]>());
const _: () = assert!(align_of::<State>() <= align_of::<u64>());
const _: () = assert!(core::mem::offset_of!(fm_sampler, state).is_multiple_of(align_of::<u64>()));

/// The state inside a sampler.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to memory that was passed to
/// `fm_sampler_init`, or that is zero, and that nobody else uses during `'a`.
unsafe fn state<'a>(sampler: *mut fm_sampler) -> Result<&'a mut State, fm_status> {
    // SAFETY: guaranteed by the caller.
    let sampler = unsafe { raw::exclusive(sampler) }?;
    if sampler.ready != READY {
        return Err(fm_status::FM_NOT_READY);
    }
    // SAFETY: only `fm_sampler_init` sets `ready`, after it puts the `State` here; size and alignment are
    // asserted above.
    Ok(unsafe { &mut *ptr::from_mut(&mut sampler.state).cast::<State>() })
}

/// The common body of the functions that work on a sample.
///
/// # Safety
/// As [`state`]; `x` points to `len` numbers that nobody else uses, outside the working memory.
pub(crate) unsafe fn on_sample(
    sampler: *mut fm_sampler,
    x: *mut f32,
    len: usize,
    body: impl FnOnce(&mut State, &mut [f32]) -> Result<(), fm_status>,
) -> fm_status {
    let run = || {
        // SAFETY: guaranteed by the caller.
        let state = unsafe { state(sampler) }?;
        if len != state.model.dim() {
            return Err(fm_status::FM_LENGTH);
        }
        // SAFETY: guaranteed by the caller.
        body(state, unsafe { raw::array_mut(x, len) }?)
    };
    outcome(run())
}

/// Makes a sampler over a model. `work_len` is `fm_info.work`, or `fm_info.work_heun` for Heun. If this
/// fails, a sampler that was made before stays as it is.
///
/// The initial condition is "no condition" if the model supports it, else class 0 and the mean vector.
///
/// # Safety
/// `model` points to an initialised model that stays in place, `work` to `work_len` numbers, and
/// `sampler` to memory for an `fm_sampler` that is zero (static, or `= {0}`) or was passed to this
/// function before. While the sampler is used, nothing else writes to the model or uses the working
/// memory or the sampler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_sampler_init(
    sampler: *mut fm_sampler,
    model: *const fm_model,
    work: *mut f32,
    work_len: usize,
) -> fm_status {
    let init = || {
        // SAFETY: guaranteed by the caller.
        let sampler = unsafe { raw::exclusive(sampler) }?;
        // SAFETY: guaranteed by the caller, for as long as the sampler is used.
        let model = unsafe { raw::shared::<'static>(model) }?.view()?;
        // SAFETY: guaranteed by the caller, for as long as the sampler is used.
        let state = State::new(model, unsafe { raw::array_mut(work, work_len) }?)?;
        // SAFETY: size and alignment are asserted above.
        unsafe { ptr::from_mut(&mut sampler.state).cast::<State>().write(state) };
        sampler.ready = READY;
        Ok(())
    };
    outcome(init())
}

/// Sets "no condition": for models without a condition, or trained with labels dropped.
///
/// # Safety
/// `sampler` points to memory that was passed to `fm_sampler_init`, or that is zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_none(sampler: *mut fm_sampler) -> fm_status {
    // SAFETY: guaranteed by the caller.
    outcome(unsafe { state(sampler) }.and_then(|state| state.set_condition(Condition::None)))
}

/// Sets a class, counted from 0. In a model with classes and a condition vector, the vector stays.
///
/// # Safety
/// As `fm_set_none`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_class(sampler: *mut fm_sampler, number: usize) -> fm_status {
    let condition = Condition::Class(number);
    // SAFETY: guaranteed by the caller.
    outcome(unsafe { state(sampler) }.and_then(|state| state.set_condition(condition)))
}

/// Sets a condition vector in the data's units, such as an observation. The vector is standardised as in
/// training and copied. In a model with classes and a condition vector, the class stays. With a NaN or an
/// infinity, for example from a failed sensor, this returns `FM_NOT_FINITE` and the previous condition
/// stays.
///
/// # Safety
/// As `fm_set_none`; `values` points to `len` numbers outside the working memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_vector(
    sampler: *mut fm_sampler,
    values: *const f32,
    len: usize,
) -> fm_status {
    let set = || {
        // SAFETY: guaranteed by the caller, for this call.
        let values = unsafe { raw::array(values, len) }?;
        // SAFETY: guaranteed by the caller.
        unsafe { state(sampler) }?.set_condition(Condition::Vector(values))
    };
    outcome(set())
}

/// Sets the known parts of all samples until they are set again: number `i` is `values[i]`, in the data's units,
/// where `known[i]`, and the others are drawn. Other values are ignored. Until the first call nothing is known.
/// Samples contain the known values bit for bit. For a model that was trained with known parts
/// (`fm_info.known`). One that was always trained with its first numbers known (`fm_info.known_prefix`) must be
/// given just these before it draws, else this returns `FM_KNOWN_PREFIX`.
///
/// With a value that is none of its column's categories this returns `FM_IMPOSSIBLE`, with a NaN or an
/// infinity `FM_NOT_FINITE`, and the previous known parts stay.
///
/// # Safety
/// As `fm_set_none`; `values` points to `len` numbers (`fm_info.dim`) outside the working memory, and `known` to
/// `len` of `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_known(
    sampler: *mut fm_sampler,
    values: *const f32,
    known: *const bool,
    len: usize,
) -> fm_status {
    let set = || {
        // SAFETY: guaranteed by the caller, for this call.
        let values = unsafe { raw::array(values, len) }?;
        // SAFETY: guaranteed by the caller, for this call.
        let known = unsafe { raw::array(known, len) }?;
        // SAFETY: guaranteed by the caller.
        unsafe { state(sampler) }?.set_known(values, known)
    };
    outcome(set())
}
