//! Names in a blob: UTF-8, each followed by a zero byte, so that C can use them in place.

use super::message::{Classes, ConditionUnits, DataUnits, Layers, Names};
use super::view::Model;

impl<'a> Model<'a> {
    /// The model's name; empty if it is not UTF-8.
    pub fn name(&self) -> &'a str {
        text(self.labels().model)
    }

    /// All names in the blob's order: columns, class column, classes, condition vector, values; empty if they
    /// were left out.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        names(self.labels().list)
    }

    /// The names of the numbers in a sample; empty if they were left out.
    pub fn columns(&self) -> impl Iterator<Item = &'a str> {
        self.names().take(self.dim())
    }

    /// The column that contains the classes; empty if there are no classes or it is not known.
    pub fn class_column(&self) -> &'a str {
        let mut names = self.names().skip(self.dim());
        if self.conditioning().classes > 0 { names.next().unwrap_or_default() } else { "" }
    }

    /// The names of the classes, then of the condition vector's numbers; empty if they are not known.
    pub fn condition_names(&self) -> impl Iterator<Item = &'a str> {
        let conditioning = self.conditioning();
        let column = conditioning.classes.min(1);
        self.names().skip(self.dim() + column).take(conditioning.size())
    }

    /// What the numbers of the columns stand for, column after column: the categories of each column that
    /// has some, and the first day of each column of dates, in the form `2026-11-27`. Empty if they were
    /// left out. [`Column::names`](crate::Column::names) tells how many each column has.
    pub fn values(&self) -> impl Iterator<Item = &'a str> {
        self.names().skip(self.dim() + self.conditioning().names())
    }

    fn labels(&self) -> Names<'a> {
        let (DataUnits { .. }, ConditionUnits { .. }, Layers { .. }, Classes { .. }, names) =
            self.body();
        names
    }
}

/// The names in order, without their zero bytes; a name that is not UTF-8 is empty.
fn names(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes
        .split_inclusive(|byte| *byte == 0)
        .filter_map(<[u8]>::split_last)
        .map(|(_, name)| text(name))
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
