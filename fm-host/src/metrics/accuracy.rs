//! Whether samples look like the class they were drawn for, by their nearest neighbours.

use super::distance::{squared, sum_over_rows};
use crate::data::Rows;

/// How many neighbours vote.
const NEIGHBOURS: usize = 5;

/// Returns the share of samples that a 5-nearest-neighbour classifier assigns to their intended class.
///
/// The training rows vote; a tie goes to the class whose neighbour is nearest. The classifier is
/// independent of the model, but lenient: samples that are all at their class's mean score high. Read
/// the accuracy next to a distance.
///
/// # Panics
/// If a table is empty, or the number of labels is not the number of rows.
pub fn accuracy(samples: &Rows, classes: &[u32], train: &Rows, labels: &[u32]) -> f64 {
    assert!(!samples.is_empty() && !train.is_empty(), "an empty sample");
    assert_eq!(
        (samples.len(), train.len()),
        (classes.len(), labels.len()),
        "one label for each row"
    );
    let right =
        |i: usize, sample: &[f32]| f64::from(u8::from(vote(sample, train, labels) == classes[i]));
    sum_over_rows(samples, right) / samples.len() as f64
}

/// Returns the most frequent class among the nearest training rows.
fn vote(sample: &[f32], train: &Rows, labels: &[u32]) -> u32 {
    // The nearest rows so far, nearest first.
    let mut nearest = [(f32::INFINITY, None); NEIGHBOURS];
    for (row, &label) in train.iter().zip(labels) {
        let distance = squared(sample, row);
        if distance < nearest[NEIGHBOURS - 1].0 {
            let place = nearest.partition_point(|&(other, _)| other <= distance);
            nearest[place..].rotate_right(1);
            nearest[place] = (distance, Some(label));
        }
    }
    let voters: Vec<u32> = nearest.iter().filter_map(|&(_, label)| label).collect();
    let votes = |label: u32| voters.iter().filter(|&&other| other == label).count();
    // `max_by_key` returns the last of equal maxima: in reverse order that is the nearest.
    voters.iter().copied().rev().max_by_key(|&label| votes(label)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_vote() {
        let train = Rows::from_vec(1, vec![0.0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2, 5.3, 5.4]);
        let labels = [0, 0, 0, 7, 1, 1, 1, 1, 1];
        let samples = Rows::from_vec(1, vec![0.3, 5.2, 9.0]);
        // At 0.3 the nearest row is of class 7, but three of five are of class 0.
        assert_eq!(accuracy(&samples, &[0, 1, 1], &train, &labels), 1.0);
        assert_eq!(accuracy(&samples, &[7, 1, 0], &train, &labels), 1.0 / 3.0);
    }

    #[test]
    fn a_tie_goes_to_the_nearest() {
        let train = Rows::from_vec(1, vec![4.0, 3.0, 2.0, 1.0]);
        assert_eq!(vote(&[0.0], &train, &[8, 9, 8, 9]), 9);
        assert_eq!(vote(&[5.0], &train, &[8, 9, 8, 9]), 8);
    }
}
