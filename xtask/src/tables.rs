//! `cargo xtask tables`: samples of tables, ours and those of other generators.
//!
//! The measurements are Python programs in `benches/tables`, in an environment of their own in
//! `target/tables/.venv`; they find the `fm` program in the variable `FM`. A whole run takes many hours
//! and resumes from `target/tables/cache.jsonl`.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::command;
use crate::python::Environment;
use crate::workspace::{cargo, root, target_dir};

/// Options of `cargo xtask tables`.
#[derive(clap::Args)]
pub struct Args {
    /// Create the virtual environment, and install Python's venv module if it is missing
    #[arg(long)]
    install: bool,
    /// One seed, one split, no slow rivals
    #[arg(long)]
    quick: bool,
    /// Measure this table only; can be repeated
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// Measure this rival only; can be repeated
    #[arg(long, value_name = "NAME")]
    rival: Vec<String>,
    /// Measure the tables that no default was chosen by
    #[arg(long)]
    unseen: bool,
    /// Detect anomalies instead of sampling
    #[arg(long, conflicts_with = "unseen")]
    anomaly: bool,
    /// Fill missing cells instead of sampling
    #[arg(long, conflicts_with_all = ["anomaly", "windows"])]
    impute: bool,
    /// Compare the noise of sampled windows with the data's
    #[arg(long, conflicts_with_all = ["anomaly", "unseen", "table", "rival"])]
    windows: bool,
    /// Check the harness on tables whose answer is known
    #[arg(long, conflicts_with_all = ["anomaly", "impute", "windows", "unseen", "table", "rival", "quick"])]
    check: bool,
    /// Threads of `fm` and of the rivals; one makes their seconds comparable
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// Folder of the results [default: benches/tables]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["windows", "check"])]
    out: Option<std::path::PathBuf>,
}

impl Args {
    /// The program in `benches/tables` and its options.
    fn program(&self) -> (&'static str, Vec<String>) {
        let name = match self {
            Self { anomaly: true, .. } => "anomaly.py",
            Self { impute: true, .. } => "impute.py",
            Self { windows: true, .. } => "windows.py",
            Self { check: true, .. } => "truths.py",
            _ => "measure.py",
        };
        let flags = [("--quick", self.quick), ("--unseen", self.unseen)];
        let flags = flags.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned());
        let named = |option: &str, names: &[String]| -> Vec<String> {
            names.iter().flat_map(|name| [option.to_owned(), name.clone()]).collect()
        };
        let out = self.out.iter().map(|out| out.display().to_string()).collect::<Vec<_>>();
        let options = [("--table", &self.table), ("--rival", &self.rival), ("--out", &out)];
        let options = options.iter().flat_map(|(option, names)| named(option, names));
        (name, flags.chain(options).collect())
    }
}

/// Builds `fm` and runs the measurement.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    let python = environment(sh, args.install)?.program("python");
    let cargo = cargo();
    command::run(cmd!(sh, "{cargo} build --release --package fm-host --bin fm"))?;
    let (name, options) = args.program();
    let script = root().join("benches/tables").join(name);
    let threads = args.threads.to_string();
    let measure = cmd!(sh, "{python} {script} {options...}")
        .env("FM", target_dir()?.join("release/fm"))
        .env("TABLES_CACHE", target_dir()?.join("tables/cache.jsonl"))
        .env("OMP_NUM_THREADS", &threads)
        .env("RAYON_NUM_THREADS", &threads);
    command::run(measure)
}

/// The environment in `target/tables/.venv`, recreated if the pinned packages have changed.
fn environment(sh: &Shell, install: bool) -> Result<Environment> {
    const NOTE: &str = "requirements.txt";
    let pins = vec!["--requirement".into(), root().join("benches/tables").join(NOTE)];
    let environment = Environment::at(target_dir()?.join("tables/.venv"));
    environment.pinned(sh, (NOTE, "tables"), (install, true), &[pins])
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn each_measurement_is_a_program_with_the_options_it_knows() {
        let line = |text: &str| {
            let words = std::iter::once("tables").chain(text.split_whitespace());
            let (name, options) = Line::parse_from(words).args.program();
            format!("{name} {}", options.join(" "))
        };
        assert_eq!(line(""), "measure.py ");
        assert_eq!(
            line("--quick --table iris --table wine --rival fm --out here"),
            "measure.py --quick --table iris --table wine --rival fm --out here"
        );
        assert_eq!(line("--unseen"), "measure.py --unseen");
        assert_eq!(line("--anomaly --rival pca"), "anomaly.py --rival pca");
        assert_eq!(line("--impute --unseen"), "impute.py --unseen");
        assert_eq!(line("--windows --quick"), "windows.py --quick");
        assert_eq!(line("--check"), "truths.py ");
        assert!(Line::try_parse_from(["tables", "--windows", "--unseen"]).is_err());
    }
}
