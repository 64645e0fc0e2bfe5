//! Runs this program in another process.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

/// The program's output with these arguments; `None` if it takes longer than `limit`.
pub fn ask(words: &[&str], limit: Duration) -> Result<Option<String>> {
    output(Command::new(std::env::current_exe()?).args(words), limit)
}

/// The output of a program, a few lines; `None` if it takes longer than `limit`.
pub fn output(command: &mut Command, limit: Duration) -> Result<Option<String>> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let Some(status) = child.wait_timeout(limit)? else {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    };
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    let out = child.wait_with_output()?.stdout;
    Ok(Some(String::from_utf8(out)?))
}
