//! The data options that all subcommands with data share.

use clap::Args;

use crate::data::DataSpec;
use crate::data::transform::Choice;

/// Options of the data: which columns, and how it is split.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct Columns {
    /// Columns to model [default: every column that has no other use]
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    pub columns: Option<Vec<String>>,
    /// Columns of a file to leave out
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    pub exclude: Vec<String>,
    /// Columns of a file to model as categories although their values are numbers; columns of text are
    /// categories anyway
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    pub categories: Vec<String>,
    /// Column of class labels to condition on; a model can have --condition too
    #[arg(long, value_name = "COLUMN")]
    pub class: Option<String>,
    /// Largest number of classes in the --class column, and of categories in a column [default: 1000]
    #[arg(long, value_name = "N")]
    pub max_classes: Option<usize>,
    /// Numeric columns to condition on
    #[arg(long, value_delimiter = ',', value_name = "C,D,..")]
    pub condition: Vec<String>,
    /// Share of a file's rows to hold out from training [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub holdout: Option<f64>,
    /// Column whose value tells which rows of a file are held out together, such as an episode, a user or a
    /// series; it is not modelled
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// Texts in a file that mean a missing cell [default: an empty cell, NA, N/A, n/a, NaN, nan, null, NULL,
    /// None and ?]
    #[arg(long, value_delimiter = ',', value_name = "TEXT,..", allow_hyphen_values = true)]
    pub missing: Option<Vec<String>>,
    /// Leave out the rows of a file that have a missing cell in a column in use
    #[arg(long)]
    pub drop_missing: bool,
    /// Number of consecutive rows of a file that make one row: a column x becomes x_0, x_1, ..; classes,
    /// conditions and the group stay single
    #[arg(long, value_name = "ROWS")]
    pub window: Option<usize>,
    /// Number of rows from the start of a window to the start of the next [default: its length]
    #[arg(long, value_name = "ROWS")]
    pub stride: Option<usize>,
    /// The first row of a text file is data: the columns are called c1, c2 and so on
    #[arg(long)]
    pub no_header: bool,
    /// Number of training rows of a built-in set [default: 131072]
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Seed of a file's split, or of a built-in set's rows [default: 0]
    #[arg(long, value_name = "SEED")]
    pub data_seed: Option<u64>,
    /// Standard deviation of a built-in set's noise [default: depends on the set, 0.05 for moons]
    #[arg(long, value_name = "SD")]
    pub noise: Option<f32>,
    /// Transform of columns before training: [COLUMN=]auto|plain|log|power|quantiles; without a COLUMN, of all that
    /// are not named [default: auto for files, plain for built-in sets]
    #[arg(long, value_delimiter = ',', value_name = "[COLUMN=]FORM,..")]
    pub transform: Vec<Choice>,
}

impl Columns {
    /// Returns `base` with the options of the command line applied.
    pub fn over(&self, base: DataSpec) -> DataSpec {
        DataSpec {
            data: base.data,
            columns: self.columns.clone().or(base.columns),
            exclude: named(&self.exclude, base.exclude),
            categories: named(&self.categories, base.categories),
            class: self.class.clone().or(base.class),
            max_classes: self.max_classes.unwrap_or(base.max_classes),
            condition: named(&self.condition, base.condition),
            holdout: self.holdout.unwrap_or(base.holdout),
            group: self.group.clone().or(base.group),
            missing: self.missing.clone().or(base.missing),
            drop_missing: self.drop_missing || base.drop_missing,
            keep_missing: base.keep_missing,
            window: self.window.or(base.window),
            stride: self.stride.or(base.stride),
            no_header: self.no_header || base.no_header,
            rows: self.rows.unwrap_or(base.rows),
            seed: self.data_seed.unwrap_or(base.seed),
            noise: self.noise.or(base.noise),
            transform: if self.transform.is_empty() {
                base.transform
            } else {
                self.transform.clone()
            },
            origin: base.origin,
        }
    }
}

/// The columns that an option names, or else those of `base`.
fn named(columns: &[String], base: Vec<String>) -> Vec<String> {
    if columns.is_empty() { base } else { columns.to_vec() }
}
