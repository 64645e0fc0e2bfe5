//! Names in a blob: UTF-8, each followed by a zero byte, so that C can use them in place.

use super::message::{Classes, ConditionUnits, DataUnits, Names};
use super::view::Model;

impl<'a> Model<'a> {
    /// The model's name; empty if it is not UTF-8.
    pub fn name(&self) -> &'a str {
        text(self.names().model)
    }

    /// The names of the numbers in a sample; empty if they were left out.
    pub fn columns(&self) -> impl Iterator<Item = &'a str> {
        names(self.names().columns)
    }

    /// The column that contains the classes; empty if it is not known.
    pub fn class_column(&self) -> &'a str {
        let names = names(self.names().conditions);
        names.take(self.conditioning().classes).next().unwrap_or_default()
    }

    /// The names of the classes, then of the condition vector's numbers; empty if they are not known.
    pub fn condition_names(&self) -> impl Iterator<Item = &'a str> {
        let column = self.conditioning().classes.min(1);
        names(self.names().conditions).skip(column)
    }

    fn names(&self) -> Names<'a> {
        let (DataUnits { .. }, ConditionUnits { .. }, Classes { .. }, names) = self.body();
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
