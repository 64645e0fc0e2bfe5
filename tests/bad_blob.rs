//! Any bytes are a model or an error that names the problem; never a panic.

mod common;

use common::{Placed, Wanted};
use fm_nostd::blob::Conditioning;
use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, BlobError, Model};
use proptest::prelude::*;

fn good() -> Vec<u8> {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Relu,
        conditioning: Conditioning::vector(2),
        unconditional: false,
        dim: 2,
        hidden: 4,
        layers: 2,
    };
    wanted.blob()
}

fn judged(bytes: &[u8]) -> Result<(), BlobError> {
    Model::new(Placed::new(bytes).bytes()).map(drop)
}

/// Corrects length and CRC, so that a change after them reaches the parser.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&bytes[12..]);
    let len = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn changed(at: usize, to: u8) -> Vec<u8> {
    let mut bytes = good();
    bytes[at] = to;
    resealed(bytes)
}

#[test]
fn every_fault_has_its_name() {
    assert_eq!(judged(&good()), Ok(()));
    assert_eq!(judged(&[]), Err(BlobError::NotABlob));
    assert_eq!(judged(&[0xff; 4096]), Err(BlobError::NotABlob), "erased flash");
    assert_eq!(judged(&good()[..3]), Err(BlobError::Truncated));
    assert_eq!(judged(&good()[..good().len() - 1]), Err(BlobError::Truncated));
    let mut damaged = good();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(judged(&damaged), Err(BlobError::BadCrc));
    // The message's first bytes: format, numbers, dtype, block, prediction, activation, path, ...
    assert_eq!(judged(&changed(12, 9)), Err(BlobError::Format(9)));
    assert_eq!(judged(&changed(13, 8)), Err(BlobError::Numbers(8)));
    assert_eq!(judged(&changed(14, 7)), Err(BlobError::Dtype(7)));
    assert_eq!(judged(&changed(15, 16)), Err(BlobError::Dtype(0)), "another block width");
    for at in 16..24 {
        assert_eq!(judged(&changed(at, 77)), Err(BlobError::Malformed), "code at {at}");
    }
    // The start of sampling, the contrast and the guidance, moved out of their ranges.
    let varint = |x: f32| -> Vec<u8> {
        let bits = u64::from(x.to_bits());
        (0..5).map(|i| (bits >> (7 * i) & 0x7f) as u8 | if i < 4 { 0x80 } else { 0 }).collect()
    };
    // They come after two sizes of one byte each and nine bytes of the fingerprint.
    let start = 24 + 2 + 9;
    for (place, values) in [
        (0, vec![f32::NAN, f32::INFINITY, -0.5, 1.0, 7.0]),
        (1, vec![f32::NAN, 1.0, -0.1]),
        (2, vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
    ] {
        for value in values {
            let mut bytes = good();
            bytes[22] = 1; // a contrast, so that its strength counts
            bytes.splice(start + place..=start + place, varint(value));
            assert_eq!(judged(&resealed(bytes)), Err(BlobError::Malformed), "{place} {value}");
        }
    }
    // dim, condition: one varint byte each.
    for at in [24, 25] {
        assert_eq!(judged(&changed(at, 3)), Err(BlobError::Sizes), "size at {at}");
    }
    assert_eq!(judged(&changed(24, 0)), Err(BlobError::Sizes), "no dimension");
    assert_eq!(judged(&resealed(good()[..40].to_vec())), Err(BlobError::Malformed));
    let mut trailing = good();
    trailing.push(0);
    assert_eq!(judged(&resealed(trailing)), Err(BlobError::Malformed), "bytes after the message");
}

#[test]
fn a_blob_may_lie_in_a_longer_slot_but_not_askew() {
    let mut slot = good();
    slot.extend([0xff; 100]);
    let placed = Placed::new(&slot);
    assert_eq!(Model::new(placed.bytes()).unwrap().len(), good().len());
    for askew in 1..4 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, askew).chain(good()).collect();
        let placed = Placed::new(&shifted);
        assert_eq!(Model::new(&placed.bytes()[askew..]).unwrap_err(), BlobError::Misaligned);
    }
}

/// Sizes whose products overflow a 32-bit `usize` must not wrap to matching sizes.
#[test]
fn huge_sizes_are_refused() {
    for at in [24, 25] {
        let mut bytes = good();
        bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(judged(&resealed(bytes)), Err(BlobError::Sizes), "size at {at}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = judged(&bytes);
        let mut message = good()[..12].to_vec();
        message.extend(bytes);
        let _ = judged(&resealed(message));
    }

    #[test]
    fn a_change_of_any_byte_is_found(at in 0..good().len(), flip in 1..=255u8) {
        let mut bytes = good();
        bytes[at] ^= flip;
        prop_assert!(judged(&bytes).is_err());
    }

    #[test]
    fn a_resealed_change_is_an_error_or_a_model_that_can_be_run(
        at in 12..good().len(), value in any::<u8>()
    ) {
        let placed = Placed::new(&changed(at, value));
        if let Ok(model) = Model::new(placed.bytes()) {
            let width = model.network().shape().hidden;
            let hidden = [vec![0.0; width], vec![0.0; width]];
            let mut field = fm_nostd::Field::new(&model, hidden, vec![0.0; 8]).unwrap();
            let mut out = vec![0.0; model.dim()];
            fm_nostd::Velocity::velocity(&mut field, 0.5, &[1.0, 2.0], &mut out);
        }
    }
}
