//! One panel: axes, the band of values that are as good as possible, and the line of each series.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::names::{Labelled, labels, named, series};
use super::symbol::{colour, symbol};
use super::{Costs, Drawn, Figures, Mark};
use crate::report::axis::{round_values, short};
use crate::report::labels::Area;
use crate::report::style::{GREY, INK, text};

/// Sizes in pixels: the text of ticks and of axes, and the margins below, at the left and for the title.
const TICKS: u32 = 24;
const AXES: u32 = 26;
const BELOW: u32 = 84;
const BESIDE: u32 = 112;
const TITLE: u32 = 58;
/// The most ticks of an axis.
const MOST: usize = 12;
/// The spacing in pixels of points along lines, which labels avoid.
const PACE: i32 = 8;

/// The positions of a panel's parts, in the panel's pixels.
#[cfg_attr(not(test), expect(dead_code, reason = "tests check that nothing overlaps"))]
pub struct Placed {
    /// The drawn points, with their series.
    pub marks: Vec<(usize, (i32, i32))>,
    /// The boxes of the series' names.
    pub names: Vec<Area>,
    /// The boxes of the labels, inside the axes.
    pub labels: Vec<Area>,
    /// The inside of the axes.
    pub inside: Area,
}

/// The line of a series: its marks that are better than all cheaper ones, the cheapest first, up to the first
/// that is as good as possible. Marks that logarithmic axes cannot show are omitted.
fn envelope(marks: &[Mark], series: usize, (least, floor): (f64, f64)) -> Vec<(f64, f64)> {
    let own = marks.iter().filter(|mark| mark.series == series);
    let placed =
        own.filter(|mark| mark.cost > 0.0 && mark.cost.is_finite() && mark.value.is_finite());
    let mut own: Vec<_> = placed.map(|mark| (mark.cost, mark.value.max(least))).collect();
    own.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut best = f64::INFINITY;
    own.retain(|&(_, value)| {
        let better = value < best && best > floor;
        best = best.min(value);
        better
    });
    own
}

/// The line of each series. Shape: `[series][points]` of (cost, value).
fn lines(picture: &Costs, figures: &Figures) -> Vec<Vec<(f64, f64)>> {
    let bounds = (figures.least, figures.floor);
    (0..picture.series.len()).map(|series| envelope(&figures.marks, series, bounds)).collect()
}

/// The range of costs in all panels.
pub fn costs(picture: &Costs) -> (f64, f64) {
    let lines = picture.panels.iter().flat_map(|figures| lines(picture, figures));
    let marks = picture.panels.iter().flat_map(|figures| &figures.marks);
    let pointed = marks.filter(|mark| mark.label.is_some() && mark.cost > 0.0);
    let costs = lines.flatten().map(|place| place.0).chain(pointed.map(|mark| mark.cost));
    let costs: Vec<f64> = costs.collect();
    let low = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = costs.iter().copied().fold(0.0, f64::max);
    if low <= high { (low / 1.25, high * 1.6) } else { (1.0, 10.0) }
}

