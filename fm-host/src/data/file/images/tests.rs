//! Tests with images that Pillow wrote.

use super::*;
use crate::data::file::testing::{numbers, rows, sample, says};

#[test]
fn sub_folders_are_a_column_and_names_are_in_natural_order() {
    let digits = Images::open(&sample("digits")).unwrap();
    assert_eq!(digits.names(), ["p0", "p1", "p2", "p3", "folder"]);
    let row = |pixels: [f64; 4], folder: &str| {
        let mut row: Vec<Cell> = pixels.map(Cell::Number).to_vec();
        row.push(Cell::Text(folder.to_owned()));
        row
    };
    let wanted = [
        row([0.0, 128.0, 255.0, 7.0], "one"),
        row([1.0, 2.0, 3.0, 4.0], "one"),
        row([0.0, 255.0, 255.0, 0.0], "two"),
        row([0.0, 255.0, 1.0, 2.0], "two"),
    ];
    assert_eq!(rows(digits).unwrap(), wanted);
}

#[test]
fn numbers_in_names_are_compared_as_numbers() {
    let sorted = ["", "1", "2", "02b", "10", "a", "a2", "a10", "a10b1", "a10b02", "b1"];
    assert!(sorted.is_sorted_by_key(|name| natural(name)));
    assert_eq!(natural("a007"), natural("a7"));
}

#[test]
fn palettes_and_opaque_alpha_are_colours() {
    let colours = Images::open(&sample("colours")).unwrap();
    assert_eq!(colours.names()[..4], ["r0", "g0", "b0", "r1"]);
    let found = numbers(colours);
    let wanted: Vec<f64> = (0..12).map(|x| f64::from(20 * x)).collect();
    assert_eq!(found[0], wanted);
    assert_eq!(found[2], wanted);
    // The palette has one entry per pixel.
    assert_eq!(found[1], wanted);
}

#[test]
fn transparency_and_other_sizes_are_refused() {
    says(Images::open(&sample("alpha")).and_then(rows), &["clear.png", "transparent"]);
    let sizes = Images::open(&sample("sizes")).and_then(rows);
    says(sizes, &["b.png", "1 x 2 pixels in grey", "a.png", "2 x 1 pixels in grey"]);
}

#[test]
fn other_files_are_counted_and_broken_images_named() {
    let folder = tempfile::tempdir().unwrap();
    says(Images::open(folder.path()), &["no PNG images", "0 other files"]);
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("notes.txt"), "").unwrap();
    std::fs::write(at(".hidden.png"), "").unwrap();
    let bytes = std::fs::read(sample("digits/one/img2.png")).unwrap();
    std::fs::write(at("good.png"), &bytes).unwrap();
    let good = Images::open(folder.path()).unwrap();
    assert!(good.notes()[1].starts_with("1 files"), "{:?}", good.notes());
    assert_eq!(good.names().len(), 4);
    for (i, torn) in [&bytes[..20], &bytes[..bytes.len() - 30], b"", b"GIF89a"].iter().enumerate() {
        std::fs::write(at("torn.png"), torn).unwrap();
        let error = Images::open(folder.path()).and_then(rows).unwrap_err().to_string();
        assert!(error.contains("torn.png"), "{i}: {error}");
    }
    for i in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[i] ^= 0x41;
        std::fs::write(at("torn.png"), changed).unwrap();
        let _ = Images::open(folder.path()).and_then(rows);
    }
}
