//! Raspberry Pi Pico (RP2040, Cortex-M0+ at 12 MHz, the crystal's): prints on UART0. Register names
//! and addresses are those of Raspberry Pi's RP2040 Datasheet.

#![allow(unsafe_code, reason = "the second boot stage lies in a section of its own")]

use core::ffi::CStr;

use super::register::Register;

const RESETS_RESET: Register = Register(0x4000_c000);
const RESETS_DONE: Register = Register(0x4000_c008);
const XOSC_CTRL: Register = Register(0x4002_4000);
const XOSC_STATUS: Register = Register(0x4002_4004);
const XOSC_STARTUP: Register = Register(0x4002_400c);
const CLK_REF_CTRL: Register = Register(0x4000_8030);
const CLK_REF_SELECTED: Register = Register(0x4000_8038);
const CLK_PERI_CTRL: Register = Register(0x4000_8048);
const GPIO0_CTRL: Register = Register(0x4001_4004);
const UART0_DR: Register = Register(0x4003_4000);
const UART0_FR: Register = Register(0x4003_4018);
const UART0_IBRD: Register = Register(0x4003_4024);
const UART0_FBRD: Register = Register(0x4003_4028);
const UART0_LCR_H: Register = Register(0x4003_402c);
const UART0_CR: Register = Register(0x4003_4030);

/// The units to take out of reset: IO_BANK0, PADS_BANK0 and UART0.
const UNITS: [u32; 3] = [1 << 5, 1 << 8, 1 << 22];

/// The code that the ROM runs first: it lets the flash be executed in place.
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// Prints on pin GP0, 115,200 baud, 8 bits, no parity, 1 stop bit.
pub fn print(text: &CStr) {
    start();
    for &byte in text.to_bytes() {
        while UART0_FR.read() & 1 << 5 != 0 {} // TXFF: no room
        UART0_DR.write(u32::from(byte));
    }
}

/// Switches to the crystal and configures the port, unless that was done.
fn start() {
    // A unit in reset cannot be read; the crystal's bit shows whether this was done.
    if CLK_REF_SELECTED.read() & 1 << 2 != 0 {
        return;
    }
    XOSC_STARTUP.write(47); // 1 ms, in 256 cycles of 12 MHz
    XOSC_CTRL.write(0xfab << 12 | 0xaa0); // on; 1 to 15 MHz
    XOSC_STATUS.wait(1 << 31); // STABLE
    CLK_REF_CTRL.write(2); // from the crystal; the core's clock follows it
    CLK_REF_SELECTED.wait(1 << 2);
    CLK_PERI_CTRL.write(1 << 11 | 4 << 5); // on, from the crystal
    for unit in UNITS {
        RESETS_RESET.change(unit, 0);
        RESETS_DONE.wait(unit);
    }
    UART0_IBRD.write(6); // 12 MHz / (16 · 115,200) = 6 + 33 / 64
    UART0_FBRD.write(33);
    UART0_LCR_H.write(3 << 5 | 1 << 4); // 8 bits, with a queue
    UART0_CR.write(1 << 8 | 1); // on, and its transmitter
    GPIO0_CTRL.write(2); // GP0: UART0_TX
}

/// Stops after all output was printed.
pub fn exit(_success: bool) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
