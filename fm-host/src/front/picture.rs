//! The front as a picture, and the sentence that it comes down to.

use fm_nostd::blob::Coupling;

use super::{Cost, Front, Point};
use crate::objective::Objective;
use crate::report::{Costs, Mark, Prices};
use crate::sample::Method;

impl Front {
    /// The cheapest way in one evaluation that comes within 1.25 times the floor (else the best in one
    /// evaluation), and the cheapest by plain flow matching that is as good, if any.
    fn headline(&self) -> Option<(&Point, Option<&Point>)> {
        let at_once = || self.points.iter().filter(|point| point.evaluations == 1);
        let cheaper = |a: &&Point, b: &&Point| a.m4f_ms.total_cmp(&b.m4f_ms);
        let by_rank = |a: &&Point, b: &&Point| a.rank(&self.by).total_cmp(&b.rank(&self.by));
        let close = || at_once().filter(|point| self.is_close_at_once(point));
        // Networks that differ by an input cost nearly the same: of these, the best.
        let close = close().min_by(cheaper).and_then(|cheapest| {
            let most = 1.1 * cheapest.m4f_ms;
            close().filter(|point| point.m4f_ms <= most).min_by(by_rank)
        });
        let one = close.or_else(|| at_once().min_by(|a, b| by_rank(a, b).then(cheaper(a, b))))?;
        let as_good =
            |point: &&Point| is_plain(point) && point.rank(&self.by) <= one.rank(&self.by);
        Some((one, self.points.iter().filter(as_good).min_by(cheaper)))
    }

    /// What one evaluation takes, and what flow matching takes to be as good.
    pub(super) fn message(&self) -> Option<String> {
        let (one, many) = self.headline()?;
        if is_plain(one) || !self.points.iter().any(is_plain) {
            return None;
        }
        let over = one.over_floor(&self.by);
        let rest = match many {
            Some(many) => format!("As good: {} {}.", self.series(many), way(many)),
            None => "No number of steps of flow matching is as good here.".to_owned(),
        };
        Some(format!("{} {} ({over:.2} x floor). {rest}", self.series(one), way(one)))
    }

    /// What a point belongs to in the legend: its objective, and its pairs where the objective is there
    /// with others too.
    fn series(&self, point: &Point) -> String {
        let caption = point.objective.facts().title;
        let other = |p: &Point| p.objective == point.objective && p.coupling != point.coupling;
        match point.coupling {
            Coupling::OptimalTransport if self.points.iter().any(other) => {
                format!("{caption}, OT pairs")
            }
            Coupling::Independent | Coupling::OptimalTransport | Coupling::Reflow => {
                caption.to_owned()
            }
        }
    }

    /// The picture: time first and large, then evaluations, multiply-accumulates and flash.
    pub(super) fn picture(&self) -> Costs {
        let named: Vec<String> = self.points.iter().map(|point| self.series(point)).collect();
        let mut series: Vec<String> = Vec::new();
        for name in &named {
            if !series.contains(name) {
                series.push(name.clone());
            }
        }
        let told = self.headline().and_then(|(_, many)| many);
        let panel = |(price, cost): (String, Cost)| {
            let best = self.pareto(cost);
            let mark = |(i, point): (usize, &Point)| Mark {
                series: series.iter().position(|name| *name == named[i]).unwrap_or_default(),
                cost: point.cost(cost),
                value: point.over_floor(&self.by),
                filled: point.dtype == "f32",
                pointed: point.solver == Method::Heun,
                best: best[i],
                label: (best[i] || told == Some(point)).then(|| way(point)),
            };
            Prices { price, marks: self.points.iter().enumerate().map(mark).collect() }
        };
        let floor = self.points.first().and_then(|point| point.figure(&self.by));
        let spread = floor.map_or(0.0, |f| f.score.floor_spread / f.score.floor);
        let real = if spread > 0.0 { "real data ± its spread" } else { "real data" };
        let time = format!("milliseconds a sample on a Cortex-M4F at {} MHz (estimated)", self.mhz);
        Costs {
            title: format!(
                "{}: what the quality of a sample costs on a microcontroller",
                self.name()
            ),
            message: self.message().unwrap_or_default(),
            value: format!("{}, in multiples of real data's", distance(&self.by)),
            floor: real.to_owned(),
            spread,
            panels: vec![
                panel((time, Cost::Time)),
                panel(("network evaluations a sample".to_owned(), Cost::Evaluations)),
                panel(("multiply-accumulates a sample".to_owned(), Cost::Macs)),
                panel(("flash for the model, bytes".to_owned(), Cost::Flash)),
            ],
            series,
        }
    }

