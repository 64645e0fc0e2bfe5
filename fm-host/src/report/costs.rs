//! Quality against cost: what each series can do for a price, on logarithmic axes, named at the ends of
//! its lines; one panel for each figure that is quality, one below the other, as PNG or as SVG.

mod names;
mod panel;
mod symbol;

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use self::panel::{Placed, panel};
use super::style::{failed, pixels, text, write_pixels};
use crate::{Error, Result, files};

/// The picture's width, the first panel's height, that of those below it, that of the title and that of
/// a line below it, in pixels: twice what a README shows, for fine screens.
const WIDTH: u32 = 1800;
const LARGE: u32 = 760;
const SMALL: u32 = 600;
const TITLE: u32 = 84;
const LINE: u32 = 40;

/// One point.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The number of its series.
    pub series: usize,
    /// Its price, above zero.
    pub cost: f64,
    /// How bad it is, above zero.
    pub value: f64,
    /// What is written beside it, where it is to be found at a glance.
    pub label: Option<String>,
}

/// Points by one figure that is quality.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What the figure is.
    pub title: String,
    /// What the axis shows.
    pub value: String,
    /// The lowest value that is drawn; what is better lies there too.
    pub least: f64,
    /// Up to what value points are as good as can be: a band.
    pub floor: f64,
    /// What is written behind a series' name. Shape: one for each series.
    pub remarks: Vec<String>,
    /// The points.
    pub marks: Vec<Mark>,
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Costs {
    /// What is written above it.
    pub title: String,
    /// What is to be learnt from it, line by line.
    pub message: Vec<String>,
    /// What the price is.
    pub price: String,
    /// What the band of values as good as can be is called.
    pub floor: String,
    /// The series' names.
    pub series: Vec<String>,
    /// The first is drawn larger.
    pub panels: Vec<Figures>,
}

/// Draws points over their costs into a `.png` or `.svg` file.
///
/// # Errors
/// If the extension is another, or the picture cannot be written.
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
        _ => Err(Error::usage("--out", format!("{}: pictures are .png or .svg", path.display()))),
    }
}

type Drawn<B, T = ()> =
    std::result::Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// How high what is above the panels is.
fn above(picture: &Costs) -> u32 {
    TITLE + LINE * picture.message.len() as u32
}

fn height(picture: &Costs) -> u32 {
    let panels = picture.panels.len() as u32;
    above(picture) + panels.min(1) * LARGE + panels.saturating_sub(1) * SMALL
}

/// Draws it; gives where each panel's things are.
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
