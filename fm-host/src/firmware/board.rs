//! The boards that firmware is written for: what differs between them, as files and words.

use clap::ValueEnum;

/// A board, or a machine that QEMU emulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Board {
    /// Arm MPS2 in QEMU: a Cortex-M4F
    QemuM4,
    /// Arm MPS2 in QEMU: a Cortex-M33
    QemuM33,
    /// QEMU's `virt`: RISC-V, RV32IMC
    QemuRv32,
    /// BBC micro:bit, version 1 (Cortex-M0), a board or in QEMU
    Microbit,
    /// BBC micro:bit, version 2 (Cortex-M4F)
    MicrobitV2,
    /// ST Nucleo-F411RE (Cortex-M4F)
    NucleoF411re,
    /// Raspberry Pi Pico (Cortex-M0+)
    Pico,
}

/// A file of a project: its name and its text.
pub(super) type File = (&'static str, &'static str);

/// What a board needs in a project.
pub(super) struct Parts {
    /// The board's name in a sentence.
    pub title: &'static str,
    /// The compiler's name of the target.
    pub triple: &'static str,
    /// The memory map.
    pub memory: &'static str,
    /// The program that `cargo run` passes the image to.
    pub runner: String,
    /// How the output is seen, for the README.
    pub run: &'static str,
    /// The dependencies for start-up and output, as lines of `Cargo.toml`.
    pub dependencies: &'static str,
    /// The files of `src/board/`.
    pub files: &'static [File],
    /// What `src/board/mod.rs` offers of these files.
    pub offers: &'static str,
}

const CORTEX_M: File =
    ("cortex_m.rs", include_str!("../../../examples/firmware/src/board/cortex_m.rs"));
const REGISTER: File =
    ("register.rs", include_str!("../../../examples/firmware/src/board/register.rs"));
const EMULATOR: File =
    ("emulator.rs", include_str!("../../../examples/firmware/src/board/emulator.rs"));
const SYSTICK: File =
    ("systick.rs", include_str!("../../../examples/firmware/src/board/systick.rs"));
const NRF_UART: File = ("nrf_uart.rs", include_str!("template/nrf_uart.rs"));

const CORTEX_M_RT: &str = "cortex-m-rt = \"0.7\"\n";
const ON_CORTEX_M: &str = "cortex-m-rt = \"0.7\"\nsemihosting = \"0.1\"\n";
const SEMIHOSTED: &str = "pub use cortex_m::entry;
pub use emulator::{cycles, exit, print};
";
const IN_QEMU: &str = "QEMU prints the samples, and ends with the program.";
const BY_USB: &str = "The board's USB cable is also a serial port: `picocom -b 115200 /dev/ttyACM0` shows the samples. \
    Flashing needs probe-rs (<https://probe.rs>).";

