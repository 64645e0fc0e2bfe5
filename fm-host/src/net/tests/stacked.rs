//! Tests that models in one stack have the same bits as alone and do not affect each other.

use dfdx::tensor::Cpu;
use fm_nostd::Activation;

use super::training::{UPDATE, regression};
use super::{architecture, table};
use crate::data::Rows;
use crate::net::stacked::{Stack, shared_learners};
use crate::net::{
    Architecture, Learner, Loss, Regression, SharedLearner, State, Update, Weighting, plain_learner,
};

const MODELS: u64 = 3;

/// The initial state of `model`, some steps apart from the other models'.
fn state(architecture: &Architecture, model: u64) -> State {
    State { step: 7 * model, ..State::fresh(architecture, model) }
}

/// The regression of `model` in `step`: some, no or all rows have a derivative, and weights may be missing.
fn lesson(architecture: &Architecture, kind: u64, model: u64, step: u64) -> Regression {
    let m = [20, 0, 64][kind as usize % 3];
    let mut lesson = regression(architecture, 1000 * model + step, 64, m);
    if kind.is_multiple_of(2) {
        lesson.weight.clear();
        lesson.mask = Rows::new(architecture.data);
        lesson.weighting = Weighting { p: 0.0, c: 0.0 };
    }
    lesson
}

fn update(model: u64) -> Update {
    Update { rate: 1e-3 * (1 + model) as f32, ema: 0.9 + 0.01 * model as f32, ..UPDATE }
}

fn alone(architecture: &Architecture, model: u64) -> Box<dyn Learner> {
    plain_learner(architecture, state(architecture, model)).expect("the CPU does not fail")
}

fn stack(architecture: &Architecture) -> Stack<Cpu> {
    let states: Vec<State> = (0..MODELS).map(|model| state(architecture, model)).collect();
    Stack::new(architecture, Cpu::default(), &states).expect("the CPU does not fail")
}

/// Sums have the same order, so the bits are the same; also if the models are at different steps, with
/// different learning rates.
#[test]
fn every_model_has_the_bits_that_it_has_alone() {
    for (kind, activation) in (0..).zip(Activation::ALL.into_iter().chain(Activation::ALL)) {
        let architecture = architecture(activation, 24, 2);
        let mut together = stack(&architecture);
        let mut apart: Vec<_> = (0..MODELS).map(|model| alone(&architecture, model)).collect();
        for step in 0..6 {
            let lessons: Vec<_> =
                (0..MODELS).map(|model| lesson(&architecture, kind, model, step)).collect();
            let updates: Vec<_> = (0..MODELS).map(update).collect();
            let losses = together.step(&lessons, &updates).unwrap();
            for (i, learner) in apart.iter_mut().enumerate() {
                assert_eq!(losses[i], learner.step(&lessons[i], &updates[i]).unwrap(), "{kind}");
            }
        }
        let input = table(3, 17, architecture.inputs());
        for (model, learner) in apart.iter().enumerate() {
            assert_eq!(together.state(model).unwrap(), learner.state().unwrap(), "{kind}");
            assert_eq!(
                together.evaluate(model, &input).unwrap(),
                learner.evaluate(&input).unwrap()
            );
        }
        assert_ne!(together.state(0).unwrap().parameters, together.state(1).unwrap().parameters);
    }
}

/// A loss or gradient that is not finite leaves its own model unchanged and does not affect the others.
#[test]
fn what_is_not_finite_moves_its_own_model_nowhere() {
    let architecture = architecture(Activation::Silu, 16, 1);
    let mut together = stack(&architecture);
    let mut apart: Vec<_> = (0..MODELS).map(|model| alone(&architecture, model)).collect();
    let break_loss: fn(&mut Regression) = |lesson| lesson.velocity.row_mut(5)[1] = f32::NAN;
    // A finite loss with a gradient beyond the range of f32.
    let break_gradient: fn(&mut Regression) = |lesson| {
        lesson.weighting = Weighting { p: 0.0, c: 0.0 };
        lesson.weight.clear();
        lesson.velocity.as_mut_slice().fill(1e18);
        lesson.input.as_mut_slice().fill(1e30);
    };
    for (kind, spoil) in [(1, break_loss), (4, break_gradient)] {
        let before = together.state(1).unwrap();
        let mut lessons: Vec<_> =
            (0..MODELS).map(|model| lesson(&architecture, kind, model, 1)).collect();
        spoil(&mut lessons[1]);
        let updates: Vec<_> = (0..MODELS).map(update).collect();
        let losses = together.step(&lessons, &updates).unwrap();
        let finite: Vec<bool> = losses.iter().map(Loss::is_finite).collect();
        assert_eq!(finite, [true, false, true]);
        assert_eq!(together.state(1).unwrap(), before);
        for i in [0, 2] {
            apart[i].step(&lessons[i], &updates[i]).unwrap();
            assert_eq!(together.state(i).unwrap(), apart[i].state().unwrap());
        }
    }
}

/// Trainings of different lengths, one that never starts, and one that is evaluated in between.
#[test]
fn who_leaves_does_not_hold_the_others_up() {
    let architecture = architecture(Activation::Tanh, 8, 1);
    let open = || Ok((Cpu::default(), "shared".to_owned()));
    let mut learners = shared_learners(&architecture, 4, open).unwrap();
    drop(learners.pop());
    let train = |model: u64, mut learner: Box<dyn Learner>| {
        for step in 0..5 + 3 * model {
            let lesson = lesson(&architecture, 1, model, step);
            learner.step(&lesson, &update(model)).unwrap();
            if step == 4 {
                learner.evaluate(&lesson.input).unwrap();
            }
        }
        learner.state().unwrap()
    };
    let together: Vec<State> = std::thread::scope(|scope| {
        let join = |(model, learner): (u64, SharedLearner)| {
            let (train, state) = (&train, state(&architecture, model));
            scope.spawn(move || {
                let learner = learner.join(state).unwrap();
                assert_eq!(learner.device_name(), "shared");
                train(model, learner)
            })
        };
        let threads: Vec<_> = (0..).zip(learners).map(join).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (model, state) in (0..).zip(together) {
        assert_eq!(state, train(model, alone(&architecture, model)));
    }
}
