//! The trajectories of samples along the steps of a solver, beside a single step.

use fm_nostd::prediction::Reach;
use plotters::style::RGBColor;

use super::palette::{Palette, tint};
use super::{Key, Mark, Panel, Plot, Row, Sheet, Subject, Symbol};
use crate::Result;
use crate::data::Rows;
use crate::sample::{ContrastHandling, Method, Request, Steps};

/// The colour of the noise, or of the source's rows.
const NOISE: RGBColor = RGBColor(150, 156, 164);
/// The most points of a trajectory.
const POINTS: usize = 65;

impl Plot {
    /// The trajectories of the samples' requests, and of the same samples in a single step: a jump if the
    /// model predicts jumps, else a step of Euler's method. One row of panels per model.
    ///
    /// # Errors
    /// If a model does not support its request.
    pub fn trajectories(&self) -> Result<Sheet> {
        let palette = Palette::of(&self.subjects);
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        for (k, subject) in self.subjects.iter().enumerate() {
            let mut panels = Vec::new();
            let mut requests = vec![subject.request.clone()];
            requests.extend(single(subject).filter(|single| *single != subject.request));
            for request in &requests {
                let times = times(subject, request);
                let states = subject.states(request, &times)?;
                let way = |i: usize| -> Vec<[f32; 2]> {
                    let place =
                        |(&t, rows): (&f32, &Rows)| Subject::place(&self.columns, t, rows.row(i));
                    times.iter().zip(&states).map(place).collect()
                };
                let ways: Vec<_> = (0..request.count).map(way).collect();
                places.extend(ways.iter().flatten().copied());
                let groups = palette.groups(k);
                let lines = ways.iter().zip(groups).map(|(way, &group)| Mark::Line {
                    through: way.clone(),
                    colour: tint(palette.colour(group)),
                });
                let starts = ways.iter().map(|way| Mark::Dot { at: way[0], colour: NOISE });
                let ends = ways.iter().zip(groups).map(|(way, &group)| Mark::Dot {
                    at: way[way.len() - 1],
                    colour: palette.colour(group),
                });
                let marks = lines.chain(starts).chain(ends).collect();
                panels.push(Panel { title: title(subject, request), marks });
            }
            rows.push(Row { heading: self.heading(subject), panels });
        }
        let mut keys = vec![Key { symbol: Symbol::Dot(NOISE), text: self.start().to_owned() }];
        keys.extend(palette.keys());
        Ok(Sheet {
            title: format!("{}: trajectories from {} to data", self.names(), self.start()),
            keys,
            rows,
            view: self.view(&places, 0.0),
            chart: None,
            progress: None,
        })
    }
}

/// The request for the same samples in a single step; `None` if it changes the velocity as no jump can.
fn single(subject: &Subject) -> Option<Request> {
    let method = Method::natural(subject.stored.view().prediction());
    let Request { guidance, contrast, .. } = &subject.request;
    let changed = guidance.is_some() || *contrast == Some(ContrastHandling::Undo);
    let possible = method == Method::Euler || !changed;
    possible.then(|| Request { method, steps: Steps::Equal(1), ..subject.request.clone() })
}

/// The times at which to draw a trajectory: those of the steps, or fewer if there are many.
fn times(subject: &Subject, request: &Request) -> Vec<f32> {
    let start = subject.stored.view().start();
    let steps = match request.method.counts_steps() {
        true => request.steps.times(start),
        false => Steps::Equal(POINTS as u32 - 1).times(start),
    };
    let last = steps.len() - 1;
    let every = last.div_ceil(POINTS - 1).max(1);
    let kept = steps.iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
    kept.map(|(_, &t)| t).collect()
}

/// Describes the steps of a request, as in "64 Euler steps".
fn title(subject: &Subject, request: &Request) -> String {
    let one_jump = subject.stored.view().prediction().reach() == Reach::OneJump;
    let (count, label) = (request.steps.count(), request.method.label());
    let unit = match (request.method, count) {
        (Method::Meanflow, 1) if one_jump => "jump".to_owned(),
        (Method::Meanflow, 1) => "jump along the average velocity".to_owned(),
        (Method::Meanflow, _) => "jumps along the average velocity".to_owned(),
        (_, 1) => format!("{label} step"),
        _ => format!("{label} steps"),
    };
    if request.method.counts_steps() { format!("{count} {unit}") } else { unit }
}
