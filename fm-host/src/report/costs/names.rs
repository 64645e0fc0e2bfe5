//! The texts in a panel: each series' name at the end of its line, and the labels of emphasised points.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::symbol::{RING, colour, ring, symbol};
use super::{Costs, Drawn, Figures};
use crate::report::labels::{Area, place, spread};
use crate::report::style::{INK, text};

/// The height of a name, and the gap between a line's end and its name.
const ROW: i32 = 38;
const GAP: i32 = 44;
/// The distance from the middle of a symbol to the text after it.
const BEHIND: i32 = 22;
/// The font size of a name.
const SIZE: u32 = 26;

/// A point with its label.
pub struct Labelled<'a> {
    pub label: &'a str,
    pub at: (i32, i32),
}

/// The text at the end of each series' line: its name and its remark.
pub fn named(picture: &Costs, figures: &Figures) -> Vec<String> {
    let remark = |i: usize| figures.remarks.get(i).map(|remark| format!("  {remark}"));
    let names = picture.series.iter().enumerate();
    names.map(|(i, name)| format!("{name}{}", remark(i).unwrap_or_default())).collect()
}

/// The width of the names of all panels, to the right of the axes.
pub fn room<B: DrawingBackend>(root: &DrawingArea<B, Shift>, picture: &Costs) -> Drawn<B, u32> {
    let mut widest = 0;
    for name in picture.panels.iter().flat_map(|figures| named(picture, figures)) {
        widest = widest.max(root.estimate_text_size(&name, &text(SIZE))?.0);
    }
    Ok(widest + (GAP + BEHIND) as u32 + 24)
}

/// Writes the names of the series to the right of the panel, in the order of their lines' ends and as close
/// to them as possible; returns their boxes.
///
/// Shape: `ends` are `[series]` of (series, height), `names` has one name per series.
pub fn series<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    ends: &[(usize, i32)],
    names: &[String],
    inside: Area,
) -> Drawn<B, Vec<Area>> {
    let style = text(SIZE).pos(Pos::new(HPos::Left, VPos::Center));
    let heights: Vec<i32> = ends.iter().map(|end| end.1).collect();
    let mut areas = Vec::new();
    for (&(series, end), y) in ends.iter().zip(spread(&heights, ROW, (inside.top, inside.bottom))) {
        let left = inside.right + GAP;
        let thin = colour(series).stroke_width(2);
        root.draw(&PathElement::new([(inside.right, end), (left - 14, y)], thin))?;
        symbol(root, (left, y), series)?;
        let name = names[series].as_str();
        let (width, height) = root.estimate_text_size(name, &style)?;
        let (width, height) = (width as i32, height as i32);
        let area = Area {
            left: left + BEHIND,
            top: y - height / 2,
            right: left + BEHIND + width,
            bottom: y + height / 2,
        };
        root.draw(&Text::new(name, (area.left, y), style.clone()))?;
        areas.push(area);
    }
    Ok(areas)
}

/// Draws rings around emphasised points, and labels where there is room, covering as little as possible;
/// returns the boxes of the labels.
pub fn labels<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    labelled: &[Labelled],
    inside: Area,
    drawn: &[(i32, i32)],
) -> Drawn<B, Vec<Area>> {
    let style = text(25).pos(Pos::new(HPos::Center, VPos::Center));
    let mut asked = Vec::new();
    for Labelled { label, at } in labelled {
        ring(root, *at)?;
        let (width, height) = root.estimate_text_size(label, &style)?;
        asked.push((*at, (width as i32 + 12, height as i32 + 8)));
    }
    let taken: Vec<Area> =
        labelled.iter().map(|labelled| Area::around(labelled.at, (2 * RING, 2 * RING))).collect();
    let areas = place(&asked, inside, &taken, drawn);
    let mut found = Vec::new();
    for (Labelled { label, at }, area) in labelled.iter().zip(areas) {
        let Some(area) = area else { continue };
        let (x, y) = area.nearest(*at);
        let (right, down) = (f64::from(x - at.0), f64::from(y - at.1));
        let far = right.hypot(down);
        if far > f64::from(RING + 4) {
            // The line starts at the ring, not at the point within it.
            let part = f64::from(RING) / far;
            let start = (at.0 + (right * part) as i32, at.1 + (down * part) as i32);
            root.draw(&PathElement::new([start, (x, y)], INK.stroke_width(2)))?;
        }
        let corners = [(area.left, area.top), (area.right, area.bottom)];
        root.draw(&Rectangle::new(corners, WHITE.mix(0.85).filled()))?;
        let middle = ((area.left + area.right) / 2, (area.top + area.bottom) / 2);
        root.draw(&Text::new(*label, middle, style.clone()))?;
        found.push(area);
    }
    Ok(found)
}
