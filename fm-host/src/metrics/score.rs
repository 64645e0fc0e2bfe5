//! Metrics of samples compared with those of real data and of noise.

/// The value of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The metric's key in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The metric's value.
    pub value: f64,
}

/// The score of real data: no model can be expected to do better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// The metric's key in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The mean over the draws of real data.
    pub value: f64,
    /// The standard deviation over the draws of real data.
    pub spread: f64,
}

/// The value of one metric, with the scores of real data and of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The metric's key in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The samples' score.
    pub value: f64,
    /// The score of real data.
    pub floor: f64,
    /// The standard deviation of real data's score over draws.
    pub floor_spread: f64,
    /// The score of standard normal noise.
    pub ceiling: f64,
}

/// A metric of one column or one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// `ks`, `off_lattice` or `out_of_range` for a column, `energy` or `spread` for a class.
    pub name: &'static str,
    /// The name of the column or class.
    pub of: String,
    /// The samples' score.
    pub value: f64,
    /// The score of real data.
    pub floor: f64,
    /// The standard deviation of real data's score over draws.
    pub floor_spread: f64,
}

/// All metrics of one set of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The metrics in the order of the table of [`crate::metrics`].
    pub scores: Vec<Score>,
    /// The metrics of single columns and classes.
    pub parts: Vec<Part>,
}

/// Which direction of a metric is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worse {
    Above,
    Below,
    Either,
}

impl Score {
    /// How many standard deviations of the floor the score is worse than real data's: negative if it is
    /// better, infinite if it is worse than a floor that never varies.
    pub fn away(&self) -> f64 {
        let above = self.value - self.floor;
        let worse = match worse(self.name) {
            Worse::Above => above,
            Worse::Below => -above,
            Worse::Either => above.abs(),
        };
        if worse == 0.0 { 0.0 } else { worse / self.floor_spread }
    }
}

fn worse(name: &str) -> Worse {
    match name {
        "inside" | "accuracy" => Worse::Below,
        "nn" => Worse::Either,
        _ => Worse::Above,
    }
}

impl Part {
    /// How bad the part is compared with others of the same metric, on a scale of that metric.
    fn badness(&self) -> f64 {
        if self.name == "spread" { self.value.ln().abs() } else { self.value }
    }

    /// The key in the table of [`crate::metrics`] of the metric that this is a part of.
    fn belongs_to(&self) -> &'static str {
        match self.name {
            "ks" => "ks_worst",
            "energy" => "energy_worst",
            "spread" => "spread_worst",
            name => name,
        }
    }
}

impl Judgement {
    /// The column or class with the worst score in a metric; `None` for a metric of all samples only.
    pub fn worst_part(&self, name: &str) -> Option<&Part> {
        let parts = self.parts.iter().filter(|part| part.belongs_to() == name);
        parts.max_by(|a, b| a.badness().total_cmp(&b.badness()))
    }

    /// Returns the parts with each value averaged over the draws. Shape: `[draws]`.
    ///
    /// # Panics
    /// If there is no draw, or the draws have different parts.
    pub fn parts_over(draws: &[Self]) -> Vec<Part> {
        let mean = |k: usize| {
            draws.iter().map(|draw| draw.parts[k].value).sum::<f64>() / draws.len() as f64
        };
        let parts = draws[0].parts.iter().enumerate();
        parts.map(|(k, part)| Part { value: mean(k), ..part.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_worse_side() {
        let away = |name, value| {
            Score { name, value, floor: 0.5, floor_spread: 0.1, ceiling: 1.0 }.away().round()
        };
        assert_eq!((away("w2", 0.8), away("w2", 0.3)), (3.0, -2.0));
        assert_eq!((away("accuracy", 0.3), away("inside", 0.6)), (2.0, -1.0));
        assert_eq!((away("nn", 0.3), away("nn", 0.7)), (2.0, 2.0));
        let sure = |value| {
            Score { name: "inside", value, floor: 1.0, floor_spread: 0.0, ceiling: 0.4 }.away()
        };
        assert_eq!((sure(1.0), sure(0.9)), (0.0, f64::INFINITY));
    }

    #[test]
    fn the_worst_class_may_be_too_narrow() {
        let part = |of: &str, value| Part {
            name: "spread",
            of: of.to_owned(),
            value,
            floor: 1.0,
            floor_spread: 0.1,
        };
        let parts = vec![part("a", 1.2), part("b", 0.2), part("c", 4.0)];
        let judgement = Judgement { scores: Vec::new(), parts };
        assert_eq!(judgement.worst_part("spread_worst").unwrap().of, "b");
        assert_eq!(judgement.worst_part("ks_worst"), None);
    }
}
