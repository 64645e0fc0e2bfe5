//! Points of the moons by the SDE on both paths, and their log density under the model, with which a
//! device can detect unfamiliar inputs. Prints bits.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::text;
use fm_nostd::divergence::{Exact, Hutchinson};
use fm_nostd::path::Path;
use fm_nostd::solver::{EulerMaruyama, NoiseSchedule, Rk4};
use fm_nostd::{Draw, Field, FieldError, LogDensity, Model, Sampler, TangentField, include_model};

#[entry]
fn main() -> ! {
    firmware::end(draw())
}

fn draw() -> Result<(), &'static CStr> {
    let flash = include_model!("../../models/moons.fm");
    let model = Model::new(flash).map_err(|_| c"moons.fm: no valid model\n")?;
    // Each schedule on both paths.
    for sample in 0..2 * NoiseSchedule::ALL.len() as u64 {
        let figures = figures(&model, sample).map_err(|_| c"moons.fm: other sizes\n")?;
        print(c"bits sample=");
        text::decimal(sample as u32);
        print(c":");
        text::bits(&figures);
    }
    Ok(())
}

/// A point by the SDE, and its log density with the exact divergence and with an estimated one.
fn figures(model: &Model<'_>, sample: u64) -> Result<[f32; 4], FieldError> {
    let draw = Draw { seed: 1, sample };
    let field = || Field::new(model, [[0.0; 32]; 2], []);
    let tangents = || TangentField::new(field()?, [[0.0; 32]; 2]);
    let rk4 = || Rk4::new([[0.0; 3]; 3]);
    let path = if sample % 2 == 0 { Path::Linear } else { Path::Trigonometric };
    // The model was trained on optimal-transport pairs, so this tests the arithmetic; it is not an SDE
    // of the data.
    let schedule = NoiseSchedule::ALL.get(sample as usize / 2).copied().unwrap_or_default();
    let sde = EulerMaruyama::new(path, 0.5, [[0.0; 2]; 2]).with_schedule(schedule);
    let mut x = [0.0; 2];
    Sampler::new(model, field()?, sde)?.sample(draw, 8, &mut x);
    let exact = Exact::new(tangents()?, [[0.0; 2]; 2]);
    let exact = LogDensity::new(model, exact, rk4(), [0.0; 3])?.log_density(4, &x);
    let estimated = Hutchinson::new(tangents()?, draw, [[0.0; 2]; 2]);
    let estimated = LogDensity::new(model, estimated, rk4(), [0.0; 3])?.log_density(4, &x);
    let [a, b] = x;
    Ok([a, b, exact, estimated])
}
