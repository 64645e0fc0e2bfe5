//! A sheet of images, for rows that are square images.

use std::path::Path;

use image::{GrayImage, Luma};

use super::style::write_png;
use crate::data::Rows;
use crate::{Error, Result};

/// The width of a number's square, in pixels.
const SCALE: usize = 8;
/// The gap between images and around them, in pixels.
const GAP: usize = 4;
/// The grey level of the gaps.
const BACKGROUND: u8 = 96;

/// Draws every row as a square grey image, `columns` images per line.
///
/// `low` is drawn black and `high` white. For one line per class, pass the rows class by class, `columns`
/// of each.
///
/// # Errors
/// If the number of columns is not a square, there are no rows, or the sheet cannot be written.
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
        let problem = format!(
            "a picture needs rows of 2 columns or of square images, not {rows} rows of {dim}; use .csv"
        );
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
        // Three 2x2 images in two columns: 0 is black, 16 is white, and numbers outside are clamped.
        let rows = [[0.0, 16.0, 8.0, 4.0], [-5.0, 99.0, 0.0, 0.0], [16.0; 4]].concat();
        contact_sheet(&path, &Rows::from_vec(4, rows), 2, 0.0, 16.0).unwrap();
        let sheet = image::open(&path).unwrap().to_luma8();
        let cell = 2 * SCALE + GAP;
        assert_eq!(sheet.dimensions(), ((2 * cell + GAP) as u32, (2 * cell + GAP) as u32));
        // The middle of a number's square.
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
