//! Every solver on small random models with `f32` and 8-bit weights, printed as bits.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::{matrix, text};

#[entry]
fn main() -> ! {
    firmware::end(draw())
}

fn draw() -> Result<(), &'static CStr> {
    for case in 0..matrix::CASES {
        let sample = matrix::sample(case).ok_or(c"a case that does not fit\n")?;
        print(c"bits case=");
        text::decimal(case);
        print(c":");
        text::bits(&sample);
    }
    Ok(())
}
