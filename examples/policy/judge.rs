//! How good a policy is: episodes in the world, and its actions beside held-out ones.

use fm_host::Error;
use fm_host::Result;
use fm_host::data::{Condition, Rows, Split, Standardisation};
use fm_host::metrics::energy;
use fm_host::model::StoredModel;
use fm_host::sample::{self, Asked, Method, Request};

use super::policies::Policy;
use super::world::Outcome;

/// Episodes for each model.
const EPISODES: u32 = 1000;

/// What a model scores.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The share of the episodes that end in the goal.
    success: f64,
    /// The share of these that pass on the left.
    left: f64,
    /// The energy distance of places and actions together to held-out ones, standardised.
    energy: f64,
}

/// The held-out rows, standardised.
pub struct Judge {
    places: Rows,
    together: Rows,
    scales: [Standardisation; 2],
    floor: f64,
}

impl Judge {
    /// A judge by the held-out rows of a split.
    ///
    /// # Panics
    /// If its rows have no condition vector.
    pub fn new(split: &Split) -> Self {
        let places = |condition: &Condition| match condition {
            Condition::Vector { values, .. } => values.clone(),
            _ => panic!("places are the condition"),
        };
        let [train, held_out] = [&split.train, &split.held_out];
        let scales =
            [Standardisation::fit(&places(&train.condition)), Standardisation::fit(&train.values)];
        let held_out_places = places(&held_out.condition);
        let together = together(&scales, &held_out_places, &held_out.values);
        let real = together_of(&scales, &places(&train.condition), &train.values, held_out.len());
        Self { places: held_out_places, floor: energy(&real, &together), together, scales }
    }

    /// Runs the episodes and draws an action for every held-out place.
    ///
    /// # Errors
    /// If the model is no such policy.
    pub fn score(&self, policy: Policy, model: &StoredModel) -> Result<Score> {
        let view = model.view();
        let (mut left, mut right) = (0, 0);
        for number in 0..EPISODES {
            let episode = policy
                .episode(&view, number, |_| ())
                .map_err(|error| Error::model("the policy", error.to_string()))?;
            left += u32::from(episode.outcome == Outcome::Left);
            right += u32::from(episode.outcome == Outcome::Right);
        }
        let (method, steps, temperature) = match policy {
            Policy::MeanFlow(jumps) => (Method::Meanflow, jumps, 1.0),
            Policy::Euler(steps) => (Method::Euler, steps, 1.0),
            Policy::Mean => (Method::Meanflow, 1, 0.0),
        };
        let asked = Asked::Vectors(self.places.clone());
        let plain = Request::new(method, steps, self.places.len());
        let actions = sample::draw(&view, &Request { asked, temperature, ..plain })?;
        Ok(Score {
            success: f64::from(left + right) / f64::from(EPISODES),
            left: f64::from(left) / f64::from(left + right),
            energy: energy(&together(&self.scales, &self.places, &actions), &self.together),
        })
    }
}

/// Places and actions side by side, standardised.
fn together([place, action]: &[Standardisation; 2], places: &Rows, actions: &Rows) -> Rows {
    let (places, actions) = (place.apply(places), action.apply(actions));
    let mut rows = Rows::new(places.dim() + actions.dim());
    for (place, action) in places.iter().zip(actions.iter()) {
        rows.push(&[place, action].concat());
    }
    rows
}

/// The first `count` of them.
fn together_of(scales: &[Standardisation; 2], places: &Rows, actions: &Rows, count: usize) -> Rows {
    let first: Vec<usize> = (0..count).collect();
    together(scales, &places.select(&first), &actions.select(&first))
}

/// The table's head, and what the data itself scores.
pub fn header(judge: &Judge) -> String {
    format!(
        "| policy | evaluations an action | success | of these on the left | energy distance |\n\
         |---|--:|--:|--:|--:|\n| held-out demonstrations | | | | {:.4} |\n",
        judge.floor
    )
}

/// A row: means and standard deviations over training seeds.
pub fn row(name: &str, policy: Policy, scores: &[Score]) -> String {
    let evaluations = match policy {
        Policy::MeanFlow(count) | Policy::Euler(count) => count,
        Policy::Mean => 1,
    };
    let spread = |of: fn(&Score) -> f64| {
        let n = scores.len() as f64;
        let mean = scores.iter().map(of).sum::<f64>() / n;
        let squares = scores.iter().map(|score| (of(score) - mean).powi(2)).sum::<f64>();
        (mean, (squares / (n - 1.0)).sqrt())
    };
    let percent = |of| {
        let (mean, sd) = spread(of);
        format!("{:.1} ± {:.1} %", 100.0 * mean, 100.0 * sd)
    };
    let (energy, sd) = spread(|score| score.energy);
    format!(
        "| {name} | {evaluations} | {} | {} | {energy:.4} ± {sd:.4} |\n",
        percent(|score| score.success),
        percent(|score| score.left),
    )
}
