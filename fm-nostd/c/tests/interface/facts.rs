//! What a model says of itself.

use std::ffi::CStr;

use fm::model::*;
use fm::status::fm_status::*;
use fm_nostd::Model;
use fm_nostd::blob::{Aligned, Spec, emit};
use fm_nostd::net::Weights;

use crate::models::DIGITS;
use crate::ready::{Ready, info};

#[test]
fn a_model_says_what_it_is() {
    let c = Ready::new(&DIGITS.0);
    let (info, model) = (info(&c.model), Model::new(&DIGITS.0).unwrap());
    assert_eq!((info.id, info.len), (model.id(), DIGITS.0.len()));
    assert_eq!((info.dim, info.hidden, info.layers), (64, 128, 3));
    assert_eq!((info.classes, info.condition), (10, 0));
    assert_eq!((info.work, info.work_heun), (2 * 128 + 64, 2 * 128 + 2 * 64));
    assert!(info.jumps && info.velocity && !info.unconditional && info.start == 0.0);
    // SAFETY: the name is inside the model.
    let name = unsafe { std::slice::from_raw_parts(info.name.cast::<u8>(), info.name_len) };
    assert_eq!(name, model.name().as_bytes());
    let mut label = fm_label { id: 0, len: 0 };
    // SAFETY: this many bytes, and a label.
    unsafe { assert_eq!(fm_peek(DIGITS.0.as_ptr(), DIGITS.0.len(), &mut label), FM_OK) };
    assert_eq!(label, fm_label { id: model.id(), len: DIGITS.0.len() });
}

#[test]
fn a_name_that_is_not_text_is_an_empty_string() {
    let weights = [0.5f32; 1 + 2 + 2];
    let spec = Spec {
        dim: 1,
        widths: &[1],
        name: "x",
        mean: &[0.0],
        std: &[1.0],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let memory = Box::leak(Box::new(Aligned([0; 256])));
    let len = emit(&spec, &mut memory.0).unwrap().len();
    // Replaces the only `x` of the header with a byte that is invalid UTF-8.
    let at = memory.0[..len].iter().position(|byte| *byte == b'x').unwrap();
    memory.0[at] = 0xff;
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&memory.0[12..len]);
    memory.0[8..12].copy_from_slice(&crc.to_le_bytes());
    let info = info(&Ready::new(&memory.0[..len]).model);
    assert_eq!(info.name_len, 0);
    // SAFETY: a string of the library.
    assert!(unsafe { CStr::from_ptr(info.name) }.is_empty());
}
