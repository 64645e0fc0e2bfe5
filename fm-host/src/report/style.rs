//! Shared parts of all plots: the font, the colours, writing and errors.

use std::io::Error as IoError;
use std::path::Path;
use std::sync::Once;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, RgbImage};
use plotters::prelude::*;
use plotters::style::register_font;

use crate::{Error, Result, files};

/// The name that the font is registered under.
pub(super) const FONT: &str = "sans-serif";
/// Frames and grid lines.
pub(crate) const GREY: RGBColor = RGBColor(214, 217, 222);
/// Titles and labels.
pub(crate) const INK: RGBColor = RGBColor(52, 58, 66);
/// The colours of series, in order, which colour-blind readers can distinguish too.
pub(crate) const COLOURS: [RGBColor; 6] = [
    RGBColor(46, 98, 168),
    RGBColor(221, 116, 33),
    RGBColor(50, 180, 130),
    RGBColor(90, 20, 60),
    RGBColor(180, 160, 195),
    RGBColor(104, 112, 122),
];

/// A text style of a size in pixels.
///
/// The program contains its font, because plotters has none, and a build machine may have none either.
pub(crate) fn text(size: u32) -> TextStyle<'static> {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        // It only fails on bytes that are not a font, and then plotters returns an error on drawing.
        let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
    TextStyle::from((FONT, size)).color(&INK)
}

/// Returns the error for a plot that could not be drawn or written.
pub(crate) fn failed<E: std::error::Error + Send + Sync>(
    path: &Path,
) -> impl Fn(DrawingAreaErrorKind<E>) -> Error {
    move |error| Error::io("write", path, IoError::other(error.to_string()))
}

/// A buffer for a plot's pixels, three bytes each.
pub(crate) fn pixels((width, height): (u32, u32)) -> Vec<u8> {
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

/// Writes a picture; the previous file stays until this one is complete.
pub(super) fn write_png(path: &Path, picture: &DynamicImage) -> Result<()> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    picture
        .write_with_encoder(encoder)
        .map_err(|e| Error::io("write", path, IoError::other(e.to_string())))?;
    files::replace(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How linear red, green and blue appear without the cones for long, middle or short wavelengths.
    ///
    /// Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
    /// deficiency" (2009, doi:10.1109/TVCG.2009.113), severity 1.
    const EYES: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];
    /// CIE XYZ of linear sRGB, relative to the white point.
    const XYZ: [[f64; 3]; 3] =
        [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8728]];

    fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
    }

    /// CIE 1976 L*a*b* of a colour, as one kind of eye sees it.
    fn lab(RGBColor(r, g, b): RGBColor, eye: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = [r, g, b].map(|x| {
            let x = f64::from(x) / 255.0;
            if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        });
        let seen = times(eye, linear).map(|x| x.clamp(0.0, 1.0));
        let [x, y, z] = times(&XYZ, seen)
            .map(|x| if x > 0.008856 { x.cbrt() } else { 7.787 * x + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn five_series_differ_to_every_eye() {
        for (k, eye) in EYES.iter().enumerate() {
            let seen = COLOURS[..5].iter().map(|&colour| lab(colour, eye)).collect::<Vec<_>>();
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen[..i].iter().enumerate() {
                    let apart: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    // 2 is about the least difference that is visible side by side.
                    assert!(apart.sqrt() > 20.0, "colours {i} and {j}, eye {k}: {}", apart.sqrt());
                }
            }
        }
    }
}
