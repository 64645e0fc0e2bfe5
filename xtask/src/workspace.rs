//! Locations: the workspace's root, cargo, the compiler and the target directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cargo_metadata::MetadataCommand;
use xshell::Shell;

/// The workspace's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A shell in the workspace's root.
pub fn shell() -> Result<Shell> {
    let sh = Shell::new()?;
    sh.change_dir(root());
    Ok(sh)
}

/// The cargo that runs this program.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or("cargo".into())
}

/// The compiler that cargo runs.
pub fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or("rustc".into())
}

/// The command that asks cargo for the workspace's metadata.
pub fn metadata() -> MetadataCommand {
    let mut command = MetadataCommand::new();
    command.current_dir(root());
    command
}

/// The target directory that the user's configuration sets.
pub fn target_dir() -> Result<PathBuf> {
    Ok(metadata().no_deps().exec()?.target_directory.into())
}
