//! The built-in sets: six two-dimensional distributions, drawn fresh for every seed.
//!
//! `moons`, `checkerboard` and `8gaussians` have the distributions (and so the scale) of the reference
//! protocol, so that figures measured on them can be compared.

use std::f32::consts::{PI, TAU};

use clap::ValueEnum;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Rows;
use crate::options;

/// The columns of every built-in set; the label is data only if `--columns` names it.
pub(super) const COLUMNS: [&str; 3] = ["x", "y", "label"];

/// The radius of the circle through the centres of `8gaussians`.
const RING: f32 = 2.0;
/// The standard deviation of each Gaussian of `8gaussians`.
const BLOB: f32 = 0.1;

/// A built-in two-dimensional distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Builtin {
    /// Two interleaved half circles, noise 0.05; the label is the moon.
    Moons,
    /// The eight filled cells of a 4x4 board of side 8; the label is the cell.
    Checkerboard,
    #[value(name = "8gaussians")]
    /// Eight Gaussians of standard deviation 0.1 on a circle of radius 2; the label is the Gaussian.
    EightGaussians,
    /// Two spiral arms of one and a half turns, noise 0.1; the label is the arm.
    Spirals,
    /// Circles of radius 1 and 1/2, noise 0.05; the label is the circle.
    TwoCircles,
    /// One spiral from 3/4 to 9/4 of a turn, noise 0.1; the label is the quarter of its length.
    SwissRoll,
}

impl Builtin {
    /// Its name on the command line.
    pub fn name(self) -> String {
        options::typed(self)
    }

    /// The set of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The number of labels.
    pub fn classes(self) -> usize {
        match self {
            Self::Checkerboard | Self::EightGaussians => 8,
            Self::SwissRoll => 4,
            Self::Moons | Self::Spirals | Self::TwoCircles => 2,
        }
    }

    /// The standard deviation of the noise on each axis; `None` for a distribution without noise.
    pub fn noise(self) -> Option<f32> {
        match self {
            Self::Moons | Self::TwoCircles => Some(0.05),
            Self::EightGaussians => Some(BLOB),
            Self::Spirals | Self::SwissRoll => Some(0.1),
            Self::Checkerboard => None,
        }
    }

    /// Draws rows in raw units, and the label of each.
    ///
    /// Shape: `[count, 2]` and `[count]`.
    pub(crate) fn sample(self, count: usize, rng: &mut ChaCha8Rng) -> (Rows, Vec<u32>) {
        self.sample_with(count, self.noise().unwrap_or(0.0), rng)
    }

    /// [`Builtin::sample`] with another standard deviation of the noise.
    pub(super) fn sample_with(
        self,
        count: usize,
        noise: f32,
        rng: &mut ChaCha8Rng,
    ) -> (Rows, Vec<u32>) {
        let mut labels: Vec<u32> = match self {
            // Both moons have the same number of points, as in the reference protocol.
            Self::Moons => (0..count).map(|i| u32::from(i >= count / 2)).collect(),
            // The label follows from the position along the spiral, which is drawn below.
            Self::SwissRoll => vec![0; count],
            _ => (0..count).map(|_| rng.random_range(0..self.classes() as u32)).collect(),
        };
        labels.shuffle(rng);
        let mut rows = Rows::new(2);
        for label in &mut labels {
            rows.push(&self.point(label, noise, rng));
        }
        (rows, labels)
    }

    /// Draws one row in raw units for each label.
    ///
    /// Shape: `labels` is `[count]`, the result `[count, 2]`.
    ///
    /// # Panics
    /// If a label does not exist.
    pub(crate) fn sample_of(self, labels: &[u32], rng: &mut ChaCha8Rng) -> Rows {
        let mut waiting = vec![Vec::new(); self.classes()];
        let mut rows = Rows::new(2);
        for &label in labels {
            while waiting[label as usize].is_empty() {
                let (points, found) = self.sample(labels.len().max(64), rng);
                for (point, k) in points.iter().zip(found) {
                    waiting[k as usize].push([point[0], point[1]]);
                }
            }
            rows.push(&waiting[label as usize].pop().unwrap_or_default());
        }
        rows
    }

