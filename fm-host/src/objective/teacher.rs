//! A trained network to learn from: its marginal velocity in place of one pair's velocity, which MeanFlow's
//! identity also holds for (Geng et al., 2025, arXiv:2505.13447, equation 6), and the pairs that its flow
//! makes. Either may be guided, so that the student has the guided field without two evaluations.
//!
//! A pair's `x1 - x0` is the marginal velocity plus noise; a teacher has already averaged that noise away.

use std::cell::RefCell;

use fm_nostd::grid;
use fm_nostd::solver::{Heun, Solver};

use super::{InputLayout, Output};
use crate::Result;
use crate::data::Rows;
use crate::net::{Architecture, Learner, Regression};

/// Steps of Heun's method along a teacher's flow. With 32 steps (64 evaluations) the flow of networks of
/// this size is straight enough that more steps make no visible difference.
const STEPS: u32 = 32;

/// A trained field to learn from; predicted scores and noise are converted to velocities.
pub struct Teacher {
    learner: Box<dyn Learner>,
    layout: InputLayout,
    output: Output,
    start: f32,
    /// The scale of classifier-free guidance; 1 for none.
    guidance: f32,
}

impl Teacher {
    /// Makes a teacher from a network with the weights to teach with; its flow starts at time `start`.
    pub fn new(
        architecture: &Architecture,
        output: Output,
        start: f32,
        learner: Box<dyn Learner>,
    ) -> Self {
        Self { learner, layout: architecture.into(), output, start, guidance: 1.0 }
    }

    /// The teacher with classifier-free guidance of this scale, as in [`fm_nostd::Guided`]; other scales
    /// than 1 need a network that was trained with label dropout. Rows without a condition stay as they are.
    pub fn guided(self, scale: f32) -> Self {
        Self { guidance: scale, ..self }
    }

    /// Replaces the velocity in the target and in the tangent by the teacher's velocity at each row's
    /// `(t, x_t, condition)`. An average field is evaluated at `h = 0`.
    ///
    /// A teacher that was trained with label dropout has one more condition input than the student, for "no
    /// condition"; that input is set to 0.
    ///
    /// Shape: `regression` has the `student`'s layout.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If the teacher's data or condition does not have the student's width.
    pub fn replace(&self, student: &InputLayout, regression: &mut Regression) -> Result<()> {
        let teacher = &self.layout;
        assert_eq!(student.data, teacher.data, "a teacher for other data");
        let more = teacher.condition.checked_sub(student.condition);
        assert!(matches!(more, Some(0 | 1)), "a teacher for other conditions");
        let mut input = self.inputs(regression.input.len());
        for (i, from) in regression.input.iter().enumerate() {
            let row = input.row_mut(i);
            self.write(
                from[InputLayout::TIME],
                [student.condition(), student.x()].map(|at| &from[at]),
                row,
            );
            // A teacher without flags of absent columns was trained on data without missing cells.
            let known = row[teacher.known()].iter_mut().zip(&from[student.known()]);
            known.for_each(|(slot, value)| *slot = *value);
        }
        regression.velocity = self.velocity(&input)?;
        for i in 0..regression.tangent.len() {
            let tangent = &mut regression.tangent.row_mut(i)[student.x()];
            tangent.copy_from_slice(regression.velocity.row(i));
        }
        Ok(())
    }

    /// Returns where the teacher's ODE transports noise to, by Heun's method.
    ///
    /// `condition` may have one input more or fewer than the teacher, for "none". Columns with the flag 1 in
    /// `known` stay as they are in `noise`.
    ///
    /// Shape: `noise` is `[n, data]`, `condition` `[n, inputs]` (width 0 without a condition) and `known`
    /// `[n, data]` (without rows if none is known); the result is `[n, data]`.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If the teacher's data or condition has another width than `noise` or `condition`.
    pub fn flow(&self, noise: &Rows, condition: &Rows, known: &Rows) -> Result<Rows> {
        assert!(self.layout.condition.abs_diff(condition.dim()) <= 1, "other conditions");
        let dim = noise.dim();
        let failed = RefCell::new(None);
        // All rows form one state of the solver, which treats each value independently.
        let mut field = |t: f32, x: &[f32], out: &mut [f32]| {
            let mut input = self.inputs(noise.len());
            for (i, x) in x.chunks_exact(dim).enumerate() {
                let condition = if condition.dim() == 0 { &[][..] } else { condition.row(i) };
                let row = input.row_mut(i);
                self.write(t, [condition, x], row);
                if !known.is_empty() {
                    self.layout.tell(known.row(i), x, row);
                }
            }
            match self.velocity(&input) {
                Ok(velocity) => out.copy_from_slice(velocity.as_slice()),
                Err(error) => *failed.borrow_mut() = Some(error),
            }
        };
        let mut x = noise.clone();
        let work = || vec![0.0; x.as_slice().len()];
        let mut solver = Heun::new([work(), work()]);
        let times = grid::uniform(self.start, STEPS);
        for (t, r) in times.clone().zip(times.skip(1)) {
            solver.step(&mut field, t, r, x.as_mut_slice());
            if let Some(error) = failed.take() {
                return Err(error);
            }
        }
        Ok(x)
    }

