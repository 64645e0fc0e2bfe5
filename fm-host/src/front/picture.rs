//! The front as a picture, and its conclusion in a sentence.

use fm_nostd::blob::Pairing;

use super::measure::OFF;
use super::{Front, Measure, Point, look};
use crate::counted::counted;
use crate::objective::Objective;
use crate::report::{Costs, Figures, Mark};

/// The lowest value of the picture's axis, in standard deviations. Points below it are drawn there, because
/// they cannot be distinguished from real data.
const LEAST: f64 = 0.5;

impl Front {
    /// Returns the cheapest point with one evaluation that comes close to real data (or else the best with
    /// one evaluation), and the cheapest point of flow matching, however paired, that is as good, if any.
    fn headline(&self) -> Option<(&Point, Option<&Point>)> {
        let at_once = || self.points.iter().filter(|point| point.evaluations == 1);
        let rank = |point: &Point| point.rank(self.by);
        let cheaper = |a: &&Point, b: &&Point| {
            a.m4f_ms.total_cmp(&b.m4f_ms).then(a.away(self.by).total_cmp(&b.away(self.by)))
        };
        let better = |a: &&Point, b: &&Point| rank(a).total_cmp(&rank(b)).then(cheaper(a, b));
        let close = || at_once().filter(|point| self.is_close_at_once(point));
        // Networks that differ by one input cost nearly the same; of these, the best is chosen.
        let close = close().min_by(cheaper).and_then(|cheapest| {
            let most = 1.1 * cheapest.m4f_ms;
            close().filter(|point| point.m4f_ms <= most).min_by(better)
        });
        let one = close.or_else(|| at_once().min_by(better))?;
        let as_good = |point: &&Point| is_flow_matching(point) && rank(point) <= rank(one);
        Some((one, self.points.iter().filter(as_good).min_by(cheaper)))
    }

    /// Says what one evaluation costs, and what flow matching costs to be as good; then the other faults, if
    /// there are any.
    pub(super) fn message(&self) -> Vec<String> {
        let Some((one, many)) = self.headline() else { return Vec::new() };
        let score = one.figure(&self.by.name()).map(|figure| self.by.told(&figure.score));
        let told = score.map_or(String::new(), |score| format!(" ({score})"));
        let rest = match many {
            _ if is_flow_matching(one) || !self.points.iter().any(is_flow_matching) => {
                String::new()
            }
            Some(many) => format!(" As good: {} {}.", self.series(many), way(many)),
            None => " No number of steps of flow matching is as good here.".to_owned(),
        };
        let first = format!("In one evaluation: {} {}{told}.{rest}", self.series(one), way(one));
        [first].into_iter().chain(one.faults()).collect()
    }

    /// The name of a point's series in the legend: its objective, and its coupling if the objective occurs with
    /// several.
    fn series(&self, point: &Point) -> String {
        let caption = point.objective.facts().title;
        let other = |p: &Point| p.objective == point.objective && p.coupling != point.coupling;
        match point.coupling {
            Pairing::OptimalTransport if self.points.iter().any(other) => {
                format!("{caption}, OT pairs")
            }
            Pairing::Independent
            | Pairing::OptimalTransport
            | Pairing::Reflow
            | Pairing::Likelihood => caption.to_owned(),
        }
    }

    /// The picture: the ranking figure against time, and below it the 2-Wasserstein distance.
    pub(super) fn picture(&self) -> Costs {
        let mut series: Vec<String> = Vec::new();
        for name in self.points.iter().map(|point| self.series(point)) {
            if !series.contains(&name) {
                series.push(name);
            }
        }
        let told: Vec<&Point> = self
            .headline()
            .map_or(Vec::new(), |(one, many)| [one].into_iter().chain(many).collect());
        let panel = |by: Measure| {
            let mark = |point: &Point| Mark {
                series: self.number(point, &series),
                cost: point.m4f_ms,
                value: point.away(by),
                label: (by == self.by && told.contains(&point)).then(|| way(point)),
            };
            Figures {
                title: by.title().to_owned(),
                value: "standard deviations worse than real rows".to_owned(),
                least: LEAST,
                floor: OFF,
                remarks: series.iter().map(|name| self.best_of(name, by)).collect(),
                marks: self.points.iter().map(mark).collect(),
            }
        };
        let other = if self.by == Measure::W2 { Measure::C2st } else { Measure::W2 };
        Costs {
            title: format!(
                "{}: what the quality of a sample costs on a microcontroller",
                self.name()
            ),
            message: self.message().into_iter().chain(self.quick.then(look)).collect(),
            price: format!(
                "milliseconds per sample on a Cortex-M4F at {} MHz (estimated)",
                self.mhz
            ),
            floor: format!("as good as real rows, within {OFF} standard deviations"),
            series: series.clone(),
            panels: vec![panel(self.by), panel(other)],
        }
    }

    /// The index of a point's series in `series`.
    fn number(&self, point: &Point, series: &[String]) -> usize {
        let own = self.series(point);
        series.iter().position(|name| *name == own).unwrap_or_default()
    }

