//! How well draws given the known cells of held-out rows predict the others.

use rand::RngExt;

use super::mean_and_spread;
use crate::data::{Dataset, Rows, Standardisation};
use crate::objective::Masks;
use crate::random::{Purpose, stream};

/// Draws per row. With the 5th and the 95th of 99 draws as its ends, an interval contains a further draw from the
/// same law with a probability of exactly 90 %.
pub const DRAWS: usize = 99;
/// The places of an interval's ends among the sorted draws, counted from 0.
const ENDS: [usize; 2] = [4, 94];
/// The most rows to ask about.
const ROWS: usize = 512;

/// Held-out rows, of which some cells are known and the others are asked for.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The rows, in the data's units.
    pub rows: Dataset,
    /// Which cells are known. Shape: `[rows * dim]`.
    pub known: Vec<bool>,
    /// The rows, standardised; cells that are not asked for are NaN. Shape: `[rows, dim]`.
    asked: Rows,
}

/// How well the draws predict the cells that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Conditionals {
    /// The continuous ranked probability score of a cell in standardised units, without bias: the mean over rows of
    /// the mean over the row's cells (Gneiting and Raftery, 2007, doi:10.1198/016214506000001437).
    pub crps: f64,
    /// The standard error of `crps` over rows.
    pub crps_standard_error: f64,
    /// The share of the cells that are inside the draws' 90 % interval.
    pub inside_90: f64,
}

impl Questions {
    /// Chooses held-out rows and their known cells; `None` if no row has a cell to ask for. Missing cells are
    /// neither known nor asked for.
    pub fn of(
        held_out: &Dataset,
        standardisation: &Standardisation,
        masks: &Masks,
        seed: u64,
    ) -> Option<Self> {
        let mut values = held_out.values.clone();
        for i in 0..values.len() {
            for (x, transform) in values.row_mut(i).iter_mut().zip(&standardisation.transforms) {
                if !transform.column().accepts(*x) {
                    *x = f32::NAN;
                }
            }
        }
        let prefix = masks.known_prefix.unwrap_or(0);
        let usable = |i: &usize| {
            let (given, rest) = values.row(*i).split_at(prefix);
            given.iter().all(|x| !x.is_nan()) && rest.iter().any(|x| !x.is_nan())
        };
        let chosen: Vec<usize> = (0..values.len()).filter(usable).take(ROWS).collect();
        if chosen.is_empty() {
            return None;
        }
        let mut rows = held_out.select(&chosen);
        rows.values = values.select(&chosen);
        let known = masks.draw(&rows.values, &mut stream(seed, Purpose::Evaluation, 1));
        let mut asked = standardisation.apply(&rows.values);
        let cells = asked.as_mut_slice().iter_mut().zip(known.as_slice());
        cells.filter(|(_, known)| **known == 1.0).for_each(|(x, _)| *x = f32::NAN);
        // Values that are not known are never read, but must be numbers.
        rows.values.as_mut_slice().iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0);
        let known = known.as_slice().iter().map(|known| *known == 1.0).collect();
        Some(Self { rows, known, asked })
    }

    /// The number of draws that [`Questions::judge`] expects.
    pub fn draws(&self) -> usize {
        DRAWS * self.asked.len()
    }

    /// Draws for every cell from the training rows' values of its column, whatever is known.
    ///
    /// Shape: `train` is `[n, dim]`, standardised, with missing cells as NaN; the result is `[draws, dim]`, 0 in
    /// a column without any value.
    pub fn marginals(&self, train: &Rows, seed: u64) -> Rows {
        let mut rng = stream(seed, Purpose::Evaluation, 2);
        let mut out = Rows::from_vec(train.dim(), vec![0.0; self.draws() * train.dim()]);
        for d in 0..train.dim() {
            let column: Vec<f32> = train.iter().map(|row| row[d]).filter(|x| !x.is_nan()).collect();
            for i in (0..out.len()).filter(|_| !column.is_empty()) {
                out.row_mut(i)[d] = column[rng.random_range(0..column.len())];
            }
        }
        out
    }

    /// Compares draws with the cells that were asked for: draw `i` is for row `i` modulo the number of rows.
    ///
    /// Shape: `draws` is `[draws, dim]`, standardised.
    ///
    /// # Panics
    /// If there is another number of draws.
    pub fn judge(&self, draws: &Rows) -> Conditionals {
        assert_eq!(draws.len(), self.draws(), "{DRAWS} draws for every row");
        let rows = self.asked.len();
        let (mut of_rows, mut inside, mut cells) = (Vec::new(), 0, 0);
        for (i, asked) in self.asked.iter().enumerate() {
            let mut scores = Vec::new();
            for (d, &x) in asked.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                let mut drawn: Vec<f32> = (0..DRAWS).map(|k| draws.row(k * rows + i)[d]).collect();
                drawn.sort_unstable_by(f32::total_cmp);
                scores.push(crps(&drawn, x));
                inside += usize::from(drawn[ENDS[0]] <= x && x <= drawn[ENDS[1]]);
            }
            cells += scores.len();
            of_rows.push(scores.iter().sum::<f64>() / scores.len() as f64);
        }
        let (crps, spread) = mean_and_spread(&of_rows);
        let inside_90 = inside as f64 / cells as f64;
        Conditionals { crps, crps_standard_error: spread / (rows as f64).sqrt(), inside_90 }
    }
}

