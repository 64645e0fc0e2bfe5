//! Which format a data file has, by its contents and then by its name.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::images::Images;
use super::parquet::Parquet;
use super::reader::RowReader;
use super::wav::Wav;
use super::{binary, idx, npy, npz, parquet, wav};
use crate::{Error, Result};

/// Opens a file that is not text, or a folder of images; `None` for everything else, which may be text.
///
/// # Errors
/// If the file or folder cannot be read, or is malformed.
pub(super) fn open(path: &Path) -> Result<Option<Box<dyn RowReader>>> {
    let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    if metadata.is_dir() {
        return Ok(Some(Box::new(Images::open(path)?)));
    }
    // A pipe can be read only once.
    if !metadata.is_file() {
        return Ok(None);
    }
    let (mut file, _) = binary::open(path)?;
    let mut start = Vec::new();
    let read = file.by_ref().take(16).read_to_end(&mut start);
    read.map_err(|e| Error::io("read", path, e))?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let named = |extensions: &[&str]| extensions.iter().any(|e| extension == *e);
    let reader: Box<dyn RowReader> = match &start[..] {
        bytes if bytes.starts_with(parquet::MAGIC) || named(&["parquet", "pq"]) => {
            Box::new(Parquet::open(path)?)
        }
        bytes if bytes.starts_with(npy::MAGIC) || named(&["npy"]) => Box::new(npy::open(path)?),
        bytes if bytes.starts_with(npz::MAGIC) || named(&["npz"]) => Box::new(npz::open(path)?),
        bytes if wav::is_wav(bytes) || named(&["wav"]) => Box::new(Wav::open(path)?),
        bytes if idx::is_idx(bytes) || named(&["idx"]) => Box::new(idx::open(path)?),
        bytes if bytes.starts_with(idx::GZIP) && idx::is_packed(path)? => {
            Box::new(idx::open(path)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(reader))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::file::testing::{sample, says};

    fn names(path: &Path) -> Option<Vec<String>> {
        open(path).unwrap().map(|reader| reader.names().to_vec())
    }

    #[test]
    fn formats_are_known_by_their_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let samples = [
            "plain.npy",
            "packed.npz",
            "zstd.parquet",
            "stereo.wav",
            "floats.idx",
            "t3-labels-idx1-ubyte",
        ];
        for name in samples {
            std::fs::copy(sample(name), &path).unwrap();
            assert_eq!(names(&path), names(&sample(name)), "{name}");
            assert!(names(&path).is_some(), "{name}");
        }
        std::fs::copy(sample("t3-images-idx3-ubyte.gz"), &path).unwrap();
        assert_eq!(names(&path).map(|names| names.len()), Some(4));
        assert_eq!(names(&sample("digits")).map(|names| names.len()), Some(5));
    }

    #[test]
    fn text_is_left_to_others_and_a_name_without_contents_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        assert_eq!(names(&path("a.csv", b"x,y\n1,2\n")), None);
        assert_eq!(names(&path("empty", b"")), None);
        assert_eq!(names(&path("torn.gz", &[0x1f, 0x8b, 8])), None);
        for name in ["a.npy", "a.npz", "a.parquet", "a.wav", "a.idx"] {
            says(open(&path(name, b"x,y\n1,2\n")).map(|_| ()), &[name]);
        }
        says(open(&folder.path().join("none")).map(|_| ()), &["none"]);
    }
}
