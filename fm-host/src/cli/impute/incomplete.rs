//! A file and its rows with missing cells.

use std::io;

use super::DRAW;
use crate::Result;
use crate::cli::evaluation::unknown_class;
use crate::cli::known::beyond;
use crate::cli::say;
use crate::counted::counted;
use crate::data::{self, Cells, ColumnKind, Rows};
use crate::model::StoredModel;
use crate::sample::{self, Conditions, KnownCells};

/// A column of the model.
pub(super) struct Column {
    pub name: String,
    /// Where it is in the file; one that the file does not have is missing in every row.
    pub at: Option<usize>,
    pub kind: ColumnKind,
}

/// A file and its rows with missing cells.
pub(super) struct Incomplete {
    pub cells: Cells,
    pub columns: Vec<Column>,
    /// The rows with a missing cell in a column of the model, in order.
    pub rows: Vec<usize>,
    /// Their cells. Sample `k rows + i` is draw `k` of row `i`.
    pub known: KnownCells,
    pub conditions: Conditions,
}

impl Incomplete {
    /// Finds the missing cells of the model's columns.
    pub fn new(stored: &StoredModel, cells: Cells) -> Result<Self> {
        let column = |(name, kind): (String, ColumnKind)| {
            let at = cells.find("the model", &name).ok();
            Column { name, at, kind }
        };
        let columns: Vec<Column> =
            stored.columns().into_iter().zip(stored.kinds()).map(column).collect();
        let absent: Vec<String> =
            columns.iter().filter(|c| c.at.is_none()).map(|c| c.name.clone()).collect();
        // Names of the file that are none of the model's may be misspelt; short ones are alike by chance.
        let others = cells.header().into_iter().flatten().map(String::as_str);
        let others = others.filter(|name| !columns.iter().any(|column| column.name == *name));
        let others: Vec<&str> = others.collect();
        let misspelt = |name: &&String| match name.chars().count() {
            0..=3 => others.iter().any(|other| other.eq_ignore_ascii_case(name)),
            _ => !data::suggestion(name, others.iter().copied()).is_empty(),
        };
        let all = absent.first().filter(|_| absent.len() == columns.len());
        if let Some(name) = absent.iter().find(misspelt).or(all) {
            cells.find("the model", name)?;
        }
        if !absent.is_empty() {
            let absent = data::list(&absent);
            say(&format!(
                "note: the file has no {absent}: drawn in every row, in columns at its end"
            ));
        }
        let (mut rows, mut values, mut known) = (Vec::new(), Vec::new(), Vec::new());
        let model = stored.view();
        let limits: Vec<_> = model.transforms().collect();
        let (mut first_beyond, mut count_beyond) = (None, 0);
        for row in 0..cells.len() {
            let value = |column: &Column| match column.at {
                Some(at) => cells.value(row, at, &column.kind),
                None => Ok(None),
            };
            let found: Vec<Option<f32>> = columns.iter().map(value).collect::<Result<_>>()?;
            if found.iter().all(Option::is_some) {
                continue;
            }
            for (d, (column, value)) in columns.iter().zip(&found).enumerate() {
                let Some(value) = *value else { continue };
                let note = limits.get(d).and_then(|limits| beyond(limits, value, &column.kind));
                if let Some((note, at)) = note.zip(column.at) {
                    first_beyond.get_or_insert_with(|| cells.error(row, at, note));
                    count_beyond += 1;
                }
            }
            rows.push(row);
            known.extend(found.iter().map(Option::is_some));
            values.extend(found.into_iter().map(Option::unwrap_or_default));
        }
        if let Some(first) = first_beyond {
            let others = match count_beyond {
                1 => String::new(),
                count => format!(" (and {} likewise)", counted(count - 1, "other cell")),
            };
            say(&format!("note: {first}{others}"));
        }
        let conditions = conditions(stored, &cells, &rows)?;
        if rows.is_empty() {
            // Nothing is drawn.
            (values, known) = (vec![0.0; columns.len()], vec![false; columns.len()]);
        }
        let known = KnownCells::new(Rows::from_vec(columns.len(), values), known);
        let prefix = model.known_prefix();
        if let (true, Some((i, d))) = (prefix > 0 && !rows.is_empty(), known.beside(prefix)) {
            let has = if d < prefix { "the cell is missing" } else { "the cell is not missing" };
            let problem = format!("{has}, but {}", sample::other_prefix(&model));
            let at = cells.find("the model", &columns[d].name)?;
            return Err(cells.error(rows[i], at, problem));
        }
        Ok(Self { cells, columns, rows, known, conditions })
    }

