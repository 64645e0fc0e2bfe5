//! The teacher's pairs `(eps, x1 = ODE(eps))` (rectified flow; Liu et al., 2022, arXiv:2209.03003).
//!
//! `reflow` is flow matching on these pairs. The teacher's flow is a function, so the lines between the
//! pairs cross less and fewer steps suffice to follow them. The resulting run can teach another one.

use std::sync::atomic::{AtomicBool, Ordering};

use fm_nostd::Prediction;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Facts, Masks, Objective, Teacher, Teaching, Visits, fm};
use crate::coupling::{Examples, Pairs};
use crate::data::Rows;
use crate::options::{need, refuse};
use crate::path::Path;
use crate::random::{Purpose, fill_normal, stream};
use crate::{Error, Result};

/// How many pairs go through the network at once.
const BLOCK: usize = 4096;

/// Options for the pairs that a teacher makes.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(next_help_heading = "Pairs of noise and data")]
pub struct ReflowOptions {
    /// Pairs of noise and data that the teacher makes for reflow and distill
    #[arg(long, value_name = "N")]
    pub reflow_pairs: Option<usize>,
}

/// How many pairs a teacher makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reflow {
    /// The total number of pairs.
    #[serde(rename = "reflow_pairs")]
    pub pairs: usize,
}

impl Default for Reflow {
    fn default() -> Self {
        Self { pairs: 65_536 }
    }
}

impl ReflowOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If the option is given for an objective that does not train on a teacher's pairs.
    pub(crate) fn over(&self, base: Reflow, objective: Objective) -> Result<Reflow> {
        if !objective.takes_pairs() {
            refuse(self, "`--objective reflow` or `distill`")?;
        }
        Ok(Reflow { pairs: self.reflow_pairs.unwrap_or(base.pairs) })
    }
}

impl Reflow {
    /// Checks the number of pairs.
    ///
    /// # Errors
    /// If it is 0.
    pub(crate) fn validate(&self) -> Result<()> {
        need(self.pairs >= 1, "--reflow-pairs", "must be at least 1")
    }
}

/// The facts of reflow.
pub(super) const FACTS: Facts = Facts {
    title: "reflow",
    prediction: Prediction::Velocity,
    start: 0.0,
    teaching: Teaching::Pairs,
    paths: &Path::ALL,
    contrast: false,
    guidance: false,
    source: true,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: None,
    regression: fm::regression,
};

/// Makes `count` pairs along `teacher`'s flow: of noise under the condition of a random example, or of rows
/// of the source under their own. For `masks` with known columns, those are drawn for each pair, and have the
/// example's values; the teacher draws all others, also where the example's cell is missing.
///
/// # Errors
/// If the device fails, if no example has a value in every column that must be known, or if `stop` is set
/// before all pairs are made.
///
/// # Panics
/// If the teacher's data or condition does not have the examples' width.
pub fn pairs(
    teacher: &Teacher,
    examples: &Examples,
    (count, masks): (usize, &Masks),
    seed: u64,
    stop: &AtomicBool,
) -> Result<Pairs> {
    let dim = examples.x1().dim();
    // A row of a source is moved under its own condition.
    let conditioned = examples.source().map_or(examples, |source| source.rows());
    // A prefix that must be known must be there.
    let prefix = masks.known_prefix.unwrap_or(0);
    let whole = |i: &usize| conditioned.x1().row(*i)[..prefix].iter().all(|x| !x.is_nan());
    let usable: Vec<usize> = (0..conditioned.x1().len()).filter(whole).collect();
    let problem =
        "no training row has a value in every column that is always known; use fewer columns";
    need(!usable.is_empty(), "--known-prefix", problem)?;
    let (mut x0, mut x1, mut index) = (Vec::new(), Vec::new(), Vec::new());
    let mut all_known = Vec::new();
    for (block, start) in (0..count).step_by(BLOCK).enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::stopped("some pairs were not made"));
        }
        let rows = BLOCK.min(count - start);
        let mut rng = stream(seed, Purpose::Taught, block as u64);
        let noise = examples.source().is_none().then(|| {
            let mut noise = vec![0.0; rows * dim];
            fill_normal(&mut rng, &mut noise);
            Rows::from_vec(dim, noise)
        });
        let chosen: Vec<usize> =
            (0..rows).map(|_| usable[rng.random_range(0..usable.len())]).collect();
        let mut starts = noise.unwrap_or_else(|| conditioned.x1().select(&chosen));
        let mut known = Rows::new(dim);
        if masks.masked {
            let examples = conditioned.x1().select(&chosen);
            known = masks.draw(&examples, &mut rng);
            let values = examples.as_slice().iter().zip(known.as_slice());
            for (start, (x1, known)) in starts.as_mut_slice().iter_mut().zip(values) {
                if *known == 1.0 {
                    *start = *x1;
                }
            }
        }
        let ends = teacher.flow(&starts, &conditioned.condition().select(&chosen), &known)?;
        all_known.extend(known.into_vec());
        x0.extend(starts.into_vec());
        x1.extend(ends.into_vec());
        index.extend(chosen);
    }
    let ends = conditioned.conditions_of(&index, Rows::from_vec(dim, x1));
    let x0 = Rows::from_vec(dim, x0);
    Ok(match masks.masked {
        true => Pairs::made_knowing(ends, x0, Rows::from_vec(dim, all_known)),
        false => Pairs::made(ends, x0),
    })
}
