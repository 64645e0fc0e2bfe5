//! The samples that a self-test in C draws again and compares bit by bit.

use fm_nostd::solver::{Euler, Heun, MeanFlow, Solver};
use fm_nostd::{
    AverageField, Condition, ConditionMemory, Conditional, Draw, Field, FieldError, Jump, Known,
    KnownParts, KnownSampler, Model, Sampler, grid,
};

use super::reach;
use crate::{Error, Result};

/// How a sample is drawn, with the number of steps.
#[derive(Clone, Copy)]
enum Way {
    Jump,
    Jumps(u32),
    Euler(u32),
    Heun(u32),
}

/// The samples of `self_test.c`, in its order.
///
/// # Errors
/// If the model cannot be sampled in these ways.
pub(super) fn samples(model: &Model<'_>) -> Result<Vec<f32>> {
    let (ode, jump) = reach(model);
    let ways = [
        (jump, Way::Jump),
        (jump && ode, Way::Jumps(2)),
        (ode, Way::Euler(3)),
        (ode, Way::Heun(2)),
    ];
    let vector = model.conditioning().vector;
    let mut samples: Vec<f32> = Vec::new();
    let mut known = vec![0.0; model.dim()];
    for number in 0..2 {
        let case = Case { model, number, known: &known };
        let mut last = Vec::new();
        for (_, way) in ways.into_iter().filter(|(has, _)| *has) {
            last = match model.has_known() {
                true => case.sample(way, || Known(vec![0.0; model.known_memory()])),
                false => case.sample(way, || vec![0.0; vector]),
            }
            .map_err(|error| {
                Error::usage("--out", format!("a .c file cannot sample this model: {error}"))
            })?;
            samples.extend(&last);
        }
        known = last;
    }
    Ok(samples)
}

/// One sample: the second has a condition, and known parts taken from the first.
struct Case<'m> {
    model: &'m Model<'m>,
    number: u64,
    known: &'m [f32],
}

impl<'m> Case<'m> {
    fn sample<C: ConditionMemory>(
        &self,
        way: Way,
        memory: impl Fn() -> C,
    ) -> std::result::Result<Vec<f32>, FieldError> {
        let model = self.model;
        let work = || vec![0.0; model.dim()];
        let hidden = || [(); 2].map(|()| vec![0.0; model.network().shape().hidden]);
        let mut x = self.row();
        match way {
            Way::Jump if model.has_source() => {
                let mut jump = Jump::with_source(model, hidden(), memory(), work())?;
                self.prepare(&mut jump);
                jump.transport(&mut x);
            }
            Way::Jump => {
                let mut jump = Jump::new(model, hidden(), memory(), work())?;
                self.prepare(&mut jump);
                jump.sample(self.draw(), &mut x);
            }
            Way::Jumps(steps) => {
                let field = AverageField::new(Field::new(model, hidden(), memory())?)?;
                self.solve(field, MeanFlow::new(work()), steps, &mut x)?;
            }
            Way::Euler(steps) => {
                let field = Field::new(model, hidden(), memory())?;
                self.solve(field, Euler::new(work()), steps, &mut x)?;
            }
            Way::Heun(steps) => {
                let field = Field::new(model, hidden(), memory())?;
                self.solve(field, Heun::new([work(), work()]), steps, &mut x)?;
            }
        }
        Ok(x)
    }

    fn solve<F: KnownParts + Conditional, S: Solver<F>>(
        &self,
        mut field: F,
        solver: S,
        steps: u32,
        x: &mut [f32],
    ) -> std::result::Result<(), FieldError> {
        self.prepare(&mut field);
        if self.model.has_source() {
            let times = grid::uniform(self.model.start(), steps);
            Sampler::with_source(self.model, field, solver)?.transport(times, x);
        } else {
            KnownSampler::new(self.model, field, solver)?.sample(self.draw(), steps, x);
        }
        Ok(())
    }

    /// Sets the condition as `self_test.c` does: what is refused there is refused here.
    fn prepare(&self, sampler: &mut (impl KnownParts + Conditional)) {
        if self.number == 0 {
            return;
        }
        let classes = self.model.conditioning().classes;
        let mean = self.model.condition_mean().zip(self.model.condition_scale());
        let vector: Vec<f32> = mean.map(|(mean, scale)| mean + 0.5 / scale).collect();
        let known: Vec<bool> = (0..self.known.len()).map(|d| d % 2 == 0).collect();
        if classes > 0 {
            sampler.set_condition(Condition::Class(classes - 1)).ok();
        }
        if !vector.is_empty() {
            sampler.set_condition(Condition::Vector(&vector)).ok();
        }
        sampler.set_known(self.known, &known).ok();
    }

    fn draw(&self) -> Draw {
        Draw { seed: 1, sample: self.number }
    }

    /// A row near the mean of the source; zeros without one.
    fn row(&self) -> Vec<f32> {
        let offset = if self.number == 0 { 0.5 } else { -0.75 };
        let source = self.model.source().map(|(mean, scale)| mean + offset / scale);
        source.chain(std::iter::repeat(0.0)).take(self.model.dim()).collect()
    }
}