    /// Says at what time a series is as good as real rows, or how good it gets if it never is.
    fn best_of(&self, series: &str, by: Measure) -> String {
        let own = || self.points.iter().filter(|point| self.series(point) == series);
        let good = own().filter(|point| point.away(by) <= OFF);
        if let Some(least) = good.map(|point| point.m4f_ms).min_by(f64::total_cmp) {
            return format!("good from {}", time(least));
        }
        let best = own().min_by(|a, b| a.away(by).total_cmp(&b.away(by)));
        let figure = best.and_then(|point| point.figure(&by.name()));
        figure.map_or(String::new(), |figure| format!("at best {}", by.number(figure.score.value)))
    }

    /// The data's name without its folder and extensions.
    fn name(&self) -> &str {
        let file = self.data.rsplit(['/', '\\']).next().unwrap_or_default();
        file.split('.').next().unwrap_or_default()
    }
}

/// Whether a point is flow matching, with any pairs.
fn is_flow_matching(point: &Point) -> bool {
    point.objective == Objective::Fm
}

/// Describes a network and the cost of a sample: `64x3 q8, 1 step, 0.46 ms`.
fn way(point: &Point) -> String {
    let Point { size, dtype, m4f_ms, .. } = point;
    format!("{size} {dtype}, {}, {}", steps(point), time(*m4f_ms))
}

/// Formats milliseconds with about two digits.
fn time(ms: f64) -> String {
    let decimals = if ms < 10.0 { 2 } else { 0 };
    format!("{ms:.decimals$} ms")
}

/// Describes the steps: `4 Euler steps`.
fn steps(point: &Point) -> String {
    let label = point.solver.label();
    let solver = if label.is_empty() { String::new() } else { format!("{label} ") };
    counted(point.steps as usize, format!("{solver}step"))
}

#[cfg(test)]
mod tests {
    use super::super::Cost;
    use super::super::tests::{figure, point};
    use super::*;

    fn front(points: Vec<Point>) -> Front {
        Front {
            data: "a/moons.csv".to_owned(),
            by: Measure::C2st,
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
        let paired = |objective, steps, c2st| Point {
            coupling: Pairing::OptimalTransport,
            ..point(objective, steps, c2st)
        };
        let mut points = vec![
            point(fm, 1, 0.9),
            point(fm, 8, 0.56),
            paired(fm, 1, 0.545),
            paired(meanflow, 1, 0.529),
        ];
        // Of two points of equal cost, the better one is chosen; eight steps are not as good.
        let none = "In one evaluation: MeanFlow 8x2 q8, 1 step, 1.00 ms (c2st 0.529, real data 0.500). No number of steps \
                    of flow matching is as good here.";
        assert_eq!(front(points.clone()).message(), [none]);
        points.push(point(fm, 16, 0.531));
        points.push(point(fm, 32, 0.51));
        let said = front(points.clone()).message().join("\n");
        assert!(said.ends_with("As good: flow matching 8x2 q8, 16 Euler steps, 16 ms."), "{said}");
        // The two points in the message are labelled in the picture.
        let picture = front(points.clone()).picture();
        let labels: Vec<(usize, &str)> = picture.panels[0]
            .marks
            .iter()
            .filter_map(|mark| Some((mark.series, mark.label.as_deref()?)))
            .collect();
        let wanted = [(2, "8x2 q8, 1 step, 1.00 ms"), (0, "8x2 q8, 16 Euler steps, 16 ms")];
        assert_eq!(labels, wanted);
        assert!(picture.panels[1].marks.iter().all(|mark| mark.label.is_none()));
        assert_eq!(picture.series, ["flow matching", "flow matching, OT pairs", "MeanFlow"]);
        assert_eq!(
            picture.panels[0].remarks,
            ["good from 32 ms", "at best 0.545", "good from 1.00 ms"]
        );
        points.retain(|point| !is_flow_matching(point));
        let alone =
            "In one evaluation: MeanFlow 8x2 q8, 1 step, 1.00 ms (c2st 0.529, real data 0.500).";
        assert_eq!(front(points).message(), [alone]);
    }

    #[test]
    fn what_is_wrong_with_the_winner_and_that_it_is_a_look_is_said() {
        let mut wild = point(Objective::MeanFlow, 1, 0.51);
        wild.figures.push(figure("out_of_range", 0.3, 0.001, 0.001));
        let mut front = front(vec![wild, point(Objective::Distill, 1, 0.53)]);
        let message = front.message();
        assert!(message.len() == 2 && message[1].contains("30 % of samples are"), "{message:?}");
        let best = front.best();
        assert!(best.contains(&message.join(" ")) && !best.contains("--quick"), "{best}");
        front.quick = true;
        assert!(front.best().ends_with(&look()), "{}", front.best());
        assert_eq!(front.picture().message.last(), Some(&look()));
    }

    #[test]
    fn models_below_the_wasserstein_floor_are_ranked_by_what_tells_them_apart() {
        let scored = |c2st, w2| {
            let mut point = point(Objective::MeanFlow, 1, c2st);
            point.figures.push(figure("w2", w2, 1.0, 0.2));
            point
        };
        // The better point is slightly worse by a figure that cannot distinguish them.
        let mut front = front(vec![scored(0.6, 0.93), scored(0.51, 0.96)]);
        assert_eq!(front.pareto(Cost::Time), [false, true]);
        front.by = Measure::W2;
        assert_eq!(front.pareto(Cost::Time), [true, true]);
        assert_eq!(front.picture().panels[1].remarks, ["good from 1.00 ms"]);
    }
}
