//! The serial port of a Nordic nRF51 or nRF52. Register names and addresses are those of
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
