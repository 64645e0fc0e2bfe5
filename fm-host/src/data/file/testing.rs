//! What the tests of the readers share. `samples/write.py` wrote the files that they read.

use std::path::{Path, PathBuf};

use super::reader::{Cell, RowReader};
use crate::Result;

/// The path of a sample.
pub(super) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/file/samples").join(name)
}

/// All rows of a reader, whose numbers count from 1 and whose width is that of its names.
pub(super) fn rows(mut reader: impl RowReader) -> Result<Vec<Vec<Cell>>> {
    let (mut rows, mut row) = (Vec::new(), vec![Cell::Missing]);
    while let Some(number) = reader.next(&mut row)? {
        assert_eq!(row.len(), reader.names().len());
        rows.push(row.clone());
        assert_eq!(number, rows.len());
    }
    assert_eq!(reader.next(&mut row)?, None);
    Ok(rows)
}

/// All rows of a reader of numbers.
pub(super) fn numbers(reader: impl RowReader) -> Vec<Vec<f64>> {
    let number = |cell| match cell {
        Cell::Number(number) => number,
        other => panic!("{other:?} is not a number"),
    };
    let rows = rows(reader).unwrap().into_iter();
    rows.map(|row| row.into_iter().map(number).collect()).collect()
}

/// Checks that an error contains every one of `parts`.
#[track_caller]
pub(super) fn says<T>(result: Result<T>, parts: &[&str]) {
    let said = result.err().map(|e| e.to_string()).unwrap_or_default();
    for part in parts {
        assert!(said.contains(part), "`{said}` does not say `{part}`");
    }
}

/// Checks that `open` and the rows of every truncation of a sample, and of the sample with each byte changed,
/// are an error that names the file, or rows.
pub(super) fn survives<R: RowReader>(name: &str, open: impl Fn(&Path) -> Result<R>) {
    let bytes = std::fs::read(sample(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let try_out = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let said = match open(&path).and_then(rows) {
            Ok(_) => return true,
            Err(e) => e.to_string(),
        };
        assert!(said.contains(name), "`{said}` does not name the file");
        false
    };
    assert!(try_out(&bytes));
    for i in 0..bytes.len() {
        try_out(&bytes[..i]);
        let mut changed = bytes.clone();
        changed[i] ^= [1, 0x80, 0xff][i % 3];
        try_out(&changed);
    }
}
