//! Names in a blob: UTF-8 with a zero byte behind each, so that C can use them where they lie.

use super::header::Conditioning;
use super::message::{Classes, ConditionUnits, DataUnits, Names};
use super::view::Model;

impl<'a> Model<'a> {
    /// The model's name; empty where it is no UTF-8.
    pub fn name(&self) -> &'a str {
        text(self.names().model)
    }

    /// The names of the numbers in a sample; empty where they were left out.
    pub fn columns(&self) -> impl Iterator<Item = &'a str> {
        names(self.names().columns)
    }

    /// The column that the classes come from; empty where it is not known.
    pub fn class_column(&self) -> &'a str {
        match self.conditioning() {
            Conditioning::Classes(_) => names(self.names().conditions).next().unwrap_or_default(),
            Conditioning::None | Conditioning::Vector(_) => "",
        }
    }

    /// The names of the classes, or of the condition vector's numbers; empty where they are not known.
    pub fn condition_names(&self) -> impl Iterator<Item = &'a str> {
        let column = self.conditioning().classes().min(1);
        names(self.names().conditions).skip(column)
    }

    fn names(&self) -> Names<'a> {
        let (DataUnits { .. }, ConditionUnits { .. }, Classes { .. }, names) = self.body();
        names
    }
}

/// Whether the bytes hold so many names, or none at all.
pub(super) fn named(bytes: &[u8], count: usize) -> bool {
    bytes.is_empty() || ends(bytes) == count && bytes.last() == Some(&0)
}

/// The names in order; one that is not UTF-8 is empty.
fn names(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes.split(|byte| *byte == 0).take(ends(bytes)).map(text)
}

fn ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == 0).count()
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
