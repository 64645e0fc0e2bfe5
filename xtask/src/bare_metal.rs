//! Building for microcontrollers: the compiler's own targets, or Debian's with the library's source.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::command::{self, Result};
use crate::install::Need;
use crate::machines::{self, AARCH64, ARM, MACHINES, RISCV};
use crate::workspace::{cargo, root, target_dir};

/// No panic may be left at any of these.
pub const LEVELS: [&str; 4] = ["3", "2", "s", "z"];

/// Debian's compiler, beside whatever rustup has put in front of it.
const DEBIAN: [&str; 2] = ["/usr/bin/cargo", "/usr/bin/rustc"];

/// Linkers for Debian's compiler, which comes without one: an architecture, the program and the
/// compiler's flags for it.
const LINKERS: [(&str, &str, &str); 3] = [
    ("thumb", "arm-none-eabi-ld", "-Clinker-flavor=ld"),
    ("riscv", "riscv64-unknown-elf-ld", "-Clinker-flavor=ld -Clink-arg=-melf32lriscv"),
    ("aarch64", "aarch64-linux-gnu-ld", "-Clinker-flavor=ld"),
];

/// What building for every machine and running the images takes.
pub fn needs() -> Vec<Need> {
    let target_add = ["target", "add"].into_iter().chain(machines::triples(&MACHINES)).collect();
    let binutils =
        ["binutils-arm-none-eabi", "binutils-riscv64-unknown-elf", "binutils-aarch64-linux-gnu"];
    let compiler = ["rustc-web", "cargo-web", "rust-web-src"];
    vec![
        Need {
            what: "a compiler for bare metal",
            present: available,
            rustup: target_add,
            packages: compiler.into_iter().chain(binutils).collect(),
        },
        Need {
            what: "QEMU for Arm",
            present: || command::exists(ARM.program),
            rustup: vec![],
            packages: vec![ARM.package],
        },
        Need {
            what: "QEMU for RISC-V",
            present: || command::exists(RISCV.program),
            rustup: vec![],
            packages: vec![RISCV.package],
        },
        Need {
            what: "QEMU for programs of a 64-bit Arm",
            present: || command::exists(AARCH64.program),
            rustup: vec![],
            packages: vec![AARCH64.package],
        },
    ]
}

/// Builds `fm-nostd` alone, with all it can do, for every target: nothing can lend it std or a
/// feature of its crates.
///
/// # Errors
/// If a build fails.
pub fn build_core() -> Result<()> {
    for mut command in builds(&machines::triples(&MACHINES), "3")? {
        // In its own workspace: the firmware chooses among its features.
        command.current_dir(root()).args(["--package", "fm-nostd", "--all-features"]);
        command::run(&mut command)?;
    }
    Ok(())
}

/// Builds `fm-nostd` with its optional features, which firmware's own workspace leaves out.
///
/// # Errors
/// If a build fails.
pub fn build_features() -> Result<()> {
    let dir = bare_metal_dir()?;
    for mut command in commands("build", &["thumbv7em-none-eabihf"]) {
        command.args(["--package", "fm-nostd", "--features", "defmt", "--target-dir"]).arg(&dir);
        command::run(&mut command)?;
    }
    Ok(())
}

/// Where [`build_images`] leaves the images, and `runs.json`: a list of `image`, `run` (a name for
/// people) and `command`, one for each image, machine and level.
pub fn images_dir() -> Result<PathBuf> {
    Ok(bare_metal_dir()?.join("images"))
}

/// Links every image for every target at every level, which fails where a panic can be reached.
///
/// # Errors
/// If a build fails.
pub fn build_images() -> Result<()> {
    let images = images_dir()?;
    // An image of an earlier run must not pass for one of this.
    if images.exists() {
        fs_err::remove_dir_all(&images).map_err(|e| e.to_string())?;
    }
    fs_err::create_dir_all(&images).map_err(|e| e.to_string())?;
    let mut runs = Vec::new();
    for level in LEVELS {
        println!("linking at opt-level {level}");
        for Image { name, triple, path } in link(&machines::triples(&MACHINES), level, |_| ())? {
            let image = images.join(format!("{name}.{triple}.{level}"));
            fs_err::copy(path, &image).map_err(|e| e.to_string())?;
            for machine in MACHINES.iter().filter(|machine| machine.triple == triple) {
                let run = format!("{name} on {:?} at opt-level {level}", machine.name);
                let command = machine.emulate(&image);
                let words: Vec<_> = command::words(&command).collect();
                runs.push(json!({ "image": name, "run": run, "command": words }));
            }
        }
    }
    let list = Value::from(runs).to_string();
    fs_err::write(images.join("runs.json"), list).map_err(|e| e.to_string())
}

