//! The part of `fm eval` about known columns: held-out rows, random known cells, and draws of the others.

use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

use crate::Result;
use crate::cli::{evaluation, say, verdict};
use crate::counted::counted;
use crate::data::{Dataset, Split};
use crate::metrics::{Conditionals, Questions};
use crate::model::StoredModel;
use crate::objective::Masks;
use crate::sample::{self, KnownCells, Request};

/// Returns the split without rows that have missing cells, and says how many rows are left; `None` if too few are
/// left to compare whole rows.
pub fn complete(split: Split) -> Option<Split> {
    let all = [&split.train, &split.held_out].map(Dataset::len);
    let missing = split.train.incomplete() + split.held_out.incomplete();
    if missing == 0 {
        return Some(split);
    }
    let complete = split.complete();
    let left = [&complete.train, &complete.held_out].map(Dataset::len);
    let classes = complete.train.class_names().len();
    let labels = complete.train.labels().unwrap_or_default();
    let every_class = (0..classes as u32).all(|class| labels.contains(&class));
    let enough = left[0] >= 2 && left[1] >= 2 && every_class;
    let [train, held_out] = [0, 1].map(|part| format!("{} of {}", left[part], all[part]));
    let what = match enough {
        true => "figures of whole rows use these",
        false => "these are too few to compare whole rows",
    };
    say(&format!(
        "note: {held_out} held-out and {train} training rows have no missing cell; {what}"
    ));
    enough.then_some(complete)
}

/// What is asked of a model about known columns, and how well it answers.
pub struct Known {
    rows: usize,
    steps: u32,
    model: Conditionals,
    marginals: Conditionals,
}

impl Known {
    /// Draws the unknown cells of held-out rows with the sampler and the seed of `request`; `None` for a model
    /// without known columns, or if there is no cell to draw.
    ///
    /// # Errors
    /// If the model does not support the request.
    pub fn of(stored: &StoredModel, split: &Split, request: &Request) -> Result<Option<Self>> {
        if !stored.view().has_known() {
            return Ok(None);
        }
        let masks = Masks { masked: true, known_prefix: stored.known_prefix() };
        let (standard, seed) = (stored.standardisation(), request.seed);
        let Some(questions) = Questions::of(&split.held_out, &standard, &masks, seed) else {
            return Ok(None);
        };
        let known = KnownCells::new(questions.rows.values.clone(), questions.known.clone());
        let conditions = evaluation::known_conditions(&questions.rows, stored)?;
        let count = questions.draws();
        let request = Request { known: Some(known), conditions, count, ..request.clone() };
        let (drawn, _) = sample::draw_counted(&stored.view(), &request)?;
        let model = questions.judge(&standard.apply(&drawn));
        let train = standard.apply(&split.train.values);
        let marginals = questions.judge(&questions.marginals(&train, seed));
        let (rows, steps) = (questions.rows.len(), request.steps.count());
        Ok(Some(Self { rows, steps, model, marginals }))
    }

    /// The figures as one object.
    pub fn json(&self) -> Value {
        let Self { rows, steps, model, marginals } = self;
        json!({ "rows": rows, "steps": steps, "model": model, "marginals": marginals })
    }

    /// The figures as a table with its title.
    pub fn in_words(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        table.set_header(["", "model", "training values"]);
        let both = [&self.model, &self.marginals];
        let [model, marginals] =
            both.map(|part| verdict::number(part.crps, part.crps_standard_error));
        table.add_row(["CRPS per cell, lower is better".to_owned(), model, marginals]);
        let [model, marginals] = both.map(|part| format!("{:.1} %", 100.0 * part.inside_90));
        table.add_row(["inside the draws' 90 % interval".to_owned(), model, marginals]);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let (rows, steps) =
            (counted(self.rows, "held-out row"), counted(self.steps as usize, "step"));
        format!(
            "\nKnown columns: some cells of {rows} are known; 99 draws of the others in {steps}, beside \
             draws from the training values of each column\n\n{table}"
        )
    }
}
