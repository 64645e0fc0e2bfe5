//! Any accepted model can be sampled by every solver, with any condition, noise and times.

#![no_main]

use fm_nostd::divergence::{Exact, Hutchinson, TangentField};
use fm_nostd::path::Path;
use fm_nostd::solver::{Euler, EulerMaruyama, Heun, Midpoint, NoiseSchedule, Rk4, Solver};
use fm_nostd::{
    AverageField, Column, Condition, ConditionError, Conditional, Draw, Field, FieldError, Guided,
    Jump, Known, KnownParts, KnownSampler, LogDensity, MeanFlow, Model, Sampler,
};
use fm_nostd_fuzz::{Slot, Steer, parts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (blob, steer) = parts(input);
    let slot = Slot::sealed(blob);
    if let Ok(model) = Model::new(slot.bytes()) {
        run(&model, &mut Steer(steer));
    }
});

type KnownField<'a> = Field<'a, Vec<f32>, Known<Vec<f32>>>;

type Memory<'a> = Field<'a, Vec<f32>, Vec<f32>>;

/// The choices that the steering bytes make.
struct Asked {
    draw: Draw,
    steps: u32,
    times: [f32; 2],
    scale: f32,
    class: usize,
    vector: Vec<f32>,
    noise: Vec<f32>,
    values: Vec<f32>,
    known: Vec<bool>,
}

fn run(model: &Model<'_>, steer: &mut Steer<'_>) {
    let dim = model.dim();
    let asked = Asked {
        draw: Draw { seed: u64::from_le_bytes(steer.bytes()), sample: 1 },
        steps: u32::from(steer.bytes::<1>()[0] % 4),
        class: usize::from(steer.bytes::<1>()[0]),
        times: [steer.float(), steer.float()],
        scale: steer.float(),
        vector: (0..model.conditioning().vector).map(|_| steer.float()).collect(),
        noise: (0..dim).map(|_| steer.float()).collect(),
        values: (0..dim).map(|_| steer.float()).collect(),
        known: (0..dim).map(|_| steer.bytes::<1>()[0] % 2 == 1).collect(),
    };
    let shape = model.network().shape();
    let vector = model.conditioning().vector;
    // Buffers of exactly the required length.
    let buffer = |len: usize| vec![0.0; len];
    let hidden = || [buffer(shape.hidden), buffer(shape.hidden)];
    let work = || buffer(dim);
    if let Ok(mut jump) = Jump::with_source(model, hidden(), buffer(vector), work()) {
        assert!(model.has_source());
        let mut x = asked.noise.clone();
        jump.transport(&mut x);
        clamped(model, &x);
    }
    if let Ok(mut jump) = Jump::new(model, hidden(), buffer(vector), work()) {
        assert!(!model.has_source());
        let mut x = asked.noise.clone();
        jump.sample_from(&mut x);
        clamped(model, &x);
        jump.sample(asked.draw, &mut x);
        clamped(model, &x);
    }
    let memory = || Known(buffer(model.known_memory()));
    if let Ok(mut jump) = Jump::new(model, hidden(), memory(), work()) {
        assert!(model.has_known());
        let set = jump.set_known(&asked.values, &asked.known).is_ok();
        let mut x = asked.noise.clone();
        jump.sample_from(&mut x);
        completed(model, &x, &asked, set);
    }
    let known_field: Result<KnownField<'_>, FieldError> = Field::new(model, hidden(), memory());
    if let Ok(field) = known_field {
        assert!(model.has_known());
        complete(model, field.clone(), Euler::new(work()), &asked);
        complete(model, field.clone(), Rk4::new([work(), work(), work()]), &asked);
        let sde = EulerMaruyama::new(Path::Linear, asked.scale, [work(), work()]);
        complete(model, field.clone(), sde, &asked);
        if let Ok(field) = Guided::new(field.clone(), asked.scale, work()) {
            complete(model, field, Heun::new([work(), work()]), &asked);
        }
        if let Ok(field) = AverageField::new(field) {
            complete(model, field, MeanFlow::new(work()), &asked);
        }
    }
    let Ok(field) = Field::new(model, hidden(), buffer(vector)) else { return };
    let exercise_all = |field: &Memory<'_>| {
        exercise(model, field.clone(), Euler::new(work()), &asked);
        exercise(model, field.clone(), Midpoint::new([work(), work()]), &asked);
        exercise(model, field.clone(), Heun::new([work(), work()]), &asked);
        exercise(model, field.clone(), Rk4::new([work(), work(), work()]), &asked);
        for path in [Path::Linear, Path::Trigonometric] {
            for schedule in NoiseSchedule::ALL {
                let sde = EulerMaruyama::new(path, asked.scale, [work(), work()]);
                exercise(model, field.clone(), sde.with_schedule(schedule), &asked);
            }
        }
    };
    exercise_all(&field);
    if let Ok(field) = field.clone().without_contrast() {
        exercise_all(&field);
        if let Ok(field) = Guided::new(field, asked.scale, work()) {
            exercise(model, field, Euler::new(work()), &asked);
        }
    }
    if let Ok(field) = AverageField::new(field.clone()) {
        exercise(model, field, MeanFlow::new(work()), &asked);
    }
    if let Ok(field) = Guided::new(field.clone(), asked.scale, work()) {
        exercise(model, field, Heun::new([work(), work()]), &asked);
    }
    let Ok(tangents) = TangentField::new(field, hidden()) else { return };
    let rk4 = || Rk4::new([buffer(dim + 1), buffer(dim + 1), buffer(dim + 1)]);
    let exact = Exact::new(tangents.clone(), [work(), work()]);
    let estimated = Hutchinson::new(tangents, asked.draw, [work(), work()]);
    if let Ok(mut density) = LogDensity::new(model, exact, rk4(), buffer(dim + 1)) {
        density.log_density(asked.steps, &asked.noise);
    }
    if let Ok(mut density) = LogDensity::new(model, estimated, rk4(), buffer(dim + 1)) {
        density.log_density(asked.steps, &asked.noise);
    }
}

