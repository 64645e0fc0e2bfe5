//! Counting in QEMU, by the plugin `xtask/plugin/count.c`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::elf::Elf;
use crate::bare_metal;
use crate::command::{self, Result};
use crate::machines::{Machine, Name};
use crate::workspace::root;

/// The longest of them, sixteen steps in soft floats, take some seconds.
const LIMIT: Duration = Duration::from_secs(300);

/// What a region of an image took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Instructions executed.
    pub instructions: u64,
    /// Cycles on a Cortex-M4, estimated; zero for other machines.
    pub cycles: u64,
    /// Bytes of stack below the caller.
    pub stack: u64,
}

/// Compiles the plugin.
///
/// # Errors
/// If there is no C compiler, or it fails.
pub fn build_plugin() -> Result<PathBuf> {
    let (source, folder) = (root().join("xtask/plugin/count.c"), bare_metal::bare_metal_dir()?);
    fs_err::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let plugin = folder.join("count.so");
    // Under another name first: a QEMU of another run may have the old one open.
    let new = folder.join(format!("count.so.{}", std::process::id()));
    let flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"];
    command::run(Command::new("cc").args(flags).arg(&new).arg(source))?;
    fs_err::rename(new, &plugin).map_err(|e| e.to_string())?;
    Ok(plugin)
}

/// Runs an image and gives its regions, what the marks themselves take off.
///
/// # Errors
/// If it fails or has no regions.
pub fn count(plugin: &Path, machine: &Machine, image: &Elf) -> Result<Vec<Region>> {
    let log = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let m4 = if machine.name == Name::M4 { "on" } else { "off" };
    let mut plugin = plugin.as_os_str().to_owned();
    plugin.push(format!(
        ",begin={:x},end={:x},floor={:x},m4={m4}",
        image.function("count_begin")?,
        image.function("count_end")?,
        image.ram_end
    ));
    let mut command = machine.emulate(image.path());
    command.arg("-plugin").arg(plugin).args(["-d", "plugin", "-D"]).arg(log.path());
    command.stdout(Stdio::null());
    command::run_within(LIMIT, &mut command)?;
    let text = fs_err::read_to_string(log.path()).map_err(|e| e.to_string())?;
    let mut regions = text.lines().filter_map(region);
    let nothing = regions.next();
    let Some(nothing) = nothing else {
        return Err(format!("{}: nothing was counted", image.path().display()));
    };
    let beyond = |region: Region| Region {
        instructions: region.instructions.saturating_sub(nothing.instructions),
        cycles: region.cycles.saturating_sub(nothing.cycles),
        ..region
    };
    Ok(regions.map(beyond).collect())
}

/// A line of the plugin's.
fn region(line: &str) -> Option<Region> {
    let mut words = line.strip_prefix("REGION ")?.split(' ').map(|word| word.parse().ok());
    let mut next = || words.next().flatten();
    Some(Region { instructions: next()?, cycles: next()?, stack: next()? })
}
