//! A sample in sixteen Euler steps along a velocity network, including its noise.

#![no_std]
#![no_main]

use core::hint::black_box;

use firmware::board::{entry, exit};
use firmware::count::count;
use fm_nostd::fixed::Memory;
use fm_nostd::solver::Euler;
use fm_nostd::{Draw, Mlp, Model, Sampler, include_model};

type Walk<'a> = Sampler<'a, Memory<'a, 0, 64>, Euler<[f32; 2]>>;

#[entry]
fn main() -> ! {
    exit(run().is_some())
}

fn run() -> Option<()> {
    count(|| ());
    let model = count(open)?;
    let network = Mlp::<2, 0, 64>::new(&model).ok()?;
    let mut sampler = network.sampler(Euler::new([0.0; 2])).ok()?;
    for sample in 0..4 {
        let mut x = [0.0; 2];
        count(|| draw(black_box(&mut sampler), sample, &mut x));
        black_box(x);
    }
    Some(())
}

#[inline(never)]
fn open() -> Option<Model<'static>> {
    let flash = include_model!(concat!(env!("FM_BENCH_MODELS"), "/velocity.fm"));
    Model::new(black_box(flash)).ok()
}

#[inline(never)]
fn draw(sampler: &mut Walk<'_>, sample: u64, x: &mut [f32; 2]) {
    sampler.sample(Draw { seed: 1, sample }, 16, x);
}
