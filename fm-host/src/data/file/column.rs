//! A column that is being read: its kind, and the numbers that its cells become.

use std::borrow::Cow;

use super::forms::{self, Form};
use super::reader::{Cell, RowReader, Want};
use crate::data::classes::Names;
use crate::data::missing::Missing;
use crate::data::{ColumnKind, dates};

/// The longest name of a category, in bytes.
const LONGEST_NAME: usize = 1000;
/// From how many rows on numbers that count them are recognised.
const COUNTED: usize = 10;

/// A column that is being read.
pub(super) struct Column {
    /// Its index in the file.
    pub at: usize,
    /// Its name.
    pub name: String,
    reading: Reading,
    /// Whether the file has no name for it.
    pub unnamed: bool,
    /// Why it has its kind.
    pub reason: String,
    /// How many cells have a value.
    pub present: usize,
    /// How many cells are missing.
    pub missing: usize,
    /// Whether it is a number to condition on.
    pub is_condition: bool,
    /// Whether its numbers have more digits than a number holds, as only identifiers need.
    pub long: bool,
    /// A value, if the texts are numbers or dates in a form that is not read.
    pub form: Option<Form>,
}

enum Reading {
    Numbers {
        /// The least and the greatest number, in double precision.
        bounds: Option<(f64, f64)>,
        /// The number before the column's first, as long as each is one more than the number before.
        counts_from: Option<f64>,
    },
    Categories(Names),
    Dates {
        /// The first date that was read, which the numbers count from until all are read, and the earliest, in
        /// days.
        origin: Option<f64>,
        earliest: f64,
        /// Whether there is a time of day.
        timed: bool,
    },
}

/// What becomes of a column's numbers when all are known.
pub(super) enum Change {
    Keep,
    /// An index is replaced by the one in its place.
    Place(Vec<u32>),
    /// This is added.
    Shift(f64),
}

impl Change {
    /// Changes a number; a missing one stays.
    pub fn apply(&self, value: &mut f32) {
        match self {
            Self::Keep => {}
            Self::Place(_) if value.is_nan() => {}
            Self::Place(places) => *value = places[*value as usize] as f32,
            Self::Shift(days) => *value = (f64::from(*value) + days) as f32,
        }
    }
}

impl Column {
    /// A column of numbers.
    pub fn numbers(at: usize, name: &str, reason: &str) -> Self {
        let reading = Reading::Numbers { bounds: None, counts_from: None };
        Self::new(at, name, reading, reason.to_owned())
    }

    /// A column of numbers to condition on.
    pub fn condition(at: usize, name: &str) -> Self {
        Self { is_condition: true, ..Self::numbers(at, name, "condition") }
    }

    /// A column of categories.
    pub fn categories(at: usize, name: &str, reason: &str) -> Self {
        Self::new(at, name, Reading::Categories(Names::default()), reason.to_owned())
    }

    fn new(at: usize, name: &str, reading: Reading, reason: String) -> Self {
        Self {
            at,
            name: name.to_owned(),
            reading,
            unnamed: false,
            reason,
            present: 0,
            missing: 0,
            is_condition: false,
            long: false,
            form: None,
        }
    }

