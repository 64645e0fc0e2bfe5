//! Pictures of a flow: the velocity field, the trajectories of samples, samples on their way from noise to
//! data, and when their classes part; of one model or several.
//!
//! [`Subject`] is a model with the request for its samples, and [`Plot`] what to draw of several of them.
//! Each picture is first a [`Sheet`] of panels, which [`write()`] draws as PNG, SVG or, frame by frame, GIF.

mod classes;
mod draw;
mod field;
mod layout;
mod palette;
mod parting;
mod sheet;
mod strip;
mod subject;
mod trajectories;
mod view;
mod write;

use clap::ValueEnum;

use crate::sample::Start;
use crate::{Error, Result};

pub use parting::Parting;
pub use sheet::{Axis, Chart, Curve, Key, Mark, Panel, Row, Sheet, Symbol, View};
pub use subject::Subject;
pub use write::{write, write_animation};

/// The pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// The velocity field, as arrows over the samples, at several times.
    Field,
    /// The trajectories of samples, beside a single step.
    Trajectories,
    /// Samples on their way from noise to data, at several times.
    Samples,
    /// The same, with a curve of how well a sample's place tells its class.
    Classes,
    /// Samples on their way from noise to data, as a GIF.
    Animation,
}

/// What to draw.
pub struct Plot {
    /// The models, in order.
    pub subjects: Vec<Subject>,
    /// The columns to draw: two, or one over time.
    pub columns: Vec<usize>,
    /// The times of the panels or frames.
    pub at: Vec<f32>,
}

impl Plot {
    /// Refuses a single column for a picture that needs two.
    fn need_two_columns(&self) -> Result<()> {
        match self.columns.len() {
            2 => Ok(()),
            _ => {
                let problem = "this picture needs two columns; use `--picture trajectories` to draw one \
                               column over time";
                Err(Error::usage("--columns", problem))
            }
        }
    }

    /// The models' names, as in "a, b and c".
    fn names(&self) -> String {
        let names: Vec<&str> = self.subjects.iter().map(|subject| &*subject.name).collect();
        match &names[..] {
            [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
            _ => names.concat(),
        }
    }

    /// Where samples start, in a word. A source's rows are drawn in the units in which they are moved,
    /// converted as the data is.
    fn start(&self) -> &'static str {
        let from_noise = |subject: &Subject| subject.request.start == Start::Noise;
        match self.subjects.iter().filter(|subject| from_noise(subject)).count() {
            0 => "source, rescaled",
            count if count == self.subjects.len() => "noise",
            _ => "start",
        }
    }

    /// The heading of a subject's row; none if there is only one.
    fn heading(&self, subject: &Subject) -> Option<String> {
        (self.subjects.len() > 1).then(|| subject.name.clone())
    }
}

/// Formats a time with at most three decimals.
fn time(t: f32) -> String {
    let text = format!("{t:.3}");
    format!("t = {}", text.trim_end_matches('0').trim_end_matches('.'))
}
