//! Forecasts of the columns after the known ones, and how good they are.

use fm_host::data::Rows;

/// Draws per row. With the 5th and the 95th of 99 draws as its ends, an interval contains a further draw from the
/// same law with a probability of exactly 90 %.
pub const DRAWS: usize = 99;
/// The ends of the interval among the sorted draws, counted from 0.
const ENDS: [usize; 2] = [4, 94];
/// The 95 % quantile of the standard normal law.
const NORMAL: f64 = 1.645;

/// The mean and the 90 % interval of each cell. Shape: each `[rows, columns that are not known]`.
pub struct Forecast {
    mean: Rows,
    low: Rows,
    high: Rows,
}

impl Forecast {
    /// The forecasts of draws, of which draw `i` is for row `i` modulo `rows`; the first `at` columns are known.
    pub fn of_draws(draws: &Rows, rows: usize, at: usize) -> Self {
        let empty = Rows::new(draws.dim() - at);
        let mut out = Self { mean: empty.clone(), low: empty.clone(), high: empty };
        for i in 0..rows {
            let cell = |d: usize| {
                let mut drawn: Vec<f32> = (0..DRAWS).map(|k| draws.row(k * rows + i)[d]).collect();
                drawn.sort_unstable_by(f32::total_cmp);
                [drawn.iter().sum::<f32>() / DRAWS as f32, drawn[ENDS[0]], drawn[ENDS[1]]]
            };
            let cells: Vec<[f32; 3]> = (at..draws.dim()).map(cell).collect();
            let each = |k: usize| cells.iter().map(|cell| cell[k]).collect::<Vec<f32>>();
            out.mean.push(&each(0));
            out.low.push(&each(1));
            out.high.push(&each(2));
        }
        out
    }

    /// The forecasts of a function of the known columns, with normal errors as large as those for the training rows.
    pub fn of_function(
        predict: impl Fn(&[f32]) -> Vec<f32>,
        train: &Rows,
        held_out: &Rows,
        at: usize,
    ) -> Self {
        let mut squares = vec![0.0; train.dim() - at];
        for row in train.iter() {
            let cells = predict(&row[..at]).into_iter().zip(&row[at..]).zip(&mut squares);
            cells.for_each(|((forecast, x), square)| *square += f64::from(forecast - x).powi(2));
        }
        let reach: Vec<f32> =
            squares.iter().map(|sum| (NORMAL * (sum / train.len() as f64).sqrt()) as f32).collect();
        let empty = Rows::new(reach.len());
        let mut out = Self { mean: empty.clone(), low: empty.clone(), high: empty };
        for row in held_out.iter() {
            let mean = predict(&row[..at]);
            let end = |sign: f32| {
                mean.iter().zip(&reach).map(|(x, r)| x + sign * r).collect::<Vec<f32>>()
            };
            out.low.push(&end(-1.0));
            out.high.push(&end(1.0));
            out.mean.push(&mean);
        }
        out
    }

    /// The root mean square error of the mean, the share of the cells inside their interval, and its mean width, as
    /// cells of a table.
    pub fn score(&self, rows: &Rows, at: usize) -> String {
        let (mut square, mut inside, mut width) = (0.0, 0.0, 0.0);
        for (i, row) in rows.iter().enumerate() {
            for (d, &x) in row[at..].iter().enumerate() {
                let [mean, low, high] = [&self.mean, &self.low, &self.high].map(|of| of.row(i)[d]);
                square += f64::from(mean - x).powi(2);
                inside += f64::from(u8::from(low <= x && x <= high));
                width += f64::from(high - low);
            }
        }
        let cells = self.mean.as_slice().len() as f64;
        format!(
            "{:.4} | {:.1} % | {:.3}",
            (square / cells).sqrt(),
            100.0 * inside / cells,
            width / cells
        )
    }
}