    /// A column of the kind that most of these cells have.
    pub fn like<'c>(
        at: usize,
        name: &str,
        cells: impl Iterator<Item = &'c Cell>,
        reader: &dyn RowReader,
        missing: &Missing,
    ) -> Self {
        let (mut numbers, mut dates, mut texts) = (0, 0, 0);
        let (mut long, mut formed, mut form) = (0, 0, None);
        for cell in cells {
            if let Cell::Text(text) = cell {
                long += usize::from(forms::is_long(text));
            }
            match cell {
                Cell::Missing => {}
                Cell::Number(_) => numbers += 1,
                Cell::Text(text) if missing.is_text(text) => {}
                Cell::Text(text) if reader.number(text).is_some() => numbers += 1,
                // Infinity and such are refused as numbers.
                Cell::Text(text) if text.parse::<f64>().is_ok() => numbers += 1,
                Cell::Text(text) if dates::days(text).is_some() => dates += 1,
                Cell::Text(text) => {
                    texts += 1;
                    if let Some(found) = Form::of(text) {
                        formed += 1;
                        form.get_or_insert(found);
                    }
                }
            }
        }
        if numbers + dates + texts == 0 {
            Self::numbers(at, name, "no value in the first rows")
        } else if numbers >= dates + texts {
            Self { long: 2 * long > numbers, ..Self::numbers(at, name, "its values are numbers") }
        } else if dates > numbers + texts {
            let reading = Reading::Dates { origin: None, earliest: f64::INFINITY, timed: false };
            Self::new(at, name, reading, "its values are dates".to_owned())
        } else {
            // A few exceptions do not make remarks of numbers.
            let form = form.filter(|_| 10 * formed >= 9 * texts);
            Self { form, ..Self::categories(at, name, "its values are text") }
        }
    }

    /// What a user should know about it before a training.
    pub fn warning(&self) -> Option<String> {
        let form = self.form.as_ref()?;
        Some(format!("column `{}` is read as {} categories: {form}", self.name, self.names()))
    }

    /// What the reader should do with its cells.
    pub fn want(&self) -> Want {
        match self.reading {
            Reading::Numbers { .. } => Want::Number,
            Reading::Categories(_) | Reading::Dates { .. } => Want::Text,
        }
    }

    /// Whether a cell of this column is missing.
    pub fn is_missing(&self, cell: &Cell, reader: &dyn RowReader, missing: &Missing) -> bool {
        match cell {
            Cell::Missing => true,
            Cell::Number(number) => missing.is_number(*number),
            Cell::Text(text) => {
                let number = || self.want() == Want::Number && missing.has_numbers();
                missing.is_text(text)
                    || number() && reader.number(text).is_some_and(|x| missing.is_number(x))
            }
        }
    }

    /// Returns the number for a cell that is not missing.
    ///
    /// # Errors
    /// What is wrong with the cell.
    pub fn value(&mut self, cell: &Cell, reader: &dyn RowReader) -> Result<f32, String> {
        self.present += 1;
        match &mut self.reading {
            Reading::Numbers { bounds, counts_from } => {
                let x = match cell {
                    Cell::Number(number) => *number,
                    Cell::Text(text) => number(text, reader)?,
                    Cell::Missing => return Err("the cell is empty".to_owned()),
                };
                let value = x as f32;
                if !value.is_finite() {
                    return Err(if x.is_finite() {
                        format!("{x:e} is too large for single precision")
                    } else {
                        format!("`{x}` is not a finite number")
                    });
                }
                let (low, high) = bounds.unwrap_or((x, x));
                *bounds = Some((low.min(x), high.max(x)));
                if self.present == 1 {
                    *counts_from = [0.0, 1.0].contains(&x).then_some(x - 1.0);
                }
                *counts_from = counts_from.filter(|first| x - first == self.present as f64);
                Ok(value)
            }
            Reading::Categories(names) => {
                let name = text(cell);
                if name.len() > LONGEST_NAME {
                    return Err(format!("a text of more than {LONGEST_NAME} bytes is no category"));
                }
                if name.contains('\0') {
                    return Err("a text with a NUL character is no category".to_owned());
                }
                Ok(names.number(&name) as f32)
            }
            Reading::Dates { origin, earliest, timed } => {
                let text = text(cell);
                let day = dates::days(&text)
                    .ok_or_else(|| format!("`{}` is not a date, as others are", short(&text)))?;
                *earliest = earliest.min(day.floor());
                *timed |= day != day.floor();
                Ok((day - *origin.get_or_insert(day.floor())) as f32)
            }
        }
    }

    /// The number of different names so far; 0 for a column that has no categories.
    pub fn names(&self) -> usize {
        match &self.reading {
            Reading::Categories(names) => names.len(),
            Reading::Numbers { .. } | Reading::Dates { .. } => 0,
        }
    }

    /// Whether nearly every text is another, as in identifiers and free text.
    pub fn is_all_different(&self) -> bool {
        self.present > 1 && 10 * self.names() > 9 * self.present
    }

    /// Whether the numbers count the rows from 0 or 1.
    pub fn counts_rows(&self) -> bool {
        let Reading::Numbers { counts_from: Some(_), .. } = self.reading else { return false };
        self.present >= COUNTED && self.missing == 0
    }

    /// Why single precision cannot hold samples of this column; `None` if it can.
    pub fn unfit(&self) -> Option<String> {
        /// With fewer steps of single precision over the column's range, rounding shows in the samples.
        const STEPS: f64 = 1000.0;
        /// Samples may be some standard deviations outside the data.
        const LARGEST: f64 = f32::MAX as f64 / 100.0;
        let Reading::Numbers { bounds: Some((low, high)), .. } = self.reading else { return None };
        let most = low.abs().max(high.abs());
        if most > LARGEST {
            return Some(format!(
                "the numbers, from {low:e} to {high:e}, are too close to the end of single precision \
                 ({:.1e}) to draw samples; divide the column by {:e}, or leave it out with --exclude",
                f32::MAX,
                10f64.powf(most.log10().floor()),
            ));
        }
        let step = most * f64::from(f32::EPSILON);
        let lost = high > low && high - low < STEPS * step;
        lost.then(|| {
            format!(
                "the numbers, from {low} to {high}, are too close together for single precision; \
                 subtract {low} from the column, or leave it out with --exclude"
            )
        })
    }

    /// Returns the kind of the column, and what becomes of its numbers.
    pub fn finish(&mut self) -> (ColumnKind, Change) {
        match &mut self.reading {
            Reading::Numbers { .. } => (ColumnKind::Number, Change::Keep),
            Reading::Categories(names) => {
                let (names, places) = std::mem::take(names).finish();
                (ColumnKind::Category(names), Change::Place(places))
            }
            Reading::Dates { origin, earliest, timed } => {
                let earliest = if earliest.is_finite() { *earliest } else { 0.0 };
                let form = if *timed { dates::date_time } else { dates::date };
                let shift = origin.unwrap_or(earliest) - earliest;
                (ColumnKind::Date(form(earliest)), Change::Shift(shift))
            }
        }
    }
}

/// The number that a text means, or what is wrong with it.
fn number(text: &str, reader: &dyn RowReader) -> Result<f64, String> {
    reader.number(text).ok_or_else(|| match text.parse::<f64>() {
        _ if text.is_empty() => "the cell is empty".to_owned(),
        Ok(x) if !x.is_finite() => format!("`{}` is not a finite number", short(text)),
        _ => format!("`{}` is not a number", short(text)),
    })
}

/// The text of a cell.
pub(super) fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Missing => "".into(),
        Cell::Number(number) => number.to_string().into(),
        Cell::Text(text) => text.into(),
    }
}

/// Shortens a cell for a message.
fn short(cell: &str) -> String {
    const SHOWN: usize = 40;
    let mut short: String = cell.chars().take(SHOWN).collect();
    if short.len() < cell.len() {
        short.push('…');
    }
    short
}
