//! The defaults in `fm train --help`, from the functions that compute them.

use std::sync::LazyLock;

use clap::Arg;
use indicatif::HumanCount;
use serde_json::{Map, Value};

use crate::coupling::Coupling;
use crate::objective::Objective;
use crate::train::{DataShape, TrainConfig};

/// Rows and columns of the tables whose defaults the help shows: points on a plane, iris, digits of ten
/// classes, and many rows.
const EXAMPLES: [(usize, usize); 4] = [(131_072, 2), (150, 4), (1437, 64), (1_000_000, 30)];
const OBJECTIVES: [Objective; 2] = [Objective::MeanFlow, Objective::Fm];

/// The default that the help shows for a setting that depends on objective and data.
const FROM_THE_DATA: &str = "from the data, see below";

/// The default of every setting that has one, by the name of its field.
static DEFAULTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let fields = |objective, shape| -> Map<String, Value> {
        // Through text, which has the shortest digits of an `f32`.
        let text = serde_json::to_string(&TrainConfig::defaults(objective, shape));
        let rooms: Map<String, Value> =
            text.and_then(|text| serde_json::from_str(&text)).unwrap_or_default();
        let flat = rooms.into_iter().flat_map(|(name, value)| match value {
            Value::Object(room) => room,
            value => Map::from_iter([(name, value)]),
        });
        flat.collect()
    };
    let mut all = fields(Objective::MeanFlow, DataShape::BUILT_IN);
    let small = DataShape { rows: 1, columns: 64, ..DataShape::BUILT_IN };
    let others = [fields(Objective::Fm, DataShape::BUILT_IN), fields(Objective::MeanFlow, small)];
    // The objective has no default.
    all.remove("objective");
    for (name, value) in &mut all {
        if others.iter().any(|other| other.get(name) != Some(value)) {
            *value = FROM_THE_DATA.into();
        }
    }
    all
});

/// Appends the default to the help of an option, if it is a setting of the training.
pub(super) fn with_default(option: Arg) -> Arg {
    let default = match DEFAULTS.get(option.get_id().as_str()) {
        Some(Value::String(text)) if text == FROM_THE_DATA => text.clone(),
        Some(Value::String(name)) => name.clone(),
        // As a number, 1 is not written 1.0.
        Some(Value::Number(number)) => number.as_f64().unwrap_or_default().to_string(),
        Some(Value::Array(widths)) => {
            widths.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
        }
        // A switch, or an option without a default.
        _ => return option,
    };
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    option.help(format!("{help} [default: {default}]"))
}

/// The rule for defaults that depend on the data, and the resulting defaults for some tables.
pub(super) fn rule() -> String {
    let mut text = "Defaults that depend on the data, ".to_owned();
    text += &TrainConfig::rule().replace('\n', "\n  ");
    text += "\n\nFor example:\n  ";
    text += &line(["rows", "columns", "objective", "steps", "batch", "lr", "ot-batch", "ot-pool"]);
    for (rows, columns) in EXAMPLES {
        for objective in OBJECTIVES {
            text += "\n  ";
            text += &example(objective, DataShape { rows, columns, ..DataShape::BUILT_IN });
        }
    }
    text
}

/// The defaults for one table.
fn example(objective: Objective, shape: DataShape) -> String {
    let config = TrainConfig::defaults(objective, shape);
    let TrainConfig { schedule, batch, transport, coupling, .. } = config;
    let count = |n: usize| HumanCount(n as u64).to_string();
    let paired = |n: usize| match coupling {
        Coupling::Independent => "-".to_owned(),
        Coupling::Ot | Coupling::C2ot => count(n),
    };
    line([
        &count(shape.rows),
        &count(shape.columns),
        &objective.name(),
        &HumanCount(schedule.steps).to_string(),
        &count(batch),
        &schedule.lr.to_string(),
        &paired(transport.batch),
        &paired(transport.pool),
    ])
}

fn line([rows, columns, objective, steps, batch, lr, ot_batch, ot_pool]: [&str; 8]) -> String {
    format!(
        "{rows:>9}  {columns:>7}  {objective:9}  {steps:>6}  {batch:>5}  {lr:>6}  {ot_batch:>8}  \
         {ot_pool:>7}"
    )
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command};

    use super::*;
    use crate::cli::train::Args;
    use crate::data::DataSpec;

    fn command() -> Command {
        Args::augment_args(Command::new("train"))
    }

    /// The help of an option on one line.
    fn help(option: &str) -> String {
        let command = command();
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(option));
        arg.and_then(Arg::get_help).expect(option).to_string()
    }

    #[test]
    fn every_default_is_the_programs() {
        let config = TrainConfig::defaults(Objective::MeanFlow, DataShape::BUILT_IN);
        let stated = [
            ("hidden", "64,64,64".to_owned()),
            ("activation", "silu".to_owned()),
            ("path", "linear".to_owned()),
            ("clip", config.schedule.clip.to_string()),
            ("ema", config.schedule.ema.to_string()),
            ("weight-c", config.weighting.c.to_string()),
            ("lambda", config.contrast.lambda.to_string()),
            ("reflow-pairs", config.reflow.pairs.to_string()),
            ("time-sampler", "uniform".to_owned()),
            ("tangent", "data".to_owned()),
            ("log-every", config.log_every.to_string()),
            ("seed", "0".to_owned()),
            ("rows", DataSpec::new("moons").rows.to_string()),
            ("holdout", DataSpec::new("moons").holdout.to_string()),
        ];
        for (option, default) in stated {
            let help = help(option);
            assert!(help.ends_with(&format!("[default: {default}]")), "--{option}: {help}");
        }
        for option in ["steps", "batch", "lr", "warmup", "ot-batch", "ot-pool", "coupling"] {
            let help = help(option);
            assert!(help.ends_with("[default: from the data, see below]"), "--{option}: {help}");
        }
        // No default is stated twice, and the objective has none.
        for arg in command().get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.matches("[default").count() <= 1, "{arg}: {help}");
        }
        assert!(!help("objective").contains("default"), "{}", help("objective"));
    }

    #[test]
    fn the_rows_of_the_table_are_the_programs() {
        let mut command = command();
        let text = command.render_help().to_string();
        for objective in OBJECTIVES {
            let digits = DataShape { rows: 1437, columns: 64, ..DataShape::BUILT_IN };
            let config = TrainConfig::defaults(objective, digits);
            let row = text.lines().find(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.starts_with(&["1,437", "64", &objective.name()])
            });
            let words: Vec<&str> = row.expect(&text).split_whitespace().collect();
            let number = |i: usize| words[i].replace(',', "").parse::<f64>().expect(words[i]);
            assert_eq!(number(3), config.schedule.steps as f64);
            assert_eq!(number(4), config.batch as f64);
            assert_eq!(words[5], config.schedule.lr.to_string());
        }
        assert!(rule().lines().all(|line| line.len() <= 100), "{}", rule());
    }
}
