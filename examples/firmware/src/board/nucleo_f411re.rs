//! ST Nucleo-F411RE (STM32F411, Cortex-M4F at 16 MHz): prints on USART2, which its ST-LINK offers as
//! a serial port over USB. Register names and addresses are those of ST's manual RM0383.

use core::ffi::CStr;

use super::register::Register;

const RCC_AHB1ENR: Register = Register(0x4002_3830);
const RCC_APB1ENR: Register = Register(0x4002_3840);
const GPIOA_MODER: Register = Register(0x4002_0000);
const GPIOA_AFRL: Register = Register(0x4002_0020);
const USART2_SR: Register = Register(0x4000_4400);
const USART2_DR: Register = Register(0x4000_4404);
const USART2_BRR: Register = Register(0x4000_4408);
const USART2_CR1: Register = Register(0x4000_440c);
const DEMCR: Register = Register(0xe000_edfc);
const DWT_CTRL: Register = Register(0xe000_1000);
const DWT_CYCCNT: Register = Register(0xe000_1004);

/// The bit of `USART2_CR1` that enables it.
const ON: u32 = 1 << 13;

/// Prints on pin PA2, 115,200 baud, 8 bits, no parity, 1 stop bit.
pub fn print(text: &CStr) {
    if USART2_CR1.read() & ON == 0 {
        start();
    }
    for &byte in text.to_bytes() {
        USART2_SR.wait(1 << 7); // TXE: room for a byte
        USART2_DR.write(u32::from(byte));
    }
}

fn start() {
    RCC_AHB1ENR.change(1, 1); // GPIOA
    RCC_APB1ENR.change(1 << 17, 1 << 17); // USART2
    GPIOA_AFRL.change(0xf << 8, 7 << 8); // PA2: USART2_TX
    GPIOA_MODER.change(3 << 4, 2 << 4); // PA2: by alternate function
    USART2_BRR.write(139); // 16 MHz / 115,200
    USART2_CR1.write(ON | 1 << 3); // and its transmitter
}

/// Stops after all output was printed.
pub fn exit(_success: bool) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Runs the work and returns its clock cycles, from the counter of the debug unit.
pub fn cycles(work: impl FnOnce()) -> u32 {
    DEMCR.change(1 << 24, 1 << 24); // TRCENA: the unit on
    DWT_CTRL.change(1, 1); // CYCCNTENA
    let start = DWT_CYCCNT.read();
    work();
    DWT_CYCCNT.read().wrapping_sub(start)
}
