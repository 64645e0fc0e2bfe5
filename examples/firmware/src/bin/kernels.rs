//! Networks of many shapes, computed by the chip's kernels and by the plain formula. The image fails
//! unless the bits are equal.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::text;
use fm_nostd::blob::{Aligned, Conditioning, Spec, emit};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::layers;
use fm_nostd::noise::philox;
use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, Condition, Conditional, Field, Model, Velocity};

/// The largest sizes, for the memory of the smallest board.
const DIM: usize = 11;
const HIDDEN: usize = 20;
const CLASSES: usize = 3;
const INPUTS: usize = 2 + CLASSES + DIM;
const WEIGHTS: usize = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * HIDDEN + (HIDDEN + 1) * DIM;
const HEADER: usize = 256;

#[entry]
fn main() -> ! {
    firmware::end(compare())
}

fn compare() -> Result<(), &'static CStr> {
    let mut weights = [0.0; WEIGHTS];
    let mut bytes = Aligned([0; HEADER + 4 * WEIGHTS]);
    let mut sum = [0; 4];
    for case in 0..200 {
        let [dim, hidden, layers, _] = philox([case, 0, 0, 0], [1, 0]);
        let widths = [(1 + hidden as usize % HIDDEN) as u16; 2];
        let spec = Spec {
            prediction: Prediction::AverageVelocity,
            activation: Activation::from_code((case % 4) as u8).unwrap_or(Activation::Relu),
            conditioning: Conditioning::classes(CLASSES),
            dim: 1 + dim as usize % DIM,
            widths: widths.get(..1 + layers as usize % 2).unwrap_or_default(),
            mean: ZEROS.get(..1 + dim as usize % DIM).unwrap_or_default(),
            std: ZEROS.get(..1 + dim as usize % DIM).unwrap_or_default(),
            ..Spec::PLAIN
        };
        let out = one(case, spec, &mut weights, &mut bytes.0)?;
        // The bits that all targets must agree on.
        for (i, value) in (0..).zip(out) {
            sum = philox([value.to_bits(), i, case, sum[0]], [sum[1], sum[2]]);
        }
    }
    print(c"bits sum:");
    text::bits(&sum.map(f32::from_bits));
    Ok(())
}

const ZEROS: [f32; DIM] = [0.0; DIM];

/// A network's output, computed both ways.
fn one(
    case: u32,
    spec: Spec<'_>,
    weights: &mut [f32; WEIGHTS],
    bytes: &mut [u8],
) -> Result<[f32; DIM], &'static CStr> {
    let shape = spec.shape();
    let count = shape.parameters().unwrap_or_default();
    let weights = weights.get_mut(..count).ok_or(c"a shape is too large\n")?;
    let scale = 1.0 / (1 + shape.hidden) as f32;
    for (i, weight) in (0..).zip(weights.iter_mut()) {
        *weight = number(case, i) * scale;
    }
    let blob =
        emit(&Spec { weights: Weights::F32(weights), ..spec }, bytes).map_err(|_| c"no blob\n")?;
    let model = Model::new(blob).map_err(|_| c"no model\n")?;
    let mut field = Field::new(&model, [[0.0; HIDDEN]; 2], []).map_err(|_| c"no field\n")?;
    let class = case as usize % CLASSES;
    field.set_condition(Condition::Class(class)).map_err(|_| c"no class\n")?;
    let mut x = [0.0; DIM];
    for (i, value) in (1_000_000..).zip(&mut x) {
        *value = number(case, i);
    }
    let (mut out, mut plain) = ([0.0; DIM], [0.0; DIM]);
    let t = number(case, 2_000_000);
    let x = x.get(..shape.dim).unwrap_or_default();
    field.velocity(t, x, out.get_mut(..shape.dim).unwrap_or_default());
    plainly(&model, weights, t, class, x, &mut plain);
    if out.map(f32::to_bits) != plain.map(f32::to_bits) {
        print(c"other bits in shape ");
        for size in [case as usize, shape.dim, shape.hidden, shape.layers] {
            text::decimal(size as u32);
            print(c" ");
        }
        return Err(c"\n");
    }
    Ok(out)
}

/// A number in [-1, 1).
fn number(case: u32, i: u32) -> f32 {
    let [word, ..] = philox([case, i, 1, 0], [1, 0]);
    (word as i32) as f32 / 2_147_483_648.0
}

/// The network as the numbers contract defines it: bias, then inputs in order, one rounding each.
fn plainly(
    model: &Model<'_>,
    weights: &[f32],
    t: f32,
    class: usize,
    x: &[f32],
    result: &mut [f32; DIM],
) {
    let shape = model.network().shape();
    // Row and value of every input that is present.
    let mut from = [(0, 0.0); INPUTS + HIDDEN];
    let head = [(0, t), (1, 0.0), (2 + class, 1.0)];
    let tail = (2 + CLASSES..).zip(x.iter().copied());
    let mut used = 0;
    for (slot, input) in from.iter_mut().zip(head.into_iter().chain(tail)) {
        *slot = input;
        used += 1;
    }
    for (i, layer) in layers(shape, weights).enumerate() {
        let mut to = [0.0; HIDDEN];
        for (o, (slot, bias)) in to.iter_mut().zip(layer.bias()).enumerate() {
            *slot = *bias;
            for (row, value) in from.iter().take(used) {
                // One product, one sum: the compiler cannot fuse them.
                *slot += core::hint::black_box(layer.weight(*row, o).unwrap_or(0.0) * value);
            }
        }
        let outputs = layer.bias().len();
        if i < shape.layers {
            model.network().activation().apply(&mut to);
        }
        used = 0;
        for (slot, input) in from.iter_mut().zip((0..outputs).zip(to)) {
            *slot = input;
            used += 1;
        }
        for (slot, value) in result.iter_mut().zip(to).take(outputs) {
            *slot = value;
        }
    }
    // Values left over from hidden layers wider than the output.
    for slot in result.iter_mut().skip(shape.dim) {
        *slot = 0.0;
    }
}
