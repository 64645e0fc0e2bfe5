//! Draws a sheet on any backend of plotters.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::layout::{LARGE, Layout, MIDDLE, SMALL, SYMBOL, length};
use super::{Axis, Chart, Mark, Panel, Sheet, Symbol, View};
use crate::report::axis::significant;
use crate::report::labels::spread;
use crate::report::style::{GREY, INK, text};

/// The result of drawing.
pub type Drawn<B, T = ()> = Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The size of a sheet's picture, in pixels.
pub fn size(sheet: &Sheet, scale: f32) -> (u32, u32) {
    let (width, height) = Layout::of(sheet).size;
    ((width * scale).round() as u32, (height * scale).round() as u32)
}

/// Draws a sheet.
pub fn draw<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    sheet: &Sheet,
    scale: f32,
) -> Drawn<B> {
    root.fill(&WHITE)?;
    let layout = Layout::of(sheet);
    let pen = Pen { root, scale };
    for (top, line) in &layout.title {
        pen.write(line, (34.0, *top + 20.0), LARGE, (HPos::Left, VPos::Center))?;
    }
    for (key, &(left, y)) in sheet.keys.iter().zip(&layout.keys) {
        let (from, to) = ((left, y), (left + SYMBOL - 14.0, y));
        match key.symbol {
            Symbol::Dot(colour) => pen.dot((left + 14.0, y), 8.0, colour)?,
            Symbol::Line(colour) => pen.line(&[from, to], 3.0, colour)?,
            Symbol::Arrow(colour) => pen.arrow(from, to, colour)?,
        }
        let at = (left + SYMBOL - 8.0, y);
        pen.write(&key.text, at, MIDDLE, (HPos::Left, VPos::Center))?;
    }
    if let Some(share) = sheet.progress {
        let (left, right) = (34.0, layout.size.0 - 34.0);
        let at = left + share * (right - left);
        pen.line(&[(left, layout.slider), (right, layout.slider)], 4.0, GREY)?;
        pen.line(&[(left, layout.slider), (at, layout.slider)], 4.0, INK)?;
        pen.dot((at, layout.slider), 9.0, INK)?;
    }
    for (k, (row, &top)) in sheet.rows.iter().zip(&layout.rows).enumerate() {
        if let Some(heading) = &row.heading {
            let at = (layout.columns[0], top - 60.0);
            pen.write(heading, at, MIDDLE, (HPos::Left, VPos::Center))?;
        }
        for (panel, &left) in row.panels.iter().zip(&layout.columns) {
            let inside = Inside::of(left, top, layout.panel);
            pen.panel(panel, &sheet.view, &inside)?;
            if k + 1 == sheet.rows.len() {
                pen.across(&sheet.view.x, &inside)?;
            }
        }
        pen.up(&sheet.view.y, &Inside::of(layout.columns[0], top, layout.panel))?;
    }
    if let Some(chart) = &sheet.chart {
        let [left, top, right, bottom] = layout.chart;
        pen.chart(chart, &Inside { left, top, right, bottom })?;
    }
    root.present()
}

/// A point, in pixels at scale 1.
type Point = (f32, f32);

/// The inside of a panel.
struct Inside {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Inside {
    fn of(left: f32, top: f32, (width, height): (f32, f32)) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    fn place(&self, view: &View, [x, y]: [f32; 2]) -> Point {
        let across = self.left + view.x.share(x) * (self.right - self.left);
        (across, self.bottom - view.y.share(y) * (self.bottom - self.top))
    }
}

/// Draws shapes at positions at scale 1.
struct Pen<'a, B: DrawingBackend> {
    root: &'a DrawingArea<B, Shift>,
    scale: f32,
}

