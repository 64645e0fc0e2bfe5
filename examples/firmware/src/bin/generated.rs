//! Sixteen points of the two moons, printed as bits, from a model in Rust source.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::text;
use fm_nostd::Draw;

/// Written by `fm export moons16.fm --out moons16.rs`.
#[path = "../../models/moons16.rs"]
mod moons16;

#[entry]
fn main() -> ! {
    firmware::end(draw())
}

fn draw() -> Result<(), &'static CStr> {
    let model = moons16::model().map_err(|_| c"moons16.rs: no valid model\n")?;
    let mut moons = moons16::Sampler::new(&model).map_err(|_| c"moons16.rs: other sizes\n")?;
    for sample in 0..16 {
        let point = moons.sample(Draw { seed: 1, sample: u64::from(sample) });
        print(c"bits sample=");
        text::decimal(sample);
        print(c":");
        text::bits(&point);
    }
    Ok(())
}
