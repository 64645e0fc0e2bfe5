//! Running programs, and checking whether they are installed.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;
use xshell::Cmd;

/// Runs a program with its output on the terminal.
pub fn run(command: Cmd<'_>) -> Result<()> {
    Ok(command.quiet().run()?)
}

/// Runs a program that may hang, and kills it after `limit`.
pub fn run_within(limit: Duration, command: Cmd<'_>) -> Result<()> {
    let text = command.to_string();
    let mut child = Command::from(command)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{text}`"))?;
    match end_within(limit, &mut child)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{text}`: {status}"),
        None => bail!("`{text}` took more than {limit:?}"),
    }
}

/// Waits until a program ends, and kills it after `limit`; then there is no status.
pub fn end_within(limit: Duration, child: &mut Child) -> Result<Option<ExitStatus>> {
    let status = child.wait_timeout(limit)?;
    if status.is_none() {
        // It may have ended on its own just now; either way it no longer runs.
        child.kill().ok();
        child.wait().ok();
    }
    Ok(status)
}

/// Whether a program can be run.
pub fn exists(program: &str) -> bool {
    which::which(program).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::shell;

    #[test]
    fn what_hangs_is_ended_and_what_fails_is_named() {
        let sh = shell().unwrap();
        assert!(run_within(Duration::from_secs(60), sh.cmd("true")).is_ok());
        let failed = run_within(Duration::from_secs(60), sh.cmd("false")).unwrap_err().to_string();
        assert!(failed.starts_with("`false`: "), "{failed}");
        let slow = run_within(Duration::from_millis(1), sh.cmd("sleep").arg("600"));
        assert_eq!(slow.unwrap_err().to_string(), "`sleep 600` took more than 1ms");
    }

    #[test]
    fn programs_are_found_on_the_path_and_where_they_lie() {
        assert!(exists("sh") && exists("/bin/sh"));
        assert!(!exists("no-such-program-anywhere") && !exists("/bin/no-such-program"));
    }
}
