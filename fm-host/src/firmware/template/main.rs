//! Prints samples of the model in `model.rs`: one line per sample, its numbers in the order of the columns.

#![no_std]
#![no_main]

mod board;
mod model;
mod text;

use core::ffi::CStr;

use board::{cycles, entry, exit, print};
use fm_nostd::$imports;

/// The same seed draws the same samples, here and by `fm sample --seed`.
const SEED: u64 = 1;
const SAMPLES: u64 = $count;
$constants
#[entry]
fn main() -> ! {
    let outcome = samples();
    if let Err(problem) = outcome {
        print(problem);
    }
    exit(outcome.is_ok())
}

fn samples() -> Result<(), &'static CStr> {
    let model = model::model().map_err(|_| c"error: the model in flash is damaged\n")?;
$sampler    text::line(COLUMNS);
    for sample in 0..SAMPLES {
        let draw = Draw { seed: SEED, sample };
        let mut x = [0.0; $dim];
        let taken = cycles(|| $draw);
        text::numbers(&x);
        text::cycles(taken);
    }
    Ok(())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    print(c"error: panic\n");
    exit(false)
}
