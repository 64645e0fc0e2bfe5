//! A trained network's marginal velocity in place of one pair's (METHODS.md, "Average velocity").
//!
//! The pair's `x1 - x0` is the marginal velocity plus noise; a teacher has averaged that noise away.

use super::Layout;
use crate::Result;
use crate::data::Rows;
use crate::net::{Architecture, Learner, Regression};

/// A trained velocity field to learn from.
pub struct Teacher {
    learner: Box<dyn Learner>,
    layout: Layout,
}

impl Teacher {
    /// A teacher from a network that carries the weights to teach with.
    pub fn new(architecture: &Architecture, learner: Box<dyn Learner>) -> Self {
        Self { learner, layout: architecture.into() }
    }

    /// Puts the teacher's velocity at each row's `(t, x_t, condition)` into the target and into the
    /// tangent. An average field teaches with its velocity, at `h = 0`.
    ///
    /// A teacher with one condition input more than the student knows "no condition" besides; it is
    /// then told that there is one.
    ///
    /// Shape: `regression` of the `student`'s layout.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If the teacher's data or condition has another width.
    pub fn replace(&self, student: &Layout, regression: &mut Regression) -> Result<()> {
        let teacher = &self.layout;
        assert_eq!(student.data, teacher.data, "a teacher for other data");
        let more = teacher.condition.checked_sub(student.condition);
        assert!(matches!(more, Some(0 | 1)), "a teacher for other conditions");
        let n = regression.input.len();
        let mut input = Rows::from_vec(teacher.inputs(), vec![0.0; n * teacher.inputs()]);
        for (i, from) in regression.input.iter().enumerate() {
            let to = input.row_mut(i);
            to[Layout::TIME] = from[Layout::TIME];
            to[teacher.condition()][..student.condition]
                .copy_from_slice(&from[student.condition()]);
            to[teacher.x()].copy_from_slice(&from[student.x()]);
        }
        regression.velocity = self.learner.evaluate(&input)?;
        for i in 0..regression.tangent.len() {
            let tangent = &mut regression.tangent.row_mut(i)[student.x()];
            tangent.copy_from_slice(regression.velocity.row(i));
        }
        Ok(())
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
    use super::super::{Objective, fixtures};
    use super::*;
    use crate::net::{Loss, State, Update};
    use crate::random::{Purpose, stream};

    /// A field that tells its inputs: `v = (t + 10 h, 100 * label + x_0 + x_1)`.
    struct Telling(Layout);

    impl Learner for Telling {
        fn step(&mut self, _: &Regression, _: &Update) -> Result<Loss> {
            unreachable!("a teacher does not learn")
        }

        fn evaluate(&self, input: &Rows) -> Result<Rows> {
            let mut out = Rows::new(2);
            for row in input.iter() {
                let h = if self.0.average { row[Layout::GAP] } else { 0.0 };
                let condition = &row[self.0.condition()];
                let label = condition.iter().position(|&c| c == 1.0).expect("one-hot");
                let x = &row[self.0.x()];
                out.push(&[row[Layout::TIME] + 10.0 * h, 100.0 * label as f32 + x[0] + x[1]]);
            }
            Ok(out)
        }

        fn state(&self) -> State {
            unreachable!("a teacher is not saved")
        }

        fn device_name(&self) -> &str {
            "test"
        }
    }

    #[test]
    fn every_velocity_is_the_teachers() {
        let batch = fixtures::batch(64, false);
        let plain = fixtures::recipe(Objective::MeanFlow)
            .regression(&batch, &mut stream(1, Purpose::Batch, 0));
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
            };
            let layout = Layout::from(&architecture);
            let teacher = Teacher::new(&architecture, Box::new(Telling(layout)));
            let student = Layout { average: true, condition: 3, data: 2 };
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
}
