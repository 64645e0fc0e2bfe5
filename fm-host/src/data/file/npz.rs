//! `.npz` files of NumPy: zip archives of arrays, compressed or not.
//!
//! A single array is read as from a `.npy` file. Several arrays have the same number of rows, and each
//! becomes columns: one with the array's name, or name0, name1, .. if it has further axes.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::array::{Array, Arrays, Source};
use super::binary::{self, Bounded, broken};
use super::npy;
use crate::{Error, Result};

/// How a zip archive starts.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// The most arrays in a file, which are open at the same time.
const ARRAYS: usize = 256;

/// A file in the archive.
struct Member {
    name: String,
    /// Whether it is compressed by deflate; otherwise it is stored as it is.
    packed: bool,
    /// Its bytes in the archive.
    start: u64,
    end: u64,
    /// The number of unpacked bytes, and their checksum.
    size: u64,
    crc: u32,
}

/// Opens all arrays of an archive.
///
/// # Errors
/// If the file cannot be read, is not an archive of arrays, or they differ in length.
pub(super) fn open(path: &Path) -> Result<Arrays> {
    let file = path.display().to_string();
    let members = members(path, &file)?;
    let single = members.len() == 1;
    let (mut arrays, mut names, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        let (header, source, name) = array(path, &file, &member)?;
        notes.push(format!("array `{}`: {}", member.name, header.note));
        names.extend(match header.axes {
            1 if header.fields.is_none() => vec![member.name.clone()],
            _ if single => header.names("c"),
            _ => header.names(&member.name),
        });
        arrays.push(Array::new(name, header.layout, source));
    }
    Arrays::new(&file, arrays, names, notes)
}

/// Lists the arrays in the archive.
fn members(path: &Path, file: &str) -> Result<Vec<Member>> {
    let damaged = |e: rawzip::Error| {
        let problem = format!("the archive is damaged ({e}); copy or save the file again");
        Error::data(file, problem)
    };
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(binary::open(path)?.0, &mut buffer).map_err(damaged)?;
    let mut entries = archive.entries(&mut buffer);
    let mut members = Vec::new();
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let Some(array) = name.strip_suffix(".npy") else {
            let problem =
                format!("the archive holds `{name}`, which is no array; save it with numpy.savez");
            return Err(Error::data(file, problem));
        };
        let packed = match entry.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            _ => {
                let problem =
                    format!("`{name}` is compressed in an unknown way; save it with numpy.savez");
                return Err(Error::data(file, problem));
            }
        };
        let (start, end) =
            archive.get_entry(entry.wayfinder()).map_err(damaged)?.compressed_data_range();
        let (name, size, crc) = (array.to_owned(), entry.uncompressed_size_hint(), entry.crc32());
        members.push(Member { name, packed, start, end, size, crc });
        if members.len() > ARRAYS {
            let problem = format!("there are more than {ARRAYS} arrays; save fewer, larger arrays");
            return Err(Error::data(file, problem));
        }
    }
    if members.is_empty() {
        return Err(Error::data(file, "the archive is empty; save at least one array"));
    }
    Ok(members)
}

/// Reads the header of an array; returns also where its data come from, and its name for errors.
fn array(path: &Path, file: &str, member: &Member) -> Result<(npy::Header, Source, String)> {
    let name = format!("{file} (array `{}`)", member.name);
    let mut reader = unpacked(path, member)?;
    let mut header = npy::header(&name, &mut reader)?;
    let size = header.layout.size(&name)?;
    if header.start.checked_add(size).is_none_or(|end| end > member.size) {
        let row = member.size.saturating_sub(header.start) / header.layout.row.max(1) as u64 + 1;
        return Err(broken(&name, Some(row), io::ErrorKind::UnexpectedEof.into()));
    }
    let failed = |e| broken(&name, None, e);
    let source = match header.columns.take() {
        None => Source::Rows(Box::new(reader)),
        Some(columns) => {
            // Columns are read side by side, which needs an unpacked file.
            let mut file =
                tempfile::tempfile().map_err(|e| Error::io("create", std::env::temp_dir(), e))?;
            io::copy(&mut reader, &mut file).map_err(failed)?;
            Source::Columns { file, start: 0, columns }
        }
    };
    Ok((header, source, name))
}

/// Opens the unpacked bytes of a member.
fn unpacked(path: &Path, member: &Member) -> Result<Verified> {
    let (mut file, _) = binary::open(path)?;
    file.seek(SeekFrom::Start(member.start)).map_err(|e| Error::io("read", path, e))?;
    let packed = member.end.saturating_sub(member.start);
    let bytes = BufReader::new(file).take(packed);
    let bytes: Box<dyn Read> = match member.packed {
        true => Box::new(Bounded::new(DeflateDecoder::new(bytes), packed)),
        false => Box::new(bytes),
    };
    Ok(Verified { bytes: CrcReader::new(bytes), left: member.size, crc: member.crc })
}

/// Reads the bytes of a member, and fails at its end if the checksum or the size is wrong.
struct Verified {
    bytes: CrcReader<Box<dyn Read>>,
    left: u64,
    crc: u32,
}

impl Read for Verified {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.bytes.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        if self.left == 0 && self.bytes.crc().sum() != self.crc {
            return Err(io::Error::other("the checksum is wrong: the file is damaged"));
        }
        Ok(read)
    }
}
