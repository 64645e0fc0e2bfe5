//! Quality against costs: points on logarithmic axes, the best of each series joined, the best of all
//! ringed and labelled; a large panel and small ones below it, as PNG or as SVG.

mod legend;
mod panel;

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use self::legend::{labels, legend};
use self::panel::{IN_LARGE, IN_SMALL, panel};
use super::style::{failed, pixels, text, write_pixels};
use crate::{Error, Result, files};

/// The picture's width, the first panel's height, that of those below it, and that of the titles, in
/// pixels: twice what a README shows, for fine screens.
const WIDTH: u32 = 1800;
const LARGE: u32 = 720;
const SMALL: u32 = 470;
const TITLES: u32 = 118;

/// One point.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The number of its series.
    pub series: usize,
    /// Its price, above zero.
    pub cost: f64,
    /// How bad it is, above zero.
    pub value: f64,
    /// Whether it is drawn filled, or hollow.
    pub filled: bool,
    /// Whether it is drawn as a triangle, or as a circle.
    pub pointed: bool,
    /// Whether nothing is both cheaper and better.
    pub best: bool,
    /// What is written beside it in the large panel.
    pub label: Option<String>,
}

/// Points over one kind of price.
#[derive(Clone, Debug)]
pub struct Prices {
    /// What the price is.
    pub price: String,
    /// The points.
    pub marks: Vec<Mark>,
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Costs {
    /// What is written above it.
    pub title: String,
    /// What is to be learnt from it.
    pub message: String,
    /// What the value's axis shows.
    pub value: String,
    /// What the line at 1 means.
    pub floor: String,
    /// How far that line may be off, drawn as a band.
    pub spread: f64,
    /// The series' names.
    pub series: Vec<String>,
    /// The first is drawn large and with labels.
    pub panels: Vec<Prices>,
}

/// Draws points over their costs into a `.png` or `.svg` file.
///
/// # Errors
/// If the extension is another, or the picture cannot be written.
pub fn costs(path: &Path, picture: &Costs) -> Result<()> {
    let size = (WIDTH, TITLES + LARGE + if picture.panels.len() > 1 { SMALL } else { 0 });
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

type Drawn<B> = std::result::Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw<B: DrawingBackend>(root: &DrawingArea<B, Shift>, picture: &Costs) -> Drawn<B> {
    root.fill(&WHITE)?;
    root.draw(&Text::new(picture.title.as_str(), (36, 22), text(36)))?;
    root.draw(&Text::new(picture.message.as_str(), (36, 74), text(27)))?;
    let Some((first, others)) = picture.panels.split_first() else { return root.present() };
    let area = root.clone().shrink((0, TITLES), (WIDTH, LARGE));
    let placed = panel(&area, picture, first, &IN_LARGE, true)?;
    let taken = legend(root, picture, &placed)?;
    labels(root, first, &placed, taken)?;
    let width = WIDTH / others.len().max(1) as u32;
    for (i, prices) in others.iter().enumerate() {
        let area = root.clone().shrink((i as u32 * width, TITLES + LARGE), (width, SMALL));
        panel(&area, picture, prices, &IN_SMALL, false)?;
    }
    root.present()
}

#[cfg(test)]
mod tests {
    use super::super::style::INK;
    use super::*;

    fn mark(series: usize, cost: f64, value: f64, best: bool) -> Mark {
        let label = Some(format!("at {cost}"));
        Mark { series, cost, value, filled: true, pointed: series == 1, best, label }
    }

    #[test]
    fn points_and_the_best_are_drawn_in_both_formats() {
        let folder = tempfile::tempdir().unwrap();
        let marks =
            vec![mark(0, 1.0, 3.0, true), mark(1, 9.0, 1.5, true), mark(1, 9.0, f64::NAN, false)];
        let panels = vec![
            Prices { price: "ms".to_owned(), marks },
            Prices { price: "bytes".to_owned(), marks: Vec::new() },
        ];
        let picture = Costs {
            title: "front".to_owned(),
            message: "the best".to_owned(),
            value: "w2".to_owned(),
            floor: "real".to_owned(),
            spread: 0.1,
            series: vec!["first".to_owned(), "second".to_owned()],
            panels,
        };
        let svg = folder.path().join("a.svg");
        costs(&svg, &picture).unwrap();
        let svg = std::fs::read_to_string(svg).unwrap();
        for text in ["front", "the best", "w2", "real", "first", "second", "bytes", "at 1", "at 9"]
        {
            assert!(svg.contains(text), "{text}");
        }
        let png = folder.path().join("a.png");
        costs(&png, &picture).unwrap();
        let png = image::open(png).unwrap().to_rgb8();
        assert_eq!(png.dimensions(), (WIDTH, TITLES + LARGE + SMALL));
        let ring = png.pixels().filter(|pixel| pixel.0 == [INK.0, INK.1, INK.2]).count();
        assert!(ring > 40, "{ring}");
        assert!(costs(&folder.path().join("a.gif"), &picture).is_err());
    }
}
