//! Building for microcontrollers, with rustup's targets or with Debian's compiler and library source.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::Message;
use cargo_metadata::semver::Version;
use rustc_version::VersionMeta;
use serde_json::{Value, json};
use xshell::{Cmd, Shell, cmd};

use crate::command::{self, run};
use crate::install::Need;
use crate::machines::{self, AARCH64, ARM, MACHINES, Machine, RISCV};
use crate::workspace::{cargo, rustc, target_dir};

/// The opt-levels at which no panic may remain in the firmware.
pub const LEVELS: [&str; 4] = ["3", "2", "s", "z"];

/// Debian's compiler, even if rustup's comes first in PATH.
const DEBIAN: [&str; 2] = ["/usr/bin/cargo", "/usr/bin/rustc"];

/// Linkers for Debian's compiler, which has none of its own: an architecture, the program and the
/// compiler's flags for it.
const LINKERS: [(&str, &str, &str); 3] = [
    ("thumb", "arm-none-eabi-ld", "-Clinker-flavor=ld"),
    ("riscv", "riscv64-unknown-elf-ld", "-Clinker-flavor=ld -Clink-arg=-melf32lriscv"),
    ("aarch64", "aarch64-linux-gnu-ld", "-Clinker-flavor=ld"),
];

/// The tools for building for every machine and running the images.
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

/// Builds only `fm-nostd`, with all its features, for every target: no other crate can bring in std or
/// enable features of its dependencies.
pub fn build_core(sh: &Shell) -> Result<()> {
    // In its own workspace, because the firmware chooses among the features.
    for command in builds(sh, &machines::triples(&MACHINES), "3")? {
        run(command.args(["--package", "fm-nostd", "--all-features"]))?;
    }
    Ok(())
}

/// Builds `fm-nostd` with its optional features, which the firmware's workspace leaves out.
pub fn build_features(sh: &Shell) -> Result<()> {
    let dir = bare_metal_dir()?;
    for command in commands(sh, "build", &["thumbv7em-none-eabihf"]) {
        let features = ["--package", "fm-nostd", "--features", "defmt", "--target-dir"];
        run(command.args(features).arg(&dir))?;
    }
    Ok(())
}

/// The folder in which [`build_images`] puts the images and `runs.json`: a list of `image`, `run` (a
/// readable name) and `command`, one for each image, machine and level.
pub fn images_dir() -> Result<PathBuf> {
    Ok(bare_metal_dir()?.join("images"))
}

/// Links every image for every target at every level, which fails if a panic is reachable.
pub fn build_images(sh: &Shell) -> Result<()> {
    let images = images_dir()?;
    // An image of an earlier run must not be mistaken for one of this run.
    sh.remove_path(&images)?;
    sh.create_dir(&images)?;
    let mut runs = Vec::new();
    for level in LEVELS {
        println!("linking at opt-level {level}");
        let triples = machines::triples(&MACHINES);
        for Image { name, triple, path } in link(sh, &triples, level, |build| build)? {
            let image = images.join(format!("{name}.{triple}.{level}"));
            fs_err::copy(path, &image)?;
            for machine in MACHINES.iter().filter(|machine| machine.triple == triple) {
                let run = format!("{name} on {:?} at opt-level {level}", machine.name);
                let command = machine.words(&image);
                runs.push(json!({ "image": name, "run": run, "command": command }));
            }
        }
    }
    Ok(fs_err::write(images.join("runs.json"), Value::from(runs).to_string())?)
}

/// A linked image.
pub struct Image {
    /// The name of its program.
    pub name: String,
    /// Its target.
    pub triple: String,
    /// Its path, which the next build overwrites.
    pub path: PathBuf,
}

/// Links the firmware for `triples` at an opt-level; `options` are added to cargo's command.
pub fn link<'s>(
    sh: &'s Shell,
    triples: &[&'static str],
    level: &str,
    options: impl Fn(Cmd<'s>) -> Cmd<'s>,
) -> Result<Vec<Image>> {
    let _firmware = sh.push_dir("examples/firmware");
    let mut images = Vec::new();
    for command in builds(sh, triples, level)? {
        let messages = options(command).arg("--message-format=json-render-diagnostics").read()?;
        images.extend(linked(&messages)?);
    }
    Ok(images)
}

/// Links one program for a machine; `options` must name it.
pub fn link_one<'s>(
    sh: &'s Shell,
    machine: &Machine,
    options: impl Fn(Cmd<'s>) -> Cmd<'s>,
) -> Result<Image> {
    let image = link(sh, &[machine.triple], "3", options)?.into_iter().next();
    image.with_context(|| format!("cargo built no image for {}", machine.triple))
}

/// The images that cargo's messages name.
fn linked(messages: &str) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for message in Message::parse_stream(messages.as_bytes()) {
        let Message::CompilerArtifact(artifact) = message.context("cargo's messages")? else {
            continue;
        };
        let Some(path) = artifact.executable else { continue };
        // TARGET_DIR/TRIPLE/release/NAME
        let triple = path.ancestors().nth(2).and_then(|folder| folder.file_name());
        let triple = triple.unwrap_or_default().to_owned();
        images.push(Image { name: artifact.target.name, triple, path: path.into() });
    }
    Ok(images)
}

/// The folder for bare-metal builds.
pub fn bare_metal_dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("firmware"))
}

/// Release builds that together cover `triples`, in the shell's current workspace.
fn builds<'s>(sh: &'s Shell, triples: &[&'static str], level: &str) -> Result<Vec<Cmd<'s>>> {
    let dir = bare_metal_dir()?;
    let build = |command: Cmd<'s>| {
        let command = command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        command.args(["--locked", "--target-dir"]).arg(&dir)
    };
    Ok(commands(sh, "build", triples).into_iter().map(build).collect())
}

