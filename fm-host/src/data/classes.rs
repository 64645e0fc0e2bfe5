//! Class labels: any text, numbered when all are known.

use std::collections::HashMap;

/// The class of a row whose class is missing.
pub(super) const NONE: u32 = u32::MAX;

/// Different texts, numbered in the order of their first appearance.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of different names so far.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number of a name.
    pub fn number(&mut self, name: &str) -> u32 {
        match self.numbers.get(name) {
            Some(&number) => number,
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(name.to_owned(), number);
                number
            }
        }
    }

    /// Returns the names in order, and the place there of every number.
    ///
    /// The order is numeric if all names are numbers, else alphabetical.
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
        let mut places = vec![0; names.len()];
        for (place, (_, number)) in names.iter().enumerate() {
            places[*number as usize] = place as u32;
        }
        (names.into_iter().map(|(name, _)| name).collect(), places)
    }
}

/// The label of every row.
#[derive(Default)]
pub(super) struct Labels {
    names: Names,
    rows: Vec<u32>,
}

impl Labels {
    /// The number of different labels so far.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Adds the next row's label; `None` if it is missing.
    pub fn push(&mut self, label: Option<&str>) {
        self.rows.push(label.map_or(NONE, |label| self.names.number(label)));
    }

    /// Returns the names of the classes in the order of [`Names::finish`], and the class of every row.
    pub fn finish(self) -> (Vec<String>, Vec<u32>) {
        let (names, places) = self.names.finish();
        let place = |number: u32| places.get(number as usize).copied().unwrap_or(NONE);
        (names, self.rows.into_iter().map(place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(labels: &[&str]) -> (Vec<String>, Vec<u32>) {
        let mut read = Labels::default();
        labels.iter().for_each(|label| read.push(Some(label)));
        read.finish()
    }

    #[test]
    fn numbers_sort_as_numbers_and_may_have_gaps() {
        let (names, rows) = read(&["10", "2", "-1", "2"]);
        assert_eq!(names, ["-1", "2", "10"]);
        assert_eq!(rows, [2, 1, 0, 1]);
    }

    #[test]
    fn a_missing_label_is_no_class() {
        let mut read = Labels::default();
        [Some("b"), None, Some("a")].into_iter().for_each(|label| read.push(label));
        assert_eq!(read.finish(), (vec!["a".to_owned(), "b".to_owned()], vec![1, NONE, 0]));
    }

    #[test]
    fn text_sorts_as_text() {
        let (names, rows) = read(&["cat", "10", "2", "cat"]);
        assert_eq!(names, ["10", "2", "cat"]);
        assert_eq!(rows, [2, 0, 1, 2]);
    }
}
