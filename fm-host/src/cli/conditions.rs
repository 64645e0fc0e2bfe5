//! The options that condition samples.

use std::path::PathBuf;

use clap::Args;
use fm_nostd::blob::Conditioning;

use super::evaluation::unknown_class;
use crate::data::{self, Rows};
use crate::model::StoredModel;
use crate::options::need;
use crate::sample::{Classes, Conditions};
use crate::{Error, Result};

/// The options that condition samples.
#[derive(Clone, Debug, Args)]
pub struct ConditionOptions {
    /// Class to sample, by name or number; `all` samples every class equally often, `none` samples without
    /// a condition (for a model trained with --label-dropout) [default: classes in the proportions of the
    /// training rows]
    #[arg(long, value_name = "CLASS", conflicts_with = "conditions")]
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
    /// CSV file with one condition per row, with the column names of the training data; row i conditions
    /// sample i, and the rows repeat if --count is larger
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
}

/// What an option names: a part of the condition, or "no condition".
enum Named<T> {
    Part(T),
    None,
}

impl ConditionOptions {
    /// Whether a class is named, and whether a vector is.
    pub fn given(&self) -> [bool; 2] {
        let file = self.conditions.is_some();
        [file || self.class.is_some(), file || !self.condition.is_empty()]
    }

    /// Returns the conditions of a model's samples, and the number of rows in a file of conditions. Parts that
    /// are not named are those of `rows`, if samples start at rows.
    ///
    /// # Errors
    /// If the model does not support such a condition, or the file cannot be read.
    pub fn of(
        &self,
        stored: &StoredModel,
        rows: Option<Conditions>,
    ) -> Result<(Conditions, Option<usize>)> {
        if let Some(file) = &self.conditions {
            let conditions = from_file(stored, &file.to_string_lossy())?;
            let rows = conditions.period();
            return Ok((conditions, rows));
        }
        self.check_kind(stored)?;
        let class = self.class.as_ref().map(|class| named_class(stored, class)).transpose()?;
        let vector = self.named_vector(stored)?;
        let model = stored.view();
        let conditions = match (class, vector) {
            (Some(Named::None), None | Some(Named::None)) | (None, Some(Named::None)) => {
                Conditions::NONE
            }
            (Some(Named::None), Some(_)) | (Some(_), Some(Named::None)) => {
                let problem = "`none` leaves out the whole condition; omit the other option";
                let none_is_class = self.class.as_ref().is_some_and(|class| class == "none");
                let option = if none_is_class { "--class" } else { "--condition" };
                return Err(Error::usage(option, problem));
            }
            (Some(Named::Part(classes)), Some(Named::Part(vectors))) => classes.or(vectors),
            (Some(Named::Part(classes)), None) => classes.or(rows.unwrap_or_default()),
            (None, Some(Named::Part(vectors))) => vectors.or(match rows {
                Some(rows) => rows,
                None => Conditions { classes: Classes::usual(&model)?, vectors: None },
            }),
            (None, None) => match rows {
                Some(rows) => rows,
                None => Conditions::usual(&model)?,
            },
        };
        Ok((conditions, None))
    }

    /// The condition vector that `--condition` names, if it is given.
    fn named_vector(&self, stored: &StoredModel) -> Result<Option<Named<Conditions>>> {
        let given: Vec<&str> = self.condition.iter().map(String::as_str).collect();
        Ok(Some(match &given[..] {
            [] => return Ok(None),
            ["mean"] => Named::Part(Conditions::mean_vector(&stored.view())?),
            ["none"] => Named::None,
            numbers => {
                let number = |text: &&str| {
                    text.parse::<f32>().map_err(|_| {
                        let problem = format!("`{text}` is not a number; use numbers, or `mean`");
                        Error::usage("--condition", problem)
                    })
                };
                let numbers = numbers.iter().map(number).collect::<Result<Vec<f32>>>()?;
                Named::Part(Conditions::vectors(Rows::from_vec(numbers.len(), numbers)))
            }
        }))
    }

    /// Refuses a condition that the model does not have, naming the option that was used.
    fn check_kind(&self, stored: &StoredModel) -> Result<()> {
        let Conditioning { classes, vector } = stored.view().conditioning();
        let nothing = "the model has no condition; omit this option";
        let (class, condition) = (self.class.is_some(), !self.condition.is_empty());
        if classes == 0 && vector == 0 {
            need(!class, "--class", nothing)?;
            return need(!condition, "--condition", nothing);
        }
        let of_class = || {
            let names = stored.class_names();
            let known = match names.is_empty() {
                true => format!("a number below {classes}"),
                false => format!("one of {}", data::list(&names)),
            };
            format!("the model is conditioned on a class; use `--class` with {known}")
        };
        let of_vector = || {
            let names = data::list(&stored.condition_columns());
            format!("the model is conditioned on numbers; use `--condition` with {names}")
        };
        need(classes > 0 || !class, "--class", &of_vector())?;
        need(vector > 0 || !condition, "--condition", &of_class())
    }
}

/// The classes that `--class` names.
fn named_class(stored: &StoredModel, class: &str) -> Result<Named<Conditions>> {
    match class_number(stored, class) {
        Ok(number) => Ok(Named::Part(Conditions::classes(vec![number]))),
        Err(_) if class == "all" => Ok(Named::Part(Conditions::every_class(&stored.view())?)),
        Err(_) if class == "none" => Ok(Named::None),
        Err(error) => Err(error),
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
        let known = match stored.view().conditioning().classes {
            0 => "none in this model".to_owned(),
            count if names.is_empty() => format!("the numbers from 0 to {}", count - 1),
            _ => names.join(", "),
        };
        Error::usage("--class", format!("there is no class `{class}`; the classes are {known}"))
    })
}

/// Reads one condition per row of a file.
fn from_file(stored: &StoredModel, path: &str) -> Result<Conditions> {
    let Conditioning { classes, vector } = stored.view().conditioning();
    need(classes + vector > 0, "--conditions", "the model has no condition; omit this option")?;
    let of_class = match classes {
        0 => Conditions::NONE,
        count => Conditions::classes(classes_from_file(stored, path, count)?),
    };
    match vector {
        0 => Ok(of_class),
        _ => {
            let columns = stored.condition_columns();
            let vectors = data::load_numbers(path, "--conditions", &columns)?;
            Ok(of_class.or(Conditions::vectors(vectors)))
        }
    }
}

/// Reads the class in each row of a file, for a model with `count` classes.
fn classes_from_file(stored: &StoredModel, path: &str, count: usize) -> Result<Vec<usize>> {
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
    texts.iter().enumerate().map(number).collect()
}