impl Board {
    /// What the board needs.
    pub(super) fn parts(self) -> Parts {
        let emulated = Parts {
            title: "Cortex-M4F of QEMU's mps2-an386",
            triple: "thumbv7em-none-eabihf",
            memory: include_str!(
                "../../../examples/firmware/boards/thumbv7em-none-eabihf/memory.x"
            ),
            runner: semihosted("qemu-system-arm -machine mps2-an386 -cpu cortex-m4"),
            run: IN_QEMU,
            dependencies: ON_CORTEX_M,
            files: &[CORTEX_M, EMULATOR],
            offers: SEMIHOSTED,
        };
        match self {
            Self::QemuM4 => emulated,
            Self::QemuM33 => Parts {
                title: "Cortex-M33 of QEMU's mps2-an505",
                triple: "thumbv8m.main-none-eabihf",
                memory: include_str!(
                    "../../../examples/firmware/boards/thumbv8m.main-none-eabihf/memory.x"
                ),
                runner: semihosted("qemu-system-arm -machine mps2-an505"),
                ..emulated
            },
            Self::QemuRv32 => Parts {
                title: "RV32IMC of QEMU's virt",
                triple: "riscv32imc-unknown-none-elf",
                memory: include_str!(
                    "../../../examples/firmware/boards/riscv32imc-unknown-none-elf/memory.x"
                ),
                runner: semihosted("qemu-system-riscv32 -machine virt -bios none"),
                dependencies: "# `memory`: its linker script includes `memory.x`.\n\
                    riscv-rt = { version = \"0.18\", features = [\"memory\"] }\nsemihosting = \"0.1\"\n",
                files: &[
                    ("riscv.rs", include_str!("../../../examples/firmware/src/board/riscv.rs")),
                    EMULATOR,
                ],
                offers: "pub use emulator::{cycles, exit, print};\npub use riscv::entry;\n",
                ..emulated
            },
            Self::Microbit => Parts {
                title: "BBC micro:bit, version 1",
                triple: "thumbv6m-none-eabi",
                memory: include_str!(
                    "../../../examples/firmware/boards/thumbv6m-none-eabi/memory.x"
                ),
                runner: "qemu-system-arm -machine microbit -nographic -kernel".to_owned(),
                run: "QEMU prints the samples; Ctrl-A, then X, ends it. For the board itself, change the runner in \
                    `.cargo/config.toml` to `probe-rs run --chip nRF51822_xxAA` and read its serial port: \
                    `picocom -b 115200 /dev/ttyACM0`.",
                dependencies: CORTEX_M_RT,
                files: &[CORTEX_M, REGISTER, NRF_UART, SYSTICK],
                offers: NRF_V1,
            },
            Self::MicrobitV2 => Parts {
                title: "BBC micro:bit, version 2",
                memory: include_str!("template/microbit-v2.x"),
                runner: "probe-rs run --chip nRF52833_xxAA".to_owned(),
                run: BY_USB,
                dependencies: CORTEX_M_RT,
                files: &[CORTEX_M, REGISTER, NRF_UART, SYSTICK],
                offers: NRF_V2,
                ..emulated
            },
            Self::NucleoF411re => Parts {
                title: "ST Nucleo-F411RE",
                memory: include_str!("../../../examples/firmware/boards/nucleo-f411re/memory.x"),
                runner: "probe-rs run --chip STM32F411RETx".to_owned(),
                run: BY_USB,
                dependencies: CORTEX_M_RT,
                files: &[
                    CORTEX_M,
                    REGISTER,
                    (
                        "nucleo_f411re.rs",
                        include_str!("../../../examples/firmware/src/board/nucleo_f411re.rs"),
                    ),
                ],
                offers: "pub use cortex_m::entry;\npub use nucleo_f411re::{cycles, exit, print};\n",
                ..emulated
            },
            Self::Pico => Parts {
                title: "Raspberry Pi Pico",
                triple: "thumbv6m-none-eabi",
                memory: include_str!("../../../examples/firmware/boards/pico/memory.x"),
                runner: "probe-rs run --chip RP2040".to_owned(),
                run: "It prints at 115,200 baud on GP0 (pin 1), which needs a 3.3 V USB adapter. Without a debug probe, \
                    hold BOOTSEL while plugging in, and change the runner in `.cargo/config.toml` to `picotool load -x -t elf`.",
                dependencies: "cortex-m-rt = \"0.7\"\nrp2040-boot2 = \"0.3\"\n",
                files: &[
                    CORTEX_M,
                    REGISTER,
                    ("pico.rs", include_str!("../../../examples/firmware/src/board/pico.rs")),
                    SYSTICK,
                ],
                offers: "pub use cortex_m::entry;\npub use pico::{exit, print};\npub use systick::cycles;\n",
            },
        }
    }
}

const NRF_V1: &str = "pub use cortex_m::entry;\npub use nrf_uart::{exit, print};\npub use systick::cycles;\n\n\
    /// The pin to which the interface chip listens: P0.24.\nconst TX_PIN: u32 = 24;\n";
const NRF_V2: &str = "pub use cortex_m::entry;\npub use nrf_uart::{exit, print};\npub use systick::cycles;\n\n\
    /// The pin to which the interface chip listens: P0.06.\nconst TX_PIN: u32 = 6;\n";

/// The command that prints what an image says through semihosting; `machine` is QEMU's program and machine.
fn semihosted(machine: &str) -> String {
    format!(
        "{machine} -display none -monitor none -serial none -chardev stdio,id=out \
         -semihosting-config enable=on,target=native,chardev=out -kernel"
    )
}
