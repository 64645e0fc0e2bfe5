//! How much noise the SDE adds over time: any amount leaves the marginals as they are.

use crate::path::{Path, PathPoint};

/// The noise `g^2 = 2 eta s(t)` of [`EulerMaruyama`](super::EulerMaruyama) by the shape of `s`.
///
/// Every shape has the flow's marginals in the limit of small steps, because the drift compensates for the
/// noise (Song et al., 2020, arXiv:2011.13456; Albergo et al., 2023, arXiv:2303.08797). They differ in the
/// times at which errors of the velocity are corrected. Ma et al. (2024, arXiv:2401.08740) compare shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NoiseSchedule {
    /// `s = sigma(t)`, as much as the path's own noise: nothing is divided by a small number (Ma et al.).
    #[default]
    Sigma,
    /// `s = 1`, the same at all times (Albergo et al.; Ma et al.).
    Constant,
    /// `s = (1 + cos(pi t))^2 / 4`: most at the start (Ma et al.).
    Decreasing,
    /// `s = sin(pi t)^2`: most in the middle, none at either end (Ma et al.).
    Sine,
    /// `s = -sigma det / alpha`, which is `(1 - t) / t` on the linear path. With `eta = 1` this is the
    /// reverse of the diffusion that turns data into noise (Song et al.), and a sample does not depend on
    /// its initial noise (Domingo-Enrich et al., 2024, arXiv:2409.08861).
    Reverse,
}

impl NoiseSchedule {
    /// Every schedule.
    pub const ALL: [Self; 5] =
        [Self::Sigma, Self::Constant, Self::Decreasing, Self::Sine, Self::Reverse];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sigma => "sigma",
            Self::Constant => "constant",
            Self::Decreasing => "decreasing",
            Self::Sine => "sine",
            Self::Reverse => "reverse",
        }
    }

    /// `s / sigma` at time `t` in [0, 1), the factor of `-eta eps_hat` in the drift; infinite at `t = 0`
    /// for [`NoiseSchedule::Reverse`].
    pub(super) fn per_sigma(self, t: f32, at: &PathPoint) -> f32 {
        // Half the angle of the cosine and the sine, with the same bits on every target.
        let half = || Path::Trigonometric.at(t);
        match self {
            Self::Sigma => 1.0,
            Self::Constant => 1.0 / at.sigma,
            Self::Decreasing => {
                let cosine = half().sigma;
                let square = cosine * cosine;
                square * square / at.sigma
            }
            Self::Sine => {
                let half = half();
                let sine = 2.0 * half.alpha * half.sigma;
                sine * sine / at.sigma
            }
            Self::Reverse => -at.det / at.alpha,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::f64::consts::PI;

    use super::*;

    #[test]
    fn a_schedule_is_its_formula() {
        for path in Path::ALL {
            for i in 1..1000 {
                let t = i as f32 / 1000.0;
                let (at, time) = (path.at(t), f64::from(t));
                let (alpha, sigma) = match path {
                    Path::Linear => (time, 1.0 - time),
                    Path::Trigonometric => (libm::sin(PI / 2.0 * time), libm::cos(PI / 2.0 * time)),
                };
                let speed = if path == Path::Linear { 1.0 } else { PI / 2.0 };
                for schedule in NoiseSchedule::ALL {
                    let truth = match schedule {
                        NoiseSchedule::Sigma => sigma,
                        NoiseSchedule::Constant => 1.0,
                        NoiseSchedule::Decreasing => {
                            libm::pow(1.0 + libm::cos(PI * time), 2.0) / 4.0
                        }
                        NoiseSchedule::Sine => libm::pow(libm::sin(PI * time), 2.0),
                        NoiseSchedule::Reverse => speed * sigma / alpha,
                    };
                    let got = f64::from(schedule.per_sigma(t, &at)) * sigma;
                    // The polynomials' error of 2e-7, relative to a sigma of at least 0.001, four times.
                    assert!(
                        (got - truth).abs() <= 1e-3 * truth,
                        "{schedule:?} {path:?} {t}: {got}"
                    );
                }
            }
        }
    }
}
