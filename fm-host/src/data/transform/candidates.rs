//! The transforms of numbers without ties that are compared, and how likely held-out numbers are under each.

use fm_nostd::Form;
use statrs::distribution::{Continuous, Normal};

use super::Transform;
use super::choice::Wanted;
use super::knots::{Part, knots};
use crate::data::moments::moments;

/// A kind of transform with its size, from the simplest to the most flexible.
pub(super) const ALL: [Candidate; 6] = [
    Candidate::Plain,
    Candidate::Log,
    Candidate::Power,
    Candidate::Quantiles(16),
    Candidate::Quantiles(32),
    Candidate::Quantiles(64),
];

/// A kind of transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidate {
    Plain,
    Log,
    Power,
    Quantiles(usize),
}

impl Candidate {
    /// Whether it is of the wanted kind.
    pub fn is(self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Auto => true,
            Wanted::Plain => self == Self::Plain,
            Wanted::Log => self == Self::Log,
            Wanted::Power => self == Self::Power,
            Wanted::Quantiles => matches!(self, Self::Quantiles(_)),
        }
    }

    /// Fits it to sorted numbers; `None` if it does not apply to them.
    pub fn fit(self, sorted: &[f32]) -> Option<Transform> {
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let range = high - low;
        let plain = Transform::plain("");
        match self {
            Self::Plain => Some(plain),
            Self::Log if low > 0.0 => {
                Some(Transform { form: Form::Log, limits: Some((0.0, high + range)), ..plain })
            }
            Self::Log => None,
            Self::Power => {
                let (mean, std) = moments(sorted.iter().copied());
                let (shift, scale) = (mean as f32, std as f32);
                let limits = Some((low - range, high + range));
                let form = Form::YeoJohnson;
                let with = |lambda: f32| {
                    let over = |x: f32| if x == 0.0 { 0.0 } else { 1.0 / x };
                    let parameters = vec![lambda, over(lambda), 2.0 - lambda, over(2.0 - lambda)];
                    Transform { form, limits, shift, scale, parameters, ..plain.clone() }
                };
                (scale > 0.0).then(|| most_likely(sorted, with))
            }
            Self::Quantiles(lines) => {
                // Fewer rows than this for each line would follow chance.
                const ROWS: usize = 10;
                (sorted.len() >= ROWS * lines).then(|| {
                    let parameters = knots(&[Part::Range(sorted)], lines).into_flattened();
                    Transform { form: Form::Knots, limits: Some((low, high)), parameters, ..plain }
                })
            }
        }
    }
}

/// The power under which the numbers are most likely, on a grid.
fn most_likely(sorted: &[f32], with: impl Fn(f32) -> Transform) -> Transform {
    // Every so many numbers, in order, are as good as all.
    let few: Vec<f32> = sorted.iter().step_by(sorted.len().div_ceil(2000)).copied().collect();
    let best = |lambdas: &mut dyn Iterator<Item = i32>| {
        let scored = lambdas.map(|twentieths| {
            let transform = with(twentieths as f32 / 20.0);
            let law = Law::fit(&transform, &few);
            (few.iter().map(|&x| law.log_density(&transform, x)).sum::<f64>(), twentieths)
        });
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(20, |(_, twentieths)| twentieths)
    };
    let coarse = best(&mut (-40..=80).step_by(10));
    with(best(&mut (coarse - 10..=coarse + 10)) as f32 / 20.0)
}

/// A normal law of the numbers that a transform makes.
pub(super) struct Law {
    mean: f64,
    std: f64,
}

impl Law {
    /// The law of the transformed numbers.
    pub fn fit(transform: &Transform, numbers: &[f32]) -> Self {
        let column = transform.column();
        let (mean, std) = moments(numbers.iter().map(|&x| column.apply(x)));
        Self { mean, std: std.max(1e-12) }
    }

    /// The log density of a number of the data.
    pub fn log_density(&self, transform: &Transform, x: f32) -> f64 {
        let column = transform.column();
        let y = column.apply(x);
        let z = (f64::from(y) - self.mean) / self.std;
        Normal::standard().ln_pdf(z) - self.std.ln() - f64::from(column.log_slope(y))
    }
}
