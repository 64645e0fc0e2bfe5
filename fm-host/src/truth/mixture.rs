//! A mixture of Gaussians and its laws along a path ([`crate::docs::flow_matching`]).
//!
//! Component `k` of `x_t` is `N(alpha m_k, S_k^2)`, `S_k^2 = alpha^2 s_k^2 + sigma^2`. Every quantity of
//! the mixture is a mean over components, weighted by each one's responsibility for the point.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::Coefficients;
use crate::data::{ClassData, ConditionData, Dataset, Rows, Standardisation};
use crate::path::Path;

/// One Gaussian of a mixture, with independent coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// The share before normalisation, above 0.
    pub weight: f64,
    /// Shape: `[dim]`.
    pub mean: Vec<f64>,
    /// Each coordinate's standard deviation, above 0. Shape: `[dim]`.
    pub sd: Vec<f64>,
    /// The class of the component's samples; `None` means the component's index.
    pub class: Option<u32>,
}

impl Component {
    /// A round Gaussian with weight 1, in a class of its own.
    pub fn round(mean: &[f64], sd: f64) -> Self {
        Self { weight: 1.0, mean: mean.to_vec(), sd: vec![sd; mean.len()], class: None }
    }

    /// The same Gaussian with another weight.
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// The same Gaussian in the given class.
    pub fn of_class(self, class: u32) -> Self {
        Self { class: Some(class), ..self }
    }
}

/// A mixture of Gaussians.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianMixture {
    /// Weights sum to 1, and every component has a class.
    components: Vec<Component>,
}

impl GaussianMixture {
    /// A mixture of these components, with weights normalised to sum to 1.
    ///
    /// # Panics
    /// If there are no components, if they differ in width, or if a weight or standard deviation is not
    /// above 0.
    pub fn new(mut components: Vec<Component>) -> Self {
        let dim = components.first().expect("a mixture of something").mean.len();
        let total: f64 = components.iter().map(|c| c.weight).sum();
        for (k, c) in components.iter_mut().enumerate() {
            assert!(c.mean.len() == dim && c.sd.len() == dim, "components of different widths");
            assert!(c.weight > 0.0 && c.sd.iter().all(|&sd| sd > 0.0), "nothing to draw from");
            c.weight /= total;
            c.class.get_or_insert(k as u32);
        }
        Self { components }
    }

    /// `count` equal Gaussians with standard deviation `sd` on a circle; `ring(8, 2.0, 0.1)` is
    /// `8gaussians`.
    pub fn ring(count: usize, radius: f64, sd: f64) -> Self {
        let centre = |k: usize| {
            let (sin, cos) = (TAU * k as f64 / count as f64).sin_cos();
            Component::round(&[radius * cos, radius * sin], sd)
        };
        Self::new((0..count).map(centre).collect())
    }

