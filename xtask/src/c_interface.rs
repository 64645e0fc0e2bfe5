//! The C interface: its own tests, and firmware in C for every opt-level of the library.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bare_metal::{self, LEVELS};
use crate::command::{self, Result};
use crate::install::Need;
use crate::machines::{MACHINES, Name};
use crate::workspace::{cargo, root, target_dir};

const GCC: &str = "arm-none-eabi-gcc";

/// The target of `examples/c`.
const TRIPLE: &str = "thumbv7em-none-eabihf";

/// As in `examples/c/README.md`, and strict.
const FLAGS: [&str; 10] = [
    "-mcpu=cortex-m4",
    "-mfloat-abi=hard",
    "-mfpu=fpv4-sp-d16",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffreestanding",
    "-nostdlib",
    "-ffunction-sections",
];

/// A C compiler for the example.
pub fn need() -> Need {
    Need {
        what: "a C compiler for bare-metal Arm",
        present: || command::exists(GCC),
        rustup: vec![],
        packages: vec!["gcc-arm-none-eabi"],
    }
}

/// Runs the crate's own tests and lints on this machine; one of the tests is the header's.
///
/// # Errors
/// If one fails.
pub fn check() -> Result<()> {
    let lints = ["clippy", "--locked", "--all-targets", "--target-dir"];
    command::run(in_crate(cargo()).args(lints).arg(dir()?).args(["--", "-D", "warnings"]))?;
    command::run(in_crate(cargo()).args(["test", "--locked", "--target-dir"]).arg(dir()?))
}

/// Links `examples/c` at every opt-level of the library, beside the images of
/// [`bare_metal::build_images`] and in the same list; `fm` is the program that writes the header.
///
/// # Errors
/// If a build fails, or a panic can be reached.
pub fn build_images(fm: &Path) -> Result<()> {
    let (images, headers) = (bare_metal::images_dir()?, dir()?.join("headers"));
    fs_err::create_dir_all(&headers).map_err(|e| e.to_string())?;
    let mut export = Command::new(fm);
    export.arg("export").arg(root().join("examples/firmware/models/moons.fm"));
    command::run(export.arg("--out").arg(headers.join("moons.h")))?;
    let list = images.join("runs.json");
    let text = fs_err::read_to_string(&list).map_err(|e| e.to_string())?;
    let mut runs: Vec<Value> = serde_json::from_str(&text).map_err(|e| format!("{e}"))?;
    for level in LEVELS {
        println!("linking C at opt-level {level}");
        let library = library(level)?;
        // With all of the library in it, a panic that any function can reach is missing its handler.
        link(&library, &headers, &images.join(format!("c.whole.{level}")), "--no-gc-sections")?;
        let image = images.join(format!("c.{TRIPLE}.{level}"));
        link(&library, &headers, &image, "--gc-sections")?;
        for machine in MACHINES.iter().filter(|machine| machine.name == Name::M4) {
            let run = format!("C on {:?} at opt-level {level}", machine.name);
            let words: Vec<_> = command::words(&machine.emulate(&image)).collect();
            runs.push(json!({ "image": "c", "run": run, "command": words }));
        }
    }
    fs_err::write(list, Value::from(runs).to_string()).map_err(|e| e.to_string())
}

/// Builds the static library.
fn library(level: &str) -> Result<PathBuf> {
    for command in bare_metal::commands("rustc", &[TRIPLE]) {
        let mut command = in_crate(command);
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        command.args(["--locked", "--crate-type", "staticlib", "--target-dir"]).arg(dir()?);
        command::run(&mut command)?;
    }
    Ok(dir()?.join(TRIPLE).join("release/libfm.a"))
}

fn link(library: &Path, headers: &Path, image: &Path, sections: &str) -> Result<()> {
    let example = root().join("examples/c");
    let mut gcc = Command::new(GCC);
    gcc.args(FLAGS).arg(format!("-Wl,{sections},-z,noexecstack"));
    gcc.arg("-T").arg(example.join("mps2-an386.ld"));
    gcc.arg("-I").arg(root().join("fm-nostd/c/include")).arg("-I").arg(headers);
    gcc.args(["main.c", "board.c"].map(|file| example.join(file)));
    command::run(gcc.arg(library).arg("-o").arg(image))
}

fn in_crate(mut command: Command) -> Command {
    command.current_dir(root().join("fm-nostd/c"));
    command
}

fn dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("c"))
}
