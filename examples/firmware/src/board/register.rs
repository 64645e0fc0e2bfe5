//! Registers of a chip, by address: less to compile than a crate that names them all.

#![allow(unsafe_code, reason = "a register is memory that the compiler does not know of")]

/// A register of 32 bits. Only the boards' files make one, of an address in the chip's manual.
pub(super) struct Register(pub usize);

impl Register {
    /// What is in it.
    pub fn read(&self) -> u32 {
        // SAFETY: the address is that of a register, aligned, and nothing else is there.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    /// Replaces what is in it.
    pub fn write(&self, value: u32) {
        // SAFETY: as in `read`; no register that is written here moves memory of the program.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }

    /// Replaces the bits of `mask`.
    pub fn change(&self, mask: u32, value: u32) {
        self.write(self.read() & !mask | value & mask);
    }

    /// Waits until a bit of `mask` is set.
    pub fn wait(&self, mask: u32) {
        while self.read() & mask == 0 {}
    }
}
