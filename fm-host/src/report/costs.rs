//! Quality against costs: points on logarithmic axes, panel beside panel, the best for their price
//! ringed and joined; as PNG or as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::{round_values, significant};
use super::style::{COLOURS, GREY, INK, failed, pixels, text, write_pixels};
use crate::{Error, Result, files};

/// Size of a panel, and the height of the title, in pixels.
const PANEL: (u32, u32) = (620, 470);
const TITLE: u32 = 40;

/// One point.
pub struct Mark {
    /// What it belongs to in the legend.
    pub series: String,
    /// Its price, above zero.
    pub cost: f64,
    /// How bad it is, above zero.
    pub value: f64,
    /// Whether it is drawn filled, or hollow.
    pub filled: bool,
    /// Whether nothing is both cheaper and better.
    pub best: bool,
}

/// A picture.
pub struct Costs {
    /// What is written above it.
    pub title: String,
    /// What the value's axis shows; a line marks 1.
    pub value: String,
    /// What each panel's price is, and its points.
    pub panels: Vec<(String, Vec<Mark>)>,
}

/// Draws points over their costs into a `.png` or `.svg` file.
///
/// # Errors
/// If the extension is another, or the picture cannot be written.
pub fn costs(path: &Path, picture: &Costs) -> Result<()> {
    let size = (PANEL.0 * picture.panels.len() as u32, TITLE + PANEL.1);
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
    root.draw(&Text::new(picture.title.as_str(), (20, 14), text(19)))?;
    for (i, (price, marks)) in picture.panels.iter().enumerate() {
        let area = root.clone().shrink((i as u32 * PANEL.0, TITLE), PANEL);
        panel(&area, price, &picture.value, marks, i == 0)?;
    }
    root.present()
}

fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    price: &str,
    value: &str,
    marks: &[Mark],
    legend: bool,
) -> Drawn<B> {
    let finite = |mark: &&Mark| [mark.cost, mark.value].iter().all(|x| *x > 0.0 && x.is_finite());
    let marks: Vec<&Mark> = marks.iter().filter(finite).collect();
    let range = |of: &dyn Fn(&Mark) -> f64, room: f64| {
        let low = marks.iter().map(|mark| of(mark)).fold(f64::INFINITY, f64::min);
        let high = marks.iter().map(|mark| of(mark)).fold(0.0, f64::max);
        if low <= high { (low / room, high * room) } else { (0.1, 10.0) }
    };
    let (left, right) = range(&|mark| mark.cost, 1.4);
    let (low, high) = range(&|mark| mark.value, 1.15);
    let low = low.min(0.9);
    let ticks = |low, high| (low..high).log_scale().with_key_points(round_values(low, high));
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .margin_right(24)
        .x_label_area_size(46)
        .y_label_area_size(62)
        .build_cartesian_2d(ticks(left, right), ticks(low, high))?;
    chart
        .configure_mesh()
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.6))
        .light_line_style(TRANSPARENT)
        .x_desc(price)
        .y_desc(value)
        .label_style(text(13))
        .axis_desc_style(text(15))
        .x_label_formatter(&|x| significant(*x))
        .y_label_formatter(&|x| significant(*x))
        .draw()?;
    chart.draw_series(LineSeries::new([(left, 1.0), (right, 1.0)], INK.mix(0.5)))?;
    let mut best: Vec<(f64, f64)> =
        marks.iter().filter(|mark| mark.best).map(|mark| (mark.cost, mark.value)).collect();
    best.sort_by(|a, b| a.0.total_cmp(&b.0));
    chart.draw_series(LineSeries::new(best.iter().copied(), INK.stroke_width(1)))?;
    let mut series: Vec<&str> = marks.iter().map(|mark| mark.series.as_str()).collect();
    series.sort_unstable();
    series.dedup();
    for (i, name) in series.into_iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let own = marks.iter().filter(|mark| mark.series == name);
        let dot = |mark: &&Mark| {
            let style =
                if mark.filled { colour.mix(0.75).filled() } else { colour.stroke_width(1) };
            Circle::new((mark.cost, mark.value), 4, style)
        };
        chart
            .draw_series(own.map(dot))?
            .label(name)
            .legend(move |(x, y)| Circle::new((x + 9, y), 4, colour.filled()));
    }
    chart.draw_series(best.iter().map(|&place| Circle::new(place, 7, INK.stroke_width(1))))?;
    if legend {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.85))
            .border_style(GREY)
            .label_font(text(13))
            .draw()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(series: &str, cost: f64, value: f64, best: bool) -> Mark {
        Mark { series: series.to_owned(), cost, value, filled: true, best }
    }

    #[test]
    fn points_and_the_best_are_drawn_in_both_formats() {
        let folder = tempfile::tempdir().unwrap();
        let marks = || {
            vec![
                mark("a", 1.0, 3.0, true),
                mark("b", 9.0, 1.5, true),
                mark("b", 9.0, f64::NAN, false),
            ]
        };
        let panels = vec![("ms".to_owned(), marks()), ("bytes".to_owned(), Vec::new())];
        let picture = Costs { title: "front".to_owned(), value: "w2".to_owned(), panels };
        let svg = folder.path().join("a.svg");
        costs(&svg, &picture).unwrap();
        let svg = std::fs::read_to_string(svg).unwrap();
        // Two points, two legend keys, two rings; the NaN has no place.
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains("front") && svg.contains("bytes"));
        let png = folder.path().join("a.png");
        costs(&png, &picture).unwrap();
        let png = image::open(png).unwrap().to_rgb8();
        assert_eq!(png.dimensions(), (2 * PANEL.0, TITLE + PANEL.1));
        let ring = png.pixels().filter(|pixel| pixel.0 == [INK.0, INK.1, INK.2]).count();
        assert!(ring > 40, "{ring}");
        assert!(costs(&folder.path().join("a.gif"), &picture).is_err());
    }
}
