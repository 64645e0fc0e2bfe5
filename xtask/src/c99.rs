//! Models exported as C99, on microcontrollers: compiled by GCC and by clang, and run in QEMU or simavr.
//!
//! Each image is the self-test of one model, which compares samples with the host's bit by bit.

/// The models that `fm-host`'s own test compiles for this machine.
#[path = "../../fm-host/tests/c99/models.rs"]
mod models;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::bare_metal;
use crate::command::{self, run};
use crate::install::Need;
use crate::machines::Name;
use crate::workspace::{root, target_dir};

/// Warnings are errors, also those about conversions that change a number.
const STRICT: [&str; 9] = [
    "-std=c99",
    "-O2",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-Wconversion",
    "-Werror",
    "-ffunction-sections",
    "-fdata-sections",
];

/// A core that a model is compiled for.
struct Core {
    title: &'static str,
    gcc: &'static str,
    flags: &'static [&'static str],
    /// The options of clang for the same core; empty if it is not compiled by clang.
    clang: &'static [&'static str],
    runs: Runs,
}

/// What runs an image.
enum Runs {
    /// QEMU's machine, with the start-up code of its architecture.
    Qemu(Name, &'static str),
    /// simavr, of this chip.
    Simavr(&'static str),
}

/// The cores of the matrix.
const CORES: [Core; 4] = [
    Core {
        title: "M0",
        gcc: "arm-none-eabi-gcc",
        flags: &["-mcpu=cortex-m0", "-mthumb"],
        clang: &["--target=thumbv6m-none-eabi", "-mcpu=cortex-m0", "-fshort-enums"],
        runs: Runs::Qemu(Name::M0, "examples/c/board.c"),
    },
    Core {
        title: "M4",
        gcc: "arm-none-eabi-gcc",
        flags: &["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        clang: &[
            "--target=thumbv7em-none-eabihf",
            "-mcpu=cortex-m4",
            "-mfloat-abi=hard",
            "-mfpu=fpv4-sp-d16",
            "-fshort-enums",
        ],
        runs: Runs::Qemu(Name::M4, "examples/c/board.c"),
    },
    Core {
        title: "RV32",
        gcc: "riscv64-unknown-elf-gcc",
        flags: &["-march=rv32imac", "-mabi=ilp32"],
        clang: &["--target=riscv32-unknown-elf", "-march=rv32imac", "-mabi=ilp32"],
        runs: Runs::Qemu(Name::Rv32, "xtask/c99/riscv.c"),
    },
    Core {
        title: "AVR",
        gcc: "avr-gcc",
        flags: &["-mmcu=atmega2560"],
        clang: &[],
        runs: Runs::Simavr("atmega2560"),
    },
];

/// A core that has no emulator here: its compiler must accept the files.
const XTENSA: &str = "xtensa-lx106-elf-gcc";

/// The compilers and simavr.
pub fn needs() -> Vec<Need> {
    let need = |what, present, packages: &[&'static str]| Need {
        what,
        present,
        rustup: vec![],
        packages: packages.to_vec(),
    };
    vec![
        need(
            "GCC for C and C++",
            || command::exists("gcc") && command::exists("g++"),
            &["gcc", "g++"],
        ),
        need("clang", || command::exists("clang") && command::exists("clang++"), &["clang"]),
        need(
            "a C compiler for RISC-V",
            || command::exists(CORES[2].gcc),
            &["gcc-riscv64-unknown-elf"],
        ),
        need("a C compiler for AVR", avr_works, &["gcc-avr", "avr-libc"]),
        need("an emulator of AVR", || command::exists("simavr"), &["simavr"]),
        need("a C compiler for Xtensa", || command::exists(XTENSA), &["gcc-xtensa-lx106"]),
    ]
}

/// Whether the compiler is installed with its library.
fn avr_works() -> bool {
    command::exists("avr-gcc") && Path::new("/usr/lib/avr/include/avr/io.h").exists()
}

/// Links the self-test of every model, into the folder and list of [`bare_metal::build_images`]; `fm` is the
/// program that exports.
pub fn build_images(sh: &Shell, fm: &Path) -> Result<()> {
    let folder = target_dir()?.join("c99");
    sh.remove_path(&folder)?;
    let list = bare_metal::images_dir()?.join("runs.json");
    let mut runs: Vec<Value> = serde_json::from_str(&fs_err::read_to_string(&list)?)?;
    for case in 0..models::COUNT {
        let folder = folder.join(case.to_string());
        sh.create_dir(&folder)?;
        let (blob, source) = (folder.join("model.fm"), folder.join("model.c"));
        fs_err::write(&blob, models::blob(case))?;
        run(cmd!(sh, "{fm} export {blob} --out {source} --json").ignore_stdout())?;
        let object = folder.join("xtensa.o");
        run(cmd!(sh, "{XTENSA} {STRICT...} -ffreestanding -c {source} -o {object}"))?;
        for core in &CORES {
            for (compiler, program, flags) in
                [("GCC", core.gcc, core.flags), ("clang", "clang", core.clang)]
            {
                if flags.is_empty() {
                    continue;
                }
                let image = link(sh, core, program, flags, &folder)?;
                let run = format!("C99 by {compiler}, model {case} on {}", core.title);
                runs.push(json!({ "image": "c99", "run": run, "command": core.words(&image)? }));
            }
        }
    }
    Ok(fs_err::write(list, Value::from(runs).to_string())?)
}

/// Compiles the model in `folder` and its self-test, and links them by GCC.
fn link(sh: &Shell, core: &Core, program: &str, flags: &[&str], folder: &Path) -> Result<PathBuf> {
    let root = root();
    let (board, main) = (root.join("examples/c"), root.join("xtask/c99/main.c"));
    // Only the AVR has a C library here.
    let options: &[&str] = match core.runs {
        Runs::Qemu(..) => &["-ffreestanding"],
        Runs::Simavr(_) => &[],
    };
    let mut objects = Vec::new();
    for (source, object) in [(folder.join("model.c"), "model.o"), (main, "main.o")] {
        let object = folder.join(object);
        run(cmd!(
            sh,
            "{program} {flags...} {STRICT...} {options...} -I {folder} -I {board} -c {source} -o {object}"
        ))?;
        objects.push(object);
    }
    let (gcc, gcc_flags) = (core.gcc, core.flags);
    let image = folder.join(format!("{}.{program}", core.title));
    match core.runs {
        Runs::Qemu(machine, start) => {
            let memory = root
                .join("examples/firmware/boards")
                .join(machine.machine()?.triple)
                .join("memory.x");
            let (sections, start) = (root.join("xtask/c99/sections.ld"), root.join(start));
            // GCC's own library has the soft floats.
            run(cmd!(
                sh,
                "{gcc} {gcc_flags...} -O2 -ffreestanding -nostdlib -Wl,--gc-sections
                    -Wl,-z,noexecstack -I {board} -T {memory} -T {sections} {start} {objects...} -lgcc -o {image}"
            ))?;
        }
        Runs::Simavr(_) => {
            let start = root.join("xtask/c99/avr.c");
            // avr-libc's soft floats, which are in its mathematical library, are those that users have.
            run(cmd!(
                sh,
                "{gcc} {gcc_flags...} -O2 -Wl,--gc-sections -I {board} {start} {objects...} -lm -o {image}"
            ))?;
        }
    }
    Ok(image)
}

impl Core {
    /// The command that runs an image to its end and prints its output on stdout.
    fn words(&self, image: &Path) -> Result<Vec<String>> {
        match self.runs {
            Runs::Qemu(machine, _) => Ok(machine.machine()?.words(image)),
            Runs::Simavr(chip) => {
                // What the chip sends goes to stderr.
                let words =
                    ["sh", "-c", "exec \"$0\" \"$@\" 2>&1", "simavr", "-m", chip, "-f", "16000000"];
                let words = words.into_iter().map(str::to_owned);
                Ok(words.chain([image.display().to_string()]).collect())
            }
        }
    }
}
