//! The times of the steps from noise to data.

use fm_nostd::grid;

use crate::{Error, Result};

/// Which steps a solver takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Steps {
    /// This many steps of equal length, from the model's start to 1.
    Equal(u32),
    /// A step from each time to the next.
    Times(Vec<f32>),
}

impl Steps {
    /// The number of steps.
    pub fn count(&self) -> u32 {
        match self {
            Self::Equal(steps) => *steps,
            Self::Times(times) => times.len().saturating_sub(1) as u32,
        }
    }

    /// The times in order, for a model whose sampling starts at time `start`.
    pub fn times(&self, start: f32) -> Vec<f32> {
        match self {
            Self::Equal(steps) => grid::uniform(start, *steps).collect(),
            Self::Times(times) => times.clone(),
        }
    }

    /// A single step from the first time to the last.
    pub(super) fn whole(&self) -> Self {
        match self {
            Self::Equal(_) => Self::Equal(1),
            Self::Times(times) => {
                Self::Times(times.first().into_iter().chain(times.last()).copied().collect())
            }
        }
    }

    /// Refuses no steps, and times that do not lead from `start` to 1.
    ///
    /// # Errors
    /// The error names the option.
    pub(super) fn check(&self, start: f32) -> Result<()> {
        let times = match self {
            Self::Equal(0) => return Err(Error::usage("--steps", "must be at least 1")),
            Self::Equal(_) => return Ok(()),
            Self::Times(times) => times,
        };
        if let Err(error) = grid::check(times) {
            return Err(Error::usage("--times", error.to_string()));
        }
        if times.first() != Some(&start) || times.last() != Some(&1.0) {
            let problem = format!(
                "must start at {start}, where sampling from this model starts, and end at 1"
            );
            return Err(Error::usage("--times", problem));
        }
        Ok(())
    }
}
