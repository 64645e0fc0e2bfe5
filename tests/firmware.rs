//! Firmware in QEMU compared with the host: equal bits on every board, at every optimisation level.
//!
//! `cargo xtask test` builds the images and the `fm` program, and passes their paths in
//! `FIRMWARE_IMAGES` and `FM`; `runs.json` next to the images lists the runs, machine by machine.

mod common;
/// The samples that the image of the same name draws.
#[path = "../examples/firmware/src/matrix.rs"]
mod matrix;
#[path = "../examples/policy/policies.rs"]
mod policies;
/// Some of it is only for the example.
#[allow(dead_code)]
#[path = "../examples/policy/world.rs"]
mod world;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use common::Placed;
use fm_nostd::divergence::{Exact, Hutchinson};
use fm_nostd::path::Path;
use fm_nostd::solver::{EulerMaruyama, NoiseSchedule, Rk4};
use fm_nostd::{Draw, Field, LogDensity, Model, Sampler, TangentField};
use policies::Policy;
use world::Outcome;

/// One image on one machine.
#[derive(serde::Deserialize)]
struct Run {
    image: String,
    #[serde(rename = "run")]
    title: String,
    command: Vec<String>,
}

/// The slowest image, the digits in soft floats, takes half a second.
const LIMIT: Duration = Duration::from_secs(60);

/// The output of the image `name` in each of its runs, with the run's title.
fn outputs(name: &str) -> Vec<(String, String)> {
    let images: PathBuf = std::env::var_os("FIRMWARE_IMAGES")
        .expect("FIRMWARE_IMAGES is not set: run `cargo xtask test`")
        .into();
    let list = std::fs::read(images.join("runs.json")).expect("runs.json: run `cargo xtask test`");
    let runs: Vec<Run> = serde_json::from_slice(&list).expect("a list of runs");
    let mine: Vec<Run> = runs.into_iter().filter(|run| run.image == name).collect();
    assert!(!mine.is_empty(), "runs.json lists no image `{name}`");
    let output = |run: Run| (printed(&run), run.title);
    mine.into_iter().map(output).map(|(text, title)| (title, text)).collect()
}

/// Runs an image to its end and returns its output.
fn printed(Run { title, command, .. }: &Run) -> String {
    // A file, because a pipe that nobody reads while we wait could fill up.
    let printed = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut qemu = Command::new(&command[0])
        .args(&command[1..])
        .stdin(std::process::Stdio::null())
        .stdout(printed.reopen().expect("the temporary file"))
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}: run `cargo xtask test --install`", command[0]));
    let start = Instant::now();
    let status = loop {
        match qemu.try_wait().expect("a child's status") {
            Some(status) => break status,
            None if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(10)),
            None => {
                qemu.kill().expect("a child to kill");
                panic!("{title}: did not end within {LIMIT:?}");
            }
        }
    };
    let text = std::fs::read_to_string(printed.path()).expect("text from the image");
    assert!(status.success(), "{title}: {status}: {text}");
    text
}

/// The lines of bits: the text before the colon, and the numbers' bits.
fn bits(printed: &str) -> Vec<(&str, Vec<u32>)> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("bits "));
    lines
        .map(|line| {
            let (title, words) = line.split_once(':').expect("a colon after the title");
            let word = |word| u32::from_str_radix(word, 16).expect("eight hexadecimal digits");
            (title, words.split_whitespace().map(word).collect())
        })
        .collect()
}

fn model_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/firmware/models").join(name)
}

/// The first samples of seed 1 as the `fm` program draws them.
fn host<const D: usize>(model: &str, count: usize) -> Vec<[f32; D]> {
    host_by(model, count, &[])
}

/// [`host`] with more options.
fn host_by<const D: usize>(model: &str, count: usize, options: &[&str]) -> Vec<[f32; D]> {
    let fm = std::env::var_os("FM").expect("FM is not set: run `cargo xtask test`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("samples.npy");
    let status = Command::new(fm)
        .arg("sample")
        .arg(model_path(model))
        .args(["--seed", "1", "--count", &count.to_string(), "--out"])
        .arg(&out)
        .args(options)
        .status();
    assert!(status.expect("the fm program").success());
    // The first ten bytes contain the length of the header that follows.
    let bytes = std::fs::read(&out).expect("the samples");
    let numbers = &bytes[10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))..];
    let floats = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let floats: Vec<f32> = floats.collect();
    // A sample is followed by its class, if it has one.
    let rows = floats.chunks(floats.len() / count);
    rows.map(|row| *row.first_chunk().expect("a sample's numbers")).collect()
}

