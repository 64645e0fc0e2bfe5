//! The built-in sets: six laws on the plane, drawn fresh for every seed.
//!
//! `moons`, `checkerboard` and `8gaussians` follow the laws (and so the scale) of the reference
//! protocol, so that numbers measured on them compare.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Rows;

/// The columns of every built-in set; the label is data only if asked for.
pub(super) const COLUMNS: [&str; 3] = ["x", "y", "label"];

/// The radius of the circle that the centres of `8gaussians` lie on.
const RING: f32 = 2.0;
/// The spread of each Gaussian of `8gaussians`.
const BLOB: f32 = 0.1;

/// A two-dimensional law that needs no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Two interleaved half circles, noise 0.05; the label is the moon.
    Moons,
    /// The eight filled cells of a 4x4 board of side 8; the label is the cell.
    Checkerboard,
    /// Eight Gaussians of spread 0.1 on a circle of radius 2; the label is the Gaussian.
    EightGaussians,
    /// Two spiral arms of one and a half turns, noise 0.1; the label is the arm.
    Spirals,
    /// Circles of radius 1 and 1/2, noise 0.05; the label is the circle.
    TwoCircles,
    /// One spiral from 3/4 of a turn to 9/4, noise 0.1; the label is the quarter along it.
    SwissRoll,
}

impl Builtin {
    /// Every built-in set.
    pub const ALL: [Self; 6] = [
        Self::Moons,
        Self::Checkerboard,
        Self::EightGaussians,
        Self::Spirals,
        Self::TwoCircles,
        Self::SwissRoll,
    ];

    /// The name to ask for it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moons => "moons",
            Self::Checkerboard => "checkerboard",
            Self::EightGaussians => "8gaussians",
            Self::Spirals => "spirals",
            Self::TwoCircles => "two-circles",
            Self::SwissRoll => "swiss-roll",
        }
    }

    /// The set of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// How many labels there are.
    pub fn classes(self) -> usize {
        match self {
            Self::Checkerboard | Self::EightGaussians => 8,
            Self::SwissRoll => 4,
            Self::Moons | Self::Spirals | Self::TwoCircles => 2,
        }
    }

    /// The spread of the noise on each axis, where the law has noise.
    pub fn noise(self) -> Option<f32> {
        match self {
            Self::Moons | Self::TwoCircles => Some(0.05),
            Self::EightGaussians => Some(BLOB),
            Self::Spirals | Self::SwissRoll => Some(0.1),
            Self::Checkerboard => None,
        }
    }

    /// Fresh samples in raw units, and the label of each.
    ///
    /// Shape: `[count, 2]` and `[count]`.
    pub(crate) fn sample(self, count: usize, rng: &mut ChaCha8Rng) -> (Rows, Vec<u32>) {
        self.sample_with(count, self.noise().unwrap_or(0.0), rng)
    }

    /// [`Builtin::sample`] with another spread of the noise.
    pub(super) fn sample_with(
        self,
        count: usize,
        noise: f32,
        rng: &mut ChaCha8Rng,
    ) -> (Rows, Vec<u32>) {
        let mut labels: Vec<u32> = match self {
            // Both moons have the same number of points, as in the protocol: a stratified draw.
            Self::Moons => (0..count).map(|i| u32::from(i >= count / 2)).collect(),
            // The roll's label follows from the place along it, drawn below.
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

    /// One point of the class `label` (of any class for [`Builtin::SwissRoll`], which sets it).
    fn point(self, label: &mut u32, noise: f32, rng: &mut ChaCha8Rng) -> [f32; 2] {
        let k = *label;
        match self {
            Self::Moons => {
                let (sin, cos) = (rng.random::<f32>() * PI).sin_cos();
                let on_curve = if k == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
                noisy(on_curve, noise, rng)
            }
            Self::Checkerboard => {
                // Columns -2..2; in each, the two cells whose row has the column's parity.
                let i = (k / 2) as i32 - 2;
                let j = 2 * ((k % 2) as i32 - 1) + i.rem_euclid(2);
                [2.0 * (i as f32 + rng.random::<f32>()), 2.0 * (j as f32 + rng.random::<f32>())]
            }
            Self::EightGaussians => noisy(centre(k), noise, rng),
            Self::Spirals => {
                // The root makes points equally dense along the arm.
                let angle = 3.0 * PI * rng.random::<f32>().sqrt();
                let radius = if k == 0 { angle / 3.0 } else { -angle / 3.0 };
                noisy([radius * angle.cos(), radius * angle.sin()], noise, rng)
            }
            Self::TwoCircles => {
                let (sin, cos) = (rng.random::<f32>() * TAU).sin_cos();
                let radius = if k == 0 { 1.0 } else { 0.5 };
                noisy([radius * cos, radius * sin], noise, rng)
            }
            Self::SwissRoll => {
                let along = rng.random::<f32>();
                *label = ((along * 4.0) as u32).min(3);
                let angle = 1.5 * PI * (1.0 + 2.0 * along);
                noisy([angle * angle.cos() / 5.0, angle * angle.sin() / 5.0], noise, rng)
            }
        }
    }

    /// Whether a point in raw units lies where the law has its mass; `None` where no share is kept.
    ///
    /// A filled cell of `checkerboard`; within 0.4 (4 spreads) of a centre of `8gaussians`.
    pub fn contains(self, point: [f32; 2]) -> Option<bool> {
        match self {
            Self::Checkerboard => {
                let [i, j] = point.map(|x| (x / 2.0).floor() as i64);
                let on_board = (-2..2).contains(&i) && (-2..2).contains(&j);
                Some(on_board && (i + j) % 2 == 0)
            }
            Self::EightGaussians => Some((0..8).any(|k| {
                let [x, y] = centre(k);
                (point[0] - x).hypot(point[1] - y) < 4.0 * BLOB
            })),
            _ => None,
        }
    }
}

/// The centre of Gaussian `k` of [`Builtin::EightGaussians`].
fn centre(k: u32) -> [f32; 2] {
    let (sin, cos) = (TAU * k as f32 / 8.0).sin_cos();
    [RING * cos, RING * sin]
}

/// A point with Gaussian noise of spread `std` on each axis.
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

    /// Mean and spread of a set as the protocol's numpy code gave them on 2^20 samples.
    fn matches_protocol(set: Builtin, mean: [f32; 2], std: [f32; 2]) {
        let (rows, _) = set.sample(1 << 18, &mut stream(3, Purpose::Train, 0));
        let found = Standardisation::fit(&rows);
        for d in 0..2 {
            // 2^18 samples: the mean's error is std/512, under 0.005 here; five of those.
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
            // Six spreads: about one of 10^8 points lies farther.
            assert!((row[0] - x).hypot(row[1] - y) < 6.0 * BLOB);
        }
        let (rows, labels) = Builtin::Checkerboard.sample(4096, &mut stream(0, Purpose::Train, 0));
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
        for set in Builtin::ALL {
            assert_eq!(Builtin::named(set.name()), Some(set));
            let (rows, labels) = set.sample(8000, &mut stream(1, Purpose::Train, 0));
            assert_eq!((rows.len(), rows.dim(), labels.len()), (8000, 2, 8000));
            for k in 0..set.classes() as u32 {
                let share = labels.iter().filter(|&&l| l == k).count() as f64 / 8000.0;
                // Binomial spread is at most 0.0056; five of those.
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
