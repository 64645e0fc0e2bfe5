//! The options that say which data, shared by every subcommand that reads some.

use clap::Args;

use crate::data::Source;

/// Which columns of which data.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct Columns {
    /// Columns to model [default: every column of numbers that is neither class nor condition]
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    pub columns: Option<Vec<String>>,
    /// Column of classes to condition on
    #[arg(long, value_name = "COLUMN")]
    pub class: Option<String>,
    /// Most different values that the column of classes may have [default: 1000]
    #[arg(long, value_name = "N")]
    pub max_classes: Option<usize>,
    /// Columns of numbers to condition on
    #[arg(long, value_delimiter = ',', value_name = "C,D,..")]
    pub condition: Vec<String>,
    /// Share of a file's rows that training never sees [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub holdout: Option<f64>,
    /// Rows of a built-in set to train on [default: 131072]
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Seed of the split of a file, or of a built-in set's rows [default: 0]
    #[arg(long, value_name = "SEED")]
    pub data_seed: Option<u64>,
    /// Spread of a built-in set's noise [default: the set's own, 0.05 for moons]
    #[arg(long, value_name = "SPREAD")]
    pub noise: Option<f32>,
}

impl Columns {
    /// `base` with what was given on the command line in its place.
    pub fn over(&self, base: Source) -> Source {
        Source {
            data: base.data,
            columns: self.columns.clone().or(base.columns),
            class: self.class.clone().or(base.class),
            max_classes: self.max_classes.unwrap_or(base.max_classes),
            condition: if self.condition.is_empty() {
                base.condition
            } else {
                self.condition.clone()
            },
            holdout: self.holdout.unwrap_or(base.holdout),
            rows: self.rows.unwrap_or(base.rows),
            seed: self.data_seed.unwrap_or(base.seed),
            noise: self.noise.or(base.noise),
            origin: base.origin,
        }
    }
}
