//! Tests of the integer layers against the network that they approximate, and against `fm-nostd`.

use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, Condition, Conditional, Draw, Field, Model, Velocity};

use super::*;
use crate::data::Dataset;
use crate::export;
use crate::model::AlignedBytes;
use crate::objective::Objective;
use crate::train::{DataFacts, fixtures};

/// A run that was never trained, with random weights at their initial size or twice that.
fn run(activation: Activation, hidden: usize, data: &Dataset) -> (RunConfig, Vec<f32>) {
    let mut config = fixtures::config(Objective::Fm, 10);
    config.facts = DataFacts::of(data);
    config.architecture.condition = config.facts.condition.conditioning().size();
    config.architecture.activation = activation;
    config.architecture.hidden = hidden;
    // The plain arithmetic is that of the network alone.
    config.architecture.gain = false;
    let mut parameters = config.architecture.init(u64::try_from(hidden).expect("small"));
    // The last layer starts at a tenth of its trained size; biases start at 0.
    let last = config.architecture.layers().pop().expect("a last layer");
    parameters[last.weights].iter_mut().for_each(|w| *w *= 10.0);
    for layer in config.architecture.layers() {
        for (k, bias) in parameters[layer.bias].iter_mut().enumerate() {
            *bias = 0.1 * (k % 7) as f32 - 0.3;
        }
    }
    (config, parameters)
}

fn examples(config: &RunConfig, data: &Dataset) -> Examples {
    config.facts.examples(data, false)
}

/// Compares `fm-nostd`'s kernels on the blob with the plain arithmetic that rounding was fitted with.
#[test]
fn the_blob_gives_the_bits_of_the_plain_arithmetic() {
    for (activation, hidden) in Activation::ALL.into_iter().zip([8, 13, 32, 33]) {
        for data in [fixtures::plain(200), fixtures::classes(200), fixtures::both(200)] {
            let (config, parameters) = run(activation, hidden, &data);
            let layers = quantise(&config, &parameters, &examples(&config, &data)).expect("finite");
            let blob = AlignedBytes::new(
                &export::blob_q8(&config, &parameters, &layers, false).expect("small"),
            );
            let model = Model::new(blob.bytes()).expect("valid");
            assert_eq!(model.prediction(), Prediction::Velocity);
            let mut field =
                Field::new(&model, [vec![0.0; hidden], vec![0.0; hidden]], [0.0]).unwrap();
            for sample in 0..500 {
                let mut row = vec![sample as f32 / 500.0];
                if data.labels().is_some() {
                    let class = sample as usize % 3;
                    field.set_condition(Condition::Class(class)).expect("a class");
                    row.extend((0..3).map(|k| if k == class { 1.0 } else { 0.0 }));
                }
                if data.condition.vector.is_some() {
                    let vector = [sample as f32 / 7.0];
                    field.set_condition(Condition::Vector(&vector)).expect("a vector");
                    row.extend(model.standardise_condition(&vector));
                }
                // Some inputs are outside the range, where they saturate.
                let mut x = [0.0; 2];
                Draw { seed: 5, sample }.fill(0, &mut x);
                x = x.map(|x| 4.0 * x);
                row.extend(x);
                let mut device = [0.0; 2];
                field.velocity(row[0], &x, &mut device);
                let row = DMatrix::from_row_iterator(1, row.len(), row.into_iter().map(f64::from));
                let host = integer::output(&layers, activation, &row);
                assert_eq!(device.map(f64::from), [host[0], host[1]], "{activation:?} {sample}");
            }
        }
    }
}

/// Eight bits rounded to nearest have an error of `1 / sqrt(12)` of `max / 127` in each weight: some 0.6
/// % for normal weights (`max` is 2.5 standard deviations), and more for each layer. Rounding that
/// compensates its errors at least halves that; 16-bit activations and the table add 0.1 %.
#[test]
fn outputs_are_near_the_trained_networks() {
    for activation in Activation::ALL {
        let data = fixtures::vectors(200);
        let (config, parameters) = run(activation, 32, &data);
        let examples = examples(&config, &data);
        let layers = quantise(&config, &parameters, &examples).expect("finite");
        let Difference { rms, max, size } = difference(&config, &parameters, &layers, &examples);
        assert!(rms < 0.005 * size, "{activation:?}: {rms} of {size}");
        assert!(max < 0.05 * size, "{activation:?}: {max} of {size}");
    }
}

#[test]
fn inputs_beyond_the_range_give_what_its_end_gives() {
    let data = fixtures::plain(200);
    let (config, parameters) = run(Activation::Silu, 16, &data);
    let layers = quantise(&config, &parameters, &examples(&config, &data)).expect("finite");
    let at = |x: [f64; 2]| {
        integer::output(
            &layers,
            Activation::Silu,
            &DMatrix::from_row_slice(1, 3, &[0.5, x[0], x[1]]),
        )
    };
    // 32767 / 2048 is the largest input.
    assert_eq!(at([1e9, f64::NEG_INFINITY]), at([15.9995, -16.0]));
    assert_eq!(at([f64::NAN, 1.0]), at([0.0, 1.0]));
}

#[test]
fn a_network_that_diverged_is_refused() {
    let data = fixtures::plain(200);
    let (config, mut parameters) = run(Activation::Silu, 16, &data);
    parameters[7] = f32::NAN;
    let error = quantise(&config, &parameters, &examples(&config, &data)).unwrap_err().to_string();
    assert!(error.starts_with("--dtype: ") && error.contains("--lr"), "{error}");
}
