//! A checked model in the caller's memory, and what it says of itself.

use core::ffi::c_char;
use core::ptr;

use fm_nostd::Model;
use fm_nostd::blob::{Conditioning, peek};
use fm_nostd::prediction::Reach;

use crate::raw;
use crate::status::{fm_status, outcome};

/// What `ready` holds in an initialised model.
const READY: u64 = 0x4c45_444f_4d4d_4601;

/// Words of memory that a model's view takes, whatever the model's size.
pub const FM_MODEL_WORDS: usize = 40;

/// A checked model: a view of bytes that stay where they are. Its memory is the caller's, on the
/// stack or static; what is in it is the library's. It may not be copied or moved while a sampler
/// uses it.
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
        // SAFETY: `ready` is set by `fm_model_init` alone, behind the `Model` that it puts here; size
        // and alignment are asserted above.
        Ok(unsafe { &*ptr::from_ref(&self.state).cast::<Model<'static>>() })
    }
}

/// What the start of a model says of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct fm_label {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// Bytes of the whole model.
    pub len: usize,
}

/// What a model is. Lengths are numbers of `float`, not bytes, but for `len`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct fm_info {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// Bytes of the whole model: where the next thing in a flash slot may start.
    pub len: usize,
    /// Numbers in a sample.
    pub dim: usize,
    /// Width of the hidden layers.
    pub hidden: usize,
    /// How many hidden layers there are.
    pub layers: usize,
    /// Classes that can be asked for; 0 where the condition is none or a vector.
    pub classes: usize,
    /// Numbers in the condition vector; 0 where the condition is none or a class.
    pub condition: usize,
    /// Work memory for jumps and Euler: `2 hidden + condition + dim`.
    pub work: usize,
    /// Work memory for Heun too: `2 hidden + condition + 2 dim`.
    pub work_heun: usize,
    /// Its name in UTF-8, inside the model's bytes: no zero byte ends it. An empty string where it has none.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_len: usize,
    /// The time at which sampling starts: 0 but for fields that are singular there.
    pub start: f32,
    /// Whether it can jump from noise to data: `fm_sample`.
    pub jumps: bool,
    /// Whether it has a velocity: `fm_euler` and `fm_heun`.
    pub velocity: bool,
    /// Whether it can be sampled without a condition: `fm_set_none`.
    pub unconditional: bool,
    /// Whether outputs are kept in a range.
    pub clamped: bool,
}

/// Reads a model's label without checking the model, in a time that does not depend on its length:
/// to choose between two slots, or to see that an update is already there. A damaged model may have
/// any label.
///
/// # Safety
/// `bytes` leads to `len` bytes; `label` to memory for an `fm_label`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_peek(bytes: *const u8, len: usize, label: *mut fm_label) -> fm_status {
    let read = || {
        // SAFETY: the caller's promise, for this call.
        let found = peek(unsafe { raw::array(bytes, len) }?)?;
        // SAFETY: the caller's promise.
        unsafe { raw::put(label, fm_label { id: found.id, len: found.len }) }
    };
    outcome(read())
}

/// Checks every byte of a model and keeps where it is. `len` may be that of the whole flash slot. A model
/// that was initialised before stays as it is where this fails.
///
/// # Safety
/// `bytes` leads to `len` bytes that stay as they are for as long as the model is used; `model` to
/// memory for an `fm_model` that is zero (static, or `= {0}`) or was given to this function before, and that
/// nothing else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_model_init(
    model: *mut fm_model,
    bytes: *const u8,
    len: usize,
) -> fm_status {
    let init = || {
        // SAFETY: the caller's promise.
        let model = unsafe { raw::exclusive(model) }?;
        // SAFETY: the caller's promise, for as long as the model is used.
        let view = Model::new(unsafe { raw::array(bytes, len) }?)?;
        // SAFETY: size and alignment are asserted above.
        unsafe { ptr::from_mut(&mut model.state).cast::<Model<'static>>().write(view) };
        model.ready = READY;
        Ok(())
    };
    outcome(init())
}

/// Says what a model is.
///
/// # Safety
/// `model` leads to memory that was given to `fm_model_init`, or that is zero; `info` to memory for
/// an `fm_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_model_info(model: *const fm_model, info: *mut fm_info) -> fm_status {
    let read = || {
        // SAFETY: the caller's promise, for this call.
        let model = unsafe { raw::shared(model) }?.view()?;
        // SAFETY: the caller's promise.
        unsafe { raw::put(info, describe(model)) }
    };
    outcome(read())
}

fn describe(model: &Model<'static>) -> fm_info {
    let shape = model.network().shape();
    let (classes, condition) = match model.conditioning() {
        Conditioning::None => (0, 0),
        Conditioning::Classes(count) => (count, 0),
        Conditioning::Vector(size) => (0, size),
    };
    // Saturating: sizes whose memory is no memory are found by `fm_sampler_init`.
    let fixed = shape.hidden.saturating_mul(2).saturating_add(condition);
    let name = model.name();
    fm_info {
        id: model.id(),
        len: model.len(),
        dim: shape.dim,
        hidden: shape.hidden,
        layers: shape.layers,
        classes,
        condition,
        work: fixed.saturating_add(shape.dim),
        work_heun: fixed.saturating_add(shape.dim.saturating_mul(2)),
        // An empty name of Rust's leads nowhere.
        name: if name.is_empty() { c"".as_ptr() } else { name.as_ptr().cast() },
        name_len: name.len(),
        start: model.start(),
        jumps: model.prediction().reach().jumps(),
        velocity: model.prediction().reach() != Reach::OneJump,
        unconditional: model.conditioning() == Conditioning::None || model.unconditional(),
        clamped: model.clamp().next().is_some(),
    }
}