/// An image that was linked.
pub struct Image {
    /// The name of its program.
    pub name: String,
    /// The target.
    pub triple: String,
    /// Where the next build overwrites it.
    pub path: PathBuf,
}

/// Links the firmware for `triples` at an opt-level; `options` adds to cargo's command.
///
/// # Errors
/// If a build fails.
pub fn link(
    triples: &[&'static str],
    level: &str,
    options: impl Fn(&mut Command),
) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for mut command in builds(triples, level)? {
        options(&mut command);
        command.arg("--message-format=json-render-diagnostics");
        for line in command::output(&mut command)?.lines() {
            let message: Value = serde_json::from_str(line).map_err(|e| format!("cargo: {e}"))?;
            let Some(path) = message["executable"].as_str().map(PathBuf::from) else { continue };
            // TARGET_DIR/TRIPLE/release/NAME
            let mut parts = path.iter().rev().map(|part| part.to_string_lossy().into_owned());
            if let (Some(name), Some(_), Some(triple)) = (parts.next(), parts.next(), parts.next())
            {
                images.push(Image { name, triple, path: path.clone() });
            }
        }
    }
    Ok(images)
}

/// The folder for what is built for bare metal.
pub fn bare_metal_dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("firmware"))
}

/// Release builds in the firmware's workspace, which together build for `triples`.
fn builds(triples: &[&'static str], level: &str) -> Result<Vec<Command>> {
    let dir = bare_metal_dir()?;
    let mut commands = commands("build", triples);
    for command in &mut commands {
        command.current_dir(root().join("examples/firmware"));
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        command.args(["--locked", "--target-dir"]).arg(&dir);
    }
    Ok(commands)
}

/// Cargo's `verb` in release for `triples`: one by the compiler in use, and one by Debian's for what
/// that has no library for.
pub fn commands(verb: &str, triples: &[&'static str]) -> Vec<Command> {
    let (own, other): (Vec<&str>, Vec<&str>) = triples.iter().partition(|triple| has_core(triple));
    let mut commands = Vec::new();
    if !own.is_empty() {
        let mut command = cargo();
        command.arg(verb);
        commands.push((command, own));
    }
    if !other.is_empty() {
        let [cargo, rustc] = DEBIAN;
        let mut command = Command::new(cargo);
        command.args([verb, "-Zbuild-std=core"]).current_dir(root());
        command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
        for triple in &other {
            let variable =
                format!("CARGO_TARGET_{}", triple.to_uppercase().replace(['-', '.'], "_"));
            for (_, linker, flags) in LINKERS.iter().filter(|(arch, ..)| triple.starts_with(arch)) {
                command.env(format!("{variable}_LINKER"), linker);
                command.env(format!("{variable}_RUSTFLAGS"), flags);
            }
        }
        commands.push((command, other));
    }
    let for_targets = |(mut command, triples): (Command, Vec<&str>)| {
        command.args(["--quiet", "--release"]);
        // One cargo for all targets: it keeps every core busy.
        for triple in triples {
            command.args(["--target", triple]);
        }
        command
    };
    commands.into_iter().map(for_targets).collect()
}

/// Whether every target can be built for.
fn available() -> bool {
    machines::triples(&MACHINES).iter().all(|triple| has_core(triple) || debian_builds())
}

/// Whether the compiler in use has its library for `triple`.
fn has_core(triple: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let folder =
        command::output(Command::new(rustc).args(["--print", "target-libdir", "--target", triple]));
    let files = folder.and_then(|path| fs_err::read_dir(path.trim()).map_err(|e| e.to_string()));
    files.is_ok_and(|files| {
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

/// Whether Debian's compiler is there, new enough, with its library's source and linkers.
fn debian_builds() -> bool {
    let [cargo, rustc] = DEBIAN;
    let print = |what: &[&str]| command::output(Command::new(rustc).args(what)).unwrap_or_default();
    let linkers = LINKERS.iter().all(|(_, linker, _)| command::exists(linker));
    if !Path::new(cargo).exists() || !Path::new(rustc).exists() || !linkers {
        return false;
    }
    let version = print(&["--version"]);
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let least = env!("CARGO_PKG_RUST_VERSION").split('.').nth(1).and_then(|m| m.parse().ok());
    let source = Path::new(print(&["--print", "sysroot"]).trim()).join("lib/rustlib/src/rust");
    minor >= least && source.join("library/core").is_dir()
}