/// `E|X - x| - E|X - X'| / 2` over sorted draws, without bias.
fn crps(sorted: &[f32], x: f32) -> f64 {
    let n = sorted.len() as f64;
    let off: f64 = sorted.iter().map(|&drawn| f64::from((drawn - x).abs())).sum();
    // Of the other draws, `k` are below draw `k` and the rest above.
    let apart = sorted.iter().enumerate();
    let apart: f64 = apart.map(|(k, &x)| (2.0 * k as f64 - n + 1.0) * f64::from(x)).sum();
    off / n - apart / (n * (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;
    use crate::data::ConditionData;

    const ANY: Masks = Masks { masked: true, known_prefix: None };

    fn dataset(values: Rows) -> Dataset {
        let columns = (0..values.dim()).map(|d| format!("x{d}")).collect();
        Dataset::new("test", columns, values, ConditionData::default())
    }

    fn plain(dim: usize) -> Standardisation {
        Standardisation { transforms: Vec::new(), mean: vec![0.0; dim], std: vec![1.0; dim] }
    }

    #[test]
    fn crps_is_the_plain_double_sum() {
        let mut drawn = normal(40, 1, 1).into_vec();
        drawn.sort_unstable_by(f32::total_cmp);
        let mean = |f: &dyn Fn(f32) -> f64| drawn.iter().map(|&x| f(x)).sum::<f64>();
        let off = mean(&|x| f64::from((x - 0.3).abs())) / 40.0;
        let apart = mean(&|a| mean(&|b| f64::from((a - b).abs()))) / (40.0 * 39.0);
        // Differences are rounded to single precision.
        assert!((crps(&drawn, 0.3) - (off - apart / 2.0)).abs() < 1e-6);
    }

    #[test]
    fn the_true_law_has_its_score_and_its_interval() {
        let questions = Questions::of(&dataset(normal(512, 4, 1)), &plain(4), &ANY, 0).unwrap();
        assert_eq!(questions.draws(), 99 * 512);
        let truth = questions.judge(&normal(99 * 512, 4, 2));
        // The score of the standard normal law is E|X - X'| / 2 = 1 / sqrt(pi).
        let score = 0.564;
        assert!((truth.crps - score).abs() < 5.0 * truth.crps_standard_error, "{truth:?}");
        // About 1,100 cells in rows that are independent.
        assert!((truth.inside_90 - 0.9).abs() < 0.045, "{truth:?}");
        let marginals = questions.judge(&questions.marginals(&normal(5000, 4, 3), 0));
        assert!((marginals.inside_90 - 0.9).abs() < 0.045, "{marginals:?}");
        let mut narrow = normal(99 * 512, 4, 2);
        narrow.as_mut_slice().iter_mut().for_each(|x| *x *= 0.1);
        let narrow = questions.judge(&narrow);
        assert!(narrow.crps > truth.crps + 0.05 && narrow.inside_90 < 0.2, "{narrow:?}");
    }

    #[test]
    fn missing_cells_are_neither_known_nor_asked_for() {
        let mut values = normal(300, 3, 1);
        values.as_mut_slice().iter_mut().step_by(4).for_each(|x| *x = f32::NAN);
        for masks in [ANY, Masks { known_prefix: Some(1), ..ANY }] {
            let questions = Questions::of(&dataset(values.clone()), &plain(3), &masks, 0).unwrap();
            assert_eq!(questions.rows.values.len() < 300, masks.known_prefix.is_some());
            for (i, asked) in questions.asked.iter().enumerate() {
                let known = &questions.known[3 * i..3 * i + 3];
                assert!(asked.iter().any(|x| !x.is_nan()));
                assert!((0..3).all(|d| !known[d] || asked[d].is_nan()));
                assert!(masks.known_prefix.is_none() || known == [true, false, false]);
            }
            assert!(questions.rows.values.as_slice().iter().all(|x| x.is_finite()));
            assert!(questions.judge(&normal(questions.draws(), 3, 2)).crps.is_finite());
        }
        let nothing = dataset(Rows::from_vec(2, vec![f32::NAN; 4]));
        assert!(Questions::of(&nothing, &plain(2), &ANY, 0).is_none());
    }
}
