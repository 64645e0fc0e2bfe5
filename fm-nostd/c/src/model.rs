//! A checked model in the caller's memory, and the facts that it reports.

use core::ffi::c_char;
use core::ptr;

use fm_nostd::Model;
use fm_nostd::blob::{Conditioning, peek};
use fm_nostd::prediction::Reach;

use crate::raw;
use crate::status::{fm_status, outcome};

/// The value of `ready` in an initialised model.
const READY: u64 = 0x4c45_444f_4d4d_4601;

/// Words of memory for a model's view, the same for models of any size.
pub const FM_MODEL_WORDS: usize = 40;

/// A checked model: a view of bytes that must stay in place. The caller provides its memory, on the stack
/// or static; only the library accesses its contents. It must not be copied or moved while a sampler uses
/// it.
#[repr(C)]
pub struct fm_model {
    ready: u64,
    state: [usize; FM_MODEL_WORDS],
}

const _: () = assert!(size_of::<Model<'static>>() <= size_of::<[usize; FM_MODEL_WORDS]>());
const _: () = assert!(align_of::<Model<'static>>() <= align_of::<u64>());
const _: () = assert!(core::mem::offset_of!(fm_model, state).is_multiple_of(align_of::<u64>()));

impl fm_model {
    /// The view inside.
    pub(crate) fn view(&self) -> Result<&Model<'static>, fm_status> {
        if self.ready != READY {
            return Err(fm_status::FM_NOT_READY);
        }
        // SAFETY: only `fm_model_init` sets `ready`, after it puts the `Model` here; size and alignment
        // are asserted above.
        Ok(unsafe { &*ptr::from_ref(&self.state).cast::<Model<'static>>() })
    }
}

/// The label at the start of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct fm_label {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// Length of the whole model in bytes.
    pub len: usize,
}

/// The facts about a model. Lengths count `float` numbers, except `len`, which counts bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct fm_info {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// Length of the whole model in bytes: the offset at which other data in a flash slot may start.
    pub len: usize,
    /// Numbers in a sample.
    pub dim: usize,
    /// Width of the hidden layers.
    pub hidden: usize,
    /// Number of hidden layers.
    pub layers: usize,
    /// Number of classes; 0 without classes.
    pub classes: usize,
    /// Numbers in the condition vector; 0 without one.
    pub condition: usize,
    /// How many first numbers of a sample were always known in training, and no others: they must be set before a
    /// sample is drawn (`fm_set_known`). 0 if any set of numbers can be known, or none.
    pub known_prefix: usize,
    /// Working memory for jumps and Euler: `2 hidden + condition + dim`; with known parts, `3 dim` or `3 dim + 1`
    /// more.
    pub work: usize,
    /// Working memory for Heun, which also suffices for the others: `dim` more than `work`.
    pub work_heun: usize,
    /// The model's name in UTF-8, inside the model's bytes and not terminated by a zero byte. An empty
    /// string if it has no name.
    pub name: *const c_char,
    /// Length of the name in bytes.
    pub name_len: usize,
    /// The time at which sampling starts: 0 except for fields that are singular there.
    pub start: f32,
    /// Whether the model can jump from noise to data: `fm_sample`.
    pub jumps: bool,
    /// Whether the model has a velocity: `fm_euler` and `fm_heun`.
    pub velocity: bool,
    /// Whether the model can be sampled without a condition: `fm_set_none`.
    pub unconditional: bool,
    /// Whether outputs are clamped to a range.
    pub clamped: bool,
    /// Whether samples start at rows of a source instead of noise: `fm_transport`.
    pub source: bool,
    /// Whether a part of a sample can be known, so that only the rest is drawn: `fm_set_known`.
    pub known: bool,
}

/// Reads a model's label without checking the model, in a time that does not depend on its length:
/// to choose between two slots, or to see that an update is already installed. The label of a damaged
/// model may be wrong.
///
/// # Safety
/// `bytes` points to `len` bytes; `label` to memory for an `fm_label`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_peek(bytes: *const u8, len: usize, label: *mut fm_label) -> fm_status {
    let read = || {
        // SAFETY: guaranteed by the caller, for this call.
        let found = peek(unsafe { raw::array(bytes, len) }?)?;
        // SAFETY: guaranteed by the caller.
        unsafe { raw::put(label, fm_label { id: found.id, len: found.len }) }
    };
    outcome(read())
}

/// Checks every byte of a model and stores where it is. `len` may be the length of the whole flash slot.
/// If this fails, a model that was initialised before stays as it is.
///
/// # Safety
/// `bytes` points to `len` bytes that do not change for as long as the model is used; `model` to memory
/// for an `fm_model` that is zero (static, or `= {0}`) or was passed to this function before, and that
/// nothing else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_model_init(
    model: *mut fm_model,
    bytes: *const u8,
    len: usize,
) -> fm_status {
    let init = || {
        // SAFETY: guaranteed by the caller.
        let model = unsafe { raw::exclusive(model) }?;
        // SAFETY: guaranteed by the caller, for as long as the model is used.
        let view = Model::new(unsafe { raw::array(bytes, len) }?)?;
        // SAFETY: size and alignment are asserted above.
        unsafe { ptr::from_mut(&mut model.state).cast::<Model<'static>>().write(view) };
        model.ready = READY;
        Ok(())
    };
    outcome(init())
}

/// Reports the facts about a model.
///
/// # Safety
/// `model` points to memory that was passed to `fm_model_init`, or that is zero; `info` to memory for
/// an `fm_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_model_info(model: *const fm_model, info: *mut fm_info) -> fm_status {
    let read = || {
        // SAFETY: guaranteed by the caller, for this call.
        let model = unsafe { raw::shared(model) }?.view()?;
        // SAFETY: guaranteed by the caller.
        unsafe { raw::put(info, describe(model)) }
    };
    outcome(read())
}

fn describe(model: &Model<'static>) -> fm_info {
    let shape = model.network().shape();
    let Conditioning { classes, vector: condition } = model.conditioning();
    // Saturating: `fm_sampler_init` refuses sizes that exceed memory.
    let memory = if model.has_known() { model.known_memory() } else { condition };
    let fixed = shape.hidden.saturating_mul(2).saturating_add(memory);
    let name = model.name();
    fm_info {
        id: model.id(),
        len: model.len(),
        dim: shape.dim,
        hidden: shape.hidden,
        layers: shape.layers,
        classes,
        condition,
        known_prefix: model.known_prefix(),
        work: fixed.saturating_add(shape.dim),
        work_heun: fixed.saturating_add(shape.dim.saturating_mul(2)),
        // An empty `str` in Rust may have a dangling pointer.
        name: if name.is_empty() { c"".as_ptr() } else { name.as_ptr().cast() },
        name_len: name.len(),
        start: model.start(),
        jumps: model.prediction().reach().jumps(),
        velocity: model.prediction().reach() != Reach::OneJump,
        unconditional: model.conditioning() == Conditioning::NONE || model.unconditional(),
        clamped: model.transforms().any(|column| column.is_limited()),
        source: model.has_source(),
        known: model.has_known(),
    }
}
