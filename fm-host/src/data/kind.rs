//! What the numbers of a column stand for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{columns, dates};

/// Converts a value of a column.
pub(super) type Convert = Box<dyn Fn(f32) -> f32>;

/// What the numbers of a data column stand for in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Themselves.
    #[default]
    Number,
    /// Categories: each number is an index into these names, which are in order.
    Category(Vec<String>),
    /// Dates: days after this one, in the form `2026-11-27`, or `2026-11-27T00:00:00` for a column with times
    /// of day.
    Date(String),
}

impl ColumnKind {
    /// The names of the categories, or the first day; empty for numbers.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Category(names) => names,
            Self::Date(first) => std::slice::from_ref(first),
            Self::Number => &[],
        }
    }

    /// The text of a value, as a data file has it: the name of the nearest category, or a date. `None` for a
    /// number, and for a missing value, which is NaN.
    pub fn text(&self, value: f32) -> Option<Cow<'_, str>> {
        match self {
            _ if value.is_nan() => None,
            Self::Number => None,
            Self::Category(names) => {
                let last = names.len().checked_sub(1)?;
                // A cast of a negative number gives 0.
                Some(names[(value.round() as usize).min(last)].as_str().into())
            }
            Self::Date(origin) => {
                let day = dates::days(origin)? + f64::from(value);
                let timed = origin.contains('T');
                Some(if timed { dates::date_time(day) } else { dates::date(day) }.into())
            }
        }
    }

    /// The value that a text stands for; `number` reads numbers.
    ///
    /// # Errors
    /// If it stands for none, with what the column can have.
    pub fn value(&self, text: &str, number: impl Fn(&str) -> Option<f64>) -> Result<f32, String> {
        match self {
            Self::Number => {
                let value = number(text).map(|number| number as f32);
                let value = value.ok_or_else(|| format!("`{text}` is not a number"))?;
                value
                    .is_finite()
                    .then_some(value)
                    .ok_or_else(|| format!("{text} is too large for single precision"))
            }
            Self::Category(names) => match names.iter().position(|name| name == text) {
                Some(place) => Ok(place as f32),
                None => {
                    let hint = columns::suggestion(text, names.iter().map(String::as_str));
                    let known = columns::list(names);
                    Err(format!(
                        "the model has no category `{text}`{hint}; its categories are {known}"
                    ))
                }
            },
            Self::Date(origin) => {
                let days = dates::days(text).zip(dates::days(origin));
                let days = days.map(|(day, origin)| (day - origin) as f32);
                days.ok_or_else(|| format!("`{text}` is not a date; write it as in `{origin}`"))
            }
        }
    }

    /// How a value of this kind is converted to one of a model's column of kind `known`; `None` if it stays as
    /// it is.
    ///
    /// # Errors
    /// If there is no such value, with the way out.
    pub(super) fn to(&self, known: &Self) -> Result<Option<Convert>, String> {
        match (self, known) {
            (own, known) if own == known => Ok(None),
            (Self::Date(own), Self::Date(known)) => {
                let days = dates::days(own).zip(dates::days(known));
                let shift = days.map_or(0.0, |(own, known)| own - known);
                Ok(Some(Box::new(move |x| (f64::from(x) + shift) as f32)))
            }
            (Self::Category(own), Self::Category(known)) => {
                let place = |name: &String| {
                    let place = known.iter().position(|other| other == name);
                    place.map(|place| place as f32).ok_or_else(|| {
                        let known = known.join(", ");
                        format!("the model has no category `{name}`; its categories are {known}")
                    })
                };
                let places: Vec<f32> = own.iter().map(place).collect::<Result<_, _>>()?;
                let place = move |x: f32| places.get(x as usize).copied().unwrap_or(x);
                Ok(Some(Box::new(move |x| if x.is_nan() { x } else { place(x) })))
            }
            _ => Err(format!(
                "the column is a {} column here, but a {} column in the model; use rows whose columns have \
                 the same kinds",
                self.name(),
                known.name()
            )),
        }
    }

    /// The word for the kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category(_) => "category",
            Self::Date(_) => "date",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_converted_to_those_of_a_model() {
        let category = |names: &[&str]| {
            ColumnKind::Category(names.iter().map(|&name| name.to_owned()).collect())
        };
        let known = category(&["a", "b", "c"]);
        let convert = category(&["b", "c"]).to(&known).unwrap().expect("other numbers");
        assert_eq!([convert(0.0), convert(1.0)], [1.0, 2.0]);
        assert!(convert(f32::NAN).is_nan());
        assert!(known.to(&known).unwrap().is_none());
        let refused = |own: &ColumnKind| own.to(&known).err().unwrap_or_default();
        assert!(refused(&category(&["d"])).contains("no category `d`; its categories are a, b, c"));
        assert!(refused(&ColumnKind::Number).contains("a number column here"));
        let date = |origin: &str| ColumnKind::Date(origin.to_owned());
        let convert = date("2026-11-27").to(&date("2026-11-20T00:00:00")).unwrap();
        assert_eq!(convert.expect("another origin")(1.0), 8.0);
    }

    #[test]
    fn values_are_written_as_the_file_has_them() {
        let kind = ColumnKind::Category(vec!["blue".into(), "red".into()]);
        let text = |kind: &ColumnKind, value| kind.text(value).map(Cow::into_owned);
        for (value, name) in [(0.4, "blue"), (0.6, "red"), (-3.0, "blue"), (1e30, "red")] {
            assert_eq!(text(&kind, value).as_deref(), Some(name));
        }
        let day = ColumnKind::Date("2026-11-27".into());
        assert_eq!([&kind, &day].map(|kind| text(kind, f32::NAN)), [None, None], "missing");
        assert_eq!(text(&day, 4.4).as_deref(), Some("2026-12-01"));
        let time = ColumnKind::Date("2026-11-27T00:00:00".into());
        assert_eq!(text(&time, 0.5).as_deref(), Some("2026-11-27T12:00:00"));
        assert_eq!(text(&ColumnKind::Number, 0.5), None);
    }
}
