//! Sixty-four points of the two moons, in one step each, printed as bits: fits a 16 KiB microcontroller.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::text;
use fm_nostd::{Draw, Model, OneStep, include_model};

#[entry]
fn main() -> ! {
    firmware::end(draw())
}

fn draw() -> Result<(), &'static CStr> {
    let flash = include_model!("../../models/moons.fm");
    let model = Model::new(flash).map_err(|_| c"moons.fm: no valid model\n")?;
    let mut moons = OneStep::<2, 0, 32>::new(&model).map_err(|_| c"moons.fm: other sizes\n")?;
    for sample in 0..64 {
        let point = moons.sample(Draw { seed: 1, sample: u64::from(sample) });
        print(c"bits sample=");
        text::decimal(sample);
        print(c":");
        text::bits(&point);
    }
    Ok(())
}
