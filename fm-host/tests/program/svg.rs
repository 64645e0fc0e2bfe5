//! Reads pictures of flows back from SVG: panels with the units of their axes, dots, lines and arrows.

use std::collections::HashMap;

use super::*;

/// The colour of frames and ticks.
pub const GREY: &str = "#D6D9DE";

/// A position in pixels.
pub type Point = [f64; 2];

/// An element of an SVG file: its attributes, and the text in it.
#[derive(Debug)]
pub struct Element {
    name: String,
    attributes: HashMap<String, String>,
    text: String,
}

impl Element {
    pub fn number(&self, key: &str) -> f64 {
        self.attributes[key].parse().expect("a number")
    }

    pub fn is(&self, key: &str, value: &str) -> bool {
        self.attributes.get(key).is_some_and(|other| other == value)
    }

    pub fn points(&self) -> Vec<Point> {
        let pair = |pair: &str| {
            let (x, y) = pair.split_once(',').expect("a pair");
            [x, y].map(|number| number.parse().expect("a number"))
        };
        self.attributes["points"].split_whitespace().map(pair).collect()
    }
}

/// The elements of an SVG file.
pub struct Svg(Vec<Element>);

/// The inside of a panel, and the units of its axes.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub low: Point,
    pub high: Point,
    /// For each axis, the unit's pixels, and the pixel of 0.
    units: [(f64, f64); 2],
}

impl Frame {
    pub fn contains(&self, at: Point) -> bool {
        self.holds(at, 0.5)
    }

    /// Whether a pixel is inside, or at most `out` pixels beyond.
    pub fn holds(&self, at: Point, out: f64) -> bool {
        (0..2).all(|d| at[d] >= self.low[d] - out && at[d] <= self.high[d] + out)
    }

    pub fn pixel(&self, place: [f32; 2]) -> Point {
        [0, 1].map(|d| self.units[d].1 + self.units[d].0 * f64::from(place[d]))
    }

    pub fn place(&self, pixel: Point) -> [f32; 2] {
        [0, 1].map(|d| ((pixel[d] - self.units[d].1) / self.units[d].0) as f32)
    }
}

/// The distance between two positions.
pub fn far(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

impl Svg {
    pub fn plot(d: &TempDir, line: &str) -> Self {
        good(d, &format!("plot {line} --out plot.svg"));
        let text = fs::read_to_string(d.path().join("plot.svg")).expect("a picture");
        let element = |part: &str| {
            let (tag, text) = part.split_once('>').unwrap_or((part, ""));
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let mut fields = attributes.split('"');
            let mut found = HashMap::new();
            while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
                let key = key.trim().trim_end_matches('=').to_owned();
                found.insert(key, value.to_owned());
            }
            Element { name: name.to_owned(), attributes: found, text: text.trim().to_owned() }
        };
        Self(text.split('<').skip(1).map(element).collect())
    }

    pub fn named(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.0.iter().filter(move |element| element.name == name)
    }

    pub fn texts(&self) -> Vec<&str> {
        self.named("text").map(|element| &*element.text).collect()
    }

    pub fn says(&self, text: &str) -> bool {
        self.texts().contains(&text)
    }

    /// The centres of the circles of a colour inside a frame.
    pub fn dots(&self, colour: &str, frame: &Frame) -> Vec<Point> {
        let dots = self.named("circle").filter(|dot| dot.is("fill", colour));
        let dots = dots.map(|dot| ["cx", "cy"].map(|key| dot.number(key)));
        dots.filter(|&dot| frame.contains(dot)).collect()
    }

    /// The lines of a colour that start inside a frame.
    pub fn lines(&self, colour: &str, frame: &Frame) -> Vec<Vec<Point>> {
        let lines = self.named("polyline").filter(|line| line.is("stroke", colour));
        lines.map(Element::points).filter(|points| frame.contains(points[0])).collect()
    }

    /// The tails and tips of the arrows of a colour inside a frame: a shaft and a triangle each.
    pub fn arrows(&self, colour: &str, frame: &Frame) -> Vec<[Point; 2]> {
        let heads = self.named("polygon").filter(|head| head.is("fill", colour));
        let tips: Vec<Point> = heads.map(|head| head.points()[0]).collect();
        let tips: Vec<Point> = tips.into_iter().filter(|&tip| frame.contains(tip)).collect();
        let shafts = self.lines(colour, frame);
        assert_eq!(shafts.len(), tips.len());
        shafts.iter().zip(tips).map(|(shaft, tip)| [shaft[0], tip]).collect()
    }

    /// The panels, row after row. All have the units of the ticks of the last row and the first column.
    pub fn frames(&self) -> Vec<Frame> {
        let frames = self.named("rect").filter(|rect| rect.is("stroke", GREY));
        let corners: Vec<[Point; 2]> = frames
            .map(|rect| {
                let [x, y, width, height] =
                    ["x", "y", "width", "height"].map(|key| rect.number(key));
                [[x, y], [x + width, y + height]]
            })
            .collect();
        // A tick is a short line away from the frame, next to its label.
        let ticks = |axis: usize, [low, high]: [Point; 2]| -> Vec<(f64, f64)> {
            let lines = self.named("polyline").filter(|line| line.is("stroke", GREY));
            let lines = lines.map(Element::points).filter(|points| points.len() == 2);
            let own = lines.filter(|points| match axis {
                0 => points[0][0] == points[1][0] && (points[0][1] - high[1]).abs() < 1.5,
                _ => points[0][1] == points[1][1] && (points[1][0] - low[0]).abs() < 1.5,
            });
            let at = own.map(|points| points[0][axis]);
            let at = at.filter(|at| (low[axis] - 1.0..=high[axis] + 1.0).contains(at));
            at.filter_map(|at| {
                let label = self.named("text").find(|text| {
                    let place = ["x", "y"].map(|key| text.number(key));
                    let across = place[1 - axis] - if axis == 0 { high[1] } else { low[0] };
                    (place[axis] - at).abs() < 3.5 && across.abs() < 30.0 && across != 0.0
                })?;
                Some((label.text.parse().ok()?, at))
            })
            .collect()
        };
        let unit = |ticks: Vec<(f64, f64)>| {
            let ([first, ..], [.., last]) = (&ticks[..], &ticks[..]) else { panic!("no ticks") };
            let size = (last.1 - first.1) / (last.0 - first.0);
            assert!(size.is_finite(), "two ticks are labelled: {ticks:?}");
            (size, first.1 - size * first.0)
        };
        let bottom = corners.last().expect("a panel")[1][1];
        corners
            .iter()
            .map(|&[low, high]| {
                // The ticks of the columns are below the last row; those of the rows beside the first column.
                let across = unit(ticks(0, [low, [high[0], bottom]]));
                let up = unit(ticks(1, [[corners[0][0][0], low[1]], [corners[0][1][0], high[1]]]));
                Frame { low, high, units: [across, up] }
            })
            .collect()
    }
}
