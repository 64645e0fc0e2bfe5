//! The numbers of the rows in their file, in little memory where they are consecutive.

/// The number of every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::data) struct RowNumbers {
    /// The first row of every run of consecutive numbers, and its number.
    runs: Vec<(usize, usize)>,
    len: usize,
}

impl RowNumbers {
    /// Adds the number of the next row.
    pub fn push(&mut self, number: usize) {
        let expected = self.runs.last().map(|(row, first)| first + self.len - row);
        if expected != Some(number) {
            self.runs.push((self.len, number));
        }
        self.len += 1;
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of row `row`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn of(&self, row: usize) -> usize {
        assert!(row < self.len, "there is no such row");
        let run = self.runs.partition_point(|(first, _)| *first <= row) - 1;
        let (first, number) = self.runs[run];
        number + row - first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_gaps_are_kept() {
        let mut numbers = RowNumbers::default();
        let all = [2, 3, 4, 7, 8, 12];
        all.iter().for_each(|&number| numbers.push(number));
        assert_eq!((0..6).map(|row| numbers.of(row)).collect::<Vec<_>>(), all);
        assert_eq!((numbers.len(), numbers.runs.len()), (6, 3));
    }
}