    /// The data's name without its folder and extensions.
    fn name(&self) -> &str {
        let file = self.data.rsplit(['/', '\\']).next().unwrap_or_default();
        file.split('.').next().unwrap_or_default()
    }
}

/// Whether it is flow matching as it is first taught, of independent pairs.
fn is_plain(point: &Point) -> bool {
    point.objective == Objective::Fm && point.coupling == Coupling::Independent
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

/// A network and what a sample takes of it: `64x3 q8, 1 step, 0.46 ms`.
fn way(point: &Point) -> String {
    let Point { size, dtype, m4f_ms, .. } = point;
    let decimals = if *m4f_ms < 10.0 { 2 } else { 0 };
    format!("{size} {dtype}, {}, {m4f_ms:.decimals$} ms", steps(point))
}

/// How often what is done.
fn steps(point: &Point) -> String {
    let label = point.solver.label();
    let solver = if label.is_empty() { String::new() } else { format!("{label} ") };
    format!("{} {solver}step{}", point.steps, if point.steps == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Figure, Score};

    /// A network in 8 bits, of a millisecond an evaluation, that scores `over` floors.
    fn point(objective: Objective, coupling: Coupling, steps: u32, over: f64) -> Point {
        let score = Score { name: "w2", value: over, floor: 1.0, floor_spread: 0.1, ceiling: 9.0 };
        Point {
            model: "a".to_owned(),
            objective,
            coupling,
            size: "8x2".to_owned(),
            parameters: 100,
            dtype: "q8",
            solver: if objective.average() { Method::Meanflow } else { Method::Euler },
            steps,
            evaluations: u64::from(steps),
            macs: 80 * u64::from(steps),
            m4f_ms: f64::from(steps),
            flash_bytes: 200,
            figures: vec![Figure { score, sd: 0.0 }],
        }
    }

    fn front(points: Vec<Point>) -> Front {
        Front {
            data: "a/moons.csv".to_owned(),
            by: "w2".to_owned(),
            samples: 4096,
            draws: 1,
            mhz: 64.0,
            quick: false,
            points,
        }
    }

    #[test]
    fn the_message_holds_the_best_single_step_against_plain_steps_as_good() {
        let (fm, meanflow) = (Objective::Fm, Objective::MeanFlow);
        let mut points = vec![
            point(fm, Coupling::Independent, 1, 4.0),
            point(fm, Coupling::Independent, 8, 1.2),
            point(fm, Coupling::OptimalTransport, 1, 1.15),
            point(meanflow, Coupling::OptimalTransport, 1, 1.1),
        ];
        // Of two at one price the better one; the eight steps are not as good.
        let none = "MeanFlow 8x2 q8, 1 step, 1.00 ms (1.10 x floor). No number of steps of flow \
                    matching is as good here.";
        assert_eq!(front(points.clone()).message().expect("there is one"), none);
        points.push(point(fm, Coupling::Independent, 16, 1.1));
        points.push(point(fm, Coupling::Independent, 32, 1.0));
        let said = front(points.clone()).message().expect("there is one");
        assert!(said.ends_with("As good: flow matching 8x2 q8, 16 Euler steps, 16 ms."), "{said}");
        // The point that is told of is labelled in the picture, though it is not on the front.
        let picture = front(points.clone()).picture();
        let mark = &picture.panels[0].marks[4];
        assert!(
            !mark.best && mark.label.as_deref().is_some_and(|label| label.contains("16 Euler"))
        );
        assert_eq!(picture.series, ["flow matching", "flow matching, OT pairs", "MeanFlow"]);
        points.retain(|point| !is_plain(point));
        assert_eq!(front(points).message(), None);
    }
}
