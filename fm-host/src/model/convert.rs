//! From a flow-matching model to its contrasted one and back, by the last layer alone.
//!
//! With negatives from all samples of standardised data, every row contrasted, the minimiser of ΔFM is
//! `v_FM / (1 - lambda)` on any path (seed 000, METHODS.md "`m(t)` in full"): the negatives' mean
//! velocity is `alpha' mu = 0`. The last layer is linear, so its weights and biases take the gain.

use fm_nostd::blob::{Coupling, Prediction, Spec, emit, emitted_len};
use fm_nostd::net::Weights;

use super::StoredModel;
use crate::export::fingerprint;
use crate::{Error, Result};

/// The blob of a model with the contrast `lambda` put on, or with `inverse` taken off.
///
/// Exact but for one rounding a number.
///
/// # Errors
/// If no gain is that map for this model and this `lambda`.
pub fn contrasted(stored: &StoredModel, lambda: f32, inverse: bool) -> Result<Vec<u8>> {
    let model = stored.view();
    check(&model, lambda, inverse)?;
    let rest = 1.0 - f64::from(lambda);
    let gain = if inverse { rest } else { 1.0 / rest };
    let shape = model.network().shape();
    let scaled = |number: f32| (f64::from(number) * gain) as f32;
    let (mut reals, mut words);
    let (weights, id) = match model.network().weights() {
        Weights::F32(weights) => {
            reals = weights.to_vec();
            // The last layer is the last thing: its biases, then its weights.
            let last = reals.len() - (shape.hidden + 1) * shape.dim;
            for weight in &mut reals[last..] {
                *weight = scaled(*weight);
            }
            (Weights::F32(&reals), fingerprint(&reals))
        }
        Weights::Q8(weights) => {
            words = weights.to_vec();
            // Its integers stay: they are the last thing, and their scales lie before them.
            let end = words.len() - shape.hidden.div_ceil(2) * shape.dim.div_ceil(2);
            for word in &mut words[end - shape.dim..end] {
                *word = scaled(f32::from_bits(*word)).to_bits();
            }
            (Weights::Q8(&words), fingerprint(&words))
        }
    };
    let (mean, std): (Vec<f32>, Vec<f32>) = model.mean().zip(model.std()).unzip();
    let (low, high): (Vec<f32>, Vec<f32>) = model.clamp().unzip();
    let spec = Spec {
        prediction: model.prediction(),
        activation: model.network().activation(),
        path: model.path(),
        coupling: model.coupling(),
        conditioning: model.conditioning(),
        unconditional: model.unconditional(),
        dim: shape.dim,
        hidden: shape.hidden,
        layers: shape.layers,
        id,
        start: model.start(),
        contrast: if inverse { 0.0 } else { lambda },
        name: model.name(),
        mean: &mean,
        std: &std,
        clamp: &[low, high].concat(),
        condition_mean: &model.condition_mean().collect::<Vec<_>>(),
        condition_scale: &model.condition_scale().collect::<Vec<_>>(),
        weights,
    };
    let refused = |error: &dyn std::fmt::Display| Error::usage("--delta-fm", error.to_string());
    let mut out = vec![0; emitted_len(&spec).map_err(|error| refused(&error))?];
    emit(&spec, &mut out).map_err(|error| refused(&error))?;
    Ok(out)
}

fn check(model: &fm_nostd::Model<'_>, lambda: f32, inverse: bool) -> Result<()> {
    let refuse = |problem: &str| Err(Error::usage("--delta-fm", problem));
    if !(0.0..1.0).contains(&lambda) {
        return refuse(
            "lambda is a number from 0 to less than 1: from 1 on the contrast outweighs the \
             target, and the loss has no least value",
        );
    }
    if model.prediction() == Prediction::Endpoint {
        return refuse(
            "the map is one of velocities, and this network says endpoints: train it with \
             `--predict velocity`",
        );
    }
    if model.prediction() != Prediction::Velocity {
        return refuse(
            "the map is one of velocities; this model predicts something else, whose contrast is \
             another: train it with `--objective delta-fm`",
        );
    }
    if model.coupling() == Coupling::Reflow {
        return refuse(
            "the model was trained on a teacher's pairs, whose data need not have the mean 0 that \
             the map rests on: convert the teacher",
        );
    }
    let carried = model.contrast();
    if carried.is_nan() {
        return refuse(
            "the model carries a contrast that is no gain: negatives of another class shift the \
             field, and rows left out of the contrast are not scaled",
        );
    }
    match (inverse, carried) {
        (false, 0.0) => Ok(()),
        (false, carried) => refuse(&format!(
            "the model carries the contrast {carried} already: take it off with `--inverse` first"
        )),
        (true, carried) if carried == lambda => Ok(()),
        (true, carried) => refuse(&format!("the model carries the contrast {carried}: name that")),
    }
}
