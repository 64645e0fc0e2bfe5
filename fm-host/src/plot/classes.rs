//! When classes part: samples on their way from noise to data, and how well their places tell their classes.

use fm_nostd::prediction::Reach;

use super::{Chart, Curve, Parting, Plot, Sheet, Subject};
use crate::Result;

/// The most dots in a panel, fewer than the samples that a curve needs.
const DOTS: usize = 500;
/// The times of a curve.
const TIMES: u32 = 40;

impl Plot {
    /// The samples of [`Plot::samples`], and below them a curve of [`Parting`] per model.
    ///
    /// # Errors
    /// As [`Plot::samples`], and if the samples of a model do not have several classes.
    pub fn classes(&self) -> Result<(Sheet, Vec<Parting>)> {
        let of = |subject: &Subject| {
            let start = subject.stored.view().start();
            let time = |k: u32| start + (1.0 - start) * k as f32 / TIMES as f32;
            let times = if subject.stored.view().prediction().reach() == Reach::OneJump {
                vec![start, 1.0]
            } else {
                (0..=TIMES).map(time).collect()
            };
            Parting::of(subject, times)
        };
        let partings = self.subjects.iter().map(of).collect::<Result<Vec<_>>>()?;
        let curve = |(subject, parting): (&Subject, &Parting)| {
            let half = parting.halfway().map(|t| format!(": halfway at t = {t:.2}"));
            let points = parting.times.iter().zip(&parting.accuracy);
            Curve {
                name: format!("{}{}", subject.name, half.unwrap_or_default()),
                points: points.map(|(&t, &value)| [t, value as f32]).collect(),
            }
        };
        let chance = partings.iter().map(|parting| parting.chance).fold(0.0, f64::max);
        let chart = Chart {
            title: "How many samples have the class of their five nearest neighbours".to_owned(),
            value: "share of samples".to_owned(),
            floor: (chance as f32, "guessing".to_owned()),
            curves: self.subjects.iter().zip(&partings).map(curve).collect(),
        };
        let title = format!("{}: when do the classes part?", self.names());
        let mut sheet = Sheet { title, chart: Some(chart), ..self.samples()? };
        for panel in sheet.rows.iter_mut().flat_map(|row| &mut row.panels) {
            panel.marks.truncate(DOTS);
        }
        Ok((sheet, partings))
    }
}
