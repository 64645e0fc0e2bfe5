//! The machines that firmware is built for and run on: the single list for builds, tests, counts and
//! installations.
//!
//! The memory map of a target is `examples/firmware/boards/TRIPLE/memory.x`.

use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use xshell::{Cmd, Shell};

/// A machine that QEMU emulates, or only a processor.
pub struct Machine {
    /// Its name on the command line and in tables.
    pub name: Name,
    /// The compiler's name of its target. Machines with the same target run the same image.
    pub triple: &'static str,
    /// The program that emulates it.
    pub emulator: &'static Emulator,
    /// The emulator options that select it.
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
    /// A 64-bit Arm, as in a phone or a Raspberry Pi 4: an architecture other than the workstation's
    A64,
}

impl Name {
    /// The machine.
    pub fn machine(self) -> Result<&'static Machine> {
        let machine = MACHINES.iter().find(|machine| machine.name == self);
        machine.with_context(|| format!("no QEMU machine is defined for {self:?}"))
    }
}

/// QEMU for one architecture.
pub struct Emulator {
    /// Its program.
    pub program: &'static str,
    /// The Debian package that contains it.
    pub package: &'static str,
    /// Whether it emulates only a processor, which runs a program instead of firmware.
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
pub static MACHINES: [Machine; 7] = [
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

/// The targets of `machines`, without duplicates.
pub fn triples<'m>(machines: impl IntoIterator<Item = &'m Machine>) -> Vec<&'static str> {
    let mut triples: Vec<_> = machines.into_iter().map(|machine| machine.triple).collect();
    triples.dedup();
    triples
}

impl Machine {
    /// Whether it is a microcontroller, for which instructions and flash are counted.
    pub fn is_microcontroller(&self) -> bool {
        !self.emulator.user_mode
    }

    /// The command that runs an image to its end and prints its output on stdout: a program and its
    /// arguments.
    pub fn words(&self, image: &Path) -> Vec<String> {
        let program = self.emulator.program;
        let (before, after) = if self.emulator.user_mode {
            // In this mode, semihosting output goes to stderr.
            (vec!["sh", "-c", "exec \"$0\" \"$@\" 2>&1", program], "")
        } else {
            let after = "-display none -monitor none -serial none -chardev stdio,id=out \
                -semihosting-config enable=on,target=native,chardev=out -kernel";
            (vec![program], after)
        };
        let options = self.options.iter().copied().chain(after.split_whitespace());
        let words = before.into_iter().chain(options).map(str::to_owned);
        words.chain([image.display().to_string()]).collect()
    }

    /// That command, ready to run.
    pub fn emulate<'s>(&self, sh: &'s Shell, image: &Path) -> Cmd<'s> {
        let mut words = self.words(image).into_iter();
        sh.cmd(words.next().unwrap_or_default()).args(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: Name) -> String {
        name.machine().unwrap().words(Path::new("/images/x")).join(" ")
    }

    #[test]
    fn machines_of_one_target_share_an_image_and_each_target_is_built_once() {
        let all = triples(&MACHINES);
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((all.len(), MACHINES.len()), (once.len(), 7));
    }

    #[test]
    fn a_system_gets_the_image_as_its_kernel_and_a_lone_processor_as_its_program() {
        assert!(words(Name::M4).starts_with("qemu-system-arm -machine mps2-an386 -cpu cortex-m4 "));
        assert!(words(Name::M4).ends_with(" -kernel /images/x"));
        assert_eq!(words(Name::A64), "sh -c exec \"$0\" \"$@\" 2>&1 qemu-aarch64 /images/x");
    }
}