/// Cargo's `verb` in release for `triples`: one command for the targets that the active compiler has a
/// library for, and one with Debian's compiler for the others.
pub fn commands<'s>(sh: &'s Shell, verb: &str, triples: &[&'static str]) -> Vec<Cmd<'s>> {
    let (own, other): (Vec<&str>, Vec<&str>) = triples.iter().partition(|triple| has_core(triple));
    let mut commands = Vec::new();
    if !own.is_empty() {
        commands.push((sh.cmd(cargo()).arg(verb), own));
    }
    if !other.is_empty() {
        let [cargo, rustc] = DEBIAN;
        let debian = cmd!(sh, "{cargo} {verb} -Zbuild-std=core")
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .envs(other.iter().flat_map(|triple| linker(triple)));
        commands.push((debian, other));
    }
    let for_targets = |(command, triples): (Cmd<'s>, Vec<&str>)| {
        // One cargo command for all targets keeps every core busy.
        let targets = triples.into_iter().flat_map(|triple| ["--target", triple]);
        command.args(["--quiet", "--release"]).args(targets)
    };
    commands.into_iter().map(for_targets).collect()
}

/// The environment variables that set a target's linker and the compiler's flags for it.
fn linker(triple: &str) -> Vec<(String, &'static str)> {
    let variable = format!("CARGO_TARGET_{}", triple.to_uppercase().replace(['-', '.'], "_"));
    let linkers = LINKERS.iter().filter(|(architecture, ..)| triple.starts_with(architecture));
    linkers
        .flat_map(|(_, linker, flags)| {
            [(format!("{variable}_LINKER"), *linker), (format!("{variable}_RUSTFLAGS"), *flags)]
        })
        .collect()
}

/// Whether every target can be built.
fn available() -> bool {
    machines::triples(&MACHINES).iter().all(|triple| has_core(triple) || debian_builds())
}

/// Whether the active compiler has its library for `triple`.
fn has_core(triple: &str) -> bool {
    let folder =
        print(Command::new(rustc()).args(["--print", "target-libdir", "--target", triple]));
    fs_err::read_dir(folder.trim()).is_ok_and(|files| {
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

/// Whether Debian's compiler is installed and recent enough, with its library's source and linkers.
fn debian_builds() -> bool {
    let [cargo, rustc] = DEBIAN;
    if !command::exists(cargo) || !LINKERS.iter().all(|(_, linker, _)| command::exists(linker)) {
        return false;
    }
    let version = VersionMeta::for_command(Command::new(rustc));
    let new_enough = version.is_ok_and(|version| new_enough(&version.semver));
    let sysroot = print(Command::new(rustc).args(["--print", "sysroot"]));
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    new_enough && source.join("library/core").is_dir()
}

/// Whether a compiler can build this workspace.
fn new_enough(version: &Version) -> bool {
    let least = Version::parse(concat!(env!("CARGO_PKG_RUST_VERSION"), ".0"));
    least.is_ok_and(|least| *version >= least)
}

/// The output of a command; empty if it fails.
fn print(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo's messages about a library and a program, reduced to the required fields.
    const MESSAGES: &str = r#"
{"reason":"compiler-artifact","package_id":"p","manifest_path":"/m","target":{"kind":["lib"],"crate_types":["lib"],"name":"fm_nostd","src_path":"/s","edition":"2024","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/t/libfm.rlib"],"executable":null,"fresh":true}
{"reason":"compiler-artifact","package_id":"p","manifest_path":"/m","target":{"kind":["bin"],"crate_types":["bin"],"name":"digits","src_path":"/s","edition":"2024","doc":true,"doctest":false,"test":false},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/t/thumbv6m-none-eabi/release/digits"],"executable":"/t/thumbv6m-none-eabi/release/digits","fresh":true}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn cargo_names_the_images_that_it_linked_and_their_targets() {
        let images = linked(MESSAGES.trim()).unwrap();
        let [Image { name, triple, path }] = &images[..] else { panic!("{} images", images.len()) };
        assert_eq!((&name[..], &triple[..]), ("digits", "thumbv6m-none-eabi"));
        assert_eq!(path, Path::new("/t/thumbv6m-none-eabi/release/digits"));
        assert!(linked("").unwrap().is_empty());
    }

    #[test]
    fn debians_cargo_is_told_a_linker_for_each_target() {
        let [(linker, program), (flags, options)] = &linker("thumbv8m.main-none-eabihf")[..] else {
            panic!("not two variables")
        };
        assert_eq!(
            (&linker[..], &flags[..]),
            (
                "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABIHF_LINKER",
                "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABIHF_RUSTFLAGS"
            )
        );
        assert_eq!((*program, *options), ("arm-none-eabi-ld", "-Clinker-flavor=ld"));
        let has_one = |triple: &&str| !super::linker(triple).is_empty();
        assert!(machines::triples(&MACHINES).iter().all(has_one));
    }

    #[test]
    fn a_compiler_is_new_enough_from_the_manifests_version_on() {
        let least = env!("CARGO_PKG_RUST_VERSION");
        for (version, enough) in [("1.9.0", false), ("1.87.1", false), ("1.100.0", true)] {
            assert_eq!(new_enough(&Version::parse(version).unwrap()), enough, "{version}");
        }
        assert!(new_enough(&Version::parse(&format!("{least}.0")).unwrap()));
    }
}