    fn inputs(&self, n: usize) -> Rows {
        Rows::from_vec(self.layout.inputs(), vec![0.0; n * self.layout.inputs()])
    }

    /// Writes one row of the network's inputs with gap 0; the input for "none" is left out if either side
    /// lacks it.
    fn write(&self, t: f32, [condition, x]: [&[f32]; 2], row: &mut [f32]) {
        row[InputLayout::TIME] = t;
        for (slot, value) in row[self.layout.condition()].iter_mut().zip(condition) {
            *slot = *value;
        }
        row[self.layout.x()].copy_from_slice(x);
    }

    /// Returns the velocity to teach at rows of the network's inputs.
    fn velocity(&self, input: &Rows) -> Result<Rows> {
        let mut out = self.unguided(input)?;
        if self.guidance != 1.0 {
            let mut dropped = input.clone();
            for i in 0..dropped.len() {
                self.layout.drop_condition(dropped.row_mut(i));
            }
            let none = self.unguided(&dropped)?;
            for (value, none) in out.as_mut_slice().iter_mut().zip(none.as_slice()) {
                *value = none + self.guidance * (*value - none);
            }
        }
        Ok(out)
    }

    /// Returns the marginal velocity at rows of the network's inputs.
    fn unguided(&self, input: &Rows) -> Result<Rows> {
        let mut out = self.learner.evaluate(input)?;
        self.output.to_velocities(&self.layout, input, &mut out);
        Ok(out)
    }
}