#[test]
fn digits_have_the_hosts_bits() {
    let host = host_by::<64>("digits.fm", 10, &["--class", "all"]);
    for (image, printed) in outputs("digits") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), 10, "{image}");
        for (class, ((title, words), sample)) in lines.iter().zip(&host).enumerate() {
            assert_eq!(*title, format!("class={class} sample={class}"), "{image}");
            assert_eq!(*words, sample.map(f32::to_bits), "{image}, class {class}");
        }
    }
}

#[test]
fn digits_are_pictures_of_eight_rows() {
    let greys: Vec<f32> =
        host_by::<64>("digits.fm", 10, &["--class", "all"]).into_iter().flatten().collect();
    for (image, printed) in outputs("digits") {
        let rows: Vec<&str> = printed.lines().filter(|line| !line.starts_with("bits ")).collect();
        assert_eq!(rows.len(), 80, "{image}");
        for (row, greys) in rows.iter().zip(greys.chunks(8)) {
            assert_eq!(row.len(), 8, "{image}: `{row}`");
            for (character, grey) in row.chars().zip(greys) {
                let level = " .:-=+*#%@".find(character).expect("a character of the ramp");
                let wanted = (grey * (10.0 / 16.0)).floor().clamp(0.0, 9.0);
                assert_eq!(level as f32, wanted, "{image}: `{character}` for {grey}");
            }
        }
        assert!(!rows.concat().trim().is_empty(), "{image} prints nothing that could be seen");
    }
}

#[test]
fn moons_have_the_hosts_bits() {
    let host = host::<2>("moons.fm", 64);
    for (image, printed) in outputs("moons") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), 64, "{image}");
        for (sample, ((title, words), point)) in lines.iter().zip(&host).enumerate() {
            assert_eq!(*title, format!("sample={sample}"), "{image}");
            assert_eq!(*words, point.map(f32::to_bits), "{image}, sample {sample}");
        }
    }
}

/// The lines that `src/bin/density.rs` prints for a sample.
fn host_density(model: &Model<'_>, sample: u64) -> [f32; 4] {
    let draw = Draw { seed: 1, sample };
    let field = || Field::new(model, [[0.0; 32]; 2], []).expect("the sizes of the firmware");
    let tangents = || TangentField::new(field(), [[0.0; 32]; 2]).expect("the same sizes");
    let rk4 = || Rk4::new([[0.0; 3]; 3]);
    let path = if sample.is_multiple_of(2) { Path::Linear } else { Path::Trigonometric };
    let schedule = NoiseSchedule::ALL[sample as usize / 2];
    let sde = EulerMaruyama::new(path, 0.5, [[0.0; 2]; 2]).with_schedule(schedule);
    let mut x = [0.0; 2];
    Sampler::new(model, field(), sde).expect("room for a sample").sample(draw, 8, &mut x);
    let exact = Exact::new(tangents(), [[0.0; 2]; 2]);
    let estimated = Hutchinson::new(tangents(), draw, [[0.0; 2]; 2]);
    let mut exact = LogDensity::new(model, exact, rk4(), [0.0; 3]).expect("room");
    let mut estimated = LogDensity::new(model, estimated, rk4(), [0.0; 3]).expect("room");
    [x[0], x[1], exact.log_density(4, &x), estimated.log_density(4, &x)]
}

#[test]
fn sde_samples_and_densities_have_the_hosts_bits() {
    let file = Placed::new(&std::fs::read(model_path("moons.fm")).expect("the model"));
    let model = Model::new(file.bytes()).expect("a valid model");
    for (image, printed) in outputs("density") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), 2 * NoiseSchedule::ALL.len(), "{image}");
        for (sample, (title, words)) in (0u64..).zip(&lines) {
            assert_eq!(*title, format!("sample={sample}"), "{image}");
            let figures = host_density(&model, sample);
            assert!(figures.iter().all(|figure| figure.is_finite()));
            assert_eq!(*words, figures.map(f32::to_bits), "{image}, sample {sample}");
        }
    }
}

/// Every solver, `f32` and 8-bit weights, four activations and many shapes.
#[test]
fn every_solver_has_the_hosts_bits() {
    for (image, printed) in outputs("matrix") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), matrix::CASES as usize, "{image}");
        for (case, (title, words)) in (0..).zip(&lines) {
            let sample = matrix::sample(case).expect("a case that fits");
            let ordinary = !matrix::OVERFLOWING.contains(&case);
            assert!(!ordinary || sample.iter().all(|value| value.is_finite()));
            assert!(sample.iter().any(|value| *value != 0.5), "case {case} moves");
            assert_eq!(*title, format!("case={case}"), "{image}");
            // Some samples are in the network's units.
            if matrix::MASKED.contains(&case) && case % 8 != 7 {
                let (values, known) = matrix::known(case);
                for (word, (value, known)) in words.iter().zip(values.iter().zip(known)).take(2) {
                    assert_eq!(*word == value.to_bits(), known, "{image}, case {case}");
                }
            }
            for (word, value) in words.iter().zip(sample) {
                // Values that overflowed are not finite on either side; the bits of a NaN may differ.
                let found = f32::from_bits(*word);
                let agree =
                    if value.is_finite() { *word == value.to_bits() } else { !found.is_finite() };
                assert!(agree, "{image}, case {case}: {found} for {value}");
            }
        }
    }
}

