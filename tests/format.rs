//! The specification of the `.fm` format compared with bytes: a reader built only from the page's table
//! finds what `fm-nostd` finds.

use std::collections::HashMap;

use fm_nostd::blob::{FORMAT, KnownInputs};
use fm_nostd::net::Weights;
use fm_nostd::{Model, NUMBERS, include_model};

const PAGE: &str = include_str!("../fm-nostd/docs/format.md");

/// A field of the message, read according to the specification.
#[derive(Debug, PartialEq)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Seven bits per byte, the lowest first.
fn varint(bytes: &mut &[u8]) -> u64 {
    let last = bytes.iter().position(|byte| *byte < 0x80).expect("an end");
    let (number, rest) = bytes.split_at(last + 1);
    *bytes = rest;
    number.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}

/// The fields of a blob, by the page's own table.
fn fields(blob: &[u8]) -> HashMap<&'static str, Field<'_>> {
    let (_, table) = PAGE.split_once("| field | type |").expect("a table of fields");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut rest = &blob[12..];
    let field = |row: &'static str| {
        let cells: Vec<&'static str> =
            row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let value = match cells[2] {
            "u8" => {
                let (byte, after) = rest.split_first().expect("a byte");
                rest = after;
                Field::Number((*byte).into())
            }
            "u32" => Field::Number(varint(&mut rest)),
            "bytes" => {
                let len = varint(&mut rest) as usize;
                let (bytes, after) = rest.split_at(len);
                rest = after;
                Field::Bytes(bytes)
            }
            other => panic!("the page names an unknown type `{other}`"),
        };
        (cells[1], value)
    };
    let found = rows.map(field).collect();
    assert!(rest.is_empty(), "{} bytes after the last field", rest.len());
    found
}

#[test]
fn the_format_is_specified_as_it_is_written() {
    assert!(PAGE.contains(&format!("`FORMAT`, which is {FORMAT} ")));
    let blobs: [&[u8]; 8] = [
        include_model!("golden/f32.fm"),
        include_model!("golden/q8.fm"),
        include_model!("golden/full.fm"),
        include_model!("golden/known.fm"),
        include_model!("golden/absent.fm"),
        include_model!("golden/prefix.fm"),
        include_model!("../examples/firmware/models/digits.fm"),
        include_model!("../examples/firmware/models/policy-fm.fm"),
    ];
    for blob in blobs {
        let model = Model::new(blob).expect("a model");
        let (shape, fields) = (model.network().shape(), fields(blob));
        let joined = |numbers: Vec<f32>| numbers.into_iter().flat_map(f32::to_le_bytes).collect();
        let named =
            |names: &[&str]| names.iter().map(|name| format!("{name}\0")).collect::<String>();
        let class = Some(model.class_column()).filter(|name| !name.is_empty());
        let names = model.columns().chain(class).chain(model.condition_names());
        let names: Vec<&str> = names.chain(model.values()).collect();
        // The bits of the page, and the inputs that they add.
        let (known, rows) = match model.known_inputs() {
            KnownInputs::None => (0, 0),
            KnownInputs::Values => (2, 2 * shape.dim),
            KnownInputs::ValuesAndAbsent => (2 + 4, 3 * shape.dim),
        };
        let condition = model.conditioning().size() + usize::from(model.unconditional());
        assert_eq!(shape.condition, condition + rows);
        let numbers = [
            ("format", u64::from(FORMAT)),
            ("numbers", u64::from(NUMBERS)),
            ("prediction", model.prediction() as u64),
            ("activation", model.network().activation() as u64),
            ("path", model.path() as u64),
            ("coupling", model.coupling() as u64),
            ("inputs", u64::from(model.unconditional()) + known),
            ("departures", u64::from(model.reweighted()) + 2 * u64::from(model.has_source())),
            ("dim", shape.dim as u64),
            ("condition", model.conditioning().size() as u64),
            ("id_low", model.id() & 0xffff_ffff),
            ("id_high", model.id() >> 32),
            ("start", model.start().to_bits().into()),
            ("guidance", model.guidance().to_bits().into()),
        ];
        for (name, number) in numbers {
            assert_eq!(fields[name], Field::Number(number), "{name}");
        }
        if model.has_known() {
            assert_eq!(fields["lambda"], Field::Number(model.known_prefix() as u64));
        }
        let widths = vec![shape.hidden as u16; shape.layers];
        let transforms = model.transforms().flat_map(|column| {
            let head = column.words().into_iter().flat_map(u32::to_le_bytes);
            head.chain(column.parameters.iter().copied()).collect::<Vec<u8>>()
        });
        let bytes: [(&str, Vec<u8>); 9] = [
            ("name", model.name().into()),
            ("mean", joined(model.mean().collect())),
            ("std", joined(model.std().collect())),
            ("transforms", transforms.collect()),
            ("widths", widths.into_iter().flat_map(u16::to_le_bytes).collect()),
            ("condition_mean", joined(model.condition_mean().collect())),
            ("condition_scale", joined(model.condition_scale().collect())),
            ("shares", joined(model.shares().collect())),
            ("names", named(&names).into()),
        ];
        for (name, bytes) in bytes {
            assert_eq!(fields[name], Field::Bytes(&bytes), "{name}");
        }
        let weights = match model.network().weights() {
            Weights::F32(weights) => joined(weights.to_vec()),
            Weights::Q8(words) => words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        };
        assert_eq!(fields["weights"], Field::Bytes(&weights));
    }
}
