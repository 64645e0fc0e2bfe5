//! `fm data`: prints what a training would read from a data set.

use std::path::PathBuf;

use comfy_table::Table;

use super::columns::Columns;
use super::{print, print_json};
use crate::Result;
use crate::data::{self, ConditionData, DataSpec, Dataset};
use crate::sample::{Conditions, Drawn, Labels};
use crate::train::{ClassFacts, DataFacts};

/// Options of `fm data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in set, or a .csv or .csv.gz file
    data: String,
    /// Write the held-out rows with their conditions to this file: .csv, .npy or .png
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

impl Args {
    /// Prints the numbers of rows, the ranges and the classes.
    pub fn run(self) -> Result<()> {
        let split = data::load(&self.columns.over(DataSpec::new(&self.data)))?;
        if let Some(out) = &self.held_out {
            table(&split.held_out).write(out)?;
        }
        let facts = DataFacts::of(&split.train);
        if self.json {
            return print_json(&facts);
        }
        let (train, held_out) = (&split.train, split.held_out.len());
        let rows = facts.rows;
        print(&format!("{}: {rows} rows to train on, {held_out} held out", train.name))?;
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        table.set_header(["column", "min", "max", "mean", "std"]);
        let standardisation = &facts.standardisation;
        for (d, column) in facts.columns.iter().enumerate() {
            let numbers =
                [facts.min[d], facts.max[d], standardisation.mean[d], standardisation.std[d]];
            let numbers = numbers.map(|number| number.to_string());
            table.add_row([std::slice::from_ref(column), &numbers].concat());
        }
        print(&table)?;
        if let Some(ClassFacts { column, names, .. }) = &facts.condition.classes {
            print(&format!("classes of `{column}`: {}", names.join(", ")))?;
        }
        match facts.condition.vector_columns() {
            [] => Ok(()),
            columns => print(&format!("condition: {}", columns.join(", "))),
        }
    }
}

/// Returns the rows as a table to write: the data columns, then the condition.
fn table(data: &Dataset) -> Drawn {
    let ConditionData { classes, vector } = &data.condition;
    let class = classes.iter().map(|classes| &classes.column);
    let columns = class.chain(vector.iter().flat_map(|vector| &vector.columns));
    let labels =
        Labels { columns: columns.cloned().collect(), classes: data.class_names().to_vec() };
    Drawn {
        samples: data.values.clone(),
        columns: data.columns.clone(),
        conditions: Conditions::like(data),
        labels,
        range: None,
    }
}
