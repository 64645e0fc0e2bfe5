//! Clock cycles of a sample: the board's timer next to QEMU's count.
//!
//! `cargo xtask board` builds this with the count included.

#![no_std]
#![no_main]

use core::ffi::CStr;
use core::hint::black_box;

use firmware::board::{cycles, entry, print};
use firmware::count::count;
use firmware::text;
use fm_nostd::{Draw, Model, OneStep, include_model};

#[entry]
fn main() -> ! {
    firmware::end(time())
}

fn time() -> Result<(), &'static CStr> {
    count(|| ());
    let flash = include_model!("../../models/moons.fm");
    let model = Model::new(flash).map_err(|_| c"moons.fm: no valid model\n")?;
    let mut moons = OneStep::<2, 0, 32>::new(&model).map_err(|_| c"moons.fm: other sizes\n")?;
    // The time of a branch and of reading the timer is subtracted.
    let nothing = cycles(|| count(|| ()));
    for sample in 0..4 {
        let mut point = [0.0; 2];
        let all = cycles(|| count(|| draw(black_box(&mut moons), sample, &mut point)));
        print(c"sample ");
        text::decimal(sample);
        print(c": ");
        text::decimal(all.wrapping_sub(nothing));
        print(c" cycles");
        if let Some(counted) = option_env!("FM_COUNTED") {
            print(c"; in QEMU ");
            text::words(counted);
        }
        print(c"; bits");
        text::bits(&point);
    }
    Ok(())
}

#[inline(never)]
fn draw(moons: &mut OneStep<'_, 2, 0, 32>, sample: u32, point: &mut [f32; 2]) {
    *point = moons.sample(Draw { seed: 1, sample: u64::from(sample) });
}