/// Whole samples, the caller's noise and single steps, under every condition.
fn exercise<F: Conditional, S: Solver<F>>(model: &Model<'_>, field: F, solver: S, asked: &Asked) {
    let sampler = match model.has_source() {
        true => Sampler::with_source(model, field, solver),
        false => Sampler::new(model, field, solver),
    };
    let mut sampler = sampler.expect("room for a sample");
    let conditions =
        [Condition::None, Condition::Class(asked.class), Condition::Vector(&asked.vector)];
    for condition in conditions {
        let set = sampler.field.set_condition(condition);
        if set == Err(ConditionError::NotFinite) {
            assert!(matches!(condition, Condition::Vector(_)));
        }
        let mut x = vec![f32::NAN; model.dim()];
        sampler.sample(asked.draw, asked.steps, &mut x);
        clamped(model, &x);
        let mut x = asked.noise.clone();
        let [t, r] = asked.times;
        sampler.step(t, r, &mut x);
        sampler.sample_from(asked.times, &mut x);
        clamped(model, &x);
        let mut x = asked.noise.clone();
        sampler.transport(asked.times, &mut x);
        clamped(model, &x);
    }
}

/// Whole samples, the caller's noise and single steps, with known parts under every condition.
fn complete<F, S>(model: &Model<'_>, field: F, solver: S, asked: &Asked)
where
    F: Conditional + KnownParts,
    S: Solver<F>,
{
    let mut sampler = KnownSampler::new(model, field, solver).expect("room for a sample");
    let mut set = false;
    let conditions =
        [Condition::None, Condition::Class(asked.class), Condition::Vector(&asked.vector)];
    for condition in conditions {
        let _ = sampler.set_condition(condition);
        let mut x = vec![f32::NAN; model.dim()];
        sampler.sample(asked.draw, asked.steps, &mut x);
        completed(model, &x, asked, set);
        set = sampler.set_known(&asked.values, &asked.known).is_ok();
        let mut x = asked.noise.clone();
        let [t, r] = asked.times;
        sampler.step(t, r, &mut x);
        sampler.sample_from(asked.times, &mut x);
        completed(model, &x, asked, set);
    }
}

/// Known numbers return bit for bit, also from beyond their limits; the others are within them.
fn completed(model: &Model<'_>, x: &[f32], asked: &Asked, set: bool) {
    let mut drawn = x.to_vec();
    for (i, (value, known)) in asked.values.iter().zip(&asked.known).enumerate() {
        if set && *known {
            assert_eq!(x[i].to_bits(), value.to_bits(), "{} for {value}", x[i]);
            drawn[i] = model.transforms().nth(i).map_or(0.0, |column| column.limit(*value));
        }
    }
    clamped(model, &drawn);
}

/// Outputs are within the limits of their columns for any input.
fn clamped(model: &Model<'_>, x: &[f32]) {
    for (value, Column { low, high, .. }) in x.iter().zip(model.transforms()) {
        assert!(!(low <= high) || (low..=high).contains(value), "{value} in {low}..={high}");
    }
}
