//! A picture of each example.

use std::path::Path;

use fm_host::Result;
use fm_host::data::Rows;
use fm_host::report::{self, Panel};

/// Windows in the picture of a series, one below the other, and their distance and length in multiples of a millivolt.
const WINDOWS: usize = 3;
const DISTANCE: f32 = 3.0;
const LENGTH: f32 = 8.0;
/// The largest distance of the points of a line.
const SPACING: f32 = 0.03;
/// Draws of each window, and of each digit.
const DRAWN: [usize; 2] = [3, 5];
/// Digits.
const DIGITS: usize = 10;
/// The darkest and the brightest pixel of a digit, and one as grey as the picture's background.
const PIXELS: [f32; 2] = [0.0, 16.0];
const BLANK: f32 = 6.0;
/// Points of each panel of a table.
const POINTS: usize = 250;

/// Evenly spaced rows.
fn chosen(rows: &Rows, count: usize) -> impl Iterator<Item = usize> {
    let len = rows.len();
    (0..count).map(move |k| (2 * k + 1) * len / (2 * count))
}

/// Draws held-out windows, and draws of their last columns after the known ones.
pub fn series(path: &Path, held_out: &Rows, known: usize, draws: &Rows) -> Result<()> {
    let [mut truth, mut drawn] = [Rows::new(2), Rows::new(2)];
    let trace = |points: &mut Rows, line: usize, row: &[f32], from: usize| {
        let place = |i: usize| {
            let time = LENGTH * i as f32 / row.len() as f32;
            [time, row[i] - DISTANCE * line as f32]
        };
        for (a, b) in (from..row.len() - 1).map(|i| (place(i), place(i + 1))) {
            let points_between = 1 + ((b[0] - a[0]).hypot(b[1] - a[1]) / SPACING) as usize;
            for share in (0..points_between).map(|k| k as f32 / points_between as f32) {
                points.push(&[0, 1].map(|d| a[d] + share * (b[d] - a[d])));
            }
        }
    };
    for (line, i) in chosen(held_out, WINDOWS).enumerate() {
        let row = held_out.row(i);
        trace(&mut truth, line, row, 0);
        trace(&mut drawn, line, &row[..known], 0);
        for k in 0..DRAWN[0] {
            trace(&mut drawn, line, draws.row(k * held_out.len() + i), known - 1);
        }
    }
    let panels =
        [("held-out windows", &truth), ("the known part, and three draws of the rest", &drawn)];
    report::scatter(path, &panels.map(|(title, points)| Panel { title, points }))
}

/// Draws a line of held-out digits, a line of their known parts, and lines of draws.
pub fn halves(path: &Path, held_out: &Rows, known: usize, draws: &Rows) -> Result<()> {
    let mut sheet = Rows::new(held_out.dim());
    let rows: Vec<usize> = chosen(held_out, DIGITS).collect();
    rows.iter().for_each(|&i| sheet.push(held_out.row(i)));
    for &i in &rows {
        let mut row = held_out.row(i).to_vec();
        row[known..].fill(BLANK);
        sheet.push(&row);
    }
    for k in 0..DRAWN[1] {
        rows.iter().for_each(|&i| sheet.push(draws.row(k * held_out.len() + i)));
    }
    report::contact_sheet(path, &sheet, DIGITS, PIXELS[0], PIXELS[1])
}

/// Draws the flippers' length in mm against the mass, in units that suit square axes: the first rows of the data, and
/// as many draws given nothing and given a kind.
pub fn clouds(path: &Path, columns: &[String], rows: [(&str, &Rows); 3]) -> Result<()> {
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap_or_default();
    let (flipper, mass) = (at("flipper_length_mm"), at("body_mass_g"));
    let points = rows.map(|(_, rows)| {
        let mut points = Rows::new(2);
        let whole = rows.iter().filter(|row| !row[flipper].is_nan() && !row[mass].is_nan());
        whole.take(POINTS).for_each(|row| points.push(&[row[flipper], row[mass] / 60.0]));
        points
    });
    report::scatter(path, &[0, 1, 2].map(|k| Panel { title: rows[k].0, points: &points[k] }))
}
