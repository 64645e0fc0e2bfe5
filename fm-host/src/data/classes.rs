//! Class labels: any text, numbered when all are known.

use std::collections::HashMap;

/// Labels in the order of their first appearance.
#[derive(Default)]
pub(super) struct Labels {
    numbers: HashMap<String, u32>,
    rows: Vec<u32>,
}

impl Labels {
    /// The number of different labels so far.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Adds the next row's label.
    pub fn push(&mut self, label: &str) {
        let number = match self.numbers.get(label) {
            Some(&number) => number,
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(label.to_owned(), number);
                number
            }
        };
        self.rows.push(number);
    }

    /// Returns the names of the classes in order, and the class of every row.
    ///
    /// The order is numeric if all labels are numbers, else alphabetical.
    pub fn finish(self) -> (Vec<String>, Vec<u32>) {
        let mut names: Vec<(String, u32)> = self.numbers.into_iter().collect();
        let number = |name: &str| name.parse::<f64>().ok();
        if names.iter().all(|(name, _)| number(name).is_some()) {
            let value = |name: &str| number(name).unwrap_or_default();
            // The text orders labels of equal value, such as 1 and 1.0.
            names.sort_by(|(a, _), (b, _)| value(a).total_cmp(&value(b)).then_with(|| a.cmp(b)));
        } else {
            names.sort();
        }
        let mut place = vec![0; names.len()];
        for (class, (_, number)) in names.iter().enumerate() {
            place[*number as usize] = class as u32;
        }
        let rows = self.rows.into_iter().map(|number| place[number as usize]).collect();
        (names.into_iter().map(|(name, _)| name).collect(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(labels: &[&str]) -> (Vec<String>, Vec<u32>) {
        let mut read = Labels::default();
        labels.iter().for_each(|label| read.push(label));
        read.finish()
    }

    #[test]
    fn numbers_sort_as_numbers_and_may_have_gaps() {
        let (names, rows) = read(&["10", "2", "-1", "2"]);
        assert_eq!(names, ["-1", "2", "10"]);
        assert_eq!(rows, [2, 1, 0, 1]);
    }

    #[test]
    fn text_sorts_as_text() {
        let (names, rows) = read(&["cat", "10", "2", "cat"]);
        assert_eq!(names, ["10", "2", "cat"]);
        assert_eq!(rows, [2, 0, 1, 2]);
    }
}
