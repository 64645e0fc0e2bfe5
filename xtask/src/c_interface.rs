//! The C interface: its own tests, and firmware in C at every opt-level of the library.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::bare_metal::{self, LEVELS};
use crate::command::{self, run};
use crate::install::Need;
use crate::machines::Name;
use crate::workspace::{cargo, root, target_dir};

/// The crate's folder.
const FOLDER: &str = "fm-nostd/c";

const GCC: &str = "arm-none-eabi-gcc";

/// The target of `examples/c`.
const TRIPLE: &str = "thumbv7em-none-eabihf";

/// The options in `examples/c/README.md`, with strict warnings.
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

/// Runs the crate's own tests, including that of the header, and its lints on this machine.
pub fn check(sh: &Shell) -> Result<()> {
    let (cargo, dir) = (cargo(), dir()?);
    let _crate = sh.push_dir(FOLDER);
    let options = ["--locked", "--all-targets", "--target-dir"];
    run(cmd!(sh, "{cargo} clippy {options...} {dir} -- -D warnings"))?;
    run(cmd!(sh, "{cargo} test --locked --target-dir {dir}"))
}

/// Links `examples/c` at every opt-level of the library, into the folder and list of
/// [`bare_metal::build_images`]; `fm` is the program that writes the header.
pub fn build_images(sh: &Shell, fm: &Path) -> Result<()> {
    let (images, headers) = (bare_metal::images_dir()?, dir()?.join("headers"));
    sh.create_dir(&headers)?;
    let header = headers.join("moons.h");
    run(cmd!(sh, "{fm} export examples/firmware/models/moons.fm --out {header}"))?;
    let (list, machine) = (images.join("runs.json"), Name::M4.machine()?);
    let mut runs: Vec<Value> = serde_json::from_str(&fs_err::read_to_string(&list)?)?;
    for level in LEVELS {
        println!("linking C at opt-level {level}");
        let library = library(sh, level)?;
        // With the whole library linked, any function that can panic fails for lack of a panic handler.
        let whole = images.join(format!("c.whole.{level}"));
        link(sh, &library, &headers, &whole, "--no-gc-sections")?;
        let image = images.join(format!("c.{TRIPLE}.{level}"));
        link(sh, &library, &headers, &image, "--gc-sections")?;
        let (run, command) =
            (format!("C on {:?} at opt-level {level}", Name::M4), machine.words(&image));
        runs.push(json!({ "image": "c", "run": run, "command": command }));
    }
    Ok(fs_err::write(list, Value::from(runs).to_string())?)
}

/// Builds the static library.
fn library(sh: &Shell, level: &str) -> Result<PathBuf> {
    let dir = dir()?;
    let _crate = sh.push_dir(FOLDER);
    for command in bare_metal::commands(sh, "rustc", &[TRIPLE]) {
        let command = command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        run(command.args(["--locked", "--crate-type", "staticlib", "--target-dir"]).arg(&dir))?;
    }
    Ok(dir.join(TRIPLE).join("release/libfm.a"))
}

fn link(sh: &Shell, library: &Path, headers: &Path, image: &Path, sections: &str) -> Result<()> {
    let _example = sh.push_dir("examples/c");
    let include = root().join(FOLDER).join("include");
    run(cmd!(
        sh,
        "{GCC} {FLAGS...} -Wl,{sections},-z,noexecstack -T mps2-an386.ld
            -I {include} -I {headers} main.c board.c {library} -o {image}"
    ))
}

fn dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("c"))
}
