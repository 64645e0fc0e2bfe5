//! A sample in one evaluation of an average-velocity network, including its noise.

#![no_std]
#![no_main]

use core::hint::black_box;

use firmware::board::{entry, exit};
use firmware::count::count;
use fm_nostd::{Draw, Model, OneStep, include_model};

#[entry]
fn main() -> ! {
    exit(run().is_some())
}

fn run() -> Option<()> {
    count(|| ());
    let model = count(open)?;
    let mut sampler = OneStep::<2, 0, 64>::new(&model).ok()?;
    for sample in 0..4 {
        let mut x = [0.0; 2];
        count(|| draw(black_box(&mut sampler), sample, &mut x));
        black_box(x);
    }
    Some(())
}

#[inline(never)]
fn open() -> Option<Model<'static>> {
    let flash = include_model!(concat!(env!("FM_BENCH_MODELS"), "/average.fm"));
    Model::new(black_box(flash)).ok()
}

#[inline(never)]
fn draw(sampler: &mut OneStep<'_, 2, 0, 64>, sample: u64, x: &mut [f32; 2]) {
    *x = sampler.sample(Draw { seed: 1, sample });
}
