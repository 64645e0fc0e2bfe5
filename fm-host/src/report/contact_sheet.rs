//! Rows that are square pictures, laid out on one sheet.

use std::path::Path;

use image::{GrayImage, Luma};

use super::style::write_png;
use crate::data::Rows;
use crate::{Error, Result};

/// How many pixels wide a number is drawn.
const SCALE: usize = 8;
/// The gap between pictures and around them.
const GAP: usize = 4;
/// The grey of the gaps.
const BACKGROUND: u8 = 96;

/// Draws every row as a square picture in grey, `columns` of them beside each other.
///
/// `low` is drawn black and `high` white. Give the rows class by class, `columns` of each, to get
/// a line of the sheet a class.
///
/// # Errors
/// If the rows are no squares, there is none, or the picture cannot be written.
///
/// # Panics
/// If `columns` is 0.
pub fn contact_sheet(
    path: &Path,
    images: &Rows,
    columns: usize,
    low: f32,
    high: f32,
) -> Result<()> {
    let side = images.dim().isqrt();
    if side == 0 || side * side != images.dim() || images.is_empty() {
        let (rows, dim) = (images.len(), images.dim());
        let problem = format!("{rows} rows of {dim} columns are no square pictures: write .csv");
        return Err(Error::usage("--out", problem));
    }
    let lines = images.len().div_ceil(columns);
    let cell = side * SCALE + GAP;
    let (width, height) = (columns * cell + GAP, lines * cell + GAP);
    let mut sheet = GrayImage::from_pixel(width as u32, height as u32, Luma([BACKGROUND]));
    for (i, row) in images.iter().enumerate() {
        let (left, top) = (GAP + i % columns * cell, GAP + i / columns * cell);
        for y in 0..side * SCALE {
            for x in 0..side * SCALE {
                let value = (row[y / SCALE * side + x / SCALE] - low) / (high - low);
                let grey = Luma([(value * 255.0).round() as u8]); // `as` stops at 0 and 255.
                sheet.put_pixel((left + x) as u32, (top + y) as u32, grey);
            }
        }
    }
    write_png(path, &sheet.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_stand_where_the_row_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        // Three pictures of 2x2 in two columns: 0 is black, 16 white, what lies beyond is cut.
        let rows = [[0.0, 16.0, 8.0, 4.0], [-5.0, 99.0, 0.0, 0.0], [16.0; 4]].concat();
        contact_sheet(&path, &Rows::from_vec(4, rows), 2, 0.0, 16.0).unwrap();
        let sheet = image::open(&path).unwrap().to_luma8();
        let cell = 2 * SCALE + GAP;
        assert_eq!(sheet.dimensions(), ((2 * cell + GAP) as u32, (2 * cell + GAP) as u32));
        // The middle of a number of a picture.
        let at = |picture: (usize, usize), number: (usize, usize)| {
            let place = |p: usize, n: usize| (GAP + p * cell + n * SCALE + SCALE / 2) as u32;
            sheet.get_pixel(place(picture.0, number.0), place(picture.1, number.1)).0[0]
        };
        assert_eq!([at((0, 0), (0, 0)), at((0, 0), (1, 0)), at((0, 0), (0, 1))], [0, 255, 128]);
        assert_eq!([at((1, 0), (0, 0)), at((1, 0), (1, 0)), at((0, 1), (1, 1))], [0, 255, 255]);
        assert_eq!(at((1, 1), (0, 0)), BACKGROUND);
    }

    #[test]
    fn rows_that_are_no_squares_are_refused() {
        let path = Path::new("never.png");
        assert!(contact_sheet(path, &Rows::from_vec(3, vec![0.0; 3]), 1, 0.0, 1.0).is_err());
        assert!(contact_sheet(path, &Rows::new(4), 1, 0.0, 1.0).is_err());
    }
}
