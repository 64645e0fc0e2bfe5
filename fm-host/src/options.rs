//! What all options share. Each room declares its own beside what they decide: a struct of `Option`s
//! for the command line, and one of plain values that a run stores under the same names.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};

/// The option of a field, as it is typed.
pub(crate) fn name(field: &str) -> String {
    format!("--{}", field.replace('_', "-"))
}

/// A value as it is typed.
pub(crate) fn typed(value: impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or(String::new(), |value| value.get_name().to_owned())
}

/// Every value as it is typed.
pub(crate) fn names<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().cloned().map(typed).collect()
}

/// Refuses the value of an option unless `holds`; `problem` says what it may be.
pub(crate) fn need(holds: bool, option: &'static str, problem: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::usage(option, problem)) }
}

/// Refuses options that are given where nothing would read them; `reader` names what would.
pub(crate) fn refuse(options: &impl Serialize, reader: &str) -> Result<()> {
    let given = match serde_json::to_value(options) {
        Ok(Value::Object(given)) => given,
        _ => return Ok(()),
    };
    match given.iter().find(|(_, value)| !value.is_null()) {
        Some((field, _)) => {
            Err(Error::usage(name(field), format!("only {reader} reads it; leave it out")))
        }
        None => Ok(()),
    }
}
