//! Samples on their way from noise to data: panels side by side, or the frames of an animation.

use super::palette::Palette;
use super::{Mark, Panel, Plot, Row, Sheet, Subject, time};
use crate::Result;
use crate::data::Rows;

/// The share of points beyond each end of the axes.
const CUT: f32 = 0.005;

impl Plot {
    /// Samples at every time, one row of panels per model.
    ///
    /// # Errors
    /// If a model does not support its request, or there is only one column.
    pub fn samples(&self) -> Result<Sheet> {
        self.need_two_columns()?;
        let palette = Palette::of(&self.subjects);
        let states = self.states()?;
        let rows = self.subjects.iter().zip(&states).enumerate().map(|(k, (subject, states))| {
            let panel = |(&t, rows): (&f32, &Rows)| Panel {
                title: time(t),
                marks: self.dots(&palette, k, t, rows),
            };
            Row {
                heading: self.heading(subject),
                panels: self.at.iter().zip(states).map(panel).collect(),
            }
        });
        Ok(Sheet {
            title: format!("{}: from {} (t = 0) to data (t = 1)", self.names(), self.start()),
            keys: palette.keys(),
            rows: rows.collect(),
            view: self.view(&self.places(&states), CUT),
            chart: None,
            progress: None,
        })
    }

    /// The frames of an animation: the models side by side at every time.
    ///
    /// # Errors
    /// As [`Plot::samples`].
    pub fn frames(&self) -> Result<Vec<Sheet>> {
        let still = self.samples()?;
        let mut rows = still.rows.iter().map(|row| row.panels.iter()).collect::<Vec<_>>();
        let frames = self.at.iter().map(|&t| {
            let panels = rows.iter_mut().zip(&self.subjects).filter_map(|(panels, subject)| {
                Some(Panel { title: subject.name.clone(), ..panels.next()?.clone() })
            });
            Sheet {
                title: format!("from {} to data: {}", self.start(), time(t)),
                rows: vec![Row { heading: None, panels: panels.collect() }],
                progress: Some(t),
                ..still.clone()
            }
        });
        Ok(frames.collect())
    }

    /// Where the samples of every subject are at every time. Shape: `[subjects][times][count, dim]`.
    pub(super) fn states(&self) -> Result<Vec<Vec<Rows>>> {
        self.subjects.iter().map(|subject| subject.states(&subject.request, &self.at)).collect()
    }

    /// All places of the states.
    pub(super) fn places(&self, states: &[Vec<Rows>]) -> Vec<[f32; 2]> {
        let rows = states.iter().flatten().flat_map(Rows::iter);
        rows.map(|row| Subject::place(&self.columns, 0.0, row)).collect()
    }

    /// The samples of subject `k` as dots in the colours of their classes.
    pub(super) fn dots(&self, palette: &Palette, k: usize, t: f32, rows: &Rows) -> Vec<Mark> {
        let dot = |(row, &group): (&[f32], &usize)| Mark::Dot {
            at: Subject::place(&self.columns, t, row),
            colour: palette.colour(group),
        };
        rows.iter().zip(palette.groups(k)).map(dot).collect()
    }
}
