//! Projects that `fm firmware` writes, each in a clean folder: every board's builds without a warning, and those
//! that QEMU emulates print the samples of `fm sample`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::bare_metal;
use crate::command;
use crate::workspace::root;

/// A project to try: a board, its target, the model and how `fm sample` draws the same samples.
struct Project {
    board: &'static str,
    triple: &'static str,
    model: &'static str,
    options: &'static str,
    emulated: bool,
}

const M0: &str = "thumbv6m-none-eabi";
const M4F: &str = "thumbv7em-none-eabihf";
const POINTS: &str = "--steps 1";

const PROJECTS: [Project; 9] = [
    Project { board: "qemu-m4", triple: M4F, model: "moons16", options: POINTS, emulated: true },
    Project {
        board: "qemu-m4",
        triple: M4F,
        model: "digits",
        options: "--class 0 --steps 1",
        emulated: true,
    },
    Project {
        board: "qemu-m4",
        triple: M4F,
        model: "policy-fm",
        options: "--condition 0,0 --solver euler --steps 16",
        emulated: true,
    },
    Project {
        board: "qemu-m33",
        triple: "thumbv8m.main-none-eabihf",
        model: "moons",
        options: POINTS,
        emulated: true,
    },
    Project {
        board: "qemu-rv32",
        triple: "riscv32imc-unknown-none-elf",
        model: "moons",
        options: POINTS,
        emulated: true,
    },
    Project { board: "microbit", triple: M0, model: "moons16", options: POINTS, emulated: true },
    Project { board: "microbit-v2", triple: M4F, model: "digits", options: "", emulated: false },
    Project { board: "nucleo-f411re", triple: M4F, model: "digits", options: "", emulated: false },
    Project { board: "pico", triple: M0, model: "digits", options: "", emulated: false },
];

/// What `fm firmware` writes as the number of samples, unless it is asked for another.
const SAMPLES: usize = 8;
/// The difference of numbers that are printed with four decimals.
const ROUNDING: f64 = 5.1e-5;

/// Writes, builds and runs every project; `fm` is the program.
pub fn check(sh: &Shell, fm: &Path) -> Result<()> {
    let folder = bare_metal::bare_metal_dir()?.join("projects");
    sh.remove_path(&folder)?;
    for project in &PROJECTS {
        let name = format!("{}-{}", project.board, project.model);
        try_one(sh, fm, project, &folder.join(&name)).with_context(|| name.clone())?;
        println!(
            "{name}: {}",
            if project.emulated { "the samples of fm sample" } else { "builds" }
        );
    }
    Ok(())
}

fn try_one(sh: &Shell, fm: &Path, project: &Project, out: &Path) -> Result<()> {
    let Project { board, triple, model, options, emulated } = project;
    let model = root().join("examples/firmware/models").join(format!("{model}.fm"));
    cmd!(sh, "{fm} firmware {model} --board {board} --out {out}").quiet().ignore_stderr().run()?;
    // One folder for all: they share their dependencies.
    let target = out.with_file_name("target");
    let image = {
        let _project = sh.push_dir(out);
        for command in bare_metal::commands(sh, "build", &[*triple]) {
            let built = command.arg("--target-dir").arg(&target).quiet().output()?;
            let said = String::from_utf8_lossy(&built.stderr);
            ensure!(built.status.success() && !said.contains("warning"), "{said}");
        }
        let name = out.file_name().context("the project's name")?;
        target.join(triple).join("release").join(name)
    };
    if !emulated {
        return Ok(());
    }
    let samples = out.join("samples.csv");
    let words: Vec<&str> = options.split_whitespace().collect();
    let count = SAMPLES.to_string();
    cmd!(sh, "{fm} sample {model} --seed 1 --count {count} --out {samples} {words...}")
        .quiet()
        .ignore_stderr()
        .run()?;
    let wanted = rows(&fs_err::read_to_string(samples)?)?;
    let found = rows(&printed(out, &image)?)?;
    ensure!(wanted.len() == SAMPLES && found.len() == SAMPLES, "{} samples", found.len());
    for (wanted, found) in wanted.iter().zip(&found) {
        // The file has columns of the condition after those of the sample.
        let equal = found.len() <= wanted.len()
            && wanted.iter().zip(found).all(|(a, b)| (a - b).abs() <= ROUNDING);
        ensure!(equal, "{found:?} is not {wanted:?}");
    }
    Ok(())
}

/// What the image prints until it ends. One on a serial port never does, and is stopped after a while.
fn printed(out: &Path, image: &PathBuf) -> Result<String> {
    const WHILE: Duration = Duration::from_secs(20);
    let config = fs_err::read_to_string(out.join(".cargo/config.toml"))?;
    let runner = config.lines().find_map(|line| line.strip_prefix("runner = "));
    let runner = runner.context("no runner")?.trim_matches('"');
    let mut words = runner.split_whitespace();
    let file = out.join("printed.txt");
    let mut emulator = Command::new(words.next().context("an empty runner")?)
        .args(words)
        .arg(image)
        .stdin(Stdio::null())
        .stdout(fs_err::File::create(&file)?.into_parts().0)
        .spawn()?;
    command::end_within(WHILE, &mut emulator)?;
    Ok(fs_err::read_to_string(file)?)
}

/// The numbers below the line of names, without what follows a `#`.
fn rows(text: &str) -> Result<Vec<Vec<f64>>> {
    let lines = text.lines().skip(1).map(|line| line.split('#').next().unwrap_or_default().trim());
    let numbers = |line: &str| line.split(',').map(|number| Ok(number.parse()?)).collect();
    lines.filter(|line| !line.is_empty()).map(numbers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_and_empty_lines_are_no_numbers() {
        let found = rows("x,y\n1.5,-2.0    # 12 cycles\n\n0.0,3.0\n").expect("rows");
        assert_eq!(found, [[1.5, -2.0], [0.0, 3.0]]);
        assert!(rows("x\nerror: panic\n").is_err());
    }
}
