//! What must be on the machine, and how it gets there: rustup where it works, else apt.

use std::process::Command;
use std::time::Duration;

use crate::command;
use crate::command::Result;

/// How long rustup may take: without a network it hangs.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// Something that a chore needs.
pub struct Need {
    /// What it is, for people.
    pub what: &'static str,
    /// Whether it is there.
    pub present: fn() -> bool,
    /// The words behind `rustup` that get it; empty where rustup has no such thing.
    pub rustup: Vec<&'static str>,
    /// The Debian packages that it comes in.
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

/// Sees to it that everything is there, or says what is not.
///
/// # Errors
/// If something is missing and may not be, or could not be, installed.
pub fn ensure(needs: &[Need], install: bool) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !install {
        return Err(format!("{}\n`--install` gets them", list(&missing)));
    }
    for need in missing.iter().filter(|need| !need.rustup.is_empty()) {
        if !command::exists("rustup") {
            break;
        }
        println!("installing {}: rustup {}", need.what, need.rustup.join(" "));
        if let Err(problem) =
            command::run_within(RUSTUP_LIMIT, Command::new("rustup").args(&need.rustup))
        {
            println!("{problem}; trying the distribution's packages");
        }
    }
    let missing: Vec<&Need> = missing.into_iter().filter(|need| !(need.present)()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|need| &need.packages).copied().collect();
    if !packages.is_empty() {
        apt(&packages).map_err(|problem| format!("{problem}\n{}", list(&missing)))?;
    }
    let missing: Vec<&Need> = missing.into_iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("installed, but still not usable\n{}", list(&missing)))
    }
}

fn list(missing: &[&Need]) -> String {
    let lines = missing.iter().map(|need| format!("\n  {}", need.how()));
    format!("missing:{}", lines.collect::<String>())
}

fn apt(packages: &[&str]) -> Result<()> {
    if !command::exists("apt-get") {
        return Err("there is no apt-get here to install packages with".into());
    }
    println!("installing packages: {}", packages.join(" "));
    command::run(as_root("apt-get").arg("update"))?;
    command::run(
        as_root("apt-get").args(["install", "-y", "--no-install-recommends"]).args(packages),
    )
}

/// A command that runs as root, through sudo where that is needed and there.
fn as_root(program: &str) -> Command {
    let root = command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root || !command::exists("sudo") {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg(program);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
