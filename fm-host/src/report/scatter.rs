//! Scatter plots of points in panels side by side: the data first, then samples of models.

use std::path::Path;

use plotters::prelude::*;

use super::range::middle;
use super::style::{COLOURS, GREY, failed, pixels, text, write_pixels};
use crate::Result;
use crate::data::Rows;

/// The most points per panel, so that panels with different numbers of samples look alike.
const POINTS: usize = 4096;
/// Side of a panel's square, the gap around it, and the title's height, in pixels.
const SIDE: u32 = 420;
const GAP: u32 = 16;
const TITLE: u32 = 34;

/// One square of a scatter plot.
pub struct Panel<'a> {
    /// The title above it.
    pub title: &'a str,
    /// The points. Shape: `[n, 2 or more]`; the first two columns are drawn.
    pub points: &'a Rows,
}

/// Draws points in panels side by side, all with the square axes of the first panel.
///
/// # Errors
/// If the picture cannot be written.
///
/// # Panics
/// If there is no panel, or a panel's points have fewer than two columns.
pub fn scatter(path: &Path, panels: &[Panel]) -> Result<()> {
    // Without the outermost 0.2 % on each side.
    let range = |axis: usize| middle(panels[0].points.iter().map(|row| row[axis]), 0.002);
    let [x, y] = [0, 1].map(range);
    let half = x.1.max(y.1) * 1.12;
    let count = panels.len() as u32;
    let size = (count * SIDE + (count + 1) * GAP, TITLE + SIDE + GAP);
    let mut pixels = pixels(size);
    let root = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
    root.fill(&WHITE).map_err(failed(path))?;
    for (i, panel) in panels.iter().enumerate() {
        let left = GAP + i as u32 * (SIDE + GAP);
        let area = root.clone().shrink((left, 0), (SIDE, TITLE + SIDE));
        let title = text(19).pos(anchor());
        area.draw(&Text::new(panel.title, (SIDE as i32 / 2, TITLE as i32 / 2 + 1), title))
            .map_err(failed(path))?;
        let square = area.shrink((0, TITLE), (SIDE, SIDE));
        let mut chart = ChartBuilder::on(&square)
            .build_cartesian_2d(x.0 - half..x.0 + half, y.0 - half..y.0 + half)
            .map_err(failed(path))?;
        // The first panel is the data, in a colour of its own.
        let colour = COLOURS[usize::from(i > 0)].mix(0.35);
        let places = panel.points.iter().take(POINTS).map(|row| (row[0], row[1]));
        let seen = places.filter(|p| (p.0 - x.0).abs() < half && (p.1 - y.0).abs() < half);
        chart
            .draw_series(seen.map(|place| Circle::new(place, 2, colour.filled())))
            .map_err(failed(path))?;
        let last = SIDE as i32 - 1;
        square.draw(&Rectangle::new([(0, 0), (last, last)], GREY)).map_err(failed(path))?;
    }
    root.present().map_err(failed(path))?;
    drop(root);
    write_pixels(path, size, pixels)
}

/// Text that is centred at its position.
fn anchor() -> plotters::style::text_anchor::Pos {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    Pos::new(HPos::Center, VPos::Center)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataSpec, load};

    #[test]
    fn each_panel_shows_its_points() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scatter.png");
        let data =
            load(&DataSpec { rows: 2000, ..DataSpec::new("checkerboard") }).unwrap().train.values;
        let none = Rows::from_vec(2, vec![f32::NAN, 0.0, 1e9, 0.0]);
        let panels =
            [Panel { title: "data", points: &data }, Panel { title: "samples", points: &none }];
        scatter(&path, &panels).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (2 * SIDE + 3 * GAP, TITLE + SIDE + GAP));
        let ink = |left: u32, top: u32, height: u32| {
            let pixels =
                (left..left + SIDE - 2).flat_map(|x| (top..top + height).map(move |y| (x, y)));
            pixels.filter(|&(x, y)| picture.get_pixel(x, y).0 != [255; 3]).count()
        };
        let second = GAP + SIDE + GAP;
        // Both panels have titles, and only the first has points (inside the frame).
        assert!(ink(GAP, 0, TITLE - 1) > 20 && ink(second, 0, TITLE - 1) > 20);
        assert!(ink(GAP + 1, TITLE + 1, SIDE - 2) > 5000);
        assert_eq!(ink(second + 1, TITLE + 1, SIDE - 2), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let rows = Rows::from_vec(2, vec![0.0; 4]);
        let panels = [Panel { title: "data", points: &rows }];
        let error = scatter(Path::new("/no/such/folder/a.png"), &panels).unwrap_err().to_string();
        assert!(error.contains("/no/such/folder/a.png"), "{error}");
    }
}
