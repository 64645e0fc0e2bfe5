//! The option that names known cells of samples.

mod from;

use clap::Args;
use fm_nostd::Column;

use super::say;
use crate::data::{self, ColumnKind, Rows};
use crate::model::StoredModel;
use crate::sample::{self, KnownCells};
use crate::{Error, Result, lists};

const OPTION: &str = "--known";

/// Known cells of all samples.
#[derive(Clone, Debug, Default, Args)]
pub struct KnownOptions {
    /// Columns whose values are known, as COLUMN=VALUE: only the others are drawn, given these (for a model
    /// that was trained with --masked); categories by name, dates as in 2026-11-27, a name with a comma in double
    /// quotes
    #[arg(long, value_name = "COLUMN=VALUE,..", allow_hyphen_values = true)]
    known: Vec<String>,
    /// File whose last rows are known: for a model of --window, the rows before those that are drawn; for another
    /// model that was trained with --masked, the last row, of which missing cells are drawn
    #[arg(long, value_name = "FILE", conflicts_with = "known")]
    known_from: Option<String>,
    /// How many rows to draw after the last one of --known-from [default: as many as the rows of the file leave of a
    /// window, at least 1]
    #[arg(long, value_name = "ROWS", requires = "known_from")]
    horizon: Option<usize>,
}

impl KnownOptions {
    /// Whether known cells are named.
    pub fn given(&self) -> bool {
        !self.known.is_empty() || self.known_from.is_some()
    }

    /// The known cells of a model's samples; `None` if none are named.
    ///
    /// # Errors
    /// If the model has no known parts, no such column or no such category.
    pub fn of(&self, stored: &StoredModel) -> Result<Option<KnownCells>> {
        if !self.given() {
            return Ok(None);
        }
        let model = stored.view();
        if !model.has_known() {
            let option = if self.known.is_empty() { "--known-from" } else { OPTION };
            return Err(Error::usage(option, sample::UNMASKED));
        }
        if let Some(file) = &self.known_from {
            return from::read(stored, file, self.horizon).map(Some);
        }
        let (columns, kinds) = (stored.columns(), stored.kinds());
        let (mut values, mut known) = (vec![0.0; columns.len()], vec![false; columns.len()]);
        let mut texts = vec![None; columns.len()];
        for (name, text) in self.pairs()? {
            let at = columns.iter().position(|column| *column == name).ok_or_else(|| {
                let hint = data::suggestion(&name, columns.iter().map(String::as_str));
                let list = data::list(&columns);
                let problem = format!(
                    "there is no column `{name}` in the model{hint}; its columns are {list}"
                );
                Error::usage(OPTION, problem)
            })?;
            let refused =
                |problem: String| Error::usage(OPTION, format!("column `{name}`: {problem}"));
            if known[at] {
                return Err(refused("it is named twice; name it once".to_owned()));
            }
            let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
            let value = kinds[at].value(&text, number).map_err(refused)?;
            let column = model.transforms().nth(at);
            if let Some(note) = column.and_then(|column| beyond(&column, value, &kinds[at])) {
                say(&format!("note: column `{name}`: {note}"));
            }
            (values[at], known[at]) = (value, true);
            texts[at] = Some(text);
        }
        let cells = KnownCells::new(Rows::from_vec(columns.len(), values), known);
        Ok(Some(cells.with_texts(texts)))
    }

    /// The columns that are named, with the text of their values. A part without `=` continues the value before
    /// it, which contains a comma.
    fn pairs(&self) -> Result<Vec<(String, String)>> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for given in &self.known {
            let before = pairs.len();
            for part in lists::split(given) {
                match part.split_once('=') {
                    Some((name, text)) => {
                        pairs.push((name.trim().to_owned(), text.trim().to_owned()))
                    }
                    None if pairs.len() > before => {
                        let (_, text) = pairs.last_mut().expect("a pair of this option");
                        *text = format!("{text},{part}");
                    }
                    None => {
                        let problem = format!("`{part}` names no value; write COLUMN=VALUE");
                        return Err(Error::usage(OPTION, problem));
                    }
                }
            }
        }
        Ok(pairs)
    }
}

/// What is said of a known value that no training row had: it stands for the nearest one.
pub fn beyond(column: &Column, value: f32, kind: &ColumnKind) -> Option<String> {
    let (near, [low, high]) = (column.nearest(value), column.range());
    let text = |value: f32| kind.text(value).map_or(value.to_string(), Into::into);
    let inside = low <= value && value <= high;
    let [value, near] = (near != value).then_some([value, near])?.map(text);
    let place = if inside { "not among the values of" } else { "beyond" };
    Some(format!("{value} is {place} the training rows; the other columns are drawn as for {near}"))
}
