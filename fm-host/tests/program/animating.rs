//! Animations of flows: what they show is read back from the GIF.

use std::io::BufReader;

use fm_host::model::StoredModel;
use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;

use super::plotting::{CLASSES, INK, moons, noise, samples};
use super::svg::{GREY, Svg};
use super::*;

#[test]
fn an_animation_leads_from_the_noise_to_the_samples() {
    let d = moons();
    good(&d, "plot run --count 250 --seed 4 --out plot.gif");
    let file = fs::File::open(d.path().join("plot.gif")).expect("a file");
    let frames = GifDecoder::new(BufReader::new(file)).expect("a GIF").into_frames();
    let frames = frames.collect_frames().expect("frames");
    assert_eq!(frames.len(), 31);
    assert!(
        frames.iter().all(|frame| frame.buffer().dimensions() == frames[0].buffer().dimensions())
    );
    // The axes, from a picture of the same times.
    let times: Vec<String> = (0..=30).map(|k| (k as f32 / 30.0).to_string()).collect();
    let line = format!("run --picture samples --count 250 --seed 4 --at {}", times.join(","));
    let axes = Svg::plot(&d, &line).frames()[0];
    let end = samples(&d, "run --count 250 --seed 4");
    let stored = StoredModel::load(&d.path().join("run")).expect("a model");
    let start = noise(&stored, 4, 250).into_iter().zip(end.iter().map(|sample| sample.1));
    let colour = |hex: &str| [1, 3, 5].map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap());
    let alike = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 12);
    // The slider: the dark part of its line is as long as the time that has passed.
    let passed = |frame: &image::Frame| -> usize {
        let picture = frame.buffer();
        let dark = |y: u32| {
            let ink = |x: &u32| {
                let pixel = picture.get_pixel(*x, y).0;
                alike([pixel[0], pixel[1], pixel[2]], colour(INK))
            };
            (0..picture.width()).filter(ink).count()
        };
        (0..picture.height() / 3).map(dark).max().unwrap_or(0)
    };
    let whole = passed(&frames[30]);
    assert!(whole > 300 && passed(&frames[15]).abs_diff(whole / 2) < 20, "{whole}");
    for (frame, places) in [(&frames[0], start.collect::<Vec<_>>()), (&frames[30], end)] {
        let picture = frame.buffer();
        let pixel = |x: u32, y: u32| {
            let pixel = picture.get_pixel(x, y).0;
            [pixel[0], pixel[1], pixel[2]]
        };
        // The frame is the largest rectangle of grey lines: its first and last column and row.
        let (width, height) = picture.dimensions();
        let grey = |x: u32, y: u32| alike(pixel(x, y), colour(GREY));
        let long = |count: usize, of: u32| count as f64 > 0.4 * f64::from(of);
        let columns: Vec<u32> = (0..width)
            .filter(|&x| long((0..height).filter(|&y| grey(x, y)).count(), height))
            .collect();
        let bottom_up: Vec<u32> = (0..height)
            .rev()
            .filter(|&y| long((columns[0]..width).filter(|&x| grey(x, y)).count(), width))
            .collect();
        let inside = [
            [columns[0], bottom_up.iter().copied().filter(|y| *y > height / 4).min().unwrap()],
            [columns[columns.len() - 1], bottom_up[0]],
        ];
        let mut hits = [0, 0];
        let mut shown = 0;
        for (place, class) in places {
            let at = axes.pixel(place);
            if !axes.contains(at) {
                continue;
            }
            shown += 1;
            let [x, y] = [0, 1].map(|d| {
                let share = (at[d] - axes.low[d]) / (axes.high[d] - axes.low[d]);
                let [low, high] = [inside[0][d], inside[1][d]].map(f64::from);
                (low + share * (high - low)).round() as u32
            });
            // A dot of another class may lie on it.
            hits[class] += usize::from(alike(pixel(x, y), colour(CLASSES[class])));
        }
        assert!(hits[0] + hits[1] > shown * 17 / 20, "{hits:?} of {shown}");
        assert!(hits[0] > 90 && hits[1] > 90 && shown > 235, "{hits:?} of {shown}");
    }
}
