//! The data options that all subcommands with data share.

use clap::Args;

use super::list::{self, List};
use crate::data::DataSpec;
use crate::data::transform::Choice;

/// Options of the data: which columns, and how it is split.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct Columns {
    /// Columns to model; a name with a comma stands in double quotes, as in CSV [default: every column that has no
    /// other use]
    #[arg(long, value_name = "A,B,..")]
    pub columns: Vec<List>,
    /// Columns of a file to leave out
    #[arg(long, value_name = "A,B,..")]
    pub exclude: Vec<List>,
    /// Columns of a file to model as categories although their values are numbers; columns of text are
    /// categories anyway
    #[arg(long, value_name = "A,B,..")]
    pub categories: Vec<List>,
    /// Column of class labels to condition on; a model can have --condition too
    #[arg(long, value_name = "COLUMN")]
    pub class: Option<String>,
    /// Largest number of classes in the --class column, and of categories in a column [default: 1000]
    #[arg(long, value_name = "N")]
    pub max_classes: Option<usize>,
    /// Numeric columns to condition on
    #[arg(long, value_name = "C,D,..")]
    pub condition: Vec<List>,
    /// Share of a file's rows to hold out from training [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub holdout: Option<f64>,
    /// Hold out the last rows or windows of a file, which are later in time, instead of random ones; windows that
    /// share rows with them are not trained on
    #[arg(long, conflicts_with = "group")]
    pub holdout_last: bool,
    /// Column whose value tells which rows of a file are held out together, such as an episode, a user or a
    /// series; it is not modelled
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// Texts in a file that mean a missing cell, as an empty cell does anyway; they replace the default
    /// [default: NA, N/A, n/a, NaN, nan, null, NULL, None and ?]
    #[arg(long, value_name = "TEXT,..", allow_hyphen_values = true)]
    pub missing: Vec<List>,
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
    #[arg(long, value_name = "[COLUMN=]FORM,..")]
    pub transform: Vec<List<Choice>>,
}

/// Options that tell how the rows of a file are read for a model that exists.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct TableOptions {
    /// Columns of the model, in its order [default: those that the model was trained on]
    #[arg(long, value_name = "A,B,..")]
    columns: Vec<List>,
    /// Columns of a file to leave out, for a model without column names
    #[arg(long, value_name = "A,B,..")]
    exclude: Vec<List>,
    /// Column of class labels [default: that of the model]
    #[arg(long, value_name = "COLUMN")]
    class: Option<String>,
    /// Columns of the condition [default: those of the model]
    #[arg(long, value_name = "C,D,..")]
    condition: Vec<List>,
    /// Texts in a file that mean a missing cell, as an empty cell does anyway [default: those of the run; else NA,
    /// N/A, n/a, NaN, nan, null, NULL, None and ?]
    #[arg(long, value_name = "TEXT,..", allow_hyphen_values = true)]
    missing: Vec<List>,
    /// Number of consecutive rows that make one row [default: as the run was trained]
    #[arg(long, value_name = "ROWS")]
    window: Option<usize>,
    /// Number of rows from the start of a window to the start of the next [default: as the run was trained; else the
    /// length of a window]
    #[arg(long, value_name = "ROWS")]
    stride: Option<usize>,
    /// Column whose changes end the windows [default: that of the run]
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// The first row of a text file is data: the columns are called c1, c2 and so on
    #[arg(long)]
    no_header: bool,
}

impl TableOptions {
    /// These options among those of all data.
    pub fn columns(&self) -> Columns {
        let Self { columns, exclude, class, condition, missing, window, stride, group, no_header } =
            self.clone();
        let none = Columns::default();
        Columns {
            columns,
            exclude,
            class,
            condition,
            missing,
            window,
            stride,
            group,
            no_header,
            ..none
        }
    }
}

impl Columns {
    /// Returns `base` with the options of the command line applied.
    pub fn over(&self, base: DataSpec) -> DataSpec {
        DataSpec {
            data: base.data,
            columns: list::given(&self.columns).or(base.columns),
            exclude: named(&self.exclude, base.exclude),
            categories: named(&self.categories, base.categories),
            class: self.class.clone().or(base.class),
            max_classes: self.max_classes.unwrap_or(base.max_classes),
            condition: named(&self.condition, base.condition),
            holdout: self.holdout.unwrap_or(base.holdout),
            holdout_last: self.holdout_last || base.holdout_last,
            group: self.group.clone().or(base.group),
            missing: list::given(&self.missing).or(base.missing),
            drop_missing: self.drop_missing || base.drop_missing,
            keep_missing: base.keep_missing,
            window: self.window.or(base.window),
            stride: self.stride.or(base.stride),
            no_header: self.no_header || base.no_header,
            rows: self.rows.unwrap_or(base.rows),
            seed: self.data_seed.unwrap_or(base.seed),
            noise: self.noise.or(base.noise),
            transform: named(&self.transform, base.transform),
            origin: base.origin,
        }
    }
}

/// The items that an option names, or else those of `base`.
fn named<T: Clone>(lists: &[List<T>], base: Vec<T>) -> Vec<T> {
    list::given(lists).unwrap_or(base)
}
