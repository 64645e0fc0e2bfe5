//! The tools that must be installed, and how: with rustup where it works, else with apt.

use std::ffi::OsStr;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use xshell::{Cmd, Shell, cmd};

use crate::command::{self, run};

/// The time limit for rustup, which hangs without a network.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// A tool that a task needs.
pub struct Need {
    /// Its name in messages.
    pub what: &'static str,
    /// Whether it is installed.
    pub present: fn() -> bool,
    /// The arguments of `rustup` that install it; empty if rustup cannot.
    pub rustup: Vec<&'static str>,
    /// The Debian packages that contain it.
    pub packages: Vec<&'static str>,
}

impl Need {
    fn how(&self) -> String {
        let apt = format!("`apt-get install {}`", self.packages.join(" "));
        if self.rustup.is_empty() {
            return format!("{}: {apt}", self.what);
        }
        format!("{}: `rustup {}`, or {apt}", self.what, self.rustup.join(" "))
    }
}

/// Makes sure that everything is installed, or reports what is missing.
pub fn ensure(sh: &Shell, needs: &[Need], install: bool) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !install {
        bail!("{}\n`--install` installs them", list(&missing));
    }
    for need in missing.iter().filter(|need| !need.rustup.is_empty()) {
        if !command::exists("rustup") {
            break;
        }
        println!("installing {}: rustup {}", need.what, need.rustup.join(" "));
        if let Err(problem) = rustup(sh, &need.rustup) {
            println!("{problem:#}; trying the distribution's packages");
        }
    }
    let missing: Vec<&Need> = missing.into_iter().filter(|need| !(need.present)()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|need| &need.packages).copied().collect();
    if !packages.is_empty() {
        apt(sh, &packages).map_err(|problem| anyhow!("{problem}\n{}", list(&missing)))?;
    }
    let missing: Vec<&Need> = missing.into_iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("installed, but still not usable\n{}", list(&missing))
    }
}

fn list(missing: &[&Need]) -> String {
    let lines = missing.iter().map(|need| format!("\n  {}", need.how()));
    format!("missing:{}", lines.collect::<String>())
}

/// Runs rustup, which may hang without a network.
pub fn rustup<W: AsRef<OsStr>>(sh: &Shell, words: &[W]) -> Result<()> {
    command::run_within(RUSTUP_LIMIT, sh.cmd("rustup").args(words))
}

fn apt(sh: &Shell, packages: &[&str]) -> Result<()> {
    if !command::exists("apt-get") {
        bail!("apt-get is not available to install packages");
    }
    println!("installing packages: {}", packages.join(" "));
    run(as_root(sh, "apt-get").arg("update"))?;
    let install = ["install", "-y", "--no-install-recommends"];
    run(as_root(sh, "apt-get").args(install).args(packages))
}

/// A command that runs as root, through sudo if necessary and available.
fn as_root<'s>(sh: &'s Shell, program: &str) -> Cmd<'s> {
    let root = cmd!(sh, "id -u").read().is_ok_and(|id| id == "0");
    let command = if root || !command::exists("sudo") {
        sh.cmd(program)
    } else {
        sh.cmd("sudo").arg(program)
    };
    command.env("DEBIAN_FRONTEND", "noninteractive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(present: fn() -> bool) -> Need {
        let (rustup, packages) = (vec!["target", "add", "x"], vec!["rustc-web", "cargo-web"]);
        Need { what: "a compiler", present, rustup, packages }
    }

    #[test]
    fn what_is_missing_is_named_with_each_way_to_get_it() {
        let sh = crate::workspace::shell().unwrap();
        assert!(ensure(&sh, &[need(|| true)], false).is_ok());
        let tool =
            Need { what: "a tool", rustup: vec![], packages: vec!["tool"], ..need(|| false) };
        let problem = ensure(&sh, &[need(|| true), need(|| false), tool], false).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "missing:\n  a compiler: `rustup target add x`, or `apt-get install rustc-web cargo-web`\
             \n  a tool: `apt-get install tool`\n`--install` installs them"
        );
    }
}
