//! Quality against costs: points on logarithmic axes, the best of each series joined, the best of all
//! ringed and labelled; a large panel and small ones below it, as PNG or as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{round_values, short};
use super::labels::{Area, place};
use super::style::{COLOURS, GREY, INK, failed, pixels, text, write_pixels};
use crate::{Error, Result, files};

/// The picture's width, the first panel's height, that of those below it, and that of the titles, in
/// pixels: twice what a README shows, for fine screens.
const WIDTH: u32 = 1800;
const LARGE: u32 = 720;
const SMALL: u32 = 470;
const TITLES: u32 = 118;
/// How strongly points are drawn that are not among the best.
const FAINT: f64 = 0.4;

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

/// Sizes in a panel, in pixels: its text, the room for it, and a point's radius; and how many ticks
/// there is room for.
struct Sizes {
    ticks: u32,
    axes: u32,
    below: u32,
    beside: u32,
    point: i32,
    most: usize,
}

const IN_LARGE: Sizes = Sizes { ticks: 24, axes: 27, below: 84, beside: 108, point: 7, most: 15 };
const IN_SMALL: Sizes = Sizes { ticks: 22, axes: 24, below: 78, beside: 66, point: 5, most: 7 };

/// The radius of the ring around a point.
fn ring(point: i32) -> i32 {
    point + 5
}

/// Where a panel's things are, in the picture's pixels.
struct Placed {
    /// Shape: as the marks that can be drawn.
    marks: Vec<(i32, i32)>,
    /// The inside of the axes.
    inside: Area,
}

/// Marks that have a place on logarithmic axes.
fn drawable(prices: &Prices) -> Vec<&Mark> {
    let positive = |mark: &&Mark| [mark.cost, mark.value].iter().all(|x| *x > 0.0 && x.is_finite());
    prices.marks.iter().filter(positive).collect()
}

/// A series' marks that are better than all its cheaper ones, the cheapest first: what it can do for a
/// price.
fn envelope(marks: &[&Mark], series: usize) -> Vec<(f64, f64)> {
    let own = marks.iter().filter(|mark| mark.series == series);
    let mut own: Vec<(f64, f64)> = own.map(|mark| (mark.cost, mark.value)).collect();
    own.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut least = f64::INFINITY;
    own.retain(|&(_, value)| {
        let better = value < least;
        least = least.min(value);
        better
    });
    own
}

fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    picture: &Costs,
    prices: &Prices,
    sizes: &Sizes,
    describe: bool,
) -> std::result::Result<Placed, DrawingAreaErrorKind<B::ErrorType>> {
    let marks = drawable(prices);
    let range = |of: &dyn Fn(&Mark) -> f64, room: f64| {
        let low = marks.iter().map(|mark| of(mark)).fold(f64::INFINITY, f64::min);
        let high = marks.iter().map(|mark| of(mark)).fold(0.0, f64::max);
        if low <= high { (low / room, high * room) } else { (0.1, 10.0) }
    };
    let (left, right) = range(&|mark| mark.cost, 1.3);
    let (low, high) = range(&|mark| mark.value, 1.1);
    let (low, high) = (low.min(0.9), high.max(1.2));
    let ticks =
        |low, high| (low..high).log_scale().with_key_points(round_values(low, high, sizes.most));
    let mut chart = ChartBuilder::on(area)
        .margin(18)
        .margin_right(36)
        .x_label_area_size(sizes.below)
        .y_label_area_size(sizes.beside)
        .build_cartesian_2d(ticks(left, right), ticks(low, high))?;
    let mut mesh = chart.configure_mesh();
    mesh.axis_style(GREY)
        .bold_line_style(GREY.mix(0.6))
        .light_line_style(TRANSPARENT)
        .x_desc(prices.price.as_str())
        .label_style(text(sizes.ticks))
        .axis_desc_style(text(sizes.axes))
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|x| short(*x));
    if describe {
        mesh.y_desc(picture.value.as_str());
    }
    mesh.draw()?;
    let band = [(left, (1.0 - picture.spread).max(low)), (right, (1.0 + picture.spread).min(high))];
    chart.draw_series([Rectangle::new(band, GREY.mix(0.5).filled())])?;
    let floor = LineSeries::new([(left, 1.0), (right, 1.0)], INK.mix(0.6).stroke_width(2));
    chart.draw_series(floor)?;
    for series in 0..picture.series.len() {
        let line = envelope(&marks, series);
        chart.draw_series(LineSeries::new(line, colour(series).mix(0.8).stroke_width(3)))?;
    }
    // The best are drawn last, over the others.
    let place = |mark: &Mark| chart.plotting_area().map_coordinate(&(mark.cost, mark.value));
    let places: Vec<(i32, i32)> = marks.iter().map(|mark| place(mark)).collect();
    let root = area.strip_coord_spec();
    let corner = root.get_base_pixel();
    for best in [false, true] {
        for (mark, &(x, y)) in marks.iter().zip(&places).filter(|(mark, _)| mark.best == best) {
            let strength = if best { 1.0 } else { FAINT };
            dot(&root, (x - corner.0, y - corner.1), sizes.point, mark, strength)?;
        }
    }
    let (x, y) = chart.plotting_area().get_pixel_range();
    let inside = Area { left: x.start, top: y.start, right: x.end, bottom: y.end };
    Ok(Placed { marks: places, inside })
}

