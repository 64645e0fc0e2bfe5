//! The verdict of `fm eval` in words: every figure next to what real data scores, the worst first.

use comfy_table::{CellAlignment, Table};

use crate::metrics::{Figure, Judgement, Part, Score, c2st_error};

/// At this many standard deviations a figure is not chance: real data is that far away about once in several
/// hundred draws.
const OFF: f64 = 3.0;
/// At this many standard deviations there is no doubt.
const FAR: f64 = 10.0;
/// Larger distances are all printed as `> 99`.
const MOST: f64 = 99.0;

/// Returns the mean distance of the figures from real data's, in standard deviations of real data's figure:
/// lower is better.
pub fn mean_away(figures: &[Figure]) -> f64 {
    let away = figures.iter().map(|figure| figure.score.away().clamp(0.0, MOST));
    away.sum::<f64>() / figures.len() as f64
}

/// Tabulates every figure with what it means, the worst first. Each draw has `samples` samples.
pub fn worst_first(figures: &[Figure], parts: &[Part], samples: usize) -> Table {
    let judgement = Judgement { scores: Vec::new(), parts: parts.to_vec() };
    let mut figures: Vec<&Figure> = figures.iter().collect();
    figures.sort_by(|a, b| b.score.away().total_cmp(&a.score.away()));
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["worst first", "samples", "real data", "sd away", "", "meaning"]);
    for figure in figures {
        let score = figure.score;
        // One draw has no standard deviation, but the standard error of an area under a curve is known.
        let sd = if score.name == "c2st" && figure.sd == 0.0 {
            c2st_error(score.value, samples)
        } else {
            figure.sd
        };
        table.add_row([
            score.name.to_owned(),
            number(score.value, sd),
            number(score.floor, score.floor_spread),
            spreads(score.away()),
            verdict(score.away()).to_owned(),
            sentence(&score, judgement.worst_part(score.name)),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn verdict(away: f64) -> &'static str {
    match away {
        away if away < -OFF => "below real data",
        away if away < OFF => "like real data",
        away if away < FAR => "off",
        _ => "far off",
    }
}

fn spreads(away: f64) -> String {
    // Adding 0 turns a rounded -0 into 0.
    if away > MOST {
        format!("> {MOST}")
    } else {
        format!("{:.1}", (10.0 * away).round() / 10.0 + 0.0)
    }
}

/// Formats a figure with its standard deviation, if it has one.
pub fn number(value: f64, sd: f64) -> String {
    if sd == 0.0 { format!("{value:.4}") } else { format!("{value:.4} ± {sd:.4}") }
}

/// The meaning of a figure, in words.
fn sentence(score: &Score, worst: Option<&Part>) -> String {
    let of = worst.map_or(String::new(), |part| format!("`{}`", part.of));
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    match score.name {
        "w2" => "2-Wasserstein distance to held-out rows".to_owned(),
        "sw2" => "sliced 2-Wasserstein distance to held-out rows".to_owned(),
        "energy" => "energy distance to held-out rows".to_owned(),
        "fd20" => "Fréchet distance of means and covariances".to_owned(),
        "joint_energy" => "energy distance of samples together with their conditions".to_owned(),
        "inside" => {
            format!("{} of samples are where the distribution has its mass", percent(score.value))
        }
        "below_density" => {
            format!("{} of samples are where real rows are very rare", percent(score.value))
        }
        "cell_share_worst" => {
            format!("the worst cell's share differs by {} from an even one", percent(score.value))
        }
        "cell_uneven" => "unevenness within cells".to_owned(),
        "c2st" => {
            let right = percent(score.value.max(0.0));
            format!("a classifier detects the sample in {right} of pairs (50 % is chance)")
        }
        "ks_worst" => format!("Kolmogorov-Smirnov distance, largest in column {of}"),
        "energy_worst" => format!("energy distance per class, largest for class {of}"),
        "spread_worst" => {
            let ratio = worst.map_or(1.0, |part| part.value);
            let of = if of == "`all rows`" {
                "samples have".to_owned()
            } else {
                format!("class {of} has")
            };
            format!("{of} {ratio:.3} times real data's standard deviation along some axes")
        }
        "off_lattice" => {
            format!(
                "{} of samples are between the values that occur in column {of}",
                percent(score.value)
            )
        }
        "out_of_range" => {
            format!(
                "{} of samples are outside the range of the training rows",
                percent(score.value)
            )
        }
        "nn" if score.value < score.floor => {
            "distance to the nearest training row; nearer than held-out rows: memorised?".to_owned()
        }
        "nn" => "distance to the nearest training row; farther than held-out rows".to_owned(),
        "accuracy" => {
            format!("{} of samples are classified as their requested class", percent(score.value))
        }
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &'static str, value: f64) -> Figure {
        let score = Score { name, value, floor: 0.5, floor_spread: 0.02, ceiling: 1.0 };
        Figure { score, sd: 0.0 }
    }

    #[test]
    fn the_worst_comes_first_with_its_column() {
        let figures =
            [figure("w2", 0.51), figure("sw2", 0.4), figure("ks_worst", 0.9), figure("c2st", 0.6)];
        let part = |of: &str, value| Part {
            name: "ks",
            of: of.to_owned(),
            value,
            floor: 0.5,
            floor_spread: 0.1,
        };
        let said = worst_first(&figures, &[part("a", 0.2), part("b", 0.9)], 100).to_string();
        let lines: Vec<&str> = said.lines().skip(2).collect();
        let begins = ["| ks_worst", "| c2st", "| w2", "| sw2"];
        assert!(lines.iter().zip(begins).all(|(line, start)| line.starts_with(start)), "{said}");
        assert!(lines[0].contains("`b`") && lines[0].contains(" far off "), "{said}");
        // For a single draw, the standard error of an area under a curve is known.
        assert!(lines[1].contains("0.6000 ± 0.0") && lines[1].contains(" off "), "{said}");
        assert!(lines[2].contains(" like real data "), "{said}");
        // Five standard deviations below the floor.
        assert!(lines[3].contains(" below real data "), "{said}");
    }
}
