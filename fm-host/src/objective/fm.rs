//! Flow matching: `|v(t, x_t, c) - dx_t|^2` at a random time (Lipman et al., 2022, arXiv:2210.02747).
//!
//! The minimiser is the mean of `dx_t` given `x_t`, the velocity that transports the marginals.

use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::{Facts, InputLayout, Recipe, Teaching, Visits};
use crate::coupling::Batch;
use crate::data::Rows;
use crate::net::Regression;
use crate::path::{Path, PathPoint};

/// The facts of flow matching.
pub(super) const FACTS: Facts = Facts {
    title: "flow matching",
    prediction: Prediction::Velocity,
    start: 0.0,
    teaching: Teaching::None,
    paths: &Path::ALL,
    contrast: false,
    guidance: false,
    source: true,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: None,
    regression,
};

/// Builds the inputs `[t, condition, x_t]` and the velocity `dx_t`, without a tangent.
pub(super) fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    let layout = recipe.layout(batch);
    let n = batch.x1.len();
    let mut input = Rows::from_vec(layout.inputs(), vec![0.0; n * layout.inputs()]);
    let mut velocity = Rows::from_vec(layout.data, vec![0.0; n * layout.data]);
    for i in 0..n {
        let row = input.row_mut(i);
        let t = recipe.times.draw(rng);
        row[InputLayout::TIME] = t;
        row[layout.condition()].copy_from_slice(batch.condition.row(i));
        let pair = [batch.x0.row(i), batch.x1.row(i)];
        interpolate(&recipe.path.at(t), pair, &mut row[layout.x()], velocity.row_mut(i));
    }
    Regression::plain(input, velocity, recipe.weighting)
}

/// Writes the point `x_t` between noise and data, and its velocity.
///
/// Shape: all `[dim]`.
pub(super) fn interpolate(
    at: &PathPoint,
    [x0, x1]: [&[f32]; 2],
    x_t: &mut [f32],
    dx_t: &mut [f32],
) {
    let pairs = x0.iter().zip(x1);
    for ((x_t, dx_t), (&x0, &x1)) in x_t.iter_mut().zip(dx_t).zip(pairs) {
        *x_t = at.point(x1, x0);
        *dx_t = at.velocity(x1, x0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, Recipe, fixtures};
    use crate::path::Path;
    use crate::random::{Purpose, stream};

    #[test]
    fn a_row_tells_its_pair() {
        for path in Path::ALL {
            let batch = fixtures::batch(500, false);
            let recipe = Recipe { path, ..fixtures::recipe(Objective::Fm) };
            let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            assert!(regression.tangent.is_empty() && regression.gap.is_empty());
            for i in 0..500 {
                let row = regression.input.row(i);
                assert_eq!(row.len(), 1 + 3 + 2);
                assert_eq!(row[1..4], *batch.condition.row(i));
                for j in 0..2 {
                    let (at, x, v) = (path.at(row[0]), row[4 + j], regression.velocity.row(i)[j]);
                    // A few roundings of values up to 10: the determinant is -1 or -pi/2.
                    assert!((at.data(x, v) - batch.x1.row(i)[j]).abs() < 1e-5);
                    assert!((at.noise(x, v) - batch.x0.row(i)[j]).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn times_are_uniform() {
        let batch = fixtures::batch(20_000, false);
        let recipe = fixtures::recipe(Objective::Fm);
        let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        let mut t: Vec<f32> = regression.input.iter().map(|row| row[0]).collect();
        t.sort_by(f32::total_cmp);
        // The Kolmogorov distance to the uniform law exceeds 1.95 / sqrt(n) once in a thousand times.
        let distance = t.iter().enumerate().map(|(i, t)| (t - i as f32 / 20_000.0).abs());
        assert!(distance.fold(0.0, f32::max) < 1.95 / 141.0);
    }
}