/// Draws a panel; `room` is the range of costs, and the width to keep free for names.
pub fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    picture: &Costs,
    figures: &Figures,
    room: ((f64, f64), u32),
) -> Drawn<B, Placed> {
    let lines = lines(picture, figures);
    let ((left, right), names_room) = room;
    let values = lines.iter().flatten().map(|place| place.1);
    let high = values.fold(figures.floor, f64::max);
    // There is room for the band's name below the lowest value.
    let (low, high) = (figures.least / 2.4, high * 1.4);
    let ticks = |low, high| (low..high).log_scale().with_key_points(round_values(low, high, MOST));
    let mut chart = ChartBuilder::on(area)
        .margin(18)
        .margin_top(TITLE)
        .margin_right(names_room)
        .x_label_area_size(BELOW)
        .y_label_area_size(BESIDE)
        .build_cartesian_2d(ticks(left, right), ticks(low, high))?;
    chart
        .configure_mesh()
        .axis_style(INK)
        .bold_line_style(GREY.mix(0.5))
        .light_line_style(TRANSPARENT)
        .x_desc(picture.price.as_str())
        .y_desc(figures.value.as_str())
        .label_style(text(TICKS))
        .axis_desc_style(text(AXES))
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|x| short(*x))
        .draw()?;
    let plot = chart.plotting_area();
    let (x, y) = plot.get_pixel_range();
    let root = area.strip_coord_spec();
    let corner = root.get_base_pixel();
    let own = |(x, y): (i32, i32)| (x - corner.0, y - corner.1);
    let place = |cost: f64, value: f64| own(plot.map_coordinate(&(cost, value)));
    let inside = Area {
        left: x.start - corner.0,
        top: y.start - corner.1,
        right: x.end - corner.0,
        bottom: y.end - corner.1,
    };
    let band = [(inside.left, place(left, figures.floor).1), (inside.right, inside.bottom)];
    root.draw(&Rectangle::new(band, GREY.mix(0.45).filled()))?;
    root.draw(&Text::new(figures.title.as_str(), (inside.left, 14), text(30)))?;
    let right_down = text(TICKS).pos(Pos::new(HPos::Right, VPos::Bottom));
    let at = (inside.right - 12, inside.bottom - 8);
    root.draw(&Text::new(picture.floor.as_str(), at, right_down.clone()))?;
    let (width, height) = root.estimate_text_size(&picture.floor, &right_down)?;
    let floor =
        Area { left: at.0 - width as i32, top: at.1 - height as i32, right: at.0, bottom: at.1 };

    let mut drawn: Vec<(i32, i32)> = floor.points(PACE).collect();
    let (mut marks, mut ends, mut labelled) = (Vec::new(), Vec::new(), Vec::new());
    for (i, line) in lines.iter().enumerate() {
        let places: Vec<(i32, i32)> =
            line.iter().map(|&(cost, value)| place(cost, value)).collect();
        root.draw(&PathElement::new(places.clone(), colour(i).stroke_width(4)))?;
        let Some(&last) = places.last() else { continue };
        // More time does not make it better, so the line continues thinly to the end.
        let end = (inside.right, last.1);
        root.draw(&PathElement::new([last, end], colour(i).stroke_width(2)))?;
        let whole: Vec<(i32, i32)> = places.iter().copied().chain([end]).collect();
        drawn.extend(whole.windows(2).flat_map(|ends| between(ends[0], ends[1])));
        marks.extend(places.iter().map(|&at| (i, at)));
        ends.push((i, last.1));
    }
    // Emphasised points are drawn even if they are not on their series' line.
    for mark in figures.marks.iter().filter(|mark| mark.cost > 0.0 && mark.value.is_finite()) {
        let Some(label) = mark.label.as_deref() else { continue };
        let at = place(mark.cost, mark.value.max(figures.least));
        labelled.push(Labelled { label, at });
        if !marks.contains(&(mark.series, at)) {
            marks.push((mark.series, at));
        }
    }
    for &(series, at) in &marks {
        symbol(&root, at, series)?;
    }
    let names = series(&root, &ends, &named(picture, figures), inside)?;
    let labels = labels(&root, &labelled, inside, &drawn)?;
    Ok(Placed { marks, names, labels, inside })
}

/// Points along a line, at regular distances.
fn between(from: (i32, i32), to: (i32, i32)) -> impl Iterator<Item = (i32, i32)> {
    let (right, down) = (to.0 - from.0, to.1 - from.1);
    let steps = (right.abs().max(down.abs()) / PACE).max(1);
    (0..=steps).map(move |i| (from.0 + right * i / steps, from.1 + down * i / steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_can_do_what_its_cheaper_points_cannot() {
        let mark = |series, cost, value| Mark { series, cost, value, label: None };
        let marks = [
            mark(0, 2.0, 2.0),
            mark(0, 1.0, 3.0),
            mark(0, 3.0, 2.5),
            mark(1, 1.0, 1.0),
            mark(0, 4.0, -1.0),
            mark(0, 4.0, 1.5),
            mark(0, 0.0, 1.0),
            mark(0, 0.5, f64::NAN),
            mark(0, 0.5, f64::INFINITY),
            mark(0, 9.0, 0.2),
            mark(2, 1.0, 1.2),
            mark(2, 2.0, 0.7),
        ];
        let places = envelope(&marks, 0, (0.5, 1.2));
        // Values below the lowest one of the axis are drawn there.
        assert_eq!(places, [(1.0, 3.0), (2.0, 2.0), (4.0, 0.5)]);
        // As good as possible is good enough.
        assert_eq!(envelope(&marks, 2, (0.5, 1.2)), [(1.0, 1.2)]);
    }

    #[test]
    fn lines_are_followed_to_their_ends() {
        let places: Vec<_> = between((0, 0), (16, -8)).collect();
        assert_eq!(places, [(0, 0), (8, -4), (16, -8)]);
        assert_eq!(between((3, 3), (3, 3)).last(), Some((3, 3)));
    }
}
