//! The density of a built-in law, and the share of samples in regions of low density, where only one real
//! point in a thousand is.
//!
//! A noisy curve is a mixture of equal round Gaussians along it: the integral over the curve by the
//! midpoint rule, with steps well below the noise's standard deviation.

use rayon::prelude::*;

use crate::data::{Builtin, Rows};

/// The share of real data below the threshold.
const TAIL: f64 = 0.001;
/// Gaussians per curve: less than half a standard deviation apart, except at the centre of `spirals`.
const NODES: usize = 512;
/// Standard deviations around the law that the threshold is integrated over: 4e-6 of the mass is beyond.
const MARGIN: f64 = 5.0;

/// The density of a built-in law with noise, in raw units.
pub struct Density {
    /// The centres of equal Gaussians.
    nodes: Vec<[f64; 2]>,
    sd: f64,
    threshold: f64,
}

impl Density {
    /// Returns the density of `law`; `None` for a law without noise.
    pub fn of(law: Builtin) -> Option<Self> {
        let sd = f64::from(law.noise()?);
        let (curves, nodes) = match law {
            Builtin::EightGaussians => (8, 1),
            // One curve, whose quarters are the classes.
            Builtin::SwissRoll => (1, 2 * NODES),
            _ => (law.classes() as u32, NODES),
        };
        let along = |i: usize| (i as f32 + 0.5) / nodes as f32;
        let curve = |k: u32| (0..nodes).map(move |i| law.before_noise(k, along(i)).map(f64::from));
        let nodes = (0..curves).flat_map(curve).collect();
        let mut density = Self { nodes, sd, threshold: 0.0 };
        density.threshold = density.quantile(TAIL);
        Some(density)
    }

    /// Returns the density at a point.
    pub fn at(&self, point: [f64; 2]) -> f64 {
        let scale = -0.5 / (self.sd * self.sd);
        let terms = self.nodes.iter().map(|[x, y]| {
            let square = (point[0] - x).powi(2) + (point[1] - y).powi(2);
            // Beyond 12 standard deviations a term is below 1e-31 of its peak.
            if scale * square > -72.0 { (scale * square).exp() } else { 0.0 }
        });
        let peak = std::f64::consts::TAU * self.sd * self.sd * self.nodes.len() as f64;
        terms.sum::<f64>() / peak
    }

    /// Returns the share of samples in raw units with a density below that of all but 0.1 % of real data.
    ///
    /// # Panics
    /// If the samples do not have two columns.
    pub fn below(&self, samples: &Rows) -> f64 {
        let below = |&i: &usize| {
            let row = samples.row(i);
            self.at([row[0].into(), row[1].into()]) < self.threshold
        };
        let count = (0..samples.len()).into_par_iter().filter(below).count();
        count as f64 / samples.len() as f64
    }

    /// Returns the density threshold such that the law has a share `tail` of its mass where the density is
    /// lower, by the midpoint rule on a grid of an eighth of a standard deviation.
    fn quantile(&self, tail: f64) -> f64 {
        let step = self.sd / 8.0;
        let range = |axis: usize| {
            let values = self.nodes.iter().map(|node| node[axis]);
            let low = values.clone().fold(f64::INFINITY, f64::min) - MARGIN * self.sd;
            let high = values.fold(f64::NEG_INFINITY, f64::max) + MARGIN * self.sd;
            (low, ((high - low) / step).ceil() as usize)
        };
        let [(left, columns), (low, rows)] = [range(0), range(1)];
        let at = |i: usize| {
            let place = |start: f64, k: usize| start + step * (k as f64 + 0.5);
            self.at([place(left, i % columns), place(low, i / columns)])
        };
        let mut densities: Vec<f64> = (0..rows * columns).into_par_iter().map(at).collect();
        densities.sort_unstable_by(f64::total_cmp);
        let mut mass = 0.0;
        let reached = densities.iter().find(|density| {
            mass += *density * step * step;
            mass >= tail
        });
        reached.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use clap::ValueEnum;

    use super::*;
    use crate::path::Path;
    use crate::random::{Purpose, stream};
    use crate::truth::GaussianMixture;

    #[test]
    fn a_mixture_has_its_closed_form() {
        let density = Density::of(Builtin::EightGaussians).unwrap();
        let ring = GaussianMixture::ring(8, 2.0, 0.1);
        for point in [[2.0, 0.0], [1.9, 0.2], [0.0, 2.3], [1.0, 1.0]] {
            let wanted = ring.log_density(Path::Linear, 1.0, &point).exp();
            let found = density.at(point);
            // Centres and standard deviation are f32: at 4 standard deviations this is 1e-5 of a density.
            assert!((found - wanted).abs() <= 1e-4 * wanted + 1e-12, "{point:?}: {found} {wanted}");
        }
        // A round Gaussian's density is proportional to the mass beyond its contour: the quantile is the
        // tail.
        let wanted = TAIL / (8.0 * TAU * 0.01);
        // From one grid cell to the next the density falls by 37 %; over all cells that the threshold's
        // circles cross, the error is a small part of that (an eighth of a standard deviation: 1 or 2
        // %).
        assert!((density.threshold / wanted - 1.0).abs() < 0.03, "{}", density.threshold);
        assert!(Density::of(Builtin::Checkerboard).is_none());
    }

    #[test]
    fn a_curve_is_its_integral() {
        let density = Density::of(Builtin::Moons).unwrap();
        let gauss = |x: f64, y: f64| (-(x * x + y * y) / (2.0 * 0.0025)).exp() / (TAU * 0.0025);
        // A million points on each arc, by brute force.
        let brute = |[x, y]: [f64; 2]| {
            let n = 1_000_000;
            let at = |i: usize| {
                let (sin, cos) = (PI * (i as f64 + 0.5) / n as f64).sin_cos();
                gauss(x - cos, y - sin) + gauss(x - 1.0 + cos, y - 0.5 + sin)
            };
            (0..n).map(at).sum::<f64>() / (2.0 * n as f64)
        };
        for point in [[0.0, 1.0], [1.03, -0.02], [0.5, 0.6], [0.9, 0.55]] {
            let (found, wanted) = (density.at(point), brute(point));
            // At a curve's end the midpoint rule is off by (step / sd)^2 / 24 = 6e-4.
            assert!((found / wanted - 1.0).abs() < 1e-3, "{point:?}: {found} {wanted}");
        }
    }

    #[test]
    fn one_real_point_in_a_thousand_is_below() {
        for &law in Builtin::value_variants() {
            let Some(density) = Density::of(law) else { continue };
            let real = law.sample(1 << 17, &mut stream(3, Purpose::Floor, 0)).0;
            let below = density.below(&real);
            // 131 points of 2^17, with a standard deviation of 11.4: five of those are 44 %.
            assert!((below / TAIL - 1.0).abs() < 0.44, "{law:?}: {below}");
        }
    }
}
