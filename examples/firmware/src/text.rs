//! Numbers as text without `core::fmt`, which would take more flash than the sampler.

use core::ffi::CStr;

use crate::board::print;

/// Prints a decimal number.
pub fn decimal(mut number: u32) {
    // At most ten digits, filled in from the last to the first, then a zero byte.
    let mut text = [0; 11];
    let mut start = 10;
    for slot in text.iter_mut().rev().skip(1) {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    print_bytes(text.get(start..).unwrap_or_default());
}

/// Prints text without a zero byte at its end.
pub fn words(text: &str) {
    for byte in text.bytes() {
        print_bytes(&[byte, 0]);
    }
}

/// Prints every number's 32 bits as a blank and eight hexadecimal digits, then ends the line.
pub fn bits(numbers: &[f32]) {
    for number in numbers {
        let mut rest = number.to_bits();
        let mut word = *b" ........\0";
        for slot in word.iter_mut().skip(1).take(8) {
            let digit = (rest >> 28) as u8;
            *slot = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            rest <<= 4;
        }
        print_bytes(&word);
    }
    print(c"\n");
}

/// Prints eight grey values from 0 to 16 as a row of characters, then ends the line.
pub fn pixels(row: &[f32; 8]) {
    const RAMP: &[u8; 10] = b" .:-=+*#%@";
    let mut text = *b"        \n\0";
    for (slot, grey) in text.iter_mut().zip(row) {
        // The cast saturates: values below 0 become 0.
        let level = (grey * (RAMP.len() as f32 / 16.0)) as usize;
        *slot = *RAMP.get(level).unwrap_or(&b'@');
    }
    print_bytes(&text);
}

/// Prints up to the first zero byte.
fn print_bytes(bytes: &[u8]) {
    if let Ok(text) = CStr::from_bytes_until_nul(bytes) {
        print(text);
    }
}
