//! Pictures of fixed points: marks, colours, and labels that do not overlap.

use std::fs;

use super::super::labels::Area;
use super::super::style::INK;
use super::symbol::colour;
use super::*;

/// Five series whose ends are close to each other, with two emphasised points.
fn picture() -> Costs {
    let mark = |series: usize, k: u32| Mark {
        series,
        cost: 0.1 * f64::from(1 << k),
        // Each point is better than the one before; the last is as good as possible.
        value: if k == 3 {
            1.0 + 0.1 * series as f64
        } else {
            3.5 + 40.0 / (1.0 + series as f64) / f64::from(1 << (2 * k))
        },
        label: ((series, k) == (0, 3) || (series, k) == (4, 0)).then(|| format!("at {k}")),
    };
    let marks: Vec<Mark> = (0..5).flat_map(|series| (0..4).map(move |k| mark(series, k))).collect();
    let figures = |title: &str, marks: Vec<Mark>| Figures {
        title: title.to_owned(),
        value: "badness".to_owned(),
        least: 0.5,
        floor: 3.0,
        remarks: ["0.1", "0.2", "0.3", "0.4", "0.5"].map(str::to_owned).into(),
        marks,
    };
    let unlabelled = |mark: Mark| Mark { label: None, ..mark };
    let second = marks.iter().cloned().map(unlabelled).collect();
    Costs {
        title: "front".to_owned(),
        message: vec!["the best".to_owned(), "but".to_owned()],
        price: "milliseconds".to_owned(),
        floor: "as real rows".to_owned(),
        series: ["one", "two", "three", "a much longer name than these", "five"]
            .map(str::to_owned)
            .into(),
        panels: vec![figures("first", marks), figures("second", second)],
    }
}

/// Draws the picture; returns the positions of its parts.
fn drawn(picture: &Costs) -> (String, Vec<Placed>) {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (WIDTH, height(picture))).into_drawing_area();
    let placed = draw(&root, picture).expect("in memory");
    drop(root);
    (svg, placed)
}

#[test]
fn every_series_is_named_twice_and_every_point_drawn_in_its_colour() {
    let picture = picture();
    let (svg, placed) = drawn(&picture);
    for text in
        ["front", "the best", "but", "badness", "milliseconds", "first", "second", "at 3", "at 0"]
    {
        assert!(svg.contains(&format!("\n{text}\n")), "{text}");
    }
    for (i, name) in picture.series.iter().enumerate() {
        assert_eq!(svg.matches(&format!("\n{name}  0.{}\n", i + 1)).count(), 2, "{name}");
        // Four points, and the symbol next to the name, in each panel.
        let RGBColor(r, g, b) = colour(i);
        let own = format!("fill=\"#{r:02X}{g:02X}{b:02X}\"");
        let shapes = svg.lines().filter(|line| line.contains(&own) && !line.starts_with("<text"));
        assert_eq!(shapes.count(), 2 * (4 + 1), "{name}");
    }
    assert_eq!(placed.iter().map(|panel| panel.marks.len()).collect::<Vec<_>>(), [20, 20]);
    // Two rings, in one panel.
    assert_eq!(svg.matches(&format!("r=\"{}\"", symbol::RING)).count(), 2);
}

#[test]
fn no_text_lies_on_another_or_on_a_point() {
    let (_, placed) = drawn(&picture());
    for panel in &placed {
        let Placed { marks, names, labels, inside } = panel;
        assert_eq!(names.len(), 5);
        let texts: Vec<Area> = names.iter().chain(labels).copied().collect();
        for (i, area) in texts.iter().enumerate() {
            assert!(texts[..i].iter().all(|other| !area.meets(other)), "{texts:?}");
            let points = marks.iter().map(|mark| Area::around(mark.1, (20, 20)));
            assert!(points.into_iter().all(|point| !area.meets(&point)), "{area:?}");
        }
        assert!(names.iter().all(|name| name.left > inside.right && name.right < WIDTH as i32));
        assert!(labels.iter().all(|label| label.is_in(inside)));
    }
    assert_eq!(placed[0].labels.len(), 2);
}

#[test]
fn what_has_no_place_is_left_out() {
    let mut picture = picture();
    for mark in &mut picture.panels[0].marks {
        (mark.value, mark.label) = (f64::INFINITY, None);
    }
    picture.panels[1].marks.clear();
    let (svg, placed) = drawn(&picture);
    assert!(svg.contains("first") && placed.iter().all(|panel| panel.marks.is_empty()));
}

#[test]
fn a_picture_is_written_as_pixels_and_nothing_else_is() {
    let folder = tempfile::tempdir().expect("a directory");
    let picture = picture();
    let png = folder.path().join("a.png");
    costs(&png, &picture).expect("writable");
    let png = image::open(png).expect("a picture").to_rgb8();
    assert_eq!(png.dimensions(), (WIDTH, TITLE + 2 * LINE + LARGE + SMALL));
    let ring = png.pixels().filter(|pixel| pixel.0 == [INK.0, INK.1, INK.2]).count();
    assert!(ring > 40, "{ring}");
    let svg = folder.path().join("a.svg");
    costs(&svg, &picture).expect("writable");
    assert_eq!(fs::read_to_string(svg).expect("there"), drawn(&picture).0);
    assert!(costs(&folder.path().join("a.gif"), &picture).is_err());
}
