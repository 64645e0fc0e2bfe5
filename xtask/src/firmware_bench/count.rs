//! Counts in QEMU, with the plugin `xtask/plugin/count.c`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::elf::Elf;
use crate::bare_metal;
use crate::command;
use crate::machines::{Machine, Name};
use crate::workspace::root;

/// The longest image, sixteen steps in soft floats, takes some seconds.
const LIMIT: Duration = Duration::from_secs(300);

/// The costs of a region of an image.
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
pub fn build_plugin(sh: &Shell) -> Result<PathBuf> {
    let (source, folder) = (root().join("xtask/plugin/count.c"), bare_metal::bare_metal_dir()?);
    let plugin = sh.create_dir(folder)?.join("count.so");
    // Compiled under another name first: a QEMU of another run may have the old file open.
    let new = plugin.with_extension(format!("so.{}", std::process::id()));
    command::run(cmd!(sh, "cc -O2 -Wall -Wextra -Werror -shared -fPIC -o {new} {source}"))?;
    fs_err::rename(new, &plugin)?;
    Ok(plugin)
}

/// Runs an image and returns its regions, without the cost of the marks themselves.
pub fn count(sh: &Shell, plugin: &Path, machine: &Machine, image: &Elf) -> Result<Vec<Region>> {
    let log = tempfile::NamedTempFile::new()?;
    let m4 = if machine.name == Name::M4 { "on" } else { "off" };
    let mut plugin = plugin.as_os_str().to_owned();
    plugin.push(format!(
        ",begin={:x},end={:x},floor={:x},m4={m4}",
        image.function("count_begin")?,
        image.function("count_end")?,
        image.ram_end
    ));
    let emulate = machine.emulate(sh, image.path()).arg("-plugin").arg(plugin);
    let emulate = emulate.args(["-d", "plugin", "-D"]).arg(log.path()).ignore_stdout();
    command::run_within(LIMIT, emulate)?;
    let regions = regions(&fs_err::read_to_string(log.path())?);
    regions.with_context(|| format!("{}: nothing was counted", image.path().display()))
}

/// The regions of the plugin's log after the first, which is empty and measures the cost of the marks;
/// `None` if even that is missing.
fn regions(log: &str) -> Option<Vec<Region>> {
    let mut regions = log.lines().filter_map(region);
    let nothing = regions.next()?;
    let beyond = |region: Region| Region {
        instructions: region.instructions.saturating_sub(nothing.instructions),
        cycles: region.cycles.saturating_sub(nothing.cycles),
        ..region
    };
    Some(regions.map(beyond).collect())
}

/// Parses a line of the plugin.
fn region(line: &str) -> Option<Region> {
    let mut words = line.strip_prefix("REGION ")?.split(' ').map(|word| word.parse().ok());
    let mut next = || words.next().flatten();
    Some(Region { instructions: next()?, cycles: next()?, stack: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_cost_is_taken_off_and_other_lines_are_passed_over() {
        let log = "plugin: hello\nREGION 3 4 0\nREGION 103 204 16\nREGION 5 x 7\nREGION 5 6\nREGION 3 0 8\n";
        let expected = [
            Region { instructions: 100, cycles: 200, stack: 16 },
            Region { instructions: 0, cycles: 0, stack: 8 },
        ];
        assert_eq!(regions(log).unwrap(), expected);
        assert_eq!(regions("REGION 3 4 0\n"), Some(vec![]));
        assert_eq!(regions("something else\n"), None);
    }
}
