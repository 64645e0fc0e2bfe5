//! The quality of a policy: episodes in the world, and its actions compared with held-out ones.

use fm_host::Error;
use fm_host::Result;
use fm_host::data::{Rows, Split, Standardisation};
use fm_host::metrics::{energy, mean_and_spread};
use fm_host::model::StoredModel;
use fm_host::sample::{self, Conditions, Method, Request};

use super::policies::Policy;
use super::world::Outcome;

/// Episodes per model.
const EPISODES: u32 = 1000;

/// The scores of a model.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The share of the episodes that end in the goal.
    success: f64,
    /// The share of these that pass on the left.
    left: f64,
    /// The energy distance of positions and actions together to held-out ones, standardised.
    energy: f64,
}

/// Every second held-out row is the condition of an action; the others, standardised, are the reference.
pub struct Judge {
    conditions: Rows,
    held_out: Rows,
    scales: [Standardisation; 2],
    /// The score of the demonstrations' own actions at the positions used as conditions.
    floor: f64,
}

impl Judge {
    /// Prepares to evaluate policies on the held-out rows of a split.
    ///
    /// # Panics
    /// If its rows have no condition vector.
    pub fn new(split: &Split) -> Self {
        let places = split.held_out.condition.vector.as_ref();
        let places = &places.expect("places are the condition").values;
        let actions = &split.held_out.values;
        let scales = [Standardisation::fit(places), Standardisation::fit(actions)];
        let half = |first: usize| {
            let rows: Vec<usize> = (first..places.len()).step_by(2).collect();
            (places.select(&rows), actions.select(&rows))
        };
        let ((conditions, real), (places, actions)) = (half(0), half(1));
        let held_out = together(&scales, &places, &actions);
        let floor = energy(&together(&scales, &conditions, &real), &held_out);
        Self { conditions, held_out, scales, floor }
    }

    /// Runs the episodes and draws an action for every position used as a condition.
    ///
    /// # Errors
    /// If the model is not a policy of this kind.
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
        let conditions = Conditions::vectors(self.conditions.clone());
        let plain = Request::new(method, steps, self.conditions.len());
        let actions = sample::draw(&view, &Request { conditions, temperature, ..plain })?;
        Ok(Score {
            success: f64::from(left + right) / f64::from(EPISODES),
            left: f64::from(left) / f64::from(left + right),
            energy: energy(&together(&self.scales, &self.conditions, &actions), &self.held_out),
        })
    }
}

/// Positions and actions joined in rows, standardised.
fn together([place, action]: &[Standardisation; 2], places: &Rows, actions: &Rows) -> Rows {
    let (places, actions) = (place.apply(places), action.apply(actions));
    let mut rows = Rows::new(places.dim() + actions.dim());
    for (place, action) in places.iter().zip(actions.iter()) {
        rows.push(&[place, action].concat());
    }
    rows
}

/// The table's head, and the data's own score.
pub fn header(judge: &Judge) -> String {
    format!(
        "| policy | evaluations per action | success | of these on the left | energy distance |\n\
         |---|--:|--:|--:|--:|\n| demonstrations | | | | {:.4} |\n",
        judge.floor
    )
}

/// A row: means and standard deviations over training seeds.
pub fn row(name: &str, policy: Policy, scores: &[Score]) -> String {
    let evaluations = match policy {
        Policy::MeanFlow(count) | Policy::Euler(count) => count,
        Policy::Mean => 1,
    };
    let spread =
        |of: fn(&Score) -> f64| mean_and_spread(&scores.iter().map(of).collect::<Vec<_>>());
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
