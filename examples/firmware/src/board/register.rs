//! Registers of a chip by address, which compile faster than a crate with all their names.

#![allow(unsafe_code, reason = "a register is memory that the compiler does not know of")]

/// A register of 32 bits. Only the boards' files create one, with an address from the chip's manual.
pub(super) struct Register(pub usize);

impl Register {
    /// Reads the register.
    pub fn read(&self) -> u32 {
        // SAFETY: the address is that of an aligned register.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    /// Writes the register.
    pub fn write(&self, value: u32) {
        // SAFETY: as in `read`; no register written here changes the program's memory.
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
