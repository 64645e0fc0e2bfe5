//! Tests with tables that pyarrow wrote.

use std::io::{self, Read};

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
            number(1.0),
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
            number(2f64.powi(63)),
            number(0.0),
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
        let groups = if name == "snappy" { "2 row groups" } else { "1 row groups" };
        assert!(table.notes()[0].contains(groups));
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

/// A page whose levels claim more bytes than it has, on which the crate panics; a fuzzer found it.
#[test]
fn a_panic_of_the_crate_is_an_error() {
    says(Parquet::open(&sample("damaged.parquet")).and_then(rows), &["damaged.parquet", "row"]);
}

#[test]
fn damage_is_an_error_or_other_rows() {
    for name in ["int96.parquet", "whole.parquet", "zstd.parquet"] {
        survives(name, Parquet::open);
    }
}
