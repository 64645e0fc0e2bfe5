//! The symbols of series: a colour and a shape.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Drawn;
use crate::report::style::{COLOURS, INK};

/// The shapes, in the order of the series. There are fewer or more of them than colours, so that a combination
/// repeats only after many series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
    Bar,
}

const SHAPES: [Shape; 7] = [
    Shape::Circle,
    Shape::Square,
    Shape::Up,
    Shape::Diamond,
    Shape::Down,
    Shape::Cross,
    Shape::Bar,
];

/// The radius of a point, and of the ring around an emphasised point.
pub const RADIUS: i32 = 10;
pub const RING: i32 = 18;

pub fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

/// A series' point.
pub fn symbol<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    (x, y): (i32, i32),
    series: usize,
) -> Drawn<B> {
    let own = colour(series);
    let around = |corners: &[(i32, i32)]| -> Vec<(i32, i32)> {
        corners.iter().map(|(right, down)| (x + right, y + down)).collect()
    };
    // A shape with corners must extend a little farther to look as large as a circle.
    let (near, far) = (RADIUS - 1, RADIUS + 3);
    let corners = match SHAPES[series % SHAPES.len()] {
        Shape::Circle => return area.draw(&Circle::new((x, y), RADIUS, own.filled())),
        Shape::Square => around(&[(-near, -near), (near, -near), (near, near), (-near, near)]),
        Shape::Up => around(&[(0, -far), (far, near), (-far, near)]),
        Shape::Down => around(&[(0, far), (far, -near), (-far, -near)]),
        Shape::Diamond => around(&[(0, -far), (far, 0), (0, far), (-far, 0)]),
        Shape::Bar => around(&[(-4, -far), (4, -far), (4, far), (-4, far)]),
        Shape::Cross => {
            for ends in [[(-near, -near), (near, near)], [(-near, near), (near, -near)]] {
                area.draw(&PathElement::new(around(&ends), own.stroke_width(5)))?;
            }
            return Ok(());
        }
    };
    area.draw(&Polygon::new(corners, own))
}

/// A ring around an emphasised point.
pub fn ring<B: DrawingBackend>(area: &DrawingArea<B, Shift>, at: (i32, i32)) -> Drawn<B> {
    area.draw(&Circle::new(at, RING, INK.stroke_width(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_many_series_look_the_same() {
        let looks: Vec<_> = (0..20).map(|i| (colour(i), SHAPES[i % SHAPES.len()])).collect();
        for (i, look) in looks.iter().enumerate() {
            assert!(!looks[..i].contains(look), "{i}");
        }
        // The first six share neither colour nor shape.
        for i in 0..6 {
            assert!((0..i).all(|j| looks[i].0 != looks[j].0 && looks[i].1 != looks[j].1));
        }
    }
}
