//! The system timer of a Cortex-M, as a counter of clock cycles. Register names and addresses are those of Arm's
//! ARMv6-M Architecture Reference Manual.

use super::register::Register;

const SYST_CSR: Register = Register(0xe000_e010);
const SYST_RVR: Register = Register(0xe000_e014);
const SYST_CVR: Register = Register(0xe000_e018);

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
