//! Tests with arrays that NumPy wrote, and with malformed ones.

use super::*;
use crate::data::file::npz;
use crate::data::file::reader::{Cell, RowReader};
use crate::data::file::testing::{numbers, rows, sample, says, survives};

fn number(x: f64) -> Cell {
    Cell::Number(x)
}

fn text(x: &str) -> Cell {
    Cell::Text(x.to_owned())
}

#[test]
fn columns_are_numbered() {
    let plain = open(&sample("plain.npy")).unwrap();
    assert_eq!(plain.names(), ["c0", "c1"]);
    let found = numbers(plain);
    assert_eq!(found[..2], [[1.0, 2.5], [-3e300, 0.0]]);
    assert!(found[2][0].is_nan() && found[2][1] == 6.0 && found.len() == 3);
    assert_eq!(numbers(open(&sample("big.npy")).unwrap()), [[1.0], [-2.0], [300.0]]);
    assert_eq!(numbers(open(&sample("second.npy")).unwrap()), [[1.0, 0.0]]);
}

#[test]
fn further_axes_are_flattened_in_order_even_if_the_first_is_fastest() {
    let cube = numbers(open(&sample("fortran.npy")).unwrap());
    let wanted = [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]];
    assert_eq!(cube, wanted);
    // Five rows, axes of 2 and 3.
    let strides = [0, 10, 20, 5, 15, 25];
    assert_eq!(first_items(5, &[2, 3], 6), strides);
}

/// Blocks are smaller than the file.
#[test]
fn both_orders_are_read_block_after_block() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, columns) = (70_000u32, 20u32);
    for fortran in ["False", "True"] {
        let mut bytes =
            of_header(&format!("'<u4', 'fortran_order': {fortran}, 'shape': (70000, 20), "));
        let cell = |row: u32, column: u32| (row * columns + column).to_le_bytes();
        match fortran {
            "False" => {
                bytes.extend((0..rows).flat_map(|r| (0..columns).flat_map(move |c| cell(r, c))))
            }
            _ => bytes.extend((0..columns).flat_map(|c| (0..rows).flat_map(move |r| cell(r, c)))),
        }
        let path = folder.path().join("large.npy");
        std::fs::write(&path, bytes).unwrap();
        let (mut reader, mut row) = (open(&path).unwrap(), Vec::new());
        let mut next = 0;
        while let Some(number) = reader.next(&mut row).unwrap() {
            for cell in &row {
                assert_eq!(*cell, Cell::Number(f64::from(next)), "row {number}");
                next += 1;
            }
        }
        assert_eq!(next, rows * columns);
    }
}

#[test]
fn fields_are_columns() {
    let fields = open(&sample("fields.npy")).unwrap();
    assert_eq!(fields.names(), ["x", "name", "v0", "v1"]);
    let wanted = [
        vec![number(0.5), text("ab"), number(1.0), number(2.0)],
        vec![number(1.5), text("é"), number(3.0), number(4.0)],
    ];
    assert_eq!(rows(fields).unwrap(), wanted);
}

#[test]
fn arrays_of_an_archive_stand_side_by_side() {
    let packed = npz::open(&sample("packed.npz")).unwrap();
    assert_eq!(packed.names(), ["x", "Y0", "Y1", "kind"]);
    let wanted = [
        vec![number(1.0), number(0.0), number(1.0), text("a")],
        vec![number(2.0), number(2.0), number(3.0), text("bc")],
        vec![number(3.0), number(4.0), number(5.0), text("d")],
    ];
    assert_eq!(rows(packed).unwrap(), wanted);
    let single = npz::open(&sample("single.npz")).unwrap();
    assert_eq!(single.names(), ["c0", "c1"]);
    assert_eq!(numbers(single), [[0.0, 1.0], [2.0, 3.0]]);
    let lengths = npz::open(&sample("lengths.npz"));
    says(lengths, &["lengths.npz", "array `a`", "2 rows", "array `b`", "and 3"]);
}

#[test]
fn a_wrong_checksum_is_found() {
    let mut bytes = std::fs::read(sample("single.npz")).unwrap();
    // 3.0 in two bytes.
    let at = bytes.windows(4).position(|four| four == [0x00, 0x40, 0x00, 0x42]).unwrap();
    bytes[at] = 1;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.npz");
    std::fs::write(&path, bytes).unwrap();
    says(npz::open(&path).and_then(rows), &["wrong.npz", "array `arr_0`", "checksum"]);
}

/// The start of an array, up to its data.
fn of_header(entries: &str) -> Vec<u8> {
    let header = format!("{{'descr': {entries}}}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [MAGIC, &[1, 0], &length, header.as_bytes()].concat()
}

/// What is said about an array of this header, with eight bytes of data.
#[track_caller]
fn refuses(entries: &str, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.npy");
    std::fs::write(&path, [of_header(entries), vec![0; 8]].concat()).unwrap();
    says(open(&path).and_then(rows), &[&["wrong.npy"], parts].concat());
}

#[test]
fn what_is_no_table_is_refused() {
    says(open(&sample("objects.npy")), &["objects.npy", "Python objects", "astype"]);
    says(open(&sample("number.npy")), &["number.npy", "without axes"]);
    says(open(&sample("complex.npy")), &["complex.npy", "array.real"]);
    let plain = "'fortran_order': False, 'shape'";
    refuses(&format!("'<f8', {plain}: (2, 1)"), &["row 2", "ends too early"]);
    refuses(&format!("'<f8', {plain}: (2, 0)"), &["no columns"]);
    refuses(&format!("'<f8', {plain}: (0, 99999)"), &["99999 columns", "65536"]);
    refuses(&format!("'<f8', {plain}: (1, 4000000000, 40000000000)"), &["columns"]);
    refuses(&format!("'<f8', {plain}: (18446744073709551615, 2)"), &["more than a file"]);
    refuses(&format!("'<f8', {plain}: (18446744073709551616,)"), &["header is damaged"]);
    refuses(&format!("'<f8', {plain}: {}{}", "(".repeat(1000), ")".repeat(1000)), &["damaged"]);
    refuses("'<f8', 'shape': (1,)", &["header is damaged"]);
    refuses(&format!("'<f3', {plain}: (1,)"), &["`<f3`"]);
    refuses(&format!("'<M8[ns]', {plain}: (1,)"), &["dates", "CSV"]);
    refuses(&format!("'<U9999999', {plain}: (1,)"), &["`<U9999999`"]);
    refuses(&format!("[('a', [('b', '<f8')])], {plain}: (1,)"), &["field `a`", "fields itself"]);
    refuses(&format!("[('a', '<f8')], {plain}: (1, 1)"), &["one axis"]);
    refuses(&format!("[('a', '|O')], {plain}: (1,)"), &["field `a`", "Python objects"]);
}

#[test]
fn damage_is_an_error_or_other_rows() {
    for name in ["plain.npy", "fortran.npy", "fields.npy"] {
        survives(name, open);
    }
    for name in ["packed.npz", "single.npz"] {
        survives(name, npz::open);
    }
}

#[test]
fn bytes_after_the_last_row_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let mut bytes = std::fs::read(sample("plain.npy")).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(open(&path).unwrap().notes().len(), 1);
    bytes.extend([1, 2, 3]);
    std::fs::write(&path, &bytes).unwrap();
    assert!(open(&path).unwrap().notes()[1].starts_with("3 bytes after the last row"));
}
