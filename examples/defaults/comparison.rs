//! Figures of many trainings in tables, and the differences of pairs.

use fm_host::metrics::{Floor, Metric, mean_and_spread};

/// Distances whose paired difference from a reference is printed, if a set has them.
const PAIRED: [&str; 5] = ["w2", "sw2", "energy", "fd20", "joint_energy"];

/// The figures of one training. Shape: `[seeds][draws][figures]`.
type Figures = Vec<Vec<Vec<Metric>>>;

/// All trainings on one data set.
pub struct Comparison {
    floors: Vec<Floor>,
    entries: Vec<(String, Figures)>,
}

impl Comparison {
    /// Starts with the scores of real data and no training.
    pub fn new(floors: &[Floor]) -> Self {
        Self { floors: floors.to_vec(), entries: Vec::new() }
    }

    /// Adds a training's figures: the same seeds, draws and figures for every training.
    pub fn add(&mut self, name: &str, figures: Figures) {
        self.entries.push((name.to_owned(), figures));
    }

    /// Every figure's mean, and its standard deviation over training seeds.
    pub fn table(&self) -> String {
        let Some((_, first)) = self.entries.first() else { return String::new() };
        let names: Vec<&str> = first[0][0].iter().map(|metric| metric.name).collect();
        let mut text = row("", names.iter().map(|name| (*name).to_owned()));
        text += &row("---", names.iter().map(|_| "--:".to_owned()));
        for (name, figures) in &self.entries {
            text += &row(
                name,
                (0..names.len()).map(|k| {
                    let of_seed = |draws: &Vec<Vec<Metric>>| {
                        let values: Vec<f64> = draws.iter().map(|draw| draw[k].value).collect();
                        mean_and_spread(&values).0
                    };
                    let seeds: Vec<f64> = figures.iter().map(of_seed).collect();
                    let (mean, spread) = mean_and_spread(&seeds);
                    format!("{mean:.4} ± {spread:.4}")
                }),
            );
        }
        text + &row(
            "real data",
            names.iter().map(|name| {
                let floor = self.floors.iter().find(|floor| floor.name == *name);
                floor.map_or(String::new(), |floor| {
                    format!("{:.4} ± {:.4}", floor.value, floor.spread)
                })
            }),
        )
    }

    /// The mean difference of every training from each of `references`, over pairs with the same
    /// training seed and draw of noise, with its standard error; bold if it is worse by more than two
    /// standard errors.
    pub fn against(&self, references: &[&str]) -> String {
        let chosen = self.entries.iter().filter(|(name, _)| references.contains(&name.as_str()));
        chosen.map(|(name, reference)| self.differences(name, reference)).collect()
    }

    fn differences(&self, reference: &str, theirs: &Figures) -> String {
        let known = |name: &&str| theirs[0][0].iter().any(|metric| metric.name == *name);
        let paired: Vec<&str> = PAIRED.into_iter().filter(known).collect();
        let mut text = row(
            &format!("difference from {reference}"),
            paired.iter().map(|name| (*name).to_owned()),
        );
        text += &row("---", paired.iter().map(|_| "--:".to_owned()));
        for (name, ours) in self.entries.iter().filter(|(name, _)| name != reference) {
            text += &row(
                name,
                paired.iter().map(|figure| {
                    let pairs = values(ours, figure).zip(values(theirs, figure));
                    let gaps: Vec<f64> = pairs.map(|(ours, theirs)| ours - theirs).collect();
                    let (gap, spread) = mean_and_spread(&gaps);
                    let error = spread / (gaps.len() as f64).sqrt();
                    let bold = if gap > 2.0 * error { "**" } else { "" };
                    format!("{bold}{gap:+.5} ± {error:.5}{bold}")
                }),
            );
        }
        text + "\n"
    }
}

/// One figure, seed by seed and draw by draw.
fn values<'a>(figures: &'a Figures, name: &'a str) -> impl Iterator<Item = f64> + 'a {
    let all = figures.iter().flatten().flatten();
    all.filter(move |metric| metric.name == name).map(|metric| metric.value)
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
}
