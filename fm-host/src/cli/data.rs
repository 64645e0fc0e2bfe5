//! `fm data`: prints what a training would read from a data set.

mod table;

use std::path::PathBuf;

use serde_json::json;

use super::columns::Columns;
use super::{print, print_json};
use crate::Result;
use crate::data::{self, ConditionData, DataSpec, Dataset, Description};
use crate::sample::{Conditions, Drawn, Labels};
use crate::train::DataFacts;

/// Options of `fm data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in set, or a file: text with separated columns (.csv, .tsv, also packed with gzip or zstd), Parquet, .npy, .npz, IDX, .wav, or a folder
    /// of PNG images
    data: String,
    /// Write the held-out rows with their conditions to this file: .csv, .npy or .png
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Read rows with missing cells too, as `fm train --masked` does
    #[arg(long)]
    masked: bool,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

impl Args {
    /// Prints the numbers of rows, and what is known about each column.
    pub fn run(self) -> Result<()> {
        let base = DataSpec { keep_missing: self.masked, ..DataSpec::new(&self.data) };
        let Description { notes, columns, rows, split } = data::describe(&self.columns.over(base))?;
        let (split, refusal) = match (split, &self.held_out) {
            (Ok(split), _) => (Some(split), None),
            (Err(error), None) => (None, Some(error.to_string())),
            (Err(error), Some(_)) => return Err(error),
        };
        if let (Some(out), Some((split, _))) = (&self.held_out, &split) {
            drawn(&split.held_out).write(out)?;
        }
        if self.json {
            let held_out = split.as_ref().map(|(split, _)| split.held_out.len());
            let facts = split.map(|(split, of)| DataFacts::standardised(&split.train, of));
            let mut object = json!({
                "notes": notes,
                "read": rows,
                "held_out": held_out,
                "refusal": refusal,
                "described": columns,
            });
            if let (Ok(serde_json::Value::Object(facts)), Some(object)) =
                (serde_json::to_value(facts), object.as_object_mut())
            {
                object.extend(facts);
            }
            return print_json(&object);
        }
        match &split {
            Some((split, _)) => print(&format!(
                "{}: {} rows to train on, {} held out",
                self.data,
                split.train.len(),
                split.held_out.len()
            ))?,
            None => print(&format!("{}: {rows} rows", self.data))?,
        }
        notes.iter().try_for_each(print)?;
        print(&table::of(&columns))?;
        refusal.map_or(Ok(()), |why| print(&format!("a training refuses these rows: {why}")))
    }
}

/// Returns the rows as a table to write: the data columns, then the condition.
fn drawn(data: &Dataset) -> Drawn {
    let ConditionData { classes, vector } = &data.condition;
    let class = classes.iter().map(|classes| &classes.column);
    let columns = class.chain(vector.iter().flat_map(|vector| &vector.columns));
    let whole = |d: usize| data.values.iter().all(|row| row[d].is_nan() || row[d].fract() == 0.0);
    let labels = Labels {
        kinds: data.kinds.clone(),
        columns: columns.cloned().collect(),
        classes: data.class_names().to_vec(),
        whole: (0..data.values.dim()).map(whole).collect(),
        given: Vec::new(),
    };
    Drawn {
        samples: data.values.clone(),
        columns: data.columns.clone(),
        conditions: Conditions::like(data),
        labels,
        range: None,
    }
}