    /// Draws one point of the class `label`. For [`Builtin::SwissRoll`], draws any class and sets `label`.
    fn point(self, label: &mut u32, noise: f32, rng: &mut ChaCha8Rng) -> [f32; 2] {
        match self {
            Self::Checkerboard => {
                // Columns -2..2, each with the two cells whose row has the column's parity.
                let i = (*label / 2) as i32 - 2;
                let j = 2 * ((*label % 2) as i32 - 1) + i.rem_euclid(2);
                return [
                    2.0 * (i as f32 + rng.random::<f32>()),
                    2.0 * (j as f32 + rng.random::<f32>()),
                ];
            }
            Self::EightGaussians => return noisy(centre(*label), noise, rng),
            _ => {}
        }
        let along = rng.random();
        if self == Self::SwissRoll {
            *label = ((along * 4.0) as u32).min(3);
        }
        noisy(self.before_noise(*label, along), noise, rng)
    }

    /// Returns a point of the class `label` before noise is added, at the position `along` its curve, which
    /// is uniform in [0, 1]. The curves of [`Builtin::EightGaussians`] are points, and
    /// [`Builtin::SwissRoll`] has one curve for all classes. Not for [`Builtin::Checkerboard`], which has no
    /// noise.
    pub(crate) fn before_noise(self, label: u32, along: f32) -> [f32; 2] {
        match self {
            Self::Moons => {
                let (sin, cos) = (along * PI).sin_cos();
                if label == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] }
            }
            Self::Checkerboard | Self::EightGaussians => centre(label),
            Self::Spirals => {
                // The square root makes points equally dense along the arm.
                let angle = 3.0 * PI * along.sqrt();
                let radius = if label == 0 { angle / 3.0 } else { -angle / 3.0 };
                [radius * angle.cos(), radius * angle.sin()]
            }
            Self::TwoCircles => {
                let (sin, cos) = (along * TAU).sin_cos();
                let radius = if label == 0 { 1.0 } else { 0.5 };
                [radius * cos, radius * sin]
            }
            Self::SwissRoll => {
                let angle = 1.5 * PI * (1.0 + 2.0 * along);
                [angle * angle.cos() / 5.0, angle * angle.sin() / 5.0]
            }
        }
    }

    /// Whether a point in raw units is where the distribution has its mass; `None` where that is not defined.
    ///
    /// A filled cell of `checkerboard`; within 0.4 (4 standard deviations) of a centre of `8gaussians`.
    pub fn contains(self, point: [f32; 2]) -> Option<bool> {
        let has_cells = matches!(self, Self::Checkerboard | Self::EightGaussians);
        has_cells.then(|| self.cell(point).is_some())
    }

    /// Returns the label of the filled cell or the Gaussian that contains a point, as in
    /// [`Builtin::contains`].
    pub(crate) fn cell(self, point: [f32; 2]) -> Option<u32> {
        match self {
            Self::Checkerboard => {
                let [i, j] = point.map(|x| (x / 2.0).floor() as i64 + 2);
                let on_board = (0..4).contains(&i) && (0..4).contains(&j);
                (on_board && (i + j) % 2 == 0).then_some((2 * i + j / 2) as u32)
            }
            Self::EightGaussians => (0..8).find(|&k| {
                let [x, y] = centre(k);
                (point[0] - x).hypot(point[1] - y) < 4.0 * BLOB
            }),
            _ => None,
        }
    }
}

/// The centre of Gaussian `k` of [`Builtin::EightGaussians`].
fn centre(k: u32) -> [f32; 2] {
    let (sin, cos) = (TAU * k as f32 / 8.0).sin_cos();
    [RING * cos, RING * sin]
}

