//! Curves over steps, of training or of sampling, on a logarithmic scale.

use std::path::Path;

use plotters::prelude::*;

use super::axis::{round_values, significant};
use super::style::{COLOURS, GREY, failed, pixels, text, write_pixels};
use crate::Result;

/// One curve.
pub struct Line<'a> {
    /// Its name in the legend.
    pub label: &'a str,
    /// Step and value; values that are not above zero have no logarithm and are omitted.
    pub points: &'a [(u64, f32)],
    /// The variation of each value, drawn as an error bar; empty for none. Shape: as `points`.
    pub spread: &'a [f32],
}

/// Draws curves of a positive value (a loss, a distance) over steps; the value's axis is logarithmic.
///
/// # Errors
/// If the picture cannot be written.
pub fn curves(path: &Path, title: &str, lines: &[Line]) -> Result<()> {
    let positive = |points: &[(u64, f32)]| -> Vec<(f64, f64)> {
        let kept = points.iter().filter(|point| point.1 > 0.0 && point.1.is_finite());
        kept.map(|&(step, value)| (step as f64, f64::from(value))).collect()
    };
    let drawn: Vec<_> = lines.iter().map(|line| positive(line.points)).collect();
    let bounds = |values: &mut dyn Iterator<Item = f64>, otherwise: (f64, f64)| {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low <= high { (low, high) } else { otherwise }
    };
    let all = || drawn.iter().flatten();
    let (first, last) = bounds(&mut all().map(|point| point.0), (0.0, 1.0));
    let (low, high) = bounds(&mut all().map(|point| point.1), (0.1, 1.0));

    // plotters itself does not label values below the first power of ten.
    let (low, high) = (low / 1.1, high * 1.1);
    let value_axis = (low..high).log_scale().with_key_points(round_values(low, high, 15));

    const SIZE: (u32, u32) = (860, 480);
    let mut pixels = pixels(SIZE);
    let root = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(failed(path))?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, text(20))
        .margin(18)
        .margin_right(30)
        .x_label_area_size(46)
        .y_label_area_size(66)
        .build_cartesian_2d(first..last.max(first + 1.0), value_axis)
        .map_err(failed(path))?;
    chart
        .configure_mesh()
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.6))
        .light_line_style(TRANSPARENT)
        .x_desc("step")
        .label_style(text(14))
        .axis_desc_style(text(15))
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|value| significant(*value))
        .draw()
        .map_err(failed(path))?;
    for (i, (line, points)) in lines.iter().zip(&drawn).enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let bars = line.points.iter().zip(line.spread).filter(|((_, value), _)| *value > 0.0);
        let bars = bars.map(|(&(step, value), spread)| {
            let end = |value: f32| (step as f64, f64::from(value).clamp(low, high));
            PathElement::new([end(value - spread), end(value + spread)], colour.mix(0.5))
        });
        chart.draw_series(bars).map_err(failed(path))?;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))
            .map_err(failed(path))?
            .label(line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY)
        .label_font(text(14))
        .draw()
        .map_err(failed(path))?;
    root.present().map_err(failed(path))?;
    drop(chart);
    drop(root);
    write_pixels(path, SIZE, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_can_be_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let colours = |name: &str, points: &[(u64, f32)]| {
            let path = folder.path().join(name);
            curves(&path, "loss", &[Line { label: "raw", points, spread: &[] }]).unwrap();
            let picture = image::open(&path).unwrap().to_rgb8();
            let line = COLOURS[0];
            picture.pixels().filter(|pixel| pixel.0 == [line.0, line.1, line.2]).count()
        };
        let points: Vec<(u64, f32)> = (0..200).map(|i| (i * 100, 2.0 / (1.0 + i as f32))).collect();
        // The legend alone has about forty coloured pixels, a curve across 700 columns far more.
        assert!(colours("some.png", &points) > 700);
        assert!(colours("none.png", &[]) < 100);
        assert!(colours("diverged.png", &[(0, f32::NAN), (1, 0.0), (2, f32::INFINITY)]) < 100);
    }
}