impl std::fmt::Debug for Teacher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let device = self.learner.device_name();
        f.debug_struct("Teacher").field("layout", &self.layout).field("device", &device).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::path::Path;
    use fm_nostd::Prediction;
    use fm_nostd::blob::KnownInputs;

    use super::super::{Facts, Objective, fixtures};
    use super::*;
    use crate::net::{Loss, State, Update};
    use crate::random::{Purpose, stream};

    /// A field that returns what it was evaluated at: `v = (t + 10 h, 100 * label + x_0 + x_1)`.
    struct EchoLearner(InputLayout);

    impl Learner for EchoLearner {
        fn step(&mut self, _: &Regression, _: &Update) -> Result<Loss> {
            unreachable!("a teacher does not learn")
        }

        fn evaluate(&self, input: &Rows) -> Result<Rows> {
            let mut out = Rows::new(2);
            for row in input.iter() {
                let h = if self.0.average { row[InputLayout::GAP] } else { 0.0 };
                let condition = &row[self.0.condition()];
                let label = condition.iter().position(|&c| c == 1.0).expect("one-hot");
                let x = &row[self.0.x()];
                out.push(&[row[InputLayout::TIME] + 10.0 * h, 100.0 * label as f32 + x[0] + x[1]]);
            }
            Ok(out)
        }

        fn state(&self) -> Result<State> {
            unreachable!("a teacher is not saved")
        }

        fn device_name(&self) -> &str {
            "test"
        }
    }

    #[test]
    fn every_velocity_is_the_teachers() {
        let batch = fixtures::batch(64, false);
        let plain = fixtures::recipe(Objective::MeanFlow).regression(
            &batch,
            0,
            &mut stream(1, Purpose::Batch, 0),
        );
        // A velocity network, an average one, and one that was trained with label dropout.
        for (average, condition) in [(false, 3), (true, 3), (false, 4)] {
            let hidden = 1;
            let architecture = Architecture {
                data: 2,
                average,
                condition,
                hidden,
                layers: 1,
                activation: fm_nostd::Activation::Silu,
                known: KnownInputs::None,
                gain: true,
            };
            let layout = InputLayout::from(&architecture);
            let output = Output { prediction: Prediction::Velocity, path: Path::Linear };
            let teacher = Teacher::new(&architecture, output, 0.0, Box::new(EchoLearner(layout)));
            let student =
                InputLayout { average: true, condition: 3, known: KnownInputs::None, data: 2 };
            let mut taught = plain.clone();
            teacher.replace(&student, &mut taught).expect("it cannot fail");
            assert_eq!((&taught.input, &taught.gap), (&plain.input, &plain.gap));
            for i in 0..64 {
                let row = plain.input.row(i);
                let label = batch.condition.row(i).iter().position(|&c| c == 1.0).expect("one-hot");
                let expected = [row[0], 100.0 * label as f32 + row[5] + row[6]];
                assert_eq!(taught.velocity.row(i), expected);
                if i < 32 {
                    let [a, b] = expected;
                    assert_eq!(taught.tangent.row(i), [1.0, -1.0, 0.0, 0.0, 0.0, a, b]);
                }
            }
        }
    }

    /// A field on the trigonometric path: the standard normal law's score or noise, under which nothing
    /// moves, or for flow matching the constant velocity 1 for class 1 and 0 for the others.
    struct NormalLawLearner(InputLayout, Objective);

    impl Learner for NormalLawLearner {
        fn step(&mut self, _: &Regression, _: &Update) -> Result<Loss> {
            unreachable!("a teacher does not learn")
        }

        fn evaluate(&self, input: &Rows) -> Result<Rows> {
            let mut out = Rows::new(2);
            for row in input.iter() {
                let (t, x) = (row[InputLayout::TIME], &row[self.0.x()]);
                let value = |x: f32| match self.1 {
                    Objective::Score => -x,
                    Objective::Ddpm => Path::Trigonometric.at(t).sigma * x,
                    // Not the normal law's velocity: 1 for class 1, else 0.
                    _ => row[self.0.condition()][1],
                };
                out.push(&[value(x[0]), value(x[1])]);
            }
            Ok(out)
        }

        fn state(&self) -> Result<State> {
            unreachable!("a teacher is not saved")
        }

        fn device_name(&self) -> &str {
            "test"
        }
    }

    #[test]
    fn the_flow_follows_velocities_scores_and_noise_alike() {
        let batch = fixtures::batch(30, true);
        for objective in [Objective::Fm, Objective::Score, Objective::Ddpm] {
            let architecture = Architecture {
                data: 2,
                average: false,
                condition: 3,
                hidden: 1,
                layers: 1,
                activation: fm_nostd::Activation::Silu,
                known: KnownInputs::None,
                gain: true,
            };
            let learner = Box::new(NormalLawLearner(InputLayout::from(&architecture), objective));
            let Facts { prediction, start, .. } = *objective.facts();
            let output = Output { prediction, path: Path::Trigonometric };
            let teacher = Teacher::new(&architecture, output, start, learner);
            let ends =
                teacher.flow(&batch.x0, &batch.condition, &Rows::new(2)).expect("it cannot fail");
            for i in 0..30 {
                let moves = objective == Objective::Fm && batch.labels[i] == 1;
                for (end, start) in ends.row(i).iter().zip(batch.x0.row(i)) {
                    let way = if moves { 1.0 } else { 0.0 };
                    // Rounding over 32 steps; near `t = 0.01` a noise is divided by `alpha = 0.016`.
                    assert!((end - start - way).abs() < 1e-4, "{objective:?}: {start} to {end}");
                }
            }
        }
    }

    #[test]
    fn known_columns_stand_still_along_the_flow() {
        let batch = fixtures::batch(30, true);
        let architecture = Architecture {
            data: 2,
            average: false,
            condition: 4 + 4,
            known: KnownInputs::Values,
            hidden: 1,
            layers: 1,
            activation: fm_nostd::Activation::Silu,
            gain: true,
        };
        let learner = NormalLawLearner(InputLayout::from(&architecture), Objective::Fm);
        let output = Output { prediction: Prediction::Velocity, path: Path::Trigonometric };
        let teacher = Teacher::new(&architecture, output, 0.0, Box::new(learner));
        let known = Rows::from_vec(2, (0..60).map(|cell| f32::from(cell % 3 == 0)).collect());
        let ends = teacher.flow(&batch.x0, &batch.condition, &known).expect("it cannot fail");
        for i in 0..30 {
            for d in 0..2 {
                let (end, start) = (ends.row(i)[d], batch.x0.row(i)[d]);
                let moves = known.row(i)[d] == 0.0 && batch.labels[i] == 1;
                // A known column keeps its bits; others are rounded over 32 steps.
                assert!(if moves { (end - start - 1.0).abs() < 1e-4 } else { end == start });
            }
        }
    }
}
