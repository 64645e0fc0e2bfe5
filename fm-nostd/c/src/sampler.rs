//! Samples, whole or step by step, in the caller's memory.

use core::ptr;

use fm_nostd::blob::Conditioning;
use fm_nostd::grid;
use fm_nostd::solver::{Euler, Heun, Solver};
use fm_nostd::{
    AverageField, AverageVelocity, Condition, Conditional, Draw, Field, MeanFlow, Model, Sampler,
    Velocity,
};

use crate::model::fm_model;
use crate::raw;
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

/// A network over lent memory.
type Memory = Field<'static, &'static mut [f32], &'static mut [f32]>;
/// A network that jumps.
type Jumping = AverageField<'static, &'static mut [f32], &'static mut [f32]>;

/// A model's network, which may be able to jump.
enum Network {
    Plain(Memory),
    Average(Jumping),
}

/// What is inside of an [`fm_sampler`].
struct State {
    model: &'static Model<'static>,
    network: Network,
    /// The solvers' part of the work memory: `dim` numbers at least.
    work: &'static mut [f32],
}

/// The network for an ODE solver.
struct Flow<'s>(&'s mut Network);

impl Velocity for Flow<'_> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        match self.0 {
            Network::Plain(field) => field.velocity(t, x, out),
            Network::Average(field) => field.velocity(t, x, out),
        }
    }
}

/// The network for jumps.
struct Jump<'s>(&'s mut Jumping);

impl AverageVelocity for Jump<'_> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        self.0.average_velocity(t, r, x, out);
    }
}

/// Which part of a trajectory is asked for.
#[derive(Clone, Copy)]
enum Part {
    /// All of it, in so many equal steps, into the data's units.
    Whole(u32),
    /// From a time to another.
    Step(f32, f32),
}

impl State {
    fn new(model: &'static Model<'static>, work: &'static mut [f32]) -> Result<Self, fm_status> {
        let short = fm_status::FM_WORK;
        let width = model.network().shape().hidden;
        let vector = if let Conditioning::Vector(size) = model.conditioning() { size } else { 0 };
        let (first, rest) = work.split_at_mut_checked(width).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(width).ok_or(short)?;
        let (condition, work) = rest.split_at_mut_checked(vector).ok_or(short)?;
        if work.len() < model.dim() {
            return Err(short);
        }
        let field = Field::new(model, [first, second], condition)?;
        let network = match model.prediction().average() {
            true => Network::Average(AverageField::new(field)?),
            false => Network::Plain(field),
        };
        Ok(Self { model, network, work })
    }

    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), fm_status> {
        match &mut self.network {
            Network::Plain(field) => field.set_condition(condition)?,
            Network::Average(field) => field.set_condition(condition)?,
        }
        Ok(())
    }

    fn jump(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        match &mut self.network {
            Network::Plain(_) => Err(fm_status::FM_NOT_AVERAGE),
            Network::Average(field) => {
                carry(self.model, Jump(field), MeanFlow::new(&mut *self.work), part, x)
            }
        }
    }

    fn euler(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        carry(self.model, Flow(&mut self.network), Euler::new(&mut *self.work), part, x)
    }

    fn heun(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        let work = self.work.split_at_mut_checked(self.model.dim()).ok_or(fm_status::FM_WORK)?;
        carry(self.model, Flow(&mut self.network), Heun::new(work.into()), part, x)
    }
}

/// Carries a sample along its trajectory, or along a part of it.
fn carry<F, S: Solver<F>>(
    model: &'static Model<'static>,
    field: F,
    solver: S,
    part: Part,
    x: &mut [f32],
) -> Result<(), fm_status> {
    let mut sampler = Sampler::new(model, field, solver)?;
    match part {
        Part::Whole(steps) => sampler.sample_from(grid::uniform(model.start(), steps), x),
        Part::Step(t, r) => sampler.step(t, r, x),
    }
    Ok(())
}

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
unsafe fn on_sample(
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

/// Makes a sampler over a model. `work_len` is `fm_info.work`, or `fm_info.work_heun` for Heun too.
///
/// The condition is none where the model knows that, else class 0 or the mean vector.
///
/// # Safety
/// `model` leads to an initialised model that stays where it is, `work` to `work_len` numbers, and
/// `sampler` to memory for an `fm_sampler`; while the sampler is used, nothing else writes the
/// first, or uses the other two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_sampler_init(
    sampler: *mut fm_sampler,
    model: *const fm_model,
    work: *mut f32,
    work_len: usize,
) -> fm_status {
    let init = || {
        // SAFETY: the caller's promise.
        unsafe { raw::put(sampler, fm_sampler { ready: 0, state: [0; FM_SAMPLER_WORDS] }) }?;
        // SAFETY: written just now.
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
