//! `cargo xtask fuzz`: the targets of `fm-nostd/fuzz` and `fm-host/fuzz`, with coverage and an address
//! sanitizer.
//!
//! What cargo-fuzz does, by the compiler in use: `RUSTC_BOOTSTRAP` lets a stable one take the
//! sanitizer's flag. Inputs that reach something new are kept in the folder's `corpus`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{self, Result};
use crate::workspace::{cargo, root, target_dir};

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// How long each target runs
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Targets to run [default: all of them]
    #[arg(value_parser = SUITES.iter().flat_map(|s| s.targets).copied().collect::<Vec<_>>())]
    targets: Vec<String>,
}

/// Fuzzers that are built together.
struct Suite {
    /// Their workspace.
    folder: &'static str,
    targets: &'static [&'static str],
    /// The program that writes what they start from.
    seeds: &'static str,
    /// Files to start from that are there already.
    files: Option<&'static str>,
}

const SUITES: [Suite; 2] = [
    Suite {
        folder: "fm-nostd/fuzz",
        targets: &["view", "samplers", "c_interface"],
        seeds: "seeds",
        files: Some("tests/golden"),
    },
    Suite {
        folder: "fm-host/fuzz",
        targets: &["csv", "config", "log", "checkpoint"],
        seeds: "host_seeds",
        files: None,
    },
];

/// How long each target runs among the tests.
pub const SMOKE: Duration = Duration::from_secs(8);

/// Coverage as libFuzzer wants it, and checked memory.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Zsanitizer=address --cfg fuzzing";

/// Runs the targets one after another.
///
/// # Errors
/// If one finds something; the input is then in the folder's `artifacts`, and the log says what.
pub fn run(args: &Args) -> Result<()> {
    match Duration::try_from_secs_f64(60.0 * args.minutes) {
        Ok(limit) => fuzz(limit, &args.targets),
        Err(_) => Err(format!("--minutes: {} is no time", args.minutes)),
    }
}

/// Runs each of the targets for `limit`; all where none is named.
///
/// # Errors
/// As [`run`].
pub fn fuzz(limit: Duration, targets: &[String]) -> Result<()> {
    let (triple, built) = (host()?, target_dir()?.join("fuzz"));
    for suite in &SUITES {
        let meant = |target: &&&str| targets.is_empty() || targets.iter().any(|t| t == *target);
        let targets: Vec<&str> = suite.targets.iter().filter(meant).copied().collect();
        if !targets.is_empty() {
            suite.fuzz(&targets, limit, &triple, &built)?;
        }
    }
    Ok(())
}

impl Suite {
    /// Builds all targets and runs those that are named, one after another.
    fn fuzz(&self, targets: &[&str], limit: Duration, triple: &str, built: &Path) -> Result<()> {
        let folder = root().join(self.folder);
        let mut build = cargo();
        build.current_dir(&folder).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS);
        // With a target named, the flags are not for build scripts and macros.
        build.args(["build", "--quiet", "--release", "--locked", "--target", triple]);
        command::run(build.arg("--target-dir").arg(built))?;
        let programs = built.join(triple).join("release");
        let seeds = built.join(self.seeds);
        command::run(Command::new(programs.join(self.seeds)).arg(&seeds))?;
        let files = self.files.map(|files| PathBuf::from(root()).join(files));
        for target in targets {
            let [corpus, artifacts] =
                ["corpus", "artifacts"].map(|kind| folder.join(kind).join(target));
            for folder in [&corpus, &artifacts] {
                fs_err::create_dir_all(folder).map_err(|e| e.to_string())?;
            }
            let log = built.join(target).with_extension("log");
            let mut fuzzer = Command::new(programs.join(target));
            fuzzer
                .arg(format!("-max_total_time={}", limit.as_secs().max(1)))
                .arg(format!("-artifact_prefix={}/", artifacts.display()))
                .args(["-max_len=8192", "-timeout=60"])
                .args([&corpus, &seeds])
                .args(&files)
                .stderr(fs_err::File::create(&log).map_err(|e| e.to_string())?.into_parts().0);
            command::run(&mut fuzzer)
                .map_err(|e| format!("{e}; what it found: {}", log.display()))?;
            let text = fs_err::read_to_string(&log).map_err(|e| e.to_string())?;
            let done =
                text.lines().filter(|line| line.contains("DONE") || line.starts_with("Done"));
            done.for_each(|line| println!("{target}: {line}"));
        }
        Ok(())
    }
}

/// This machine's own target.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let text = command::output(Command::new(rustc).arg("-vV"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host".to_owned())
}
