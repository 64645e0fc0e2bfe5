//! Tests with tables that pyarrow wrote.

use std::io::{self, Read};

use parquet::basic::Encoding;
use ruzstd::encoding::CompressionLevel;

use super::*;
use crate::data::file::testing::{numbers, rows, sample, says, survives};

fn number(x: f64) -> Cell {
    Cell::Number(x)
}

fn text(x: &str) -> Cell {
    Cell::Text(x.to_owned())
}

/// The table that most samples hold.
fn wanted() -> Vec<Vec<Cell>> {
    let moment = || text("2026-11-27T12:00:00.250");
    vec![
        vec![
            number(0.1),
            number(f64::from(0.1f32)),
            number(1.5),
            number(-1.0),
            number(1.0),
            number(1.0),
            text("True"),
            text("é"),
            text("a"),
            text("2026-11-27"),
            moment(),
            moment(),
            moment(),
            number(90.0),
            number(1.25),
        ],
        vec![
            Cell::Missing,
            number(2.0),
            number(-2.0),
            Cell::Missing,
            number(4e9),
            text("9223372036854775808"),
            text("False"),
            Cell::Missing,
            text("b"),
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
        ],
        vec![
            number(-2.5),
            number(3.0),
            number(3.0),
            number(3.0),
            number(3.0),
            number(3.0),
            Cell::Missing,
            text("abc"),
            text("a"),
            text("1969-12-31"),
            moment(),
            moment(),
            moment(),
            number(3600.0),
            number(-0.01),
        ],
    ]
}

#[test]
fn every_type_is_read_with_every_packing() {
    for name in ["snappy", "zstd", "gzip", "plain"] {
        let table = Parquet::open(&sample(&format!("{name}.parquet"))).unwrap();
        let names = [
            "f8", "f4", "f2", "i1", "u4", "u8", "yes", "text", "kind", "day", "ms", "us", "ns",
            "clock", "dec",
        ];
        assert_eq!(table.names(), names);
        let groups = if name == "snappy" { "2 row groups" } else { "1 row group" };
        assert!(table.notes()[0].ends_with(groups));
        assert_eq!(rows(table).unwrap(), wanted(), "{name}");
    }
    let int96 = rows(Parquet::open(&sample("int96.parquet")).unwrap()).unwrap();
    assert_eq!(int96, [[text("2026-11-27T12:00:00.250")], [Cell::Missing]]);
    let whole = numbers(Parquet::open(&sample("whole.parquet")).unwrap());
    assert!(whole.iter().enumerate().all(|(i, row)| row[..] == [i as f64]) && whole.len() == 1000);
}

#[test]
fn what_is_not_flat_is_refused_by_name() {
    says(Parquet::open(&sample("list.parquet")), &["list.parquet", "column `l.list.", "flat"]);
    says(Parquet::open(&sample("struct.parquet")), &["struct.parquet", "column `s.x`", "flat"]);
    let refuses = |name: &str, parts: &[&str]| {
        says(Parquet::open(&sample(name)).and_then(rows), &[&[name], parts].concat());
    };
    refuses("lz4.parquet", &["row 1", "column `f8`", "LZ4", "Snappy"]);
    refuses("delta.parquet", &["row 1", "column `text`", "DELTA_BYTE_ARRAY", "PLAIN"]);
}

#[test]
fn a_dictionary_or_page_that_claims_too_much_is_refused() {
    let (file, _) = binary::open(&sample("snappy.parquet")).unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let column = metadata.row_group(0).column(0);
    let mut pages = pages::Pages::new(&Arc::new(file), column, 2).unwrap();
    // A snappy stream that announces 4 GB.
    assert!(
        pages
            .unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0])
            .unwrap_err()
            .to_string()
            .contains("far more")
    );
    assert_eq!(pages.unpack(&[2, 4, 7, 8]).unwrap(), [7, 8]);
    pages.packing = pages::Packing::Zstandard;
    let zeros = io::repeat(0).take(65 << 20);
    let zeros = ruzstd::encoding::compress_to_vec(zeros, CompressionLevel::Fastest);
    assert!(pages.unpack(&zeros).unwrap_err().to_string().contains("far more"));
}

/// Reads a sample in which `replacement` stands for the bytes `at` (of the same length).
fn changed(name: &str, at: &[u8], replacement: &[u8]) -> Result<Vec<Vec<Cell>>> {
    let mut bytes = std::fs::read(sample(name)).unwrap();
    let found: Vec<_> = (0..bytes.len()).filter(|i| bytes[*i..].starts_with(at)).collect();
    let &[start] = &found[..] else { panic!("{name} has these bytes at {found:?}") };
    bytes[start..start + at.len()].copy_from_slice(replacement);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Parquet::open(&path).and_then(rows)
}

/// The crate itself panics when it looks for another text; a fuzzer found the first two.
#[test]
fn a_page_with_too_few_texts_is_refused() {
    let refused = |name: &str, column: &str, at: &[u8], replacement: &[u8]| {
        assert!(changed(name, at, at).is_ok());
        let parts = [name, "row", &format!("column `{column}`"), "Not enough bytes to decode"];
        says(changed(name, at, replacement), &parts);
    };
    let texts = *b"\x02\0\0\0\xc3\xa9\x03\0\0\0abc";
    // Bits that say which cells are present, before the texts: one more than there are texts.
    let page = |present: u8| [&[3, present][..], &texts].concat();
    refused("plain.parquet", "text", &page(5), &page(7));
    // The header of a page: its encoding is a dictionary's or that of texts, but it holds two indices.
    let header = |encoding: u8| {
        let header = [0x15, 2, 0x15, encoding, 0x15, 6, 0x15, 6, 0x1c, 0x36, 0, 0x28, 1];
        [&header[..], b"a\x18\x01a\x11\x11"].concat()
    };
    refused("snappy.parquet", "kind", &header(0x10), &header(0));
    // Lengths that leave fewer bytes than a length, or none, or end beyond the page.
    for length in [5, 8, 9, 10, 0xff] {
        let mut longer = page(5);
        longer[2] = length;
        refused("plain.parquet", "text", &page(5), &longer);
    }
}

#[test]
fn levels_beyond_the_end_of_a_page_are_refused() {
    let rle = |bytes: &[u8]| pages::levels(bytes, Encoding::RLE, 100).ok();
    assert_eq!(rle(&[2, 0, 0, 0, 200, 1, 7]), Some(6));
    assert_eq!(rle(&[3, 0, 0, 0, 200, 1]), None);
    assert_eq!(rle(&[2, 0, 0]), None);
    assert_eq!(rle(&[0xff; 8]), None);
    #[expect(deprecated)]
    let packed = |cells| pages::levels(&[0xff; 2], Encoding::BIT_PACKED, cells).ok();
    assert_eq!((packed(9), packed(16), packed(17)), (Some(2), Some(2), None));
}

/// What the checks do not find; a number of more bytes than the crate has space for.
#[test]
fn a_panic_of_the_crate_is_an_error() {
    let panics = || -> parquet::errors::Result<()> { panic!("printed although it is contained") };
    assert!(contained(panics).unwrap_err().to_string().contains("damaged"));
    assert!(contained(|| Ok(1)).is_ok());
    let (numbers, long) = ([0x80, 2, 4, 0xe8, 7, 0, 2, 0, 0, 0], [0xff; 10]);
    says(changed("whole.parquet", &numbers, &long), &["whole.parquet, row 1", "page is damaged"]);
}

#[test]
fn damage_is_an_error_or_other_rows() {
    for name in ["int96.parquet", "whole.parquet", "zstd.parquet"] {
        survives(name, Parquet::open);
    }
}
