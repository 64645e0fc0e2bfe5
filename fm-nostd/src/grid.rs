//! Time grids: the steps that a solver takes from noise to data.

use heapless::Vec;

/// `steps` equal steps from `start` to 1: the `steps + 1` times in order, the last one 1 exactly.
pub fn uniform(start: f32, steps: u32) -> impl DoubleEndedIterator<Item = f32> + Clone {
    let count = steps.max(1);
    let span = 1.0 - start;
    (0..=count)
        .map(move |k| if k == count { 1.0 } else { start + span * (k as f32 / count as f32) })
}

/// Why times are not a valid grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GridError {
    /// Fewer than two times, or more than the capacity.
    Length,
    /// A time is not greater than the one before it, or is outside [0, 1].
    Order,
}

impl core::fmt::Display for GridError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Length => "a time grid must have at least two times and at most its capacity",
            Self::Order => "the times of a time grid must increase and be in [0, 1]",
        })
    }
}

impl core::error::Error for GridError {}

/// A custom grid of up to `N` times, checked once.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeGrid<const N: usize>(Vec<f32, N>);

impl<const N: usize> TimeGrid<N> {
    /// A grid of these times, ordered from noise to data.
    ///
    /// # Errors
    /// If there are fewer than two or more than `N` times, or they do not increase or leave [0, 1].
    pub fn new(times: &[f32]) -> Result<Self, GridError> {
        check(times)?;
        match Vec::from_slice(times) {
            Ok(times) => Ok(Self(times)),
            Err(_) => Err(GridError::Length),
        }
    }

    /// The times in order.
    pub fn times(&self) -> impl Iterator<Item = f32> + Clone {
        self.0.iter().copied()
    }
}

/// Checks that times are a grid of any length.
///
/// # Errors
/// If there are fewer than two, they do not increase, or one is outside of [0, 1].
pub fn check(times: &[f32]) -> Result<(), GridError> {
    let inside = times.iter().all(|t| (0.0..=1.0).contains(t));
    if !inside || !times.is_sorted_by(|a, b| a < b) {
        return Err(GridError::Order);
    }
    if times.len() < 2 { Err(GridError::Length) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_grid_is_even_and_ends_at_one() {
        assert!(uniform(0.0, 4).eq([0.0, 0.25, 0.5, 0.75, 1.0]));
        assert!(uniform(0.0, 0).eq([0.0, 1.0]));
        for steps in 1..300 {
            assert_eq!(uniform(0.01, steps).last(), Some(1.0));
            assert!(uniform(0.01, steps).is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn a_grid_of_ones_own_is_checked() {
        let grid = TimeGrid::<3>::new(&[0.0, 0.3, 1.0]).map(|grid| grid.times().sum());
        assert_eq!(grid, Ok(1.3));
        assert_eq!(TimeGrid::<3>::new(&[0.0, 0.3, 0.6, 1.0]), Err(GridError::Length));
        assert_eq!(TimeGrid::<3>::new(&[0.5]), Err(GridError::Length));
        assert_eq!(TimeGrid::<3>::new(&[0.5, 0.5]), Err(GridError::Order));
        assert_eq!(TimeGrid::<3>::new(&[0.0, f32::NAN]), Err(GridError::Order));
        assert_eq!(TimeGrid::<3>::new(&[0.0, 1.5]), Err(GridError::Order));
    }
}
