//! Describes the columns of a data set, for a user who wants to know what a training would read.

use serde::Serialize;

use super::file::{self, Role, Table};
use super::load::{self, builtin};
use super::moments::moments;
use super::transform::{Choice, Transform};
use super::{ClassData, ColumnKind, DataSpec, Dataset, Split, Standardisation, parts};
use crate::Result;

/// What a training would read of a data set.
#[derive(Debug)]
pub struct Description {
    /// What was found about the form of the file, and what was left out, as sentences.
    pub notes: Vec<String>,
    /// Every column, in the order of the file.
    pub columns: Vec<ColumnDescription>,
    /// The number of rows that were read.
    pub rows: usize,
    /// The rows to train on and to hold out, with the standardisation of a training on them; or the error for
    /// missing cells, which a training refuses.
    pub split: Result<(Split, Standardisation)>,
}

/// A column of a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// What it is used for: data, condition, class, group or nothing.
    #[serde(rename = "use")]
    pub role: &'static str,
    /// Its kind: number, category or date; `None` if it is not used.
    pub kind: Option<&'static str>,
    /// Why it has this use or kind.
    pub reason: String,
    /// How the numbers are transformed before training, for a data column of rows that can be split.
    pub transform: Option<&'static str>,
    /// Why they are transformed so.
    pub transform_reason: Option<String>,
    /// How many cells are missing; `None` if the column is not used.
    pub missing: Option<usize>,
    /// How many different values there are; `None` if the column is not used.
    pub distinct: Option<usize>,
    /// The figures of numbers.
    #[serde(flatten)]
    pub numbers: Option<Numbers>,
    /// The first and the last date.
    pub dates: Option<[String; 2]>,
    /// The names of categories or classes.
    pub categories: Vec<String>,
}

/// Figures of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// The least.
    pub min: f32,
    /// The greatest.
    pub max: f32,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
}

/// Reads a data set as [`load`](super::load()) does, and describes it; missing cells are counted.
///
/// # Errors
/// Those of [`load`](super::load()) that make the data unreadable.
pub fn describe(source: &DataSpec) -> Result<Description> {
    if builtin(source)?.is_some() {
        let split = load::load(source)?;
        let (notes, columns) = (Vec::new(), of_built_in(&split.train));
        let (rows, standard) = (split.train.len(), fitted(source, &source.transform, &split)?);
        return Ok(Description { notes, columns, rows, split: Ok((split, standard)) });
    }
    let table = file::read(source)?;
    let columns = table.columns.iter().map(|column| {
        let described = match column.role {
            Role::Data(i) => of_values(&table.rows, i),
            Role::Condition(i) => match &table.rows.condition.vector {
                Some(vector) => of_numbers("condition", vector.values.iter().map(|row| row[i])),
                None => unused(),
            },
            Role::Class => table.rows.condition.classes.as_ref().map_or_else(unused, of_classes),
            Role::Group => of_groups(&table),
            Role::Unused => unused(),
        };
        ColumnDescription { name: column.name.clone(), reason: column.reason.clone(), ..described }
    });
    let mut columns: Vec<ColumnDescription> = columns.collect();
    let roles: Vec<Role> = table.columns.iter().map(|column| column.role).collect();
    let (notes, rows) = ([&table.notes[..], &table.warnings].concat(), table.rows.len());
    let split = match table.usable(source) {
        Ok(table) => {
            let split = parts::split(source, table)?;
            let standard = fitted(source, &source.file_wishes(), &split)?;
            Ok((split, standard))
        }
        Err(missing) => Err(missing),
    };
    if let Ok((_, standard)) = &split {
        for (column, role) in columns.iter_mut().zip(roles) {
            if let Role::Data(i) = role {
                let transform = standard.transforms.get(i);
                column.transform = Some(transform.map_or("plain", Transform::name));
                column.transform_reason = transform.map(|transform| transform.reason.clone());
            }
        }
    }
    Ok(Description { notes, columns, rows, split })
}

/// The standardisation of a training on these rows.
fn fitted(source: &DataSpec, wishes: &[Choice], split: &Split) -> Result<Standardisation> {
    Choice::check(&source.transform, &split.train)?;
    Ok(Standardisation::fit_transformed(&split.train, wishes))
}

fn of_built_in(train: &Dataset) -> Vec<ColumnDescription> {
    let named = |name: &String, described| ColumnDescription {
        name: name.clone(),
        reason: "a built-in set".to_owned(),
        ..described
    };
    let data = train.columns.iter().enumerate().map(|(i, name)| named(name, of_values(train, i)));
    let class = train.condition.classes.iter();
    let class = class.map(|classes| named(&classes.column, of_classes(classes)));
    let vector = train.condition.vector.iter().flat_map(|vector| {
        let column = |(i, name)| {
            named(name, of_numbers("condition", vector.values.iter().map(|row| row[i])))
        };
        vector.columns.iter().enumerate().map(column).collect::<Vec<_>>()
    });
    data.chain(class).chain(vector).collect()
}

fn unused() -> ColumnDescription {
    ColumnDescription {
        name: String::new(),
        role: "nothing",
        kind: None,
        reason: String::new(),
        transform: None,
        transform_reason: None,
        missing: None,
        distinct: None,
        numbers: None,
        dates: None,
        categories: Vec::new(),
    }
}

/// Describes data column `i`.
fn of_values(rows: &Dataset, i: usize) -> ColumnDescription {
    let kind = &rows.kinds[i];
    let described = of_numbers("data", rows.values.iter().map(|row| row[i]));
    let range = described.numbers.map(|numbers| [numbers.min, numbers.max]);
    let named = ColumnDescription { kind: Some(kind.name()), numbers: None, ..described.clone() };
    match kind {
        ColumnKind::Number => described,
        ColumnKind::Category(names) => ColumnDescription { categories: names.clone(), ..named },
        ColumnKind::Date(_) => {
            let date = |day| kind.text(day).map(|date| date.into_owned()).unwrap_or_default();
            ColumnDescription { dates: range.map(|range| range.map(date)), ..named }
        }
    }
}

fn of_numbers(role: &'static str, values: impl Iterator<Item = f32>) -> ColumnDescription {
    let mut values: Vec<f32> = values.collect();
    let all = values.len();
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f32::total_cmp);
    let (mean, std) = moments(values.iter().copied());
    let ends = values.first().zip(values.last());
    ColumnDescription {
        role,
        kind: Some(ColumnKind::Number.name()),
        missing: Some(all - values.len()),
        distinct: Some(values.chunk_by(|a, b| a == b).count()),
        numbers: ends.map(|(&min, &max)| Numbers { min, max, mean, std }),
        ..unused()
    }
}

fn of_classes(classes: &ClassData) -> ColumnDescription {
    let missing = classes.labels.iter().filter(|&&label| label as usize >= classes.names.len());
    ColumnDescription {
        role: "class",
        kind: Some("category"),
        missing: Some(missing.count()),
        distinct: Some(classes.names.len()),
        categories: classes.names.clone(),
        ..unused()
    }
}

fn of_groups(table: &Table) -> ColumnDescription {
    let mut groups = table.groups.clone().unwrap_or_default();
    groups.sort_unstable();
    let is_none = |group: &u32| *group == super::classes::NONE;
    let missing = groups.iter().filter(|group| is_none(group)).count();
    groups.dedup();
    groups.retain(|group| !is_none(group));
    ColumnDescription {
        role: "group",
        missing: Some(missing),
        distinct: Some(groups.len()),
        ..unused()
    }
}
