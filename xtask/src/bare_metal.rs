//! Building for microcontrollers: the compiler's own targets, or Debian's with the library's source.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Result};
use crate::workspace::{cargo, root, target_dir};

/// The targets of `examples/firmware`: a Cortex-M0 and a Cortex-M4F.
pub const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];

/// Its images.
const IMAGES: [&str; 4] = ["density", "digits", "kernels", "moons"];

/// No panic may be left at any of these.
const LEVELS: [&str; 4] = ["3", "2", "s", "z"];

/// Debian's compiler, beside whatever rustup has put in front of it.
const DEBIAN: [&str; 2] = ["/usr/bin/cargo", "/usr/bin/rustc"];

/// Debian's linker for Arm; its compiler comes without one.
const LINKER: &str = "arm-none-eabi-ld";

/// Whether every target can be built for.
pub fn available() -> bool {
    TARGETS.iter().all(|target| has_core(target) || debian_builds())
}

/// Builds `fm-nostd` alone for every target: nothing can lend it std or a feature of its crates.
///
/// # Errors
/// If a build fails.
pub fn build_core() -> Result<()> {
    TARGETS
        .iter()
        .try_for_each(|target| command::run(build(target)?.args(["--package", "fm-nostd"])))
}

/// Where [`build_images`] leaves `IMAGE.TARGET.LEVEL`.
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
    for target in TARGETS {
        for level in LEVELS {
            println!("linking for {target} at opt-level {level}");
            command::run(build(target)?.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level))?;
            for image in IMAGES {
                let built = bare_metal_dir()?.join(target).join("release").join(image);
                fs_err::copy(built, images.join(format!("{image}.{target}.{level}")))
                    .map_err(|e| e.to_string())?;
            }
        }
    }
    Ok(())
}

fn bare_metal_dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("firmware"))
}

/// A release build in the firmware's workspace for `target`, by whichever compiler can.
fn build(target: &str) -> Result<Command> {
    let mut command = if has_core(target) {
        let mut command = cargo();
        command.arg("build");
        command
    } else {
        let [cargo, rustc] = DEBIAN;
        let mut command = Command::new(cargo);
        let variable = target.to_uppercase().replace('-', "_");
        command
            .args(["build", "-Zbuild-std=core"])
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env(format!("CARGO_TARGET_{variable}_LINKER"), LINKER)
            .env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), "-Clinker-flavor=ld");
        command
    };
    command.current_dir(root().join("examples/firmware"));
    command.args(["--quiet", "--locked", "--release", "--target", target]);
    command.arg("--target-dir").arg(bare_metal_dir()?);
    Ok(command)
}

/// Whether the compiler in use has its library for `target`.
fn has_core(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let folder =
        command::output(Command::new(rustc).args(["--print", "target-libdir", "--target", target]));
    let files = folder.and_then(|path| fs_err::read_dir(path.trim()).map_err(|e| e.to_string()));
    files.is_ok_and(|files| {
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

/// Whether Debian's compiler is there, new enough, with its library's source and a linker.
fn debian_builds() -> bool {
    let [cargo, rustc] = DEBIAN;
    let print = |what: &[&str]| command::output(Command::new(rustc).args(what)).unwrap_or_default();
    if !Path::new(cargo).exists() || !Path::new(rustc).exists() || !command::exists(LINKER) {
        return false;
    }
    let version = print(&["--version"]);
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let least = env!("CARGO_PKG_RUST_VERSION").split('.').nth(1).and_then(|m| m.parse().ok());
    let source = Path::new(print(&["--print", "sysroot"]).trim()).join("lib/rustlib/src/rust");
    minor >= least && source.join("library/core").is_dir()
}
