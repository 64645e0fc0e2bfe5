//! How good samples are: distances from held-out data, each compared with the distance of real data.
//!
//! Real data is measured with the same number of rows and the same classes, in 16 draws. Of a large data
//! set a fixed share is used, at most 4096 held-out rows and 16 training rows for each of them, because
//! most metrics compare all pairs. A distance far below its floor is not better: samples that are too
//! alike are closer to any rows than real ones are.
//!
//! All distances are computed in standardised units; `inside` and the metrics of densities and cells in the
//! data's own units.
//!
//! | key | what | better |
//! |---|---|---|
//! | `w2` | exact 2-Wasserstein distance, blocks of 2048 | lower |
//! | `sw2` | sliced 2-Wasserstein distance, 256 directions | lower |
//! | `energy` | energy distance without bias | lower |
//! | `inside` | share of samples where the law has its mass (`checkerboard`, `8gaussians`) | higher |
//! | `below_density` | share below the law's 0.1 % density quantile (built-in sets; `checkerboard`: outside) | lower |
//! | `cell_share_worst` | largest relative departure from even of a cell's share of the samples inside | lower |
//! | `cell_uneven` | mean squared relative unevenness within cells, without bias (`checkerboard`) | lower |
//! | `fd20` | Fréchet distance of 20 principal components (more than two columns) | lower |
//! | `joint_energy` | energy distance of condition and sample together (condition vectors) | lower |
//! | `c2st` | area under the ROC curve of trees that separate samples from real rows; 1/2 if they cannot | lower |
//! | `ks_worst` | Kolmogorov-Smirnov distance of the worst column | lower |
//! | `energy_worst` | energy distance of the worst class of ten rows or more (classes) | lower |
//! | `spread_worst` | factor by which the worst class is too wide or too narrow along its own axes | lower |
//! | `off_lattice` | share of samples between the values of the worst column that takes few values | lower |
//! | `out_of_range` | share of samples outside the training rows' range in some column | lower |
//! | `nn` | distance to the nearest training row; far below the floor means memorising | near the floor |
//! | `accuracy` | share of samples that a classifier assigns to the class they were drawn for (classes) | higher |

mod accuracy;
mod cells;
mod classes;
mod classifier;
mod columns;
mod conditionals;
mod density;
mod distance;
mod draws;
mod energy;
mod evaluator;
mod frechet;
mod joint;
mod nearest;
mod reference;
mod score;
mod sliced;
mod wasserstein;

pub use accuracy::accuracy;
pub use cells::{inside, share_worst, uneven};
pub use classifier::{area_under_curve, c2st, c2st_error};
pub use conditionals::{Conditionals, Questions};
pub use density::Density;
pub use draws::{Figure, mean_and_spread};
pub use energy::energy;
pub use evaluator::Evaluator;
pub use nearest::nearest;
pub use score::{Floor, Judgement, Metric, Part, Score};
pub(crate) use sliced::quantile;
pub use sliced::sw2;
pub use wasserstein::w2;

#[cfg(test)]
mod tests {
    //! Helpers for the tests of the metrics.

    use rand_distr::{Distribution, StandardNormal};

    use crate::data::Rows;
    use crate::random::{Purpose, stream};

    /// Standard normal rows.
    pub fn normal(count: usize, dim: usize, seed: u64) -> Rows {
        let mut rng = stream(0, Purpose::Floor, seed);
        Rows::from_vec(dim, (0..count * dim).map(|_| StandardNormal.sample(&mut rng)).collect())
    }
}
