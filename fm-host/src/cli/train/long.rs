//! Why a training takes long, and which options make it shorter.

use fm_nostd::blob::Conditioning;
use indicatif::HumanCount;

use crate::net::Architecture;
use crate::train::RunConfig;

/// Names the largest part of a step's work, and the options that reduce it.
pub fn why_long(config: &RunConfig) -> String {
    let Architecture { data, condition, hidden, layers, .. } = config.architecture;
    // Weights of the network, which are the cost of a row.
    let parts = [condition * hidden, 2 * data * hidden, layers.saturating_sub(1) * hidden * hidden];
    let all: usize = parts.iter().sum();
    let largest = (0..parts.len()).max_by_key(|&i| parts[i]).unwrap_or_default();
    let count = |n: usize| HumanCount(n as u64);
    let Conditioning { classes, vector } = config.facts.condition.conditioning();
    let (part, less) = match (largest, classes > vector) {
        (0, true) => (format!("the inputs of {} classes", count(classes)), "fewer classes"),
        (0, _) => {
            (format!("the {} inputs of the condition", count(condition)), "a shorter condition")
        }
        (1, _) if data > hidden => (format!("the {} columns", count(data)), "fewer --columns"),
        (1, _) => (format!("a hidden layer of {}", count(hidden)), "a narrower --hidden"),
        _ => (format!("{layers} hidden layers of {hidden}"), "a narrower --hidden"),
    };
    let share = 100 * parts[largest] / all.max(1);
    let (batch, steps) = (count(config.train.batch), HumanCount(config.train.schedule.steps));
    format!(
        "{share} % of each step's work is for {part}: use {less}, fewer --steps ({steps} now) or a smaller \
         --batch ({batch} now) to make it shorter"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::{ClassFacts, fixtures};

    #[test]
    fn the_largest_part_is_named() {
        let mut config = fixtures::config(Objective::Fm, 40_000);
        config.architecture.hidden = 64;
        config.architecture.layers = 3;
        assert!(why_long(&config).contains("3 hidden layers of 64"), "{}", why_long(&config));
        config.architecture.data = 784;
        let columns = why_long(&config);
        assert!(columns.contains("784 columns") && columns.contains("--columns"), "{columns}");
        (config.architecture.data, config.architecture.layers) = (2, 1);
        let width = why_long(&config);
        assert!(width.contains("a hidden layer of 64") && width.contains("--hidden"), "{width}");
        let names = (0..10_000).map(|i| i.to_string()).collect();
        config.facts.condition.classes =
            Some(ClassFacts { column: "kind".to_owned(), names, counts: Vec::new() });
        config.architecture.condition = 10_000;
        let classes = why_long(&config);
        assert!(classes.contains("10,000 classes") && classes.contains("40,000 now"), "{classes}");
    }
}
