//! What all plots share: the font, the colours, how they are written and how a failure is told.

use std::io::{Cursor, Error as IoError};
use std::path::Path;
use std::sync::Once;

use image::{DynamicImage, ImageFormat, RgbImage};
use plotters::prelude::*;
use plotters::style::register_font;

use crate::{Error, Result, files};

/// The name that the font is registered under.
pub(super) const FONT: &str = "sans-serif";
/// Frames and grid lines.
pub(super) const GREY: RGBColor = RGBColor(214, 217, 222);
/// Titles and labels.
pub(super) const INK: RGBColor = RGBColor(52, 58, 66);
/// Series, in order: told apart without red against green.
pub(super) const COLOURS: [RGBColor; 6] = [
    RGBColor(46, 98, 168),
    RGBColor(221, 116, 33),
    RGBColor(42, 143, 132),
    RGBColor(166, 78, 150),
    RGBColor(196, 164, 38),
    RGBColor(104, 112, 122),
];

/// Text of a size in pixels.
///
/// The font travels in the program: plotters has none of its own, and a board's build machine
/// may have none at all.
pub(super) fn text(size: u32) -> TextStyle<'static> {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        // It fails only on bytes that are no font, and without one plotters says so on drawing.
        let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
    TextStyle::from((FONT, size)).color(&INK)
}

/// The error of a plot that could not be drawn or written.
pub(super) fn failed<E: std::error::Error + Send + Sync>(
    path: &Path,
) -> impl Fn(DrawingAreaErrorKind<E>) -> Error {
    move |error| Error::io("write", path, IoError::other(error.to_string()))
}

/// Room for a plot's pixels, three bytes each.
pub(super) fn pixels((width, height): (u32, u32)) -> Vec<u8> {
    vec![0; 3 * width as usize * height as usize]
}

/// Writes the pixels of a plot.
pub(super) fn write_pixels(
    path: &Path,
    (width, height): (u32, u32),
    pixels: Vec<u8>,
) -> Result<()> {
    let picture = RgbImage::from_raw(width, height, pixels).unwrap_or_default();
    write_png(path, &picture.into())
}

/// Writes a picture; the one before stays until this one is whole.
pub(super) fn write_png(path: &Path, picture: &DynamicImage) -> Result<()> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|e| Error::io("write", path, IoError::other(e.to_string())))?;
    files::replace(path, bytes.get_ref())
}
