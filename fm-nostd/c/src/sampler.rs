//! What draws samples: its memory, and the condition that is set.

use core::ptr;

use fm_nostd::Condition;

use crate::model::fm_model;
use crate::raw;
use crate::state::State;
use crate::status::{fm_status, outcome};

/// What `ready` holds in an initialised sampler.
const READY: u64 = 0x4c50_4d41_534d_4601;

/// Words of memory that a sampler takes beside its work memory.
pub const FM_SAMPLER_WORDS: usize = 24;

/// What draws samples of a model: the condition that is set, and where the work memory is. Its
/// memory is the caller's; what is in it is the library's. It may not be copied. Two samplers over
/// one model may run in two tasks, each with its own work memory.
#[repr(C)]
pub struct fm_sampler {
    ready: u64,
    state: [usize; FM_SAMPLER_WORDS],
}

const _: () = assert!(size_of::<State>() <= size_of::<[usize; FM_SAMPLER_WORDS]>());
const _: () = assert!(align_of::<State>() <= align_of::<u64>());
const _: () = assert!(core::mem::offset_of!(fm_sampler, state).is_multiple_of(align_of::<u64>()));

/// What is inside of a sampler.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to memory that was given to
/// `fm_sampler_init`, or that is zero, and that nobody else uses while `'a` lasts.
unsafe fn state<'a>(sampler: *mut fm_sampler) -> Result<&'a mut State, fm_status> {
    // SAFETY: the caller's promise.
    let sampler = unsafe { raw::exclusive(sampler) }?;
    if sampler.ready != READY {
        return Err(fm_status::FM_NOT_READY);
    }
    // SAFETY: `ready` is set by `fm_sampler_init` alone, behind the `State` that it puts here; size
    // and alignment are asserted above.
    Ok(unsafe { &mut *ptr::from_mut(&mut sampler.state).cast::<State>() })
}

/// The body of a function that works on a sample.
///
/// # Safety
/// As [`state`]; `x` leads to `len` numbers that nobody else uses, and that are no work memory.
pub(crate) unsafe fn on_sample(
    sampler: *mut fm_sampler,
    x: *mut f32,
    len: usize,
    body: impl FnOnce(&mut State, &mut [f32]) -> Result<(), fm_status>,
) -> fm_status {
    let run = || {
        // SAFETY: the caller's promise.
        let state = unsafe { state(sampler) }?;
        if len != state.model.dim() {
            return Err(fm_status::FM_LENGTH);
        }
        // SAFETY: the caller's promise.
        body(state, unsafe { raw::array_mut(x, len) }?)
    };
    outcome(run())
}

/// Makes a sampler over a model. A sampler that was made before stays as it is where this fails. `work_len` is `fm_info.work`, or `fm_info.work_heun` for Heun too.
///
/// The condition is none where the model knows that, else class 0 or the mean vector.
///
/// # Safety
/// `model` leads to an initialised model that stays where it is, `work` to `work_len` numbers, and
/// `sampler` to memory for an `fm_sampler` that is zero (static, or `= {0}`) or was given to this function
/// before; while the sampler is used, nothing else writes the first, or uses the other two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_sampler_init(
    sampler: *mut fm_sampler,
    model: *const fm_model,
    work: *mut f32,
    work_len: usize,
) -> fm_status {
    let init = || {
        // SAFETY: the caller's promise.
        let sampler = unsafe { raw::exclusive(sampler) }?;
        // SAFETY: the caller's promise, for as long as the sampler is used.
        let model = unsafe { raw::shared::<'static>(model) }?.view()?;
        // SAFETY: the caller's promise, for as long as the sampler is used.
        let state = State::new(model, unsafe { raw::array_mut(work, work_len) }?)?;
        // SAFETY: size and alignment are asserted above.
        unsafe { ptr::from_mut(&mut sampler.state).cast::<State>().write(state) };
        sampler.ready = READY;
        Ok(())
    };
    outcome(init())
}

/// Asks for anything: for models without a condition, or trained with labels dropped.
///
/// # Safety
/// `sampler` leads to memory that was given to `fm_sampler_init`, or that is zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_none(sampler: *mut fm_sampler) -> fm_status {
    // SAFETY: the caller's promise.
    outcome(unsafe { state(sampler) }.and_then(|state| state.set_condition(Condition::None)))
}

/// Asks for a class, from 0.
///
/// # Safety
/// As `fm_set_none`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_class(sampler: *mut fm_sampler, number: usize) -> fm_status {
    let condition = Condition::Class(number);
    // SAFETY: the caller's promise.
    outcome(unsafe { state(sampler) }.and_then(|state| state.set_condition(condition)))
}

/// Asks for what a vector in the data's units says, such as an observation: it is standardised here,
/// as in training, and copied. A NaN or an infinity is `FM_NOT_FINITE`, and the condition before
/// stays: a failed sensor is seen, and nothing is lost by it.
///
/// # Safety
/// As `fm_set_none`; `values` leads to `len` numbers, none of them work memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_set_vector(
    sampler: *mut fm_sampler,
    values: *const f32,
    len: usize,
) -> fm_status {
    let set = || {
        // SAFETY: the caller's promise, for this call.
        let values = unsafe { raw::array(values, len) }?;
        // SAFETY: the caller's promise.
        unsafe { state(sampler) }?.set_condition(Condition::Vector(values))
    };
    outcome(set())
}
