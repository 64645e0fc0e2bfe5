//! Windows of 64 samples of three activities, in which every sample has its own noise: does a model keep it?
//!
//! ```sh
//! cargo run --release --example windows -- make windows.csv
//! fm train windows.csv --class activity --objective meanflow --hidden 128,128,128 --steps 8000 --batch 256 --out run
//! fm sample run --count 3000 --out samples.csv
//! cargo run --release --example windows -- noise windows.csv samples.csv
//! ```
//!
//! The second command prints the noise's standard deviation in each class of each file: the root mean square of
//! second differences, over the square root of 6, which is right for white noise on a slow signal. Shaking is not
//! slow (its signal adds to the figure), so sixth differences, over the square root of 924, follow.

use std::collections::BTreeMap;
use std::f32::consts::TAU;
use std::fmt::Write;
use std::{env, fs, io};

use fm_nostd::Draw;
use fm_nostd::noise::philox;

const LENGTH: usize = 64;
/// Samples per second.
const RATE: f32 = 32.0;
const WINDOWS: u32 = 6000;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", file] => fs::write(file, table()),
        ["noise", ref files @ ..] if !files.is_empty() => files.iter().try_for_each(|f| report(f)),
        _ => Err(io::Error::other("name `make FILE`, or `noise FILE..`")),
    }
}

/// The windows as CSV.
fn table() -> String {
    let names: Vec<String> = (0..LENGTH).map(|i| format!("a{i}")).collect();
    let mut text = format!("activity,{}\n", names.join(","));
    for number in 0..WINDOWS {
        let (class, values) = window(number);
        let values = values.map(|value| format!("{value:.5}")).join(",");
        writeln!(text, "{class},{values}").expect("a string takes everything");
    }
    text
}

/// Window `number` and its class: an acceleration in multiples of gravity.
fn window(number: u32) -> (&'static str, [f32; LENGTH]) {
    let [phase, speed, height, shape] =
        philox([number, 1, 0, 0], [7, 0]).map(|word| word as f32 / 4_294_967_296.0);
    let mut noise = [0.0; LENGTH];
    Draw { seed: 7, sample: number.into() }.fill(0, &mut noise);
    let wave =
        |hertz: f32, start: f32| move |i: usize| (TAU * (hertz * i as f32 / RATE + start)).sin();
    match number % 3 {
        0 => ("quiet", at(|i| 1.0 + 0.17 * (height - 0.5) + 0.03 * noise[i])),
        1 => {
            let hertz = 1.6 + 0.6 * speed;
            let (step, heel) = (wave(hertz, phase), wave(2.0 * hertz, 2.0 * phase + 0.1));
            let (high, sharp) = (0.2 + 0.2 * height, 0.05 + 0.1 * shape);
            ("walking", at(|i| 1.0 + high * step(i) + sharp * heel(i) + 0.05 * noise[i]))
        }
        _ => {
            let swing = wave(3.5 + 1.5 * speed, phase);
            ("shaking", at(|i| 1.0 + (0.8 + 0.8 * height) * swing(i) + 0.1 * noise[i]))
        }
    }
}

fn at(value: impl Fn(usize) -> f32) -> [f32; LENGTH] {
    std::array::from_fn(value)
}

/// Prints the noise in each class of a file.
fn report(file: &str) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let Some(column) = names.iter().position(|name| *name == "activity") else {
        return Err(io::Error::other(format!("{file}: there is no column `activity`")));
    };
    let mut classes: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let others = cells.iter().enumerate().filter(|(i, _)| *i != column);
        let values: Result<Vec<f64>, _> = others.map(|(_, cell)| cell.parse()).collect();
        let values = values.map_err(|error| io::Error::other(format!("{file}: {error}")))?;
        classes.entry(cells[column]).or_default().push(values);
    }
    for (class, windows) in classes {
        let (second, sixth) = (noise(&windows, 2), noise(&windows, 6));
        println!("{file}: {class} {second:.4}, by sixth differences {sixth:.4}");
    }
    Ok(())
}

/// The standard deviation of white noise that has these differences of an order.
fn noise(windows: &[Vec<f64>], order: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for window in windows {
        let mut differences = window.clone();
        for _ in 0..order {
            differences = differences.windows(2).map(|pair| pair[1] - pair[0]).collect();
        }
        sum += differences.iter().map(|x| x * x).sum::<f64>();
        count += differences.len();
    }
    // Of `2 order` things, the ways to choose `order`: the variance of a difference of white noise.
    let ways: f64 = (1..=order).map(|k| (order + k) as f64 / k as f64).product();
    (sum / count as f64 / ways).sqrt()
}
