//! The serial port and the cycle counter of a Nordic nRF51 or nRF52. Register names and addresses are those of
//! Nordic's product specifications.

use core::ffi::CStr;

use super::TX_PIN;
use super::register::Register;

const STARTTX: Register = Register(0x4000_2008);
const TXDRDY: Register = Register(0x4000_211c);
const ENABLE: Register = Register(0x4000_2500);
const PSELTXD: Register = Register(0x4000_250c);
const TXD: Register = Register(0x4000_251c);
const BAUDRATE: Register = Register(0x4000_2524);
const SYST_CSR: Register = Register(0xe000_e010);
const SYST_RVR: Register = Register(0xe000_e014);
const SYST_CVR: Register = Register(0xe000_e018);

/// Prints on the pin that the board offers as a serial port over USB: 115,200 baud, 8 bits, no parity, 1 stop bit.
pub fn print(text: &CStr) {
    if ENABLE.read() == 0 {
        PSELTXD.write(TX_PIN);
        BAUDRATE.write(0x01d7_e000); // 115,200
        ENABLE.write(4);
        STARTTX.write(1);
    }
    for &byte in text.to_bytes() {
        TXDRDY.write(0);
        TXD.write(u32::from(byte));
        TXDRDY.wait(1);
    }
}

/// Stops after all output was printed.
pub fn exit(_success: bool) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Runs the work and returns its clock cycles, from the system timer: up to 2^24 of them.
pub fn cycles(work: impl FnOnce()) -> u32 {
    SYST_RVR.write(0xff_ffff);
    SYST_CVR.write(0);
    SYST_CSR.write(1 << 2 | 1); // on, by the core's clock
    // The first cycles reload it from 0 to the top, from which it counts down.
    while SYST_CVR.read() == 0 {}
    let start = SYST_CVR.read();
    work();
    start.wrapping_sub(SYST_CVR.read()) & 0xff_ffff
}