/// A point, and its ring if it is one of the best.
fn dot<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    (x, y): (i32, i32),
    radius: i32,
    mark: &Mark,
    strength: f64,
) -> Drawn<B> {
    let own = colour(mark.series).mix(strength);
    let (fill, line) = if mark.filled { (own, own) } else { (WHITE.mix(strength), own) };
    if mark.pointed {
        let (wide, high) = (radius, radius * 4 / 5);
        let corners = [(x, y - radius - 1), (x + wide, y + high), (x - wide, y + high)];
        area.draw(&Polygon::new(corners, fill))?;
        let around = corners.into_iter().chain([corners[0]]).collect::<Vec<_>>();
        area.draw(&PathElement::new(around, line.stroke_width(2)))?;
    } else {
        area.draw(&Circle::new((x, y), radius - 1, fill.filled()))?;
        area.draw(&Circle::new((x, y), radius - 1, line.stroke_width(2)))?;
    }
    if mark.best {
        area.draw(&Circle::new((x, y), ring(radius), INK.stroke_width(2)))?;
    }
    Ok(())
}

/// Names the series, the marks and the line at 1; gives the box that this takes.
fn legend<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    picture: &Costs,
    placed: &Placed,
) -> std::result::Result<Area, DrawingAreaErrorKind<B::ErrorType>> {
    const ROW: i32 = 36;
    const KEY: i32 = 48;
    let style = text(25).pos(Pos::new(HPos::Left, VPos::Center));
    let grey = COLOURS.len() - 1;
    let mark = |series, filled, pointed, best| {
        Some(Mark { series, cost: 1.0, value: 1.0, filled, pointed, best, label: None })
    };
    let series = picture.series.iter().enumerate();
    let columns: [Vec<(Option<Mark>, &str)>; 2] = [
        series.map(|(i, name)| (mark(i, true, false, false), name.as_str())).collect(),
        vec![
            (mark(grey, true, false, false), "32-bit floats"),
            (mark(grey, false, false, false), "8-bit weights"),
            (mark(grey, true, true, false), "Heun's method"),
            (mark(grey, true, false, true), "nothing cheaper is as good"),
            (None, &picture.floor),
        ],
    ];
    let mut widths = [KEY; 2];
    for (width, rows) in widths.iter_mut().zip(&columns) {
        for (_, name) in rows {
            *width = (*width).max(KEY + root.estimate_text_size(name, &style)?.0 as i32);
        }
    }
    let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
    let (right, top) = (placed.inside.right - 18, placed.inside.top + 18);
    let left = right - widths.iter().sum::<i32>() - 76;
    let frame = Area { left, top, right, bottom: top + ROW * rows as i32 + 24 };
    let corners = [(frame.left, frame.top), (frame.right, frame.bottom)];
    root.draw(&Rectangle::new(corners, WHITE.mix(0.92).filled()))?;
    root.draw(&Rectangle::new(corners, GREY.stroke_width(2)))?;
    for (column, (left, rows)) in
        [left + 20, left + 56 + widths[0]].into_iter().zip(&columns).enumerate()
    {
        for (i, (mark, name)) in rows.iter().enumerate() {
            let y = top + 12 + ROW * i as i32 + ROW / 2;
            let line = |style| PathElement::new([(left, y), (left + 36, y)], style);
            if let Some(mark) = mark {
                if column == 0 {
                    root.draw(&line(colour(mark.series).stroke_width(3)))?;
                }
                dot(root, (left + 18, y), IN_LARGE.point, mark, 1.0)?;
            } else {
                let band = [(left, y - 10), (left + 36, y + 10)];
                root.draw(&Rectangle::new(band, GREY.mix(0.5).filled()))?;
                root.draw(&line(INK.mix(0.6).stroke_width(2)))?;
            }
            root.draw(&Text::new(*name, (left + KEY, y), style.clone()))?;
        }
    }
    Ok(frame)
}

/// Labels points where there is room.
fn labels<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    prices: &Prices,
    placed: &Placed,
    legend: Area,
) -> Drawn<B> {
    let style = text(23).pos(Pos::new(HPos::Center, VPos::Center));
    let marks = drawable(prices);
    let labelled: Vec<(&str, RGBColor, (i32, i32))> = marks
        .iter()
        .zip(&placed.marks)
        .filter_map(|(mark, &at)| Some((mark.label.as_deref()?, colour(mark.series), at)))
        .collect();
    let mut asked = Vec::new();
    for &(label, _, at) in &labelled {
        let (width, height) = root.estimate_text_size(label, &style)?;
        asked.push((at, (width as i32 + 8, height as i32 + 6)));
    }
    let side = 2 * ring(IN_LARGE.point);
    let rings = labelled.iter().map(|&(_, _, at)| Area::around(at, (side, side)));
    let taken: Vec<Area> = rings.chain([legend]).collect();
    let areas = place(&asked, placed.inside, &taken, &placed.marks);
    for (&(label, colour, at), area) in labelled.iter().zip(areas) {
        let Some(area) = area else { continue };
        let end = area.nearest(at);
        if (end.0 - at.0).abs().max((end.1 - at.1).abs()) > side {
            root.draw(&PathElement::new([at, end], INK.mix(0.5).stroke_width(1)))?;
        }
        let corners = [(area.left, area.top), (area.right, area.bottom)];
        root.draw(&Rectangle::new(corners, WHITE.mix(0.8).filled()))?;
        let middle = ((area.left + area.right) / 2, (area.top + area.bottom) / 2);
        root.draw(&Text::new(label, middle, style.color(&colour)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_series_can_do_what_its_cheaper_points_cannot() {
        let marks = [
            mark(0, 2.0, 2.0, false),
            mark(0, 1.0, 3.0, false),
            mark(0, 3.0, 2.5, false),
            mark(1, 1.0, 1.0, false),
            mark(0, 4.0, 1.0, false),
            mark(0, 4.0, 1.5, false),
        ];
        let marks: Vec<&Mark> = marks.iter().collect();
        assert_eq!(envelope(&marks, 0), [(1.0, 3.0), (2.0, 2.0), (4.0, 1.0)]);
    }
}
