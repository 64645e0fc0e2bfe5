//! Where the parts of a sheet are, in pixels.

use super::{Key, Sheet};

/// The width that panels share, in pixels at scale 1: twice the width of a page, for high-resolution screens.
const WIDTH: f32 = 1800.0;
/// The least and the greatest width of a panel.
const PANELS: (f32, f32) = (280.0, 640.0);
/// Margins: at the left for the vertical axis, at the right, between panels, and below for the horizontal
/// axis.
const LEFT: f32 = 118.0;
const RIGHT: f32 = 34.0;
const GAP: f32 = 26.0;
const BELOW: f32 = 84.0;
/// Heights of lines: the title, the legend, the heading of a row, the title of a panel.
const TITLE: f32 = 46.0;
const KEYS: f32 = 38.0;
const HEADING: f32 = 42.0;
const PANEL: f32 = 38.0;
/// The heights of a slider and of a chart without its axis.
const SLIDER: f32 = 40.0;
const CHART: f32 = 380.0;
/// Font sizes: titles, the legend and headings, the titles of panels and axes, ticks.
pub const LARGE: f32 = 32.0;
pub const MIDDLE: f32 = 25.0;
pub const SMALL: f32 = 20.0;
/// The mean width of a letter, as a share of the font size: a generous estimate, because the fonts of those
/// who view an SVG file differ.
const LETTER: f32 = 0.58;
/// The width of a symbol in the legend, and the gap after an entry.
pub const SYMBOL: f32 = 44.0;
const AFTER: f32 = 34.0;

/// Where the parts of a sheet are, in pixels at scale 1.
pub struct Layout {
    /// The size of the picture.
    pub size: (f32, f32),
    /// The title, line by line, with the tops of the lines.
    pub title: Vec<(f32, String)>,
    /// The left end and the middle of each entry of the legend.
    pub keys: Vec<(f32, f32)>,
    /// The middle of the slider.
    pub slider: f32,
    /// The width and the height of a panel.
    pub panel: (f32, f32),
    /// The left edge of each column of panels.
    pub columns: Vec<f32>,
    /// The top edge of the panels of each row.
    pub rows: Vec<f32>,
    /// The left, top, right and bottom edge of the chart's inside.
    pub chart: [f32; 4],
}

impl Layout {
    /// Places the parts of a sheet.
    pub fn of(sheet: &Sheet) -> Self {
        let columns = sheet.rows.iter().map(|row| row.panels.len()).max().unwrap_or(1).max(1);
        let share = (WIDTH - LEFT - RIGHT + GAP) / columns as f32 - GAP;
        let side = share.clamp(PANELS.0, PANELS.1);
        let panel = (side, side * sheet.view.aspect);
        let width = LEFT + columns as f32 * (side + GAP) - GAP + RIGHT;
        let mut y = 14.0;
        let mut title = Vec::new();
        for line in wrapped(&sheet.title, (width - 2.0 * RIGHT) / (LARGE * LETTER)) {
            title.push((y, line));
            y += TITLE;
        }
        let keys = keys(&sheet.keys, width - RIGHT, y + 0.5 * KEYS);
        y = keys.last().map_or(y, |key| key.1 + 0.5 * KEYS);
        let slider = y + 0.5 * SLIDER;
        if sheet.progress.is_some() {
            y += SLIDER;
        }
        let mut rows = Vec::new();
        for (k, row) in sheet.rows.iter().enumerate() {
            y += if k > 0 { GAP } else { 0.0 };
            y += PANEL + if row.heading.is_some() { HEADING } else { 0.0 };
            rows.push(y);
            y += panel.1;
        }
        y += BELOW;
        let mut chart = [LEFT, y, width - RIGHT, y];
        if let Some(curves) = &sheet.chart {
            let names = curves.curves.iter().map(|curve| length(&curve.name, MIDDLE));
            let room = SYMBOL + 40.0 + names.fold(0.0, f32::max);
            let right = (LEFT + 900.0).min(width - RIGHT - room).max(LEFT + 280.0);
            chart = [LEFT, y + PANEL, right, y + PANEL + CHART];
            y += PANEL + CHART + BELOW;
        }
        let left = |column: usize| LEFT + column as f32 * (side + GAP);
        let columns = (0..columns).map(left).collect();
        Self { size: (width, y), title, keys, slider, panel, columns, rows, chart }
    }
}

/// The places of the entries of a legend, in lines that end before `right`.
fn keys(keys: &[Key], right: f32, first: f32) -> Vec<(f32, f32)> {
    let (mut x, mut y) = (RIGHT, first);
    let place = |key: &Key| {
        let width = SYMBOL + length(&key.text, MIDDLE);
        if x > RIGHT && x + width > right {
            (x, y) = (RIGHT, y + KEYS);
        }
        let place = (x, y);
        x += width + AFTER;
        place
    };
    keys.iter().map(place).collect()
}

/// The estimated width of a text.
pub fn length(text: &str, size: f32) -> f32 {
    LETTER * size * text.chars().count() as f32
}

/// Breaks a text into lines of at most `most` letters, between words.
fn wrapped(text: &str, most: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if ((line.chars().count() + word.chars().count() + 1) as f32) <= most => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use plotters::style::BLACK;

    use super::*;
    use crate::plot::Symbol;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7.0), ["one two", "three"]);
        assert_eq!(wrapped("longer", 3.0), ["longer"]);
        assert!(wrapped("", 9.0).is_empty());
    }

    #[test]
    fn a_legend_stays_inside_and_does_not_overlap() {
        let key = |text: &str| Key { symbol: Symbol::Dot(BLACK), text: text.to_owned() };
        let entries = ["a", "a longer name", "b", "another name", "c"].map(key);
        let places = keys(&entries, 500.0, 0.0);
        let ends = |i: usize| places[i].0 + SYMBOL + length(&entries[i].text, MIDDLE);
        for i in 0..entries.len() {
            assert!(ends(i) <= 500.0);
            if i > 0 && places[i].1 == places[i - 1].1 {
                assert!(places[i].0 > ends(i - 1));
            }
        }
        assert!(places[4].1 > places[0].1, "more than one line");
    }
}
