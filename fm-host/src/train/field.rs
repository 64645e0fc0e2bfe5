//! How a training, including its teacher, changes the field; this decides what the model can compute.
//!
//! A student learns its teacher's field for any pairs that it is trained on, so it inherits how the teacher
//! was trained.

use fm_nostd::blob::{Contrast, Pairing};
use serde::{Deserialize, Serialize};

use super::{RunConfig, TrainConfig};
use crate::coupling::{self, Examples};
use crate::objective::{Means, Negatives, Teaching};

/// How a field differs from the plain field of its data, the conditional mean over independent pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldFacts {
    /// The pairs whose velocities the field averages.
    pub coupling: Pairing,
    /// The contrast that the field contains (ΔFM).
    pub contrast: Contrast,
    /// The mean of each class's negatives, standardised; empty if all are 0. Shape: `[classes, dim]`.
    pub negatives: Vec<f32>,
    /// The scale of the guidance that was trained in; 0 without guidance.
    pub guidance: f32,
    /// Whether rows were weighted by their error, so that the field is not the conditional mean.
    pub reweighted: bool,
}

impl FieldFacts {
    /// Collects the facts of a training on `examples`, with a teacher if there is one.
    pub fn of(
        train: &TrainConfig,
        teacher: Option<&RunConfig>,
        examples: &dyn Fn() -> Examples,
    ) -> Self {
        let own = Self::from_data(train, examples);
        let Some(teacher) = teacher.map(|teacher| &teacher.field) else { return own };
        let here = if train.teacher_guidance == 1.0 { 0.0 } else { train.teacher_guidance };
        let guidance = guided_again(own.guidance, guided_again(here, teacher.guidance));
        let reweighted = own.reweighted || teacher.reweighted;
        match train.objective.facts().teaching {
            Teaching::None => own,
            Teaching::Velocity => Self { guidance, reweighted, ..teacher.clone() },
            // The student has its own flow to the points that the teacher draws: no map of the student's
            // velocity undoes changes in the teacher's.
            Teaching::Pairs => Self {
                coupling: Pairing::Reflow,
                contrast: match teacher.contrast {
                    Contrast::None => Contrast::None,
                    Contrast::Everywhere(_) | Contrast::Conditional(_) | Contrast::Irreversible => {
                        Contrast::Irreversible
                    }
                },
                negatives: Vec::new(),
                guidance,
                reweighted,
            },
        }
    }

    /// Collects the facts of a training without a teacher.
    fn from_data(train: &TrainConfig, examples: &dyn Fn() -> Examples) -> Self {
        let guidance = train.guidance();
        let contrast = train.contrast_of_field();
        let by_class =
            train.contrast.negatives == Negatives::OtherClass && contrast != Contrast::None;
        Self {
            coupling: match train.coupling {
                _ if train.objective.facts().likelihood => Pairing::Likelihood,
                coupling::Coupling::Independent => Pairing::Independent,
                coupling::Coupling::Ot | coupling::Coupling::C2ot => Pairing::OptimalTransport,
            },
            contrast,
            negatives: if by_class { Means::of(&examples()).by_class() } else { Vec::new() },
            guidance: if guidance.guides() { guidance.scale() } else { 0.0 },
            reweighted: train.weighting.p != 0.0,
        }
    }
}

/// The scale of a field with guidance `scale` whose guidance of scale `again` is guided; 0 is no guidance.
fn guided_again(again: f32, scale: f32) -> f32 {
    match (again, scale) {
        (scale, 0.0) | (0.0, scale) => scale,
        (again, scale) => again * scale,
    }
}