/// The closed loop of `examples/policy`, and its outcomes.
#[test]
fn policies_go_the_hosts_ways() {
    let models = ["policy-meanflow.fm", "policy-fm.fm", "policy-mean.fm"];
    let files = models.map(|name| Placed::new(&std::fs::read(model_path(name)).expect("a model")));
    let policies = [
        ("meanflow-1", Policy::MeanFlow(1)),
        ("euler-16", Policy::Euler(16)),
        ("regression-1", Policy::Mean),
    ];
    let mut longest = 0;
    for (image, printed) in outputs("policy") {
        let lines = bits(&printed);
        let episodes = lines.len() / policies.len();
        assert!(episodes >= 8 && lines.len() == episodes * policies.len(), "{image}");
        for ((lines, file), (name, policy)) in lines.chunks(episodes).zip(&files).zip(policies) {
            let model = Model::new(file.bytes()).expect("a valid model");
            let (mut left, mut right) = (0, 0);
            for (number, (title, words)) in (0..).zip(lines) {
                let episode = policy.episode(&model, number, |_| ()).expect("the sizes");
                let outcome = match episode.outcome {
                    Outcome::Left => "left",
                    Outcome::Right => "right",
                    Outcome::Crashed => "crashed",
                    Outcome::Lost => "lost",
                };
                let actions = episode.actions;
                let wanted =
                    format!("policy={name} episode={number} outcome={outcome} actions={actions}");
                assert_eq!(*title, wanted, "{image}");
                assert_eq!(*words, episode.place.map(f32::to_bits), "{image}, {title}");
                left += usize::from(title.contains("=left"));
                right += usize::from(title.contains("=right"));
            }
            longest = longest.max(episodes);
            // A share of 256 episodes has a standard error of 1.5 % near 0.94, 3 % near a half.
            if episodes >= 256 {
                let succeeded = left + right;
                let both = 4 * left.min(right) >= succeeded;
                match policy {
                    Policy::Mean => assert!(10 * succeeded < episodes, "{image}: {succeeded}"),
                    _ => assert!(both && 10 * succeeded > 9 * episodes, "{image}: {left} {right}"),
                }
            }
        }
    }
    assert!(longest >= 256, "no machine ran enough episodes to judge by: {longest}");
}

#[test]
fn kernels_have_the_bits_of_the_plain_formula() {
    let printed = outputs("kernels");
    let (_, first) = &printed[0];
    assert_eq!(bits(first).len(), 1, "{first}");
    for (image, text) in &printed {
        assert_eq!(text, first, "{image}");
    }
}

#[test]
fn generated_rust_has_the_hosts_bits() {
    let host = host::<2>("moons16.fm", 16);
    for (image, printed) in outputs("generated") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), 16, "{image}");
        for (sample, ((title, words), point)) in lines.iter().zip(&host).enumerate() {
            assert_eq!(*title, format!("sample={sample}"), "{image}");
            assert_eq!(*words, point.map(f32::to_bits), "{image}, sample {sample}");
        }
    }
}

/// `examples/c/main.c`.
#[test]
fn firmware_in_c_has_the_hosts_bits() {
    let solved = |solver, steps| {
        host_by::<2>("moons.fm", 4, &["--solver", solver, "--steps", steps])
            .into_iter()
            .map(move |point| (solver, point))
    };
    let host: Vec<(&str, [f32; 2])> = host::<2>("moons.fm", 16)
        .into_iter()
        .map(|point| ("meanflow", point))
        .chain(solved("euler", "8"))
        .chain(solved("heun", "4"))
        .collect();
    for (image, printed) in outputs("c") {
        let lines = bits(&printed);
        assert_eq!(lines.len(), host.len(), "{image}");
        for (line, ((title, words), (solver, point))) in lines.iter().zip(&host).enumerate() {
            assert_eq!(title, solver, "{image}, line {line}");
            assert_eq!(*words, point.map(f32::to_bits), "{image}, line {line}");
        }
    }
}

/// Exported C99 by GCC and by clang; an image compares its own samples with those of the host.
#[test]
fn c99_has_the_hosts_bits() {
    for (image, printed) in outputs("c99") {
        assert!(printed.contains("wrong samples: 0"), "{image}: {printed}");
    }
}
