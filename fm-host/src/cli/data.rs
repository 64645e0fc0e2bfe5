//! `fm data`: what was read from a data set, before anything is trained on it.

use std::path::PathBuf;

use super::source::Columns;
use super::{print, print_json};
use crate::Result;
use crate::data::{self, Condition, Dataset, Source};
use crate::sample::{Asked, Drawn, Labels};
use crate::train::{ConditionFacts, DataFacts};

/// Options of `fm data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in set, or a .csv or .csv.gz file
    data: String,
    /// Write the rows that training never sees, with their conditions: .csv, .npy or .png
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

impl Args {
    /// Reads and prints rows, ranges and classes.
    pub fn run(self) -> Result<()> {
        let split = data::load(&self.columns.over(Source::new(&self.data)))?;
        if let Some(out) = &self.held_out {
            table(&split.held_out).write(out)?;
        }
        let facts = DataFacts::of(&split.train);
        if self.json {
            return print_json(&facts);
        }
        let mut text = vec![
            format!(
                "{}: {} rows to train on, {} held out",
                split.train.name,
                facts.rows,
                split.held_out.len()
            ),
            format!(
                "{:<20} {:>12} {:>12} {:>12} {:>12}",
                "column", "least", "greatest", "mean", "divisor"
            ),
        ];
        for (d, column) in facts.columns.iter().enumerate() {
            let (mean, std) = (facts.standardisation.mean[d], facts.standardisation.std[d]);
            let (min, max) = (facts.min[d], facts.max[d]);
            text.push(format!("{column:<20} {min:>12} {max:>12} {mean:>12} {std:>12}"));
        }
        match &facts.condition {
            ConditionFacts::None => {}
            ConditionFacts::Classes { column, names, .. } => {
                text.push(format!("classes of `{column}`: {}", names.join(", ")));
            }
            ConditionFacts::Vector { columns, .. } => {
                text.push(format!("condition: {}", columns.join(", ")));
            }
        }
        print(&text.join("\n"))
    }
}

/// Rows as a table to write, what they are conditioned on behind the data.
fn table(data: &Dataset) -> Drawn {
    let labels = match &data.condition {
        Condition::None => Labels::default(),
        Condition::Classes { column, names, .. } => {
            Labels { columns: vec![column.clone()], classes: names.clone() }
        }
        Condition::Vector { columns, .. } => {
            Labels { columns: columns.clone(), classes: Vec::new() }
        }
    };
    Drawn {
        samples: data.values.clone(),
        columns: data.columns.clone(),
        asked: Asked::like(data),
        labels,
        range: None,
    }
}
