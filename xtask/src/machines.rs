//! The machines that firmware is built for and run on: the one list that builds, tests, counts and
//! installations go by.
//!
//! The memory map of a target is `examples/firmware/boards/TRIPLE/memory.x`.

use std::path::Path;
use std::process::Command;

use clap::ValueEnum;

/// A machine that QEMU emulates, or a processor alone.
pub struct Machine {
    /// What it is called on the command line and in tables.
    pub name: Name,
    /// What the compiler calls its target. Machines of one target run the same image.
    pub triple: &'static str,
    /// The program that emulates it.
    pub emulator: &'static Emulator,
    /// The program's options that choose it.
    options: &'static [&'static str],
}

/// A machine's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum Name {
    /// Cortex-M0
    M0,
    /// Cortex-M3
    M3,
    /// Cortex-M4 with its FPU
    M4,
    /// Cortex-M7 with its FPU
    M7,
    /// Cortex-M33 with its FPU
    M33,
    /// RISC-V, RV32IMC
    Rv32,
    /// A 64-bit Arm, as in a phone or a Raspberry Pi 4: another family than the workstation's
    A64,
}

/// QEMU for one architecture.
pub struct Emulator {
    /// Its program.
    pub program: &'static str,
    /// The Debian package that it comes in.
    pub package: &'static str,
    /// Whether it emulates a processor alone, which runs a program instead of firmware.
    user_mode: bool,
}

/// QEMU for Arm.
pub const ARM: Emulator =
    Emulator { program: "qemu-system-arm", package: "qemu-system-arm", user_mode: false };

/// QEMU for RISC-V.
pub const RISCV: Emulator =
    Emulator { program: "qemu-system-riscv32", package: "qemu-system-misc", user_mode: false };

/// QEMU for programs of a 64-bit Arm.
pub const AARCH64: Emulator =
    Emulator { program: "qemu-aarch64", package: "qemu-user", user_mode: true };

/// Every machine.
pub const MACHINES: [Machine; 7] = [
    Machine {
        name: Name::M0,
        triple: "thumbv6m-none-eabi",
        emulator: &ARM,
        options: &["-machine", "microbit"],
    },
    Machine {
        name: Name::M3,
        triple: "thumbv7m-none-eabi",
        emulator: &ARM,
        options: &["-machine", "mps2-an385"],
    },
    Machine {
        name: Name::M4,
        triple: "thumbv7em-none-eabihf",
        emulator: &ARM,
        options: &["-machine", "mps2-an386", "-cpu", "cortex-m4"],
    },
    Machine {
        name: Name::M7,
        triple: "thumbv7em-none-eabihf",
        emulator: &ARM,
        options: &["-machine", "mps2-an500"],
    },
    Machine {
        name: Name::M33,
        triple: "thumbv8m.main-none-eabihf",
        emulator: &ARM,
        options: &["-machine", "mps2-an505"],
    },
    Machine {
        name: Name::Rv32,
        triple: "riscv32imc-unknown-none-elf",
        emulator: &RISCV,
        options: &["-machine", "virt", "-bios", "none"],
    },
    Machine { name: Name::A64, triple: "aarch64-unknown-none", emulator: &AARCH64, options: &[] },
];

/// The targets of `machines`, each once.
pub fn triples<'m>(machines: impl IntoIterator<Item = &'m Machine>) -> Vec<&'static str> {
    let mut triples: Vec<_> = machines.into_iter().map(|machine| machine.triple).collect();
    triples.dedup();
    triples
}

impl Machine {
    /// Whether it is a microcontroller, whose instructions and flash are worth counting.
    pub fn is_microcontroller(&self) -> bool {
        !self.emulator.user_mode
    }

    /// The command that runs an image to its end, with what it prints on stdout.
    pub fn emulate(&self, image: &Path) -> Command {
        let mut command = Command::new(self.emulator.program);
        if self.emulator.user_mode {
            // There what a program prints by semihosting comes on stderr.
            let mut shell = Command::new("sh");
            shell.args(["-c", "exec \"$0\" \"$@\" 2>&1", self.emulator.program]);
            shell.args(self.options).arg(image);
            return shell;
        }
        command
            .args(self.options)
            .args(["-display", "none", "-monitor", "none", "-serial", "none"])
            .args(["-chardev", "stdio,id=out"])
            .args(["-semihosting-config", "enable=on,target=native,chardev=out"])
            .arg("-kernel")
            .arg(image);
        command
    }
}
