//! The velocity field: arrows over the samples, at several times.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::palette::{Palette, tint};
use super::sheet::Place;
use super::{Key, Mark, Panel, Plot, Row, Sheet, Subject, Symbol, View, time};
use crate::Result;
use crate::report::style::INK;

/// The time that an arrow covers at its velocity.
const SPAN: f32 = 0.2;
/// Cells along each axis; a cell has one arrow at most.
const CELLS: f32 = 15.0;
/// The share of points beyond each end of the axes.
const CUT: f32 = 0.005;
/// The fewest samples that a mean velocity is shown of.
const FEWEST: usize = 3;

/// A sample, and where it would be after [`SPAN`] at its velocity.
struct Moving {
    group: usize,
    from: Place,
    to: Place,
}

impl Plot {
    /// The velocity field at every time, one row of panels per model.
    ///
    /// Of two columns of a model with more of them, an arrow is the mean velocity of the samples in its cell.
    /// The mean given the two columns is the field that moves their distribution, as the marginal velocity of
    /// flow matching is the mean over pairs.
    ///
    /// # Errors
    /// If a model has no velocity or does not support its request, or there is only one column.
    pub fn field(&self) -> Result<Sheet> {
        self.need_two_columns()?;
        let palette = Palette::of(&self.subjects);
        let states = self.states()?;
        let view = self.view(&self.places(&states), CUT);
        let mut rows = Vec::new();
        for (k, (subject, states)) in self.subjects.iter().zip(&states).enumerate() {
            let whole = subject.stored.view().dim() == 2;
            let mut panels = Vec::new();
            for (&t, rows) in self.at.iter().zip(states) {
                let velocities = subject.velocities(t, rows)?;
                let places = rows.iter().zip(velocities.iter()).zip(palette.groups(k));
                let moving = places.map(|((row, velocity), &group)| {
                    let [from, v] =
                        [row, velocity].map(|row| Subject::place(&self.columns, 0.0, row));
                    Moving { group, from, to: [0, 1].map(|d| from[d] + SPAN * v[d]) }
                });
                let moving: Vec<Moving> = moving.collect();
                let dot = |one: &Moving| Mark::Dot {
                    at: one.from,
                    colour: tint(palette.colour(one.group)),
                };
                let mut marks: Vec<Mark> = moving.iter().map(dot).collect();
                let colour = |group| if palette.is_plain() { INK } else { palette.colour(group) };
                marks.extend(arrows(&view, moving, whole, &colour));
                panels.push(Panel { title: time(t), marks });
            }
            rows.push(Row { heading: self.heading(subject), panels });
        }
        let mean = self.subjects.iter().any(|subject| subject.stored.view().dim() > 2);
        let what = if mean { "mean velocity of nearby samples" } else { "velocity" };
        let text = format!("{what}: the distance covered in Δt = {SPAN}");
        let mut keys = palette.keys();
        keys.push(Key { symbol: Symbol::Arrow(INK), text });
        let title = format!("The velocity field of {} along time", self.names());
        Ok(Sheet { title, keys, rows, view, chart: None, progress: None })
    }
}

/// One arrow per cell, of the class with the most samples in it: of the sample nearest to the cell's middle
/// if the columns are the `whole` state, else the mean over the samples.
fn arrows(
    view: &View,
    moving: Vec<Moving>,
    whole: bool,
    colour: &dyn Fn(usize) -> RGBColor,
) -> Vec<Mark> {
    let shares = |[x, y]: Place| [view.x.share(x), view.y.share(y)].map(|share| share * CELLS);
    let mut cells = BTreeMap::<[i32; 2], BTreeMap<usize, Vec<Moving>>>::new();
    for one in moving.into_iter().filter(|one| view.contains(one.from)) {
        let cell = shares(one.from).map(|share| share as i32);
        cells.entry(cell).or_default().entry(one.group).or_default().push(one);
    }
    let arrow = |groups: BTreeMap<usize, Vec<Moving>>| {
        // `max_by_key` returns the last of equal maxima: in reverse order that is the first class.
        let (group, members) = groups.into_iter().rev().max_by_key(|(_, of)| of.len())?;
        let [from, to] = if whole {
            let off = |one: &Moving| -> f32 {
                shares(one.from).map(|share| (share.fract() - 0.5).powi(2)).iter().sum()
            };
            let one = members.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
            [one.from, one.to]
        } else {
            let count = members.len() as f32;
            let mean = |of: &dyn Fn(&Moving) -> Place| {
                [0, 1].map(|d| members.iter().map(|one| of(one)[d]).sum::<f32>() / count)
            };
            (members.len() >= FEWEST).then(|| [mean(&|one| one.from), mean(&|one| one.to)])?
        };
        view.contains(to).then(|| Mark::Arrow { from, to, colour: colour(group) })
    };
    cells.into_values().filter_map(arrow).collect()
}