impl<B: DrawingBackend> Pen<'_, B> {
    fn at(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn thick(&self, width: f32) -> u32 {
        (width * self.scale).round().max(1.0) as u32
    }

    fn write(&self, what: &str, at: Point, size: f32, (h, v): (HPos, VPos)) -> Drawn<B> {
        let style = text(self.thick(size)).pos(Pos::new(h, v));
        // plotters puts the middle of a line of text above the middle of its letters.
        let at = self.at((at.0, at.1 + 0.09 * size));
        self.root.draw(&Text::new(what, at, style))
    }

    fn dot(&self, at: Point, radius: f32, colour: RGBColor) -> Drawn<B> {
        self.root.draw(&Circle::new(self.at(at), self.thick(radius), colour.filled()))
    }

    fn line(&self, points: &[Point], width: f32, colour: RGBColor) -> Drawn<B> {
        // The bitmap backend draws a sharp bend with a long spike, so the line is cut there.
        for part in smooth(points) {
            let part: Vec<_> = part.iter().map(|&point| self.at(point)).collect();
            self.root.draw(&PathElement::new(part, colour.stroke_width(self.thick(width))))?;
        }
        Ok(())
    }

    /// An arrow; its head is a triangle with the tip first.
    fn arrow(&self, from: Point, to: Point, colour: RGBColor) -> Drawn<B> {
        let (right, down) = (to.0 - from.0, to.1 - from.1);
        let length = right.hypot(down);
        if length < 1.0 {
            return self.dot(to, 1.0, colour);
        }
        let (right, down) = (right / length, down / length);
        let head = (0.6 * length).min(13.0);
        let back = |side: f32| {
            let (x, y) = (to.0 - head * right, to.1 - head * down);
            self.at((x - side * 0.42 * head * down, y + side * 0.42 * head * right))
        };
        self.line(&[from, (to.0 - 0.7 * head * right, to.1 - 0.7 * head * down)], 2.6, colour)?;
        let corners = vec![self.at(to), back(1.0), back(-1.0)];
        self.root.draw(&Polygon::new(corners, colour.filled()))
    }

    fn frame(&self, inside: &Inside) -> Drawn<B> {
        let corners = [self.at((inside.left, inside.top)), self.at((inside.right, inside.bottom))];
        self.root.draw(&Rectangle::new(corners, GREY.stroke_width(self.thick(2.0))))
    }

    fn panel(&self, panel: &Panel, view: &View, inside: &Inside) -> Drawn<B> {
        let middle = 0.5 * (inside.left + inside.right);
        let at = (middle, inside.top - 20.0);
        self.write(&panel.title, at, MIDDLE, (HPos::Center, VPos::Center))?;
        self.frame(inside)?;
        let side = inside.right - inside.left;
        let radius = if side < 400.0 { 2.6 } else { 3.4 };
        for mark in &panel.marks {
            let place = |at: &[f32; 2]| inside.place(view, *at);
            match mark {
                Mark::Dot { at, colour } if view.contains(*at) => {
                    self.dot(place(at), radius, *colour)?;
                }
                Mark::Dot { .. } => {}
                Mark::Arrow { from, to, colour } => self.arrow(place(from), place(to), *colour)?,
                Mark::Line { through, colour } => {
                    let points: Vec<Point> = through.iter().map(place).collect();
                    self.line(&apart(&points), 1.6, *colour)?;
                }
            }
        }
        Ok(())
    }

    /// The ticks and the title of a horizontal axis.
    fn across(&self, axis: &Axis, inside: &Inside) -> Drawn<B> {
        let width = inside.right - inside.left;
        for tick in axis.ticks() {
            let x = inside.left + axis.share(tick) * width;
            self.line(&[(x, inside.bottom), (x, inside.bottom + 7.0)], 2.0, GREY)?;
            let label = number(tick);
            let half = 0.5 * length(&label, SMALL);
            // A label beyond the edge would meet that of the next panel.
            if x - half > inside.left - 12.0 && x + half < inside.right + 12.0 {
                let at = (x, inside.bottom + 22.0);
                self.write(&label, at, SMALL, (HPos::Center, VPos::Center))?;
            }
        }
        let title = shortened(&axis.title, width);
        let at = (inside.left + 0.5 * width, inside.bottom + 54.0);
        self.write(&title, at, MIDDLE, (HPos::Center, VPos::Center))
    }

    /// The ticks and the title of a vertical axis.
    fn up(&self, axis: &Axis, inside: &Inside) -> Drawn<B> {
        let height = inside.bottom - inside.top;
        for tick in axis.ticks() {
            let y = inside.bottom - axis.share(tick) * height;
            self.line(&[(inside.left - 7.0, y), (inside.left, y)], 2.0, GREY)?;
            let at = (inside.left - 13.0, y);
            self.write(&number(tick), at, SMALL, (HPos::Right, VPos::Center))?;
        }
        let style = text(self.thick(MIDDLE)).transform(FontTransform::Rotate270);
        let style = style.pos(Pos::new(HPos::Center, VPos::Center));
        let title = shortened(&axis.title, height);
        let at = self.at((inside.left - 92.0, inside.top + 0.5 * height));
        self.root.draw(&Text::new(title, at, style))
    }

    /// Curves from 0 to 1 over time, dashed in ways that differ, with their names at their ends.
    fn chart(&self, chart: &Chart, inside: &Inside) -> Drawn<B> {
        const DASHES: [(u32, u32); 4] = [(1, 0), (16, 9), (4, 6), (28, 12)];
        let axis = |title: &str| Axis { title: title.to_owned(), low: 0.0, high: 1.02 };
        let across = Axis { high: 1.0, ..axis("t") };
        let view = View { x: across, y: axis(&chart.value), aspect: 1.0 };
        let title = (inside.left, inside.top - 20.0);
        self.write(&chart.title, title, MIDDLE, (HPos::Left, VPos::Center))?;
        self.frame(inside)?;
        self.across(&view.x, inside)?;
        self.up(&view.y, inside)?;
        let floor = inside.place(&view, [0.0, chart.floor.0]).1;
        self.line(&[(inside.left, floor), (inside.right, floor)], 2.0, GREY)?;
        let name = (inside.right - 10.0, floor + 16.0);
        self.write(&chart.floor.1, name, SMALL, (HPos::Right, VPos::Center))?;
        let end = |points: &[[f32; 2]]| {
            inside.place(&view, points.last().copied().unwrap_or_default()).1 as i32
        };
        let ends: Vec<i32> = chart.curves.iter().map(|curve| end(&curve.points)).collect();
        let heights = spread(&ends, 40, (inside.top as i32, inside.bottom as i32));
        for (k, (curve, y)) in chart.curves.iter().zip(heights).enumerate() {
            let (dash, gap) = DASHES[k % DASHES.len()];
            let ink = INK.stroke_width(self.thick(3.4));
            let places = curve.points.iter().map(|&point| self.at(inside.place(&view, point)));
            let y = y as f32;
            let key = [(inside.right + 12.0, y), (inside.right + 12.0 + SYMBOL, y)];
            for points in [places.collect::<Vec<_>>(), key.map(|at| self.at(at)).to_vec()] {
                match gap {
                    0 => self.root.draw(&PathElement::new(points, ink))?,
                    _ => self.root.draw(&DashedPathElement::new(points, dash, gap, ink))?,
                }
            }
            let at = (inside.right + SYMBOL + 22.0, y);
            self.write(&curve.name, at, MIDDLE, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    }
}

/// Cuts a line where it turns by more than 60 degrees; neighbouring parts share the point.
fn smooth(points: &[Point]) -> Vec<&[Point]> {
    let mut parts = Vec::new();
    let mut first = 0;
    for (i, three) in points.windows(3).enumerate() {
        let [a, b, c] = [three[0], three[1], three[2]];
        let (before, after) = ((b.0 - a.0, b.1 - a.1), (c.0 - b.0, c.1 - b.1));
        let along = before.0 * after.0 + before.1 * after.1;
        if along < 0.5 * before.0.hypot(before.1) * after.0.hypot(after.1) {
            parts.push(&points[first..i + 2]);
            first = i + 1;
        }
    }
    parts.push(&points[first..]);
    parts
}

/// The points of a line without those close to the one before: rounding to pixels would show as corners.
fn apart(points: &[Point]) -> Vec<Point> {
    const LEAST: f32 = 9.0;
    let mut kept: Vec<Point> = Vec::new();
    let far = |a: &Point, b: &Point| (a.0 - b.0).hypot(a.1 - b.1) >= LEAST;
    for (i, point) in points.iter().enumerate() {
        if i + 1 == points.len() && kept.len() > 1 && kept.last().is_some_and(|b| !far(point, b)) {
            kept.pop();
        }
        if i + 1 == points.len() || kept.last().is_none_or(|last| far(point, last)) {
            kept.push(*point);
        }
    }
    kept
}

/// Formats a tick.
fn number(value: f32) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value.abs() >= 100.0 => format!("{value}"),
        value => significant(f64::from(value)),
    }
}

/// The text, or its beginning if it is too wide.
fn shortened(text: &str, width: f32) -> String {
    let most = (width / length("x", MIDDLE)) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
