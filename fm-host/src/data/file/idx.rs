//! IDX files, the format of MNIST: an array of numbers behind a short header, plain or gzipped.
//!
//! The first axis counts rows; the rest is flattened into columns `p0`, `p1`, ... Labels in the file that
//! belongs to a file of images become the last column, `label`.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::array::{Array, Arrays, Layout, Source};
use super::binary::{self, Bounded, broken};
use super::item::{Item, Kind};
use crate::{Error, Result};

/// How a gzipped file starts.
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];

/// Whether a file that starts with these bytes is an IDX file.
pub(super) fn is_idx(start: &[u8]) -> bool {
    matches!(start, [0, 0, code, axes, ..] if item(*code).is_some() && *axes > 0)
}

/// Opens a file, and the file of its labels if there is one.
///
/// # Errors
/// If a file cannot be read or is malformed, or there is not one label per row.
pub(super) fn open(path: &Path) -> Result<Arrays> {
    let (images, note) = array(path)?;
    let file = path.display().to_string();
    let mut names: Vec<String> = binary::numbered("p", images.layout().columns()).collect();
    let (mut arrays, mut notes) = (vec![images], vec![note]);
    if let Some(path) = labels_of(path) {
        let (labels, note) = array(&path)?;
        let columns = labels.layout().columns();
        if columns != 1 {
            let problem = format!("there are {columns} numbers per row, but a label is one number");
            return Err(Error::data(labels.name(), problem));
        }
        names.push("label".to_owned());
        notes.push(format!("column `label` is from {}: {note}", labels.name()));
        arrays.push(labels);
    }
    Arrays::new(&file, arrays, names, notes)
}

/// Opens the array of one file; returns a sentence about it too.
fn array(path: &Path) -> Result<(Array, String)> {
    let file = path.display().to_string();
    let (mut reader, size) = unpacked(path)?;
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).map_err(|e| broken(&file, None, e))?;
        Ok::<_, Error>(bytes)
    };
    let start = take(4)?;
    let item = item(start[2]).filter(|_| is_idx(&start)).ok_or_else(|| {
        Error::data(&file, "this is not an IDX file; its first bytes must name a type of numbers")
    })?;
    let sizes = take(4 * usize::from(start[3]))?;
    let sizes: Vec<u64> =
        sizes.as_chunks().0.iter().map(|&size| u64::from(u32::from_be_bytes(size))).collect();
    let (rows, rest) = (sizes[0], &sizes[1..]);
    let count = rest.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
    let count = binary::check_columns(&file, count.unwrap_or(u64::MAX))?;
    let layout = Layout::of_items(rows, count, item);
    let bytes = 4 + 4 * sizes.len() as u64 + layout.size(&file)?;
    let surplus = size.and_then(|size| binary::surplus(size.saturating_sub(bytes)));
    let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
    let mut note = format!("IDX array of {} numbers, {} bytes each", sizes.join(" x "), item.size);
    note.extend(surplus.iter().flat_map(|surplus| ["; ", surplus]));
    Ok((Array::new(file, layout, Source::Rows(reader)), note))
}

/// Opens a file, and unpacks it if it is gzipped; returns its size if it is not.
fn unpacked(path: &Path) -> Result<(Box<dyn Read>, Option<u64>)> {
    let (file, size) = binary::open(path)?;
    let mut file = BufReader::new(file);
    let packed = file.fill_buf().map_err(|e| Error::io("read", path, e))?.starts_with(GZIP);
    Ok(match packed {
        true => (Box::new(Bounded::new(MultiGzDecoder::new(file), size)), None),
        false => (Box::new(file), Some(size)),
    })
}

/// Whether a gzipped file unpacks to an IDX file.
pub(super) fn is_packed(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    // What precedes an error remains; whoever reads the file as text reports the error.
    let _ = unpacked(path)?.0.take(4).read_to_end(&mut start);
    Ok(is_idx(&start))
}

/// The numbers that a code stands for.
fn item(code: u8) -> Option<Item> {
    let (kind, size) = match code {
        0x08 => (Kind::Unsigned, 1),
        0x09 => (Kind::Signed, 1),
        0x0b => (Kind::Signed, 2),
        0x0c => (Kind::Signed, 4),
        0x0d => (Kind::Float, 4),
        0x0e => (Kind::Float, 8),
        _ => return None,
    };
    Some(Item { kind, size, big: true })
}

/// The existing file of labels that belongs to a file of images, by their names.
fn labels_of(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let labels = ["-", "."].into_iter().find_map(|dot| {
        let (images, labels) = (format!("images{dot}idx3-ubyte"), format!("labels{dot}idx1-ubyte"));
        name.contains(&images).then(|| name.replace(&images, &labels))
    })?;
    let plain = labels.strip_suffix(".gz").unwrap_or(&labels);
    let candidates = [labels.clone(), plain.to_owned(), format!("{plain}.gz")];
    candidates.into_iter().map(|name| images.with_file_name(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests;
