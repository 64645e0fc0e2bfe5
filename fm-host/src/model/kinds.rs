//! What the numbers of a model's columns stand for.

use fm_nostd::{Meaning, Model};

use crate::data::ColumnKind;
use crate::data::transform::Transform;

/// Returns what the numbers of each column stand for. A model without names has its categories by number,
/// and its dates as numbers.
pub fn kinds(model: &Model<'_>) -> Vec<ColumnKind> {
    let mut values = model.values();
    let mut kinds: Vec<ColumnKind> = model
        .transforms()
        .map(|column| {
            let names: Vec<String> =
                values.by_ref().take(column.names()).map(str::to_owned).collect();
            match (column.meaning, names.first()) {
                (Meaning::Category, None) => {
                    ColumnKind::Category((0..column.names()).map(|i| i.to_string()).collect())
                }
                (Meaning::Category, Some(_)) => ColumnKind::Category(names),
                (Meaning::Date, Some(first)) => ColumnKind::Date(first.clone()),
                (Meaning::Date, None) | (Meaning::Number, _) => ColumnKind::Number,
            }
        })
        .collect();
    kinds.resize(model.dim(), ColumnKind::Number);
    kinds
}

/// Describes a column in a few words.
pub(super) fn words(transform: &Transform, kind: &ColumnKind) -> String {
    let step = transform.step.map(|(step, per)| format!(", multiples of {}", step / per));
    let form = match (kind, transform.name()) {
        (ColumnKind::Category(names), _) => {
            const SHOWN: usize = 6;
            let more = if names.len() > SHOWN { ", ..." } else { "" };
            let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            return format!("{} categories: {shown}{more}", names.len());
        }
        (ColumnKind::Number, "values") => {
            format!("{} values", transform.parameters.len() / 4)
        }
        (ColumnKind::Number, form) => form.to_owned(),
        (ColumnKind::Date(first), form) => format!("{form}, days after {first}"),
    };
    form + &step.unwrap_or_default()
}
