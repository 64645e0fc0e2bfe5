//! Any bytes are either a model or an error; a model behaves as its documentation states.

#![no_main]

use fm_nostd::Model;
use fm_nostd::blob::peek;
use fm_nostd::net::{Weights, q8};
use fm_nostd_fuzz::{Slot, parts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (blob, steer) = parts(input);
    let askew = usize::from(steer.first().copied().unwrap_or_default() % 16);
    judge(Slot::new(input).bytes());
    judge(Slot::new(&[&vec![0; askew], input].concat()).bytes().split_at(askew).1);
    judge(Slot::sealed(blob).bytes());
});

fn judge(bytes: &[u8]) {
    let label = peek(bytes);
    let Ok(model) = Model::new(bytes) else { return };
    assert_eq!(label.map(|label| (label.id, label.len)), Ok((model.id(), model.len())));
    assert!(model.len() <= bytes.len());
    let (shape, dim) = (model.network().shape(), model.dim());
    let (numbers, network) = match model.network().weights() {
        Weights::F32(weights) => (weights.len(), shape.parameters()),
        Weights::Q8(words) => (words.len(), q8::packed_len(shape, model.network().activation())),
    };
    let gains = network.and_then(|network| numbers.checked_sub(network));
    assert!(gains == Some(0) || gains == shape.gains());
    assert!(dim > 0 && shape.hidden > 0 && shape.layers > 0 && shape.macs().is_some());
    assert_eq!((model.mean().count(), model.std().count()), (dim, dim));
    assert!([0, dim].contains(&model.transforms().count()));
    assert_eq!(model.condition_mean().count(), model.condition_scale().count());
    let known = model.known_inputs().rows(dim).expect("a size that fits");
    let rows = model.conditioning().size() + usize::from(model.unconditional()) + known;
    assert_eq!(shape.condition, rows);
    assert!(!(model.has_known() && model.has_source()));
    let mut x = vec![f32::NAN; dim];
    model.destandardise(&mut x);
    assert!((0.0..1.0).contains(&model.start()) && model.guidance().is_finite());
    let conditioning = model.conditioning();
    assert!([0, dim].contains(&model.columns().count()));
    assert!([0, conditioning.size()].contains(&model.condition_names().count()));
    assert!([0, conditioning.classes].contains(&model.shares().count()));
    assert!([0, dim].contains(&model.negatives(0).count()));
    assert_eq!(model.negatives(conditioning.classes).count(), 0);
    let _ = (model.name(), model.class_column(), model.contrast(), model.path(), model.coupling());
}
