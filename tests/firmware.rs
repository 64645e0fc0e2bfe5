//! Firmware in QEMU against the host: equal bits on every board, at every optimisation level.
//!
//! `cargo xtask test` builds the images and the `fm` program, and says where they are in
//! `FIRMWARE_IMAGES` and `FM`.

mod common;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use common::Placed;
use fm_nostd::blob::Path;
use fm_nostd::divergence::{Exact, Hutchinson};
use fm_nostd::solver::{EulerMaruyama, Rk4};
use fm_nostd::{Draw, Field, LogDensity, Model, Sampler, TangentField};

/// Targets, and the machines that QEMU has for them.
const BOARDS: [(&str, &str); 2] =
    [("thumbv6m-none-eabi", "microbit"), ("thumbv7em-none-eabihf", "mps2-an386")];

const LEVELS: [&str; 4] = ["3", "2", "s", "z"];

/// The slowest image, the digits in soft floats, takes half a second.
const LIMIT: Duration = Duration::from_secs(60);

/// What each image of `name` printed, with the image's file name.
fn outputs(name: &str) -> Vec<(String, String)> {
    let images: PathBuf = std::env::var_os("FIRMWARE_IMAGES")
        .expect("FIRMWARE_IMAGES is not set: run `cargo xtask test`")
        .into();
    let all = BOARDS.iter().flat_map(|board| LEVELS.map(|level| (board, level)));
    all.map(|((target, machine), level)| {
        let file = format!("{name}.{target}.{level}");
        let image = images.join(&file);
        assert!(image.is_file(), "{} is missing: run `cargo xtask test`", image.display());
        let printed = run(machine, &image);
        (file, printed)
    })
    .collect()
}

/// Runs an image to its end and gives what it printed.
fn run(machine: &str, image: &std::path::Path) -> String {
    // A file, for a pipe that nobody reads while we wait could fill up.
    let printed = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut qemu = Command::new("qemu-system-arm")
        .args(["-machine", machine, "-display", "none", "-monitor", "none", "-serial", "none"])
        .args(["-chardev", "stdio,id=out"])
        .args(["-semihosting-config", "enable=on,target=native,chardev=out"])
        .arg("-kernel")
        .arg(image)
        .stdin(std::process::Stdio::null())
        .stdout(printed.reopen().expect("the temporary file"))
        .spawn()
        .expect("qemu-system-arm: install it, or run `cargo xtask test --install`");
    let start = Instant::now();
    let status = loop {
        match qemu.try_wait().expect("a child's status") {
            Some(status) => break status,
            None if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(10)),
            None => {
                qemu.kill().expect("a child to kill");
                panic!("{} did not end within {LIMIT:?}", image.display());
            }
        }
    };
    let text = std::fs::read_to_string(printed.path()).expect("text from the image");
    assert!(status.success(), "{}: {status}: {text}", image.display());
    text
}

/// The lines of bits: what comes before the colon, and the numbers' bits.
fn bits(printed: &str) -> Vec<(&str, Vec<u32>)> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("bits "));
    lines
        .map(|line| {
            let (title, words) = line.split_once(':').expect("a colon behind the title");
            let word = |word| u32::from_str_radix(word, 16).expect("eight hexadecimal digits");
            (title, words.split_whitespace().map(word).collect())
        })
        .collect()
}

fn model_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/firmware/models").join(name)
}

/// The first samples of seed 1 as the `fm` program draws them: class by class where there are
/// classes, as the images do.
fn host<const D: usize>(model: &str, count: usize) -> Vec<[f32; D]> {
    let fm = std::env::var_os("FM").expect("FM is not set: run `cargo xtask test`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("samples.npy");
    let status = Command::new(fm)
        .arg("sample")
        .arg(model_path(model))
        .args(["--seed", "1", "--count", &count.to_string(), "--out"])
        .arg(&out)
        .status();
    assert!(status.expect("the fm program").success());
    // The header's length varies; the numbers are the file's end.
    let bytes = std::fs::read(&out).expect("the samples");
    let numbers = &bytes[bytes.len() - 4 * D * count..];
    let floats = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    floats.collect::<Vec<_>>().as_chunks::<D>().0.to_vec()
}

#[test]
fn digits_have_the_hosts_bits() {
    let host = host::<64>("digits.fm", 10);
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
    let greys: Vec<f32> = host::<64>("digits.fm", 10).into_iter().flatten().collect();
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

/// What `src/bin/density.rs` prints of a sample.
fn host_density(model: &Model<'_>, sample: u64) -> [f32; 4] {
    let draw = Draw { seed: 1, sample };
    let field = || Field::new(model, [[0.0; 32]; 2], []).expect("the sizes of the firmware");
    let tangents = || TangentField::new(field(), [[0.0; 32]; 2]).expect("the same sizes");
    let rk4 = || Rk4::new([[0.0; 3]; 3]);
    let path = if sample.is_multiple_of(2) { Path::Linear } else { Path::Trigonometric };
    let sde = EulerMaruyama::new(path, 0.5, [[0.0; 2]; 2]);
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
        assert_eq!(lines.len(), 4, "{image}");
        for (sample, (title, words)) in (0u64..).zip(&lines) {
            assert_eq!(*title, format!("sample={sample}"), "{image}");
            let figures = host_density(&model, sample);
            assert!(figures.iter().all(|figure| figure.is_finite()));
            assert_eq!(*words, figures.map(f32::to_bits), "{image}, sample {sample}");
        }
    }
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
