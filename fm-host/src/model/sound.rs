//! Whether the columns of a model make sense: what a device does not look at, because a model with the right CRC was
//! written by a program that knows.

use std::path::Path;

use fm_nostd::{Column, Form, Model};

use crate::data::transform::Transform;
use crate::{Error, Result};

/// Refuses a model with a column whose limits, scale or knots contradict themselves.
///
/// # Errors
/// If there is such a column; the error names it.
pub(super) fn check(model: &Model<'_>, path: &Path) -> Result<()> {
    if model.known_prefix() >= model.dim() {
        let problem = "all its numbers are always known, so that none is drawn; export the model again with `fm export`";
        return Err(Error::model(path, problem));
    }
    for (d, column) in model.transforms().enumerate() {
        let Some(fault) = fault(column) else { continue };
        let name = model.columns().nth(d).map_or(format!("number {d}"), |name| format!("`{name}`"));
        let problem = format!("column {name} {fault}; export the model again with `fm export`");
        return Err(Error::model(path, problem));
    }
    Ok(())
}

/// What is wrong with a column.
fn fault(column: Column<'_>) -> Option<&'static str> {
    // A NaN is on neither side.
    let ascend = |low: f32, high: f32| low <= high;
    let [least, most] = column.range();
    let numbers = Transform::of(column).parameters;
    let knots = if column.form == Form::Knots { numbers.as_chunks::<4>().0 } else { &[] };
    if !ascend(column.low, column.high) || !ascend(least, most) {
        Some("has a least number that is not below its greatest one")
    } else if !(column.scale > 0.0 && column.scale.is_finite() && column.shift.is_finite()) {
        Some("has a scale that is not above 0, or a shift that is not finite")
    } else if !(column.per >= 0.0 && column.step > 0.0) {
        Some("has a step that is not above 0")
    } else if !numbers.iter().all(|number| number.is_finite()) {
        Some("has a transform with a number that is not finite")
    } else if !knots.windows(2).all(|pair| pair[0][0] <= pair[1][0]) {
        Some("has knots that are out of order")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_contradict_themselves_are_refused() {
        let bytes = |numbers: &[f32]| -> Vec<u8> {
            numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
        };
        // The values may be in any order.
        let knots = [-9.0, 2.0, 0.0, -1.0, 0.0, 1.0, 0.0, 1.0];
        let (sound, swapped) = (bytes(&knots), bytes(&[&knots[4..], &knots[..4]].concat()));
        let good =
            Column { form: Form::Knots, low: 1.0, high: 2.0, parameters: &sound, ..Column::PLAIN };
        let range = bytes(&[5.0, 4.0]);
        assert_eq!([good, Column::PLAIN, Column::within(3.0, 3.0)].map(fault), [None; 3]);
        for (bad, said) in [
            (Column { low: 3.0, ..good }, "least number"),
            (Column { high: f32::NAN, ..good }, "least number"),
            (Column { parameters: &range, ..Column::PLAIN }, "least number"),
            (Column { parameters: &swapped, ..good }, "out of order"),
            (Column { scale: 0.0, ..good }, "scale"),
            (Column { per: -1.0, ..good }, "step"),
        ] {
            assert!(fault(bad).is_some_and(|fault| fault.contains(said)), "{bad:?}");
        }
    }
}
