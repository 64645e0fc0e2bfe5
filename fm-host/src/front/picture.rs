//! The front as a picture, and the sentence that it comes down to.

use super::{Cost, Front, Point};
use crate::objective::Objective;
use crate::report::{Costs, Mark, Prices};
use crate::sample::Method;

impl Front {
    /// The cheapest way in one evaluation that comes within 1.25 times the floor (else the best in one
    /// evaluation), and the cheapest in several steps of plain flow matching that is as good, if any.
    fn headline(&self) -> Option<(&Point, Option<&Point>)> {
        let at_once = || self.points.iter().filter(|point| point.evaluations == 1);
        let cheaper = |a: &&Point, b: &&Point| a.m4f_ms.total_cmp(&b.m4f_ms);
        let by_rank = |a: &&Point, b: &&Point| a.rank(self.by).total_cmp(&b.rank(self.by));
        let close = || at_once().filter(|point| self.is_close_at_once(point));
        // Networks that differ by an input cost nearly the same: of these, the best.
        let close = close().min_by(cheaper).and_then(|cheapest| {
            let most = 1.1 * cheapest.m4f_ms;
            close().filter(|point| point.m4f_ms <= most).min_by(by_rank)
        });
        let one = close.or_else(|| at_once().min_by(|a, b| by_rank(a, b).then(cheaper(a, b))))?;
        let steps = self.points.iter().filter(|point| {
            let plain = point.objective == Objective::Fm && point.coupling == "independent";
            plain && point.rank(self.by) <= one.rank(self.by)
        });
        Some((one, steps.min_by(cheaper)))
    }

    /// What one evaluation takes, and what flow matching takes to be as good.
    pub(super) fn message(&self) -> Option<String> {
        if self.points.iter().all(|point| point.objective != Objective::Fm) {
            return None;
        }
        let (one, many) = self.headline()?;
        let (name, time) = (caption(one.objective), milliseconds(one.m4f_ms));
        let first = format!("One step of {name} ({} {}): {time}.", one.size, one.dtype);
        let rest = match many {
            Some(many) => format!(
                "Flow matching as good: {} ({} {}), {}.",
                steps(many),
                many.size,
                many.dtype,
                milliseconds(many.m4f_ms)
            ),
            None => "Flow matching is nowhere as good here.".to_owned(),
        };
        Some(format!("{first} {rest}"))
    }

    /// The picture: time first and large, then evaluations, multiply-accumulates and flash.
    pub(super) fn picture(&self) -> Costs {
        let mut series: Vec<(Objective, &str)> = Vec::new();
        for point in &self.points {
            if !series.contains(&(point.objective, point.coupling)) {
                series.push((point.objective, point.coupling));
            }
        }
        let panel = |(price, cost): (String, Cost)| {
            let mark = |(point, best): (&Point, bool)| Mark {
                series: series
                    .iter()
                    .position(|own| *own == (point.objective, point.coupling))
                    .unwrap_or_default(),
                cost: point.cost(cost),
                value: point.over_floor(self.by),
                filled: point.dtype == "f32",
                pointed: point.solver == Method::Heun,
                best,
                label: format!("{} {}, {}", point.size, point.dtype, steps(point)),
            };
            Prices { price, marks: self.points.iter().zip(self.pareto(cost)).map(mark).collect() }
        };
        let floor = self.points.first().and_then(|point| point.figure(self.by));
        let spread = floor.map_or(0.0, |f| f.score.floor_spread / f.score.floor);
        let time = format!("milliseconds a sample on a Cortex-M4F at {} MHz (estimated)", self.mhz);
        Costs {
            title: format!(
                "{}: what the quality of a sample costs on a microcontroller",
                self.name()
            ),
            message: self.message().unwrap_or_default(),
            value: format!("{}, in multiples of real data's", distance(self.by)),
            floor: "as good as real data".to_owned(),
            spread,
            series: series.iter().map(|own| name(*own, &series)).collect(),
            panels: vec![
                panel((time, Cost::Time)),
                panel(("network evaluations a sample".to_owned(), Cost::Evaluations)),
                panel(("multiply-accumulates a sample".to_owned(), Cost::Macs)),
                panel(("flash for the model, bytes".to_owned(), Cost::Flash)),
            ],
        }
    }

    /// The data's name without its folder and extensions.
    fn name(&self) -> &str {
        let file = self.data.rsplit(['/', '\\']).next().unwrap_or_default();
        file.split('.').next().unwrap_or_default()
    }
}

/// A series in the legend: its pairs are told where the objective is there with others too.
fn name((objective, coupling): (Objective, &str), all: &[(Objective, &str)]) -> String {
    let alone = all.iter().filter(|other| other.0 == objective).count() == 1;
    match coupling {
        "ot" if !alone => format!("{}, OT pairs", caption(objective)),
        _ => caption(objective).to_owned(),
    }
}

/// An objective in words.
fn caption(objective: Objective) -> &'static str {
    match objective {
        Objective::Fm => "flow matching",
        Objective::DeltaFm => "contrastive flow matching",
        Objective::Score => "score matching",
        Objective::Ddpm => "noise prediction",
        Objective::MeanFlow => "MeanFlow",
        Objective::Reflow => "reflow",
        Objective::Distill => "distillation",
    }
}

/// A figure in words.
fn distance(by: &str) -> &str {
    match by {
        "w2" => "2-Wasserstein distance",
        "sw2" => "sliced 2-Wasserstein distance",
        "fd20" => "Fréchet distance",
        other => other,
    }
}

/// How often what is done.
fn steps(point: &Point) -> String {
    let solver = match point.solver {
        Method::Euler => "Euler ",
        Method::Heun => "Heun ",
        _ => "",
    };
    format!("{} {solver}step{}", point.steps, if point.steps == 1 { "" } else { "s" })
}

/// A time, short.
fn milliseconds(ms: f64) -> String {
    let decimals = if ms < 10.0 { 2 } else { 0 };
    format!("{ms:.decimals$} ms")
}
