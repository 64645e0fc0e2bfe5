//! Tests with packed and plain files, with and without labels.

use super::*;
use crate::data::file::reader::RowReader;
use crate::data::file::testing::{numbers, rows, sample, says, survives};

#[test]
fn labels_become_a_column() {
    let images = open(&sample("t3-images-idx3-ubyte.gz")).unwrap();
    assert_eq!(images.names(), ["p0", "p1", "p2", "p3", "label"]);
    assert!(images.notes()[1].contains("t3-labels-idx1-ubyte"), "{:?}", images.notes());
    let wanted =
        [[0.0, 1.0, 2.0, 3.0, 7.0], [4.0, 5.0, 6.0, 7.0, 0.0], [8.0, 9.0, 10.0, 11.0, 9.0]];
    assert_eq!(numbers(images), wanted);
    let labels = open(&sample("t3-labels-idx1-ubyte")).unwrap();
    assert_eq!(labels.names(), ["p0"]);
    assert_eq!(numbers(labels), [[7.0], [0.0], [9.0]]);
    assert_eq!(numbers(open(&sample("floats.idx")).unwrap()), [[0.5, -1.0], [2.0, 3.0]]);
}

#[test]
fn labels_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for labels in ["a-labels.idx1-ubyte.gz", "b-labels-idx1-ubyte", "c-labels-idx1-ubyte.gz"] {
        std::fs::write(at(labels), "").unwrap();
    }
    assert_eq!(labels_of(&at("a-images.idx3-ubyte")), Some(at("a-labels.idx1-ubyte.gz")));
    assert_eq!(labels_of(&at("b-images-idx3-ubyte.gz")), Some(at("b-labels-idx1-ubyte")));
    assert_eq!(labels_of(&at("c-images-idx3-ubyte.gz")), Some(at("c-labels-idx1-ubyte.gz")));
    assert_eq!(labels_of(&at("d-images-idx3-ubyte.gz")), None);
    assert_eq!(labels_of(&at("b-labels-idx1-ubyte")), None);
}

#[test]
fn a_label_belongs_to_every_image() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("images-idx3-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 5, 6]).unwrap();
    std::fs::write(at("labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 5]).unwrap();
    says(open(&at("images-idx3-ubyte")), &["2 rows", "labels-idx1-ubyte", "and 1"]);
    std::fs::write(at("labels-idx1-ubyte"), [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6]).unwrap();
    says(open(&at("images-idx3-ubyte")), &["labels-idx1-ubyte", "2 numbers per row"]);
}

#[test]
fn malformed_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.idx");
    let refuses = |bytes: &[u8], parts: &[&str]| {
        std::fs::write(&path, bytes).unwrap();
        says(open(&path).and_then(rows), &[&["wrong.idx"], parts].concat());
    };
    refuses(&[0, 0], &["ends too early"]);
    refuses(&[0, 0, 10, 1, 0, 0, 0, 1, 0], &["not an IDX file"]);
    refuses(&[0, 0, 8, 0], &["not an IDX file"]);
    refuses(&[0, 0, 8, 1, 0, 0, 0, 3, 7, 7], &["row 3", "ends too early"]);
    refuses(&[0, 0, 8, 2, 0, 0, 0, 3, 0xff, 0, 0, 0], &["4278190080 columns"]);
    refuses(&[&[0, 0, 8, 255][..], &[255; 1020]].concat(), &["columns"]);
}

#[test]
fn damage_is_an_error_or_other_rows() {
    survives("t3-images-idx3-ubyte.gz", open);
    survives("floats.idx", open);
}

#[test]
fn bytes_after_the_last_row_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.idx");
    std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 2, 5, 6, 7]).unwrap();
    let longer = open(&path).unwrap();
    assert!(longer.notes()[0].contains("1 bytes after the last row"), "{:?}", longer.notes());
    std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 2, 5, 6]).unwrap();
    assert!(!open(&path).unwrap().notes()[0].contains("after"));
}