/// Adds Gaussian noise of standard deviation `std` on each axis.
fn noisy(point: [f32; 2], std: f32, rng: &mut ChaCha8Rng) -> [f32; 2] {
    point.map(|x| {
        let eps: f32 = StandardNormal.sample(rng);
        x + std * eps
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Standardisation, rows::Rows};
    use super::*;
    use crate::random::{Purpose, stream};

    /// Mean and standard deviation of a set, from the reference protocol's NumPy code on 2^20 samples.
    fn matches_protocol(set: Builtin, mean: [f32; 2], std: [f32; 2]) {
        let (rows, _) = set.sample(1 << 18, &mut stream(3, Purpose::Train, 0));
        let found = Standardisation::fit(&rows);
        for d in 0..2 {
            // With 2^18 samples the standard error of the mean is std/512, below 0.005 here; five of those.
            assert!((found.mean[d] - mean[d]).abs() < 0.02, "{set:?}: mean {:?}", found.mean);
            assert!((found.std[d] - std[d]).abs() < 0.01, "{set:?}: std {:?}", found.std);
        }
    }

    #[test]
    fn moments_are_the_protocols() {
        matches_protocol(Builtin::Checkerboard, [0.00206, -0.0003], [2.30898, 2.30931]);
        matches_protocol(Builtin::EightGaussians, [-0.00147, -0.00191], [1.41794, 1.41732]);
        matches_protocol(Builtin::Moons, [0.50043, 0.25017], [0.86807, 0.49647]);
    }

    #[test]
    fn labels_name_the_mode() {
        let (rows, labels) =
            Builtin::EightGaussians.sample(4096, &mut stream(0, Purpose::Train, 0));
        for (row, &k) in rows.iter().zip(&labels) {
            let [x, y] = centre(k);
            // Six standard deviations: about one of 10^8 points is farther away.
            assert!((row[0] - x).hypot(row[1] - y) < 6.0 * BLOB);
            assert!(Builtin::EightGaussians.cell([row[0], row[1]]).is_none_or(|cell| cell == k));
        }
        let (rows, labels) = Builtin::Checkerboard.sample(4096, &mut stream(0, Purpose::Train, 0));
        for (row, &k) in rows.iter().zip(&labels) {
            assert_eq!(Builtin::Checkerboard.cell([row[0], row[1]]), Some(k));
        }
        for k in 0..8 {
            let cells: std::collections::BTreeSet<_> = (0..rows.len())
                .filter(|&i| labels[i] == k)
                .map(|i| [rows.row(i)[0], rows.row(i)[1]].map(|x| (x / 2.0).floor() as i32))
                .collect();
            assert_eq!(cells.len(), 1, "class {k} is one cell");
        }
    }

    #[test]
    fn every_class_of_every_set_is_drawn_evenly() {
        for &set in Builtin::value_variants() {
            assert_eq!(Builtin::named(&set.name()), Some(set));
            let (rows, labels) = set.sample(8000, &mut stream(1, Purpose::Train, 0));
            assert_eq!((rows.len(), rows.dim(), labels.len()), (8000, 2, 8000));
            for k in 0..set.classes() as u32 {
                let share = labels.iter().filter(|&&l| l == k).count() as f64 / 8000.0;
                // The binomial standard deviation is at most 0.0056; five of those.
                assert!((share - 1.0 / set.classes() as f64).abs() < 0.028, "{set:?} {k}: {share}");
            }
        }
    }

    #[test]
    fn the_edge_of_the_board_is_the_edge_of_the_mass() {
        let inside = |x, y| Builtin::Checkerboard.contains([x, y]);
        assert_eq!(inside(-4.0, -4.0), Some(true));
        assert_eq!(inside(-4.1, -4.1), Some(false));
        assert_eq!(inside(1.0, 1.0), Some(true));
        assert_eq!(inside(1.0, 3.0), Some(false));
        assert_eq!(inside(-1.0, 1.0), Some(false));
        assert_eq!(inside(4.5, 4.5), Some(false));
        assert_eq!(Builtin::EightGaussians.contains([2.0, 0.39]), Some(true));
        assert_eq!(Builtin::EightGaussians.contains([2.0, 0.41]), Some(false));
        assert_eq!(Builtin::Moons.contains([0.0, 0.0]), None);
    }

    #[test]
    fn a_seed_gives_the_same_rows_and_another_seed_others() {
        let draw =
            |seed| -> Rows { Builtin::Spirals.sample(64, &mut stream(seed, Purpose::Train, 0)).0 };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }
}
