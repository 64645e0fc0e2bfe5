//! Running programs, with errors that say which one failed.

use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What can go wrong, in words for the one who types: the tool, the problem, the way out.
pub type Result<T> = std::result::Result<T, String>;

/// Runs a program with its output on the terminal.
///
/// # Errors
/// If it cannot start or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().map_err(|e| cannot_start(command, &e))?;
    judge(command, status)
}

/// Runs a program and gives what it wrote to stdout.
///
/// # Errors
/// If it cannot start or fails; what it wrote to stderr is shown.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| cannot_start(command, &e))?;
    judge(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program that may hang, and ends it after `limit`.
///
/// # Errors
/// If it cannot start, fails or takes longer.
pub fn run_within(limit: Duration, command: &mut Command) -> Result<()> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|e| cannot_start(command, &e))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return judge(command, status),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(100)),
            _ => {
                // It may have ended by itself just now; either way it is gone.
                child.kill().ok();
                child.wait().ok();
                return Err(format!("`{}` took more than {limit:?}", text(command)));
            }
        }
    }
}

/// Whether a program can be run at all.
pub fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A command as it would be typed, its environment left out.
pub fn text(command: &Command) -> String {
    words(command).collect::<Vec<_>>().join(" ")
}

/// The program and its arguments.
pub fn words(command: &Command) -> impl Iterator<Item = String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned())
}

fn judge(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", text(command))) }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", text(command))
}
