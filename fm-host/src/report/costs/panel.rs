//! One panel: axes, the line of real data, each series' points and what it can do for a price.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{Costs, Drawn, Mark, Prices};
use crate::report::axis::{round_values, short};
use crate::report::labels::Area;
use crate::report::style::{COLOURS, GREY, INK, text};

/// How strongly points are drawn that are not among the best.
const FAINT: f64 = 0.4;

/// Sizes in a panel, in pixels: its text, the room for it, and a point's radius; and how many ticks
/// there is room for.
pub(super) struct Sizes {
    ticks: u32,
    axes: u32,
    below: u32,
    beside: u32,
    pub point: i32,
    most: usize,
}

pub(super) const IN_LARGE: Sizes =
    Sizes { ticks: 24, axes: 27, below: 84, beside: 108, point: 7, most: 15 };
pub(super) const IN_SMALL: Sizes =
    Sizes { ticks: 22, axes: 24, below: 78, beside: 66, point: 5, most: 7 };

/// The radius of the ring around a point.
pub(super) fn ring(point: i32) -> i32 {
    point + 5
}

/// Where a panel's things are, in the picture's pixels.
pub(super) struct Placed {
    /// Shape: as the marks that can be drawn.
    pub marks: Vec<(i32, i32)>,
    /// The inside of the axes.
    pub inside: Area,
}

/// Marks that have a place on logarithmic axes.
pub(super) fn drawable(prices: &Prices) -> Vec<&Mark> {
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

pub(super) fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

pub(super) fn panel<B: DrawingBackend>(
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
pub(super) fn dot<B: DrawingBackend>(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_can_do_what_its_cheaper_points_cannot() {
        let mark = |series, cost, value| Mark {
            series,
            cost,
            value,
            filled: true,
            pointed: false,
            best: false,
            label: None,
        };
        let marks = [
            mark(0, 2.0, 2.0),
            mark(0, 1.0, 3.0),
            mark(0, 3.0, 2.5),
            mark(1, 1.0, 1.0),
            mark(0, 4.0, 1.0),
            mark(0, 4.0, 1.5),
        ];
        let marks: Vec<&Mark> = marks.iter().collect();
        assert_eq!(envelope(&marks, 0), [(1.0, 3.0), (2.0, 2.0), (4.0, 1.0)]);
    }
}
