//! A picture before it is drawn: panels of marks in the data's units, with shared axes and a legend.

use plotters::style::RGBColor;

/// A place in a panel, in the units of its axes.
pub type Place = [f32; 2];

/// A picture.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The title.
    pub title: String,
    /// The legend.
    pub keys: Vec<Key>,
    /// The axes of all panels.
    pub view: View,
    /// The rows of panels.
    pub rows: Vec<Row>,
    /// Curves below the panels.
    pub chart: Option<Chart>,
    /// The position of a frame between noise (0) and data (1), shown by a slider.
    pub progress: Option<f32>,
}

/// Panels side by side.
#[derive(Clone, Debug)]
pub struct Row {
    /// The text above the row.
    pub heading: Option<String>,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// A square of marks.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The text above it.
    pub title: String,
    /// The marks, from back to front.
    pub marks: Vec<Mark>,
}

/// Something in a panel.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A filled circle.
    Dot {
        /// Its centre.
        at: Place,
        /// Its colour.
        colour: RGBColor,
    },
    /// An arrow.
    Arrow {
        /// Its tail.
        from: Place,
        /// Its tip.
        to: Place,
        /// Its colour.
        colour: RGBColor,
    },
    /// A thin line.
    Line {
        /// The points that it connects.
        through: Vec<Place>,
        /// Its colour.
        colour: RGBColor,
    },
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it looks like.
    pub symbol: Symbol,
    /// What it means.
    pub text: String,
}

/// The looks of marks.
#[derive(Clone, Copy, Debug)]
pub enum Symbol {
    /// A filled circle.
    Dot(RGBColor),
    /// An arrow.
    Arrow(RGBColor),
    /// A thin line.
    Line(RGBColor),
}

/// The axes of a panel.
#[derive(Clone, Debug)]
pub struct View {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The height of a panel as a share of its width.
    pub aspect: f32,
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Its title.
    pub title: String,
    /// Its lower end.
    pub low: f32,
    /// Its upper end.
    pub high: f32,
}

/// Curves over time.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The text above it.
    pub title: String,
    /// The title of the vertical axis, which leads from 0 to 1.
    pub value: String,
    /// A horizontal line for comparison, with its name.
    pub floor: (f32, String),
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve over time.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The text at its end.
    pub name: String,
    /// Its points: time and value.
    pub points: Vec<Place>,
}

impl Axis {
    /// The round values on the axis, about four of them.
    pub fn ticks(&self) -> Vec<f32> {
        let span = f64::from(self.high) - f64::from(self.low);
        let power = 10f64.powf((span / 4.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
        let step = step.into_iter().find(|step| span / step <= 5.0).unwrap_or(span);
        let first = (f64::from(self.low) / step).ceil() as i64;
        let last = (f64::from(self.high) / step).floor() as i64;
        (first..=last).map(|k| (k as f64 * step) as f32).collect()
    }

    /// Where a value is on the axis: 0 at the lower end, 1 at the upper.
    pub fn share(&self, value: f32) -> f32 {
        (value - self.low) / (self.high - self.low)
    }
}

impl View {
    /// Whether a place is between the ends of both axes.
    pub fn contains(&self, [x, y]: Place) -> bool {
        (self.x.low..=self.x.high).contains(&x) && (self.y.low..=self.y.high).contains(&y)
    }
}
