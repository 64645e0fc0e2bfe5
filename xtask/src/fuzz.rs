//! `cargo xtask fuzz`: runs the targets of `fm-nostd/fuzz` and `fm-host/fuzz`, with coverage and an
//! address sanitizer.
//!
//! It does the work of cargo-fuzz with the active compiler: `RUSTC_BOOTSTRAP` lets a stable compiler
//! accept the sanitizer's flag. Inputs that reach new code are kept in the folder's `corpus`.
//!
//! cargo-fuzz itself would only replace [`FLAGS`], would be one more program to install, and forces one
//! codegen unit per crate, which is slow for the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustc_version::VersionMeta;
use xshell::{Shell, cmd};

use crate::command;
use crate::workspace::{cargo, root, rustc, target_dir};

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Minutes to run each target
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
    /// The program that writes their initial inputs.
    seeds: &'static str,
    /// Existing files to use as initial inputs.
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
        targets: &["csv", "formats", "config", "log", "checkpoint"],
        seeds: "host_seeds",
        files: Some("fm-host/src/data/file/samples"),
    },
];

/// The time for each target as part of the tests.
pub const SMOKE: Duration = Duration::from_secs(8);

/// Coverage for libFuzzer, and checked memory.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Zsanitizer=address --cfg fuzzing";

/// Runs the targets one after another.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    match Duration::try_from_secs_f64(60.0 * args.minutes) {
        Ok(limit) => fuzz(sh, limit, &args.targets),
        Err(_) => bail!("--minutes: {} is not a valid time", args.minutes),
    }
}

/// Runs each of the targets for `limit`; all targets if none is named.
pub fn fuzz(sh: &Shell, limit: Duration, targets: &[String]) -> Result<()> {
    let host = VersionMeta::for_command(Command::new(rustc())).context("rustc -vV")?.host;
    let built = target_dir()?.join("fuzz");
    for suite in &SUITES {
        let meant = |target: &&&str| targets.is_empty() || targets.iter().any(|t| t == *target);
        let targets: Vec<&str> = suite.targets.iter().filter(meant).copied().collect();
        if !targets.is_empty() {
            suite.fuzz(sh, &targets, limit, &host, &built)?;
        }
    }
    Ok(())
}

impl Suite {
    /// Builds all targets and runs the named ones, one after another.
    fn fuzz(
        &self,
        sh: &Shell,
        targets: &[&str],
        limit: Duration,
        host: &str,
        built: &Path,
    ) -> Result<()> {
        let (cargo, folder) = (cargo(), root().join(self.folder));
        // With an explicit target, the flags do not apply to build scripts and macros.
        let build = ["build", "--quiet", "--release", "--locked", "--target", host];
        let build = cmd!(sh, "{cargo} {build...} --target-dir {built}");
        let build = build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS);
        {
            let _folder = sh.push_dir(&folder);
            command::run(build)?;
        }
        let programs = built.join(host).join("release");
        let seeds = built.join(self.seeds);
        command::run(sh.cmd(programs.join(self.seeds)).arg(&seeds))?;
        let files = self.files.map(|files| PathBuf::from(root()).join(files));
        for target in targets {
            let corpus = sh.create_dir(folder.join("corpus").join(target))?;
            let artifacts = sh.create_dir(folder.join("artifacts").join(target))?;
            let log = built.join(target).with_extension("log");
            let ended = Command::new(programs.join(target))
                .current_dir(root())
                .arg(format!("-max_total_time={}", limit.as_secs().max(1)))
                .arg(format!("-artifact_prefix={}/", artifacts.display()))
                .args(["-max_len=8192", "-timeout=60"])
                .args([&corpus, &seeds])
                .args(&files)
                .stdin(Stdio::null())
                .stderr(fs_err::File::create(&log)?.into_parts().0)
                .status()
                .with_context(|| format!("cannot start the fuzzer {target}"))?;
            if !ended.success() {
                bail!("{target}: {ended}; see {}", log.display());
            }
            let text = fs_err::read_to_string(&log)?;
            summary(&text).for_each(|line| println!("{target}: {line}"));
        }
        Ok(())
    }
}

/// The lines of libFuzzer's log that summarise the run.
fn summary(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| line.contains("DONE") || line.starts_with("Done"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_fuzzers_log_the_sums_are_shown() {
        let log = "INFO: Seed: 1\n#2\tINITED cov: 5 ft: 6\n#9\tDONE   cov: 7 ft: 8\nDone 9 runs in 2 second(s)\n";
        let lines: Vec<&str> = summary(log).collect();
        assert_eq!(lines, ["#9\tDONE   cov: 7 ft: 8", "Done 9 runs in 2 second(s)"]);
    }

    #[test]
    fn every_target_and_its_seeds_are_programs_of_their_suite() {
        for suite in &SUITES {
            let manifest = root().join(suite.folder).join("Cargo.toml");
            let manifest = fs_err::read_to_string(manifest).unwrap();
            for program in suite.targets.iter().chain([&suite.seeds]) {
                assert!(manifest.contains(&format!("name = \"{program}\"")), "{program}");
            }
            assert_eq!(manifest.matches("[[bin]]").count(), suite.targets.len() + 1);
        }
    }
}