    /// `count` equal Gaussians whose coordinates have random means in [-2, 2] and standard deviations in
    /// [0.2, 0.5].
    pub fn scattered(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Self {
        let component = |_| {
            let mut within = |low: f64, high: f64| {
                (0..dim).map(|_| rng.random_range(low..high)).collect::<Vec<f64>>()
            };
            let (mean, sd) = (within(-2.0, 2.0), within(0.2, 0.5));
            Component { weight: 1.0, mean, sd, class: None }
        };
        Self::new((0..count).map(component).collect())
    }

    /// The number of columns of a sample.
    pub fn dim(&self) -> usize {
        self.components[0].mean.len()
    }

    /// The components, with weights that sum to 1.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The number of classes: the highest class plus 1.
    pub fn classes(&self) -> usize {
        self.components.iter().filter_map(|c| c.class).max().map_or(0, |last| last as usize + 1)
    }

    /// The law of one class.
    ///
    /// # Panics
    /// If there is no component of this class.
    pub fn of_class(&self, class: u32) -> Self {
        let of = |c: &&Component| c.class == Some(class);
        Self::new(self.components.iter().filter(of).cloned().collect())
    }

    /// The law of the other columns given the known ones, in order.
    ///
    /// Shape: `[dim]`, `None` for a column that is not known.
    ///
    /// # Panics
    /// If there is another number of columns, or all are known.
    pub fn given(&self, known: &[Option<f64>]) -> Self {
        assert_eq!(known.len(), self.dim(), "a value or none for every column");
        // Coordinates are independent within a component, so the known ones only change the components' shares.
        let log = |c: &Component| {
            let term = |(d, x): (usize, f64)| {
                let z = (x - c.mean[d]) / c.sd[d];
                -0.5 * z * z - c.sd[d].ln()
            };
            let known = known.iter().enumerate().filter_map(|(d, x)| Some((d, (*x)?)));
            c.weight.ln() + known.map(term).sum::<f64>()
        };
        let logs: Vec<f64> = self.components.iter().map(log).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let unknown = |values: &[f64]| {
            let values = values.iter().zip(known).filter(|(_, known)| known.is_none());
            values.map(|(value, _)| *value).collect()
        };
        let component = |(c, log): (&Component, f64)| Component {
            weight: (log - largest).exp().max(f64::MIN_POSITIVE),
            mean: unknown(&c.mean),
            sd: unknown(&c.sd),
            class: c.class,
        };
        let conditional = Self::new(self.components.iter().zip(logs).map(component).collect());
        assert!(conditional.dim() > 0, "a column to draw");
        conditional
    }

    /// The share of one class.
    pub fn class_share(&self, class: u32) -> f64 {
        self.components.iter().filter(|c| c.class == Some(class)).map(|c| c.weight).sum()
    }

    /// The mean. Shape: `[dim]`.
    pub fn mean(&self) -> Vec<f64> {
        self.mix(|c, d| c.weight * c.mean[d])
    }

    /// The law of the samples after `standardisation`.
    ///
    /// # Panics
    /// If `standardisation` has another width.
    pub fn standardised(&self, standardisation: &Standardisation) -> Self {
        let Standardisation { mean, std, .. } = standardisation;
        assert_eq!(mean.len(), self.dim(), "a standardisation of another width");
        let mut components = self.components.clone();
        for c in &mut components {
            for d in 0..mean.len() {
                c.mean[d] = (c.mean[d] - f64::from(mean[d])) / f64::from(std[d]);
                c.sd[d] /= f64::from(std[d]);
            }
        }
        Self { components }
    }

    /// Draws samples, and returns them with the class of each.
    ///
    /// Shape: `[count, dim]` and `[count]`.
    pub fn sample(&self, count: usize, rng: &mut ChaCha8Rng) -> (Rows, Vec<u32>) {
        let mut rows = Rows::new(self.dim());
        let mut labels = Vec::with_capacity(count);
        let mut row = vec![0.0; self.dim()];
        for _ in 0..count {
            let component = self.choose(rng.random());
            for ((x, mean), sd) in row.iter_mut().zip(&component.mean).zip(&component.sd) {
                let eps: f64 = rng.sample(StandardNormal);
                *x = (mean + sd * eps) as f32;
            }
            rows.push(&row);
            labels.push(component.class.unwrap_or_default());
        }
        (rows, labels)
    }

    /// Draws a data set with columns `x0`, `x1`, …; with `classes`, the classes are its condition.
    pub fn dataset(
        &self,
        name: &str,
        count: usize,
        classes: bool,
        rng: &mut ChaCha8Rng,
    ) -> Dataset {
        let (values, labels) = self.sample(count, rng);
        let names = (0..self.classes()).map(|k| k.to_string()).collect();
        let condition = match classes {
            true => ClassData { column: "class".to_owned(), names, labels }.into(),
            false => ConditionData::default(),
        };
        let columns = (0..self.dim()).map(|d| format!("x{d}")).collect();
        Dataset::new(name.to_owned(), columns, values, condition)
    }

    /// The log density of `x_t` at `x`, in nats; at `t = 1` that of the data.
    ///
    /// # Panics
    /// If `x` has another width; also in the functions below.
    pub fn log_density(&self, path: Path, t: f64, x: &[f64]) -> f64 {
        let logs = self.log_terms(&Coefficients::at(path, t), x);
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln()
    }

    /// `grad log p_t(x)`. Shape: `[dim]`.
    pub fn score(&self, path: Path, t: f64, x: &[f64]) -> Vec<f64> {
        let at = Coefficients::at(path, t);
        let shares = self.responsibilities(&at, x);
        self.mix_at(&shares, |c, d| (at.alpha * c.mean[d] - x[d]) / at.spread(c.sd[d]).powi(2))
    }

    /// The marginal velocity `E[alpha' x1 + sigma' eps | x_t = x]`. Shape: `[dim]`.
    pub fn velocity(&self, path: Path, t: f64, x: &[f64]) -> Vec<f64> {
        let at = Coefficients::at(path, t);
        let shares = self.responsibilities(&at, x);
        // Each component's velocity moves its mean and scales the distance from it.
        self.mix_at(&shares, |c, d| {
            at.d_alpha * c.mean[d] + at.growth(c.sd[d]) * (x[d] - at.alpha * c.mean[d])
        })
    }

    /// The component at position `u` of the unit interval, which is divided by weight.
    fn choose(&self, u: f64) -> &Component {
        let mut below = 0.0;
        let at = self.components.iter().find(|c| {
            below += c.weight;
            u < below
        });
        at.unwrap_or(&self.components[self.components.len() - 1])
    }

    /// The log of each component's weighted density at `x`.
    fn log_terms(&self, at: &Coefficients, x: &[f64]) -> Vec<f64> {
        assert_eq!(x.len(), self.dim(), "a point of another width");
        let term = |c: &Component| {
            let log = |(d, x): (usize, &f64)| {
                let spread = at.spread(c.sd[d]);
                let z = (x - at.alpha * c.mean[d]) / spread;
                -0.5 * (TAU.ln() + z * z) - spread.ln()
            };
            c.weight.ln() + x.iter().enumerate().map(log).sum::<f64>()
        };
        self.components.iter().map(term).collect()
    }

    /// The share of each component in the density at `x`; the shares sum to 1.
    fn responsibilities(&self, at: &Coefficients, x: &[f64]) -> Vec<f64> {
        let logs = self.log_terms(at, x);
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let terms: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
        let total: f64 = terms.iter().sum();
        terms.iter().map(|term| term / total).collect()
    }

    fn mix_at(&self, shares: &[f64], value: impl Fn(&Component, usize) -> f64) -> Vec<f64> {
        let sum =
            |d| self.components.iter().zip(shares).map(|(c, share)| share * value(c, d)).sum();
        (0..self.dim()).map(sum).collect()
    }

    fn mix(&self, value: impl Fn(&Component, usize) -> f64) -> Vec<f64> {
        (0..self.dim()).map(|d| self.components.iter().map(|c| value(c, d)).sum()).collect()
    }
}
