//! Numbers as text without `core::fmt`, which would take more flash than the sampler.

use core::ffi::CStr;

use crate::board::print;

/// Prints a line of text.
pub fn line(text: &str) {
    text.bytes().for_each(character);
    character(b'\n');
}

/// Prints numbers with four decimals, separated by commas, and ends the line.
pub fn numbers(numbers: &[f32]) {
    for (i, number) in numbers.iter().enumerate() {
        if i > 0 {
            character(b',');
        }
        decimals(*number);
    }
}

/// Prints how long a sample took, if the board has a counter, and ends the line.
pub fn cycles(taken: u32) {
    if taken > 0 {
        print(c"    # ");
        decimal(u64::from(taken));
        print(c" cycles");
    }
    character(b'\n');
}

fn decimals(number: f32) {
    if number.is_nan() {
        return print(c"nan");
    }
    if number < 0.0 {
        character(b'-');
    }
    // The cast saturates, so infinity becomes the largest number.
    let parts = (f64::from(number.abs()) * 10_000.0 + 0.5) as u64;
    decimal(parts / 10_000);
    character(b'.');
    let mut unit = 1_000;
    while unit > 0 {
        character(b'0' + (parts / unit % 10) as u8);
        unit /= 10;
    }
}

fn decimal(number: u64) {
    let mut unit = 1;
    while number / unit > 9 {
        unit *= 10;
    }
    while unit > 0 {
        character(b'0' + (number / unit % 10) as u8);
        unit /= 10;
    }
}

fn character(byte: u8) {
    if let Ok(text) = CStr::from_bytes_with_nul(&[byte, 0]) {
        print(text);
    }
}
