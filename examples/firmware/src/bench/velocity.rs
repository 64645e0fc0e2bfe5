//! One evaluation of a velocity network.

#![no_std]
#![no_main]

use core::hint::black_box;

use firmware::board::{entry, exit};
use firmware::count::count;
use fm_nostd::{Mlp, Model, Velocity, include_model};

#[entry]
fn main() -> ! {
    exit(run().is_some())
}

fn run() -> Option<()> {
    count(|| ());
    let model = count(open)?;
    let mut network = Mlp::<2, 0, 64>::new(&model).ok()?;
    for x in [[0.5, -0.25], [-1.5, 0.75], [1.25, 1.0], [0.0, -2.0]] {
        let mut out = [0.0; 2];
        count(|| evaluate(black_box(&mut network), black_box(&x), &mut out));
        black_box(out);
    }
    Some(())
}

#[inline(never)]
fn open() -> Option<Model<'static>> {
    let flash = include_model!(concat!(env!("FM_BENCH_MODELS"), "/velocity.fm"));
    Model::new(black_box(flash)).ok()
}

#[inline(never)]
fn evaluate(network: &mut Mlp<'_, 2, 0, 64>, x: &[f32; 2], out: &mut [f32; 2]) {
    network.velocity(0.5, x, out);
}
