//! Where things are: the root, cargo, and the folder for what is built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Result};

/// The workspace's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this program.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or(OsString::from("cargo")));
    command.current_dir(root());
    command
}

/// The target directory, wherever the user's configuration puts it.
pub fn target_dir() -> Result<PathBuf> {
    let json = command::output(cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&json).map_err(|e| format!("cargo metadata: {e}"))?;
    match metadata["target_directory"].as_str() {
        Some(path) => Ok(path.into()),
        None => Err("cargo metadata names no target directory".into()),
    }
}
