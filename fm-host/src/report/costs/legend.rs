//! What is written inside the large panel: the legend, and a label at a point where there is room.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::panel::{IN_LARGE, Placed, colour, dot, drawable, ring};
use super::{Costs, Drawn, Mark, Prices};
use crate::report::labels::{Area, place};
use crate::report::style::{COLOURS, GREY, INK, text};

/// Names the series, the marks and the line at 1; gives the box that this takes.
pub(super) fn legend<B: DrawingBackend>(
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
pub(super) fn labels<B: DrawingBackend>(
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