    /// Whether column `d` of the model is missing in incomplete row `i`.
    pub fn is_missing(&self, i: usize, d: usize) -> bool {
        let (_, known) = self.known.of(i);
        !known[d]
    }

    /// The number of missing cells in column `d` of the model.
    pub fn missing_in(&self, d: usize) -> usize {
        (0..self.rows.len()).filter(|i| self.is_missing(*i, d)).count()
    }

    /// The number of missing cells in the model's columns.
    pub fn missing(&self) -> usize {
        (0..self.columns.len()).map(|d| self.missing_in(d)).sum()
    }

    /// All rows of the file for each draw, with the missing cells as drawn.
    pub fn text(&self, drawn: &Rows, draws: usize) -> io::Result<Vec<u8>> {
        let mut text =
            csv::WriterBuilder::new().delimiter(self.cells.separator()).from_writer(Vec::new());
        let several = draws > 1;
        if let Some(header) = self.cells.header() {
            let draw = several.then_some(DRAW).into_iter();
            let absent = self.columns.iter().filter(|column| column.at.is_none());
            let header = draw.chain(header.iter().map(String::as_str));
            text.write_record(header.chain(absent.map(|column| &*column.name)))?;
        }
        let mut cells = Vec::new();
        for draw in 0..draws {
            let mut incomplete = self.rows.iter().enumerate().peekable();
            for row in 0..self.cells.len() {
                cells.clear();
                cells.extend(several.then(|| (draw + 1).to_string()));
                let first = cells.len();
                cells.extend(
                    (0..self.cells.width()).map(|at| self.cells.text(row, at).into_owned()),
                );
                if let Some((i, _)) = incomplete.next_if(|(_, incomplete)| **incomplete == row) {
                    let sample = drawn.row(draw * self.rows.len() + i);
                    for (d, (column, value)) in self.columns.iter().zip(sample).enumerate() {
                        let written = || self.cells.written(*value, &column.kind);
                        match column.at {
                            Some(at) if self.is_missing(i, d) => cells[first + at] = written(),
                            Some(_) => {}
                            None => cells.push(written()),
                        }
                    }
                }
                text.write_record(&cells)?;
            }
        }
        text.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The conditions of the rows, from the columns of the file that have the names of the model's.
fn conditions(stored: &StoredModel, cells: &Cells, rows: &[usize]) -> Result<Conditions> {
    let (classes, vector) = {
        let conditioning = stored.view().conditioning();
        (conditioning.classes, conditioning.vector)
    };
    let missing = "the cell is missing, but the model needs it as a condition; fill it in";
    let mut conditions = Conditions::NONE;
    if classes > 0 && !rows.is_empty() {
        let (names, at) = (stored.class_names(), cells.find("the model", &stored.class_column())?);
        let text = ColumnKind::Category(match names.is_empty() {
            true => (0..classes).map(|class| class.to_string()).collect(),
            false => names.clone(),
        });
        let class = |&row: &usize| {
            // The name of a class may be a text that means a missing cell.
            let name = cells.text(row, at);
            match text.names().iter().position(|other| *other == name) {
                Some(class) => Ok(class),
                None if cells.value(row, at, &text).is_ok() => Err(cells.error(row, at, missing)),
                None => Err(cells.error(row, at, unknown_class(&name, text.names()))),
            }
        };
        conditions = Conditions::classes(rows.iter().map(class).collect::<Result<_>>()?);
    }
    if vector > 0 && !rows.is_empty() {
        let places = stored.condition_columns().into_iter();
        let places: Vec<usize> =
            places.map(|name| cells.find("the model", &name)).collect::<Result<_>>()?;
        let cell = |(row, at): (usize, usize)| {
            let value = cells.value(row, at, &ColumnKind::Number)?;
            value.ok_or_else(|| cells.error(row, at, missing))
        };
        let all = rows.iter().flat_map(|row| places.iter().map(|at| (*row, *at)));
        let values = all.map(cell).collect::<Result<Vec<f32>>>()?;
        conditions = conditions.or(Conditions::vectors(Rows::from_vec(vector, values)));
    }
    Ok(conditions)
}
