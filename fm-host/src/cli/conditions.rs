//! The options that condition samples.

use std::path::PathBuf;

use clap::Args;
use fm_nostd::blob::Conditioning;

use super::evaluation::unknown_class;
use crate::data::{self, Rows};
use crate::model::StoredModel;
use crate::sample::Conditions;
use crate::{Error, Result};

/// The options that condition samples.
#[derive(Clone, Debug, Args)]
pub struct ConditionOptions {
    /// Class to sample, by name or number; `all` samples every class equally often, `none` samples without
    /// a class (for a model trained with --label-dropout) [default: classes in the proportions of the
    /// training rows]
    #[arg(long, value_name = "CLASS", conflicts_with_all = ["condition", "conditions"])]
    class: Option<String>,
    /// Condition vector, in the data's units; `mean` is the mean over the training rows, `none` samples
    /// without a condition (for a model trained with --label-dropout)
    #[arg(
        long,
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_name = "A,B,..",
        conflicts_with = "conditions"
    )]
    condition: Vec<String>,
    /// CSV file with one class or condition vector per row, with the column names of the training data; row
    /// i conditions sample i, and the rows repeat if --count is larger
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
}

impl ConditionOptions {
    /// Whether a condition is named.
    pub fn is_given(&self) -> bool {
        self.class.is_some() || !self.condition.is_empty() || self.conditions.is_some()
    }

    /// Returns the conditions of a model's samples, and the number of rows in a file of conditions.
    ///
    /// # Errors
    /// If the model does not support such a condition, or the file cannot be read.
    pub fn of(&self, stored: &StoredModel) -> Result<(Conditions, Option<usize>)> {
        let model = stored.view();
        if let Some(file) = &self.conditions {
            let conditions = from_file(stored, &file.to_string_lossy())?;
            let rows = conditions.period();
            return Ok((conditions, rows));
        }
        self.check_kind(stored)?;
        let given: Vec<&str> = self.condition.iter().map(String::as_str).collect();
        let conditions = match (&self.class, &given[..]) {
            (Some(class), _) => match class_number(stored, class) {
                Ok(number) => Conditions::Classes(vec![number]),
                Err(_) if class == "all" => Conditions::every_class(&model)?,
                Err(_) if class == "none" => Conditions::None,
                Err(error) => return Err(error),
            },
            (None, []) => Conditions::usual(&model)?,
            (None, ["mean"]) => Conditions::mean_vector(&model)?,
            (None, ["none"]) => Conditions::None,
            (None, numbers) => {
                let number = |text: &&str| {
                    text.parse::<f32>().map_err(|_| {
                        let problem = format!("`{text}` is not a number; use numbers, or `mean`");
                        Error::usage("--condition", problem)
                    })
                };
                let numbers = numbers.iter().map(number).collect::<Result<Vec<f32>>>()?;
                Conditions::Vectors(Rows::from_vec(numbers.len(), numbers))
            }
        };
        Ok((conditions, None))
    }

    /// Refuses a condition of another kind than the model's, naming the option that was used.
    fn check_kind(&self, stored: &StoredModel) -> Result<()> {
        let (option, given) = match (&self.class, self.condition.is_empty()) {
            (Some(_), _) => ("--class", Conditioning::Classes(0)),
            (None, false) => ("--condition", Conditioning::Vector(0)),
            (None, true) => return Ok(()),
        };
        let problem = match (given, stored.view().conditioning()) {
            (_, Conditioning::None) => "the model has no condition; omit this option".to_owned(),
            (Conditioning::Vector(_), Conditioning::Classes(count)) => {
                let names = stored.class_names();
                let known = match names.is_empty() {
                    true => format!("a number below {count}"),
                    false => names.join("|"),
                };
                format!("the model is conditioned on a class; use `--class {known}`")
            }
            (Conditioning::Classes(_), Conditioning::Vector(_)) => {
                let names = stored.condition_columns().join(",");
                format!("the model is conditioned on a vector; use `--condition {names}`")
            }
            _ => return Ok(()),
        };
        Err(Error::usage(option, problem))
    }
}

/// Returns the number of a class by its name in the data, or by its number if no name is a number.
fn class_number(stored: &StoredModel, class: &str) -> Result<usize> {
    let names = stored.class_names();
    if let Some(number) = names.iter().position(|name| name == class) {
        return Ok(number);
    }
    let numbered = names.iter().any(|name| name.parse::<f64>().is_ok());
    class.parse().ok().filter(|_| !numbered).ok_or_else(|| {
        let known = match (stored.view().conditioning(), names.is_empty()) {
            (Conditioning::Classes(count), true) => format!("the numbers from 0 to {}", count - 1),
            (Conditioning::Classes(_), false) => names.join(", "),
            (Conditioning::None | Conditioning::Vector(_), _) => "none in this model".to_owned(),
        };
        Error::usage("--class", format!("there is no class `{class}`; the classes are {known}"))
    })
}

/// Reads one condition per row of a file.
fn from_file(stored: &StoredModel, path: &str) -> Result<Conditions> {
    match stored.view().conditioning() {
        Conditioning::None => {
            Err(Error::usage("--conditions", "the model has no condition; omit this option"))
        }
        Conditioning::Vector(_) => Ok(Conditions::Vectors(data::load_numbers(
            path,
            "--conditions",
            &stored.condition_columns(),
        )?)),
        Conditioning::Classes(count) => {
            let column = stored.class_column();
            let texts = data::load_texts(path, "--conditions", &column)?;
            let names = stored.class_names();
            let number = |(i, text): (usize, &String)| {
                // Numbers mean classes only if the model has no class names.
                let number = match names.is_empty() {
                    true => text.parse().ok().filter(|number| *number < count),
                    false => names.iter().position(|name| name == text),
                };
                number.ok_or_else(|| {
                    let problem = unknown_class(text, &names);
                    // The header is row 1.
                    Error::cell(path, Some(i + 2), Some(&column), problem)
                })
            };
            Ok(Conditions::Classes(texts.iter().enumerate().map(number).collect::<Result<_>>()?))
        }
    }
}
