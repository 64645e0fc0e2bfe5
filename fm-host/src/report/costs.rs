//! Plots quality against cost as PNG or SVG, on logarithmic axes, with one panel per quality figure, one
//! below the other. Each series has a line through its best points, with its name at the end.

mod names;
mod panel;
mod symbol;

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use self::panel::{Placed, panel};
use super::style::{failed, pixels, text, write_pixels};
use crate::{Error, Result, files};

/// The picture's width, and the heights of the first panel, the other panels, the title and a line below the
/// title, in pixels: twice the size in a README, for high-resolution screens.
const WIDTH: u32 = 1800;
const LARGE: u32 = 760;
const SMALL: u32 = 600;
const TITLE: u32 = 84;
const LINE: u32 = 40;

/// One point.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The index of its series.
    pub series: usize,
    /// Its cost, above zero.
    pub cost: f64,
    /// Its value, above zero; lower is better.
    pub value: f64,
    /// The label next to it, for a point to emphasise.
    pub label: Option<String>,
}

/// The points of one panel, by one quality figure.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The panel's title.
    pub title: String,
    /// The label of the value axis.
    pub value: String,
    /// The lowest value of the axis; lower values are drawn there.
    pub least: f64,
    /// The upper end of the band of values that are as good as possible.
    pub floor: f64,
    /// The text after a series' name. Shape: one per series.
    pub remarks: Vec<String>,
    /// The points.
    pub marks: Vec<Mark>,
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Costs {
    /// The title.
    pub title: String,
    /// The conclusion, line by line.
    pub message: Vec<String>,
    /// The label of the cost axis.
    pub price: String,
    /// The name of the band of values that are as good as possible.
    pub floor: String,
    /// The series' names.
    pub series: Vec<String>,
    /// The panels; the first is drawn larger.
    pub panels: Vec<Figures>,
}

/// Draws points over their costs into a `.png` or `.svg` file.
///
/// # Errors
/// If the extension is not supported, or the picture cannot be written.
pub fn costs(path: &Path, picture: &Costs) -> Result<()> {
    let size = (WIDTH, height(picture));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => {
            let mut pixels = pixels(size);
            let root = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
            draw(&root, picture).map_err(failed(path))?;
            drop(root);
            write_pixels(path, size, pixels)
        }
        Some("svg") => {
            let mut svg = String::new();
            let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            draw(&root, picture).map_err(failed(path))?;
            drop(root);
            files::replace(path, svg.as_bytes())
        }
        _ => Err(Error::usage(
            "--out",
            format!("{}: use a file that ends in .png or .svg", path.display()),
        )),
    }
}

type Drawn<B, T = ()> =
    std::result::Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The height of the part above the panels.
fn above(picture: &Costs) -> u32 {
    TITLE + LINE * picture.message.len() as u32
}

fn height(picture: &Costs) -> u32 {
    let panels = picture.panels.len() as u32;
    above(picture) + panels.min(1) * LARGE + panels.saturating_sub(1) * SMALL
}

/// Draws the picture; returns the positions of each panel's parts.
fn draw<B: DrawingBackend>(root: &DrawingArea<B, Shift>, picture: &Costs) -> Drawn<B, Vec<Placed>> {
    root.fill(&WHITE)?;
    root.draw(&Text::new(picture.title.as_str(), (36, 26), text(38)))?;
    let mut top = TITLE;
    for line in &picture.message {
        root.draw(&Text::new(line.as_str(), (36, top as i32), text(27)))?;
        top += LINE;
    }
    let room = (panel::costs(picture), names::room(root, picture)?);
    let mut placed = Vec::new();
    for (i, figures) in picture.panels.iter().enumerate() {
        let height = if i == 0 { LARGE } else { SMALL };
        let area = root.clone().shrink((0, top), (WIDTH, height));
        placed.push(panel(&area, picture, figures, room)?);
        top += height;
    }
    root.present()?;
    Ok(placed)
}

#[cfg(test)]
mod tests;
