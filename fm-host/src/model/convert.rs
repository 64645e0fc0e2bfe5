//! Converts a flow-matching model to a contrasted one and back, by changing only the last layer and the gains.
//!
//! With negatives from all samples of standardised data and every row contrasted, the minimiser of ΔFM
//! is `v_FM / (1 - lambda)` on any path, because the negatives' mean velocity is `alpha' mu = 0`. The
//! last layer is linear, so the factor is applied to its weights and biases, and to the gains.

use fm_nostd::Prediction;
use fm_nostd::blob::{Contrast, Pairing, Spec};
use fm_nostd::net::{self, Weights};

use super::StoredModel;
use super::contents::{Contents, emitted};
use crate::blob::fingerprint;
use crate::{Error, Result};

/// Returns the blob of a model with the contrast `lambda` added, or with `inverse` removed.
///
/// Exact except for one rounding per weight.
///
/// # Errors
/// If the conversion is not a factor for this model and this `lambda`.
pub fn contrasted(stored: &StoredModel, lambda: f32, inverse: bool) -> Result<Vec<u8>> {
    let model = stored.view();
    check(&model, lambda, inverse)?;
    let rest = 1.0 - f64::from(lambda);
    let factor = if inverse { rest } else { 1.0 / rest };
    let (shape, activation) = (model.network().shape(), model.network().activation());
    let (mut reals, mut words);
    let (weights, id) = match model.network().weights() {
        Weights::F32(weights) => {
            reals = weights.to_vec();
            net::f32::scale_output(shape, &mut reals, factor).map_err(refused)?;
            (Weights::F32(&reals), fingerprint(&reals))
        }
        Weights::Q8(weights) => {
            words = weights.to_vec();
            net::q8::scale_output(shape, activation, &mut words, factor).map_err(refused)?;
            (Weights::Q8(&words), fingerprint(&words))
        }
    };
    let contents = Contents::of(&model);
    let contrast = if inverse { Contrast::None } else { Contrast::Everywhere(lambda) };
    let spec = Spec { id, contrast, weights, ..contents.spec() };
    emitted(&spec).map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::usage("--delta-fm", error.to_string())
}

fn check(model: &fm_nostd::Model<'_>, lambda: f32, inverse: bool) -> Result<()> {
    let refuse = |problem: &str| Err(Error::usage("--delta-fm", problem));
    if !(0.0..1.0).contains(&lambda) {
        return refuse(
            "must be at least 0 and below 1: at 1 or above, the contrast outweighs the target, and \
             the loss has no minimum",
        );
    }
    if model.prediction() != Prediction::Velocity {
        return refuse(
            "only velocities can be converted, and this model predicts something else; convert a \
             flow-matching model, or train with `--objective delta-fm`",
        );
    }
    if model.coupling() == Pairing::Reflow {
        return refuse(
            "the conversion assumes data of mean 0, which a teacher's pairs need not have; convert the \
             teacher instead",
        );
    }
    if model.has_source() {
        return refuse(
            "the contrast of ΔFM is not trained between two data sets; convert a model that moves noise",
        );
    }
    if model.coupling() == Pairing::Likelihood {
        return refuse(
            "the conversion assumes a velocity that is a mean over pairs, which maximum likelihood does not \
             train; convert a flow-matching model",
        );
    }
    match (inverse, model.contrast()) {
        (_, Contrast::Irreversible) => refuse(
            "the model's contrast cannot be undone by an affine map: lambda changed during training, \
             or rows without a label were contrasted with another class",
        ),
        (_, Contrast::Conditional(_)) => refuse(
            "the contrast applies only to rows with a condition, but scaling the last layer would \
             change the other rows too; sample with `--contrast undo` instead",
        ),
        (false, Contrast::None) => Ok(()),
        (true, Contrast::None) => refuse("the model has no contrast; omit `--inverse`"),
        (false, Contrast::Everywhere(carried)) => refuse(&format!(
            "the model has the contrast {carried} already; remove it with `--inverse` first"
        )),
        (true, Contrast::Everywhere(carried)) if carried == lambda => Ok(()),
        (true, Contrast::Everywhere(carried)) => {
            refuse(&format!("the model has the contrast {carried}; use `--delta-fm {carried}`"))
        }
    }
}
