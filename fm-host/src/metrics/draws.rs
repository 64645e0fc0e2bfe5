//! Summaries of metrics over several draws of noise.

use super::Score;

/// A metric's mean over draws, and its standard deviation from draw to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The mean, with the floor and the ceiling.
    pub score: Score,
    /// The standard deviation over the draws; 0 for a single draw.
    pub sd: f64,
}

impl Figure {
    /// Returns the mean of every figure over the draws. Shape: `[draws][figures]`.
    ///
    /// # Panics
    /// If there is no draw, or the draws have different figures.
    pub fn over(draws: &[Vec<Score>]) -> Vec<Self> {
        let of = |(k, score): (usize, &Score)| {
            let values: Vec<f64> = draws.iter().map(|draw| draw[k].value).collect();
            let (value, sd) = mean_and_spread(&values);
            Self { score: Score { value, ..*score }, sd }
        };
        draws[0].iter().enumerate().map(of).collect()
    }

    /// The values, with their names in JSON and tables.
    pub fn fields(&self) -> [(String, f64); 5] {
        let Score { name, value, floor, floor_spread, ceiling } = self.score;
        [
            ("", value),
            ("_sd", self.sd),
            ("_floor", floor),
            ("_floor_spread", floor_spread),
            ("_ceiling", ceiling),
        ]
        .map(|(end, number)| (format!("{name}{end}"), number))
    }
}

/// Returns the mean and the sample standard deviation (0 for a single value; both NaN for no values).
pub fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}
