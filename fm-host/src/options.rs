//! Helpers for options. Each module declares its options next to the code that uses them: a struct of
//! `Option`s for the command line, and a struct of plain values that a run stores under the same names.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};

/// Returns the option of a field, as typed on the command line.
pub(crate) fn name(field: &str) -> String {
    format!("--{}", field.replace('_', "-"))
}

/// Returns a value as typed on the command line.
pub(crate) fn typed(value: impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or(String::new(), |value| value.get_name().to_owned())
}

/// Returns every value as typed on the command line.
pub(crate) fn names<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().cloned().map(typed).collect()
}

/// Refuses the value of an option unless `holds`; `problem` describes valid values.
pub(crate) fn need(holds: bool, option: &'static str, problem: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::usage(option, problem)) }
}

/// Refuses options that would have no effect; `reader` names the option that they need.
pub(crate) fn refuse(options: &impl Serialize, reader: &str) -> Result<()> {
    let given = match serde_json::to_value(options) {
        Ok(Value::Object(given)) => given,
        _ => return Ok(()),
    };
    match given.iter().find(|(_, value)| !value.is_null()) {
        Some((field, _)) => Err(Error::usage(name(field), format!("this option needs {reader}"))),
        None => Ok(()),
    }
}
