//! Writes sheets as files: PNG, SVG, and GIF for an animation.
//!
//! An animation is a GIF because every viewer plays it; of an animated PNG many show only the first frame. A
//! sheet has few colours, so 256 of them lose nothing that can be seen.

use std::io::Error as IoError;
use std::path::Path;

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Delay, DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageError, RgbImage};
use plotters::prelude::*;

use super::Sheet;
use super::draw::{draw, size};
use crate::report::style::{failed, pixels};
use crate::{Error, Result, files};

/// The scale of an animation, which is shown at its own size.
const SMALL: f32 = 0.6;
/// How long the first frame, the frames in between and the last frame are shown, in milliseconds.
const DELAYS: [u32; 3] = [700, 70, 1800];

/// Writes a sheet into a `.png` or `.svg` file.
///
/// # Errors
/// If the extension is not supported, or the file cannot be written.
pub fn write(path: &Path, sheet: &Sheet) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => {
            let (width, height) = size(sheet, 1.0);
            let mut bytes = Vec::new();
            // Areas of one colour are smallest without a filter.
            let (best, plain) = (CompressionType::Best, FilterType::NoFilter);
            PngEncoder::new_with_quality(&mut bytes, best, plain)
                .write_image(&drawn(path, sheet, 1.0)?, width, height, ExtendedColorType::Rgb8)
                .map_err(not_encoded(path))?;
            files::replace(path, &bytes)
        }
        Some("svg") => {
            let mut svg = String::new();
            let root = SVGBackend::with_string(&mut svg, size(sheet, 1.0)).into_drawing_area();
            draw(&root, sheet, 1.0).map_err(failed(path))?;
            drop(root);
            files::replace(path, svg.as_bytes())
        }
        _ => Err(Error::usage(
            "--out",
            format!("{}: use a file that ends in .png or .svg", path.display()),
        )),
    }
}

/// Writes frames into a `.gif` file that repeats forever.
///
/// # Errors
/// If the extension is not supported, or the file cannot be written.
pub fn write_animation(path: &Path, frames: &[Sheet]) -> Result<()> {
    if path.extension().is_none_or(|extension| extension != "gif") {
        let problem = format!("{}: use a file that ends in .gif", path.display());
        return Err(Error::usage("--out", problem));
    }
    let failed = not_encoded(path);
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
    encoder.set_repeat(Repeat::Infinite).map_err(&failed)?;
    for (i, sheet) in frames.iter().enumerate() {
        let (width, height) = size(sheet, SMALL);
        let picture = RgbImage::from_raw(width, height, drawn(path, sheet, SMALL)?);
        let picture = DynamicImage::from(picture.unwrap_or_default()).into_rgba8();
        let delay = match i {
            0 => DELAYS[0],
            i if i + 1 == frames.len() => DELAYS[2],
            _ => DELAYS[1],
        };
        let delay = Delay::from_numer_denom_ms(delay, 1);
        encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay)).map_err(&failed)?;
    }
    drop(encoder);
    files::replace(path, &bytes)
}

/// Returns the error for pixels that could not be encoded.
fn not_encoded(path: &Path) -> impl Fn(ImageError) -> Error {
    move |error| Error::io("write", path, IoError::other(error.to_string()))
}

/// The pixels of a sheet.
fn drawn(path: &Path, sheet: &Sheet, scale: f32) -> Result<Vec<u8>> {
    let size = size(sheet, scale);
    let mut pixels = pixels(size);
    let root = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
    draw(&root, sheet, scale).map_err(failed(path))?;
    drop(root);
    Ok(pixels)
}
