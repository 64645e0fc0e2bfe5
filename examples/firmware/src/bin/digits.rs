//! One handwritten digit of each class, in one step each, printed as a picture and as bits.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::text;
use fm_nostd::{Condition, Draw, Model, OneStep, include_model};

#[entry]
fn main() -> ! {
    firmware::end(draw())
}

fn draw() -> Result<(), &'static CStr> {
    let flash = include_model!("../../models/digits.fm");
    let model = Model::new(flash).map_err(|_| c"digits.fm: no valid model\n")?;
    let mut digits = OneStep::<64, 0, 128>::new(&model).map_err(|_| c"digits.fm: other sizes\n")?;
    for class in 0..10 {
        digits
            .set_condition(Condition::Class(class as usize))
            .map_err(|_| c"digits.fm: no such class\n")?;
        let sample = digits.sample(Draw { seed: 1, sample: u64::from(class) });
        for row in sample.as_chunks::<8>().0 {
            text::pixels(row);
        }
        print(c"bits class=");
        text::decimal(class);
        print(c" sample=");
        text::decimal(class);
        print(c":");
        text::bits(&sample);
    }
    Ok(())
}
