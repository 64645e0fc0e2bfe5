//! Our own files with a checksum that detects damage: eight bytes of magic, the CRC-32/ISO-HDLC of the
//! message, then the message, in postcard format.

use std::io::{self, Read};
use std::path::Path;

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Returns the bytes of the file.
///
/// # Errors
/// The error of postcard.
pub(crate) fn seal(magic: &[u8; 8], value: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    let message = postcard::to_stdvec(value)?;
    let sum = CRC.checksum(&message).to_le_bytes();
    Ok([&magic[..], &sum, &message].concat())
}

/// Reads a value from a file. Of a file with another magic, only the magic is read.
///
/// # Errors
/// The system's error; [`io::ErrorKind::InvalidData`] if the bytes are invalid.
pub(crate) fn read<T: DeserializeOwned>(magic: &[u8; 8], path: &Path) -> io::Result<T> {
    let damaged = |problem| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut file = files::open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(magic.len() as u64).read_to_end(&mut bytes)?;
    if bytes == magic {
        file.read_to_end(&mut bytes)?;
    }
    open(magic, &bytes).map_err(damaged)
}

/// Decodes the bytes of a file.
///
/// # Errors
/// A message that says why the bytes are invalid.
pub(crate) fn open<T: DeserializeOwned>(magic: &[u8; 8], bytes: &[u8]) -> Result<T, String> {
    let rest = bytes.strip_prefix(magic).and_then(|rest| rest.split_first_chunk::<4>());
    let Some((sum, message)) = rest else {
        return Err("not a file of this kind and version".to_owned());
    };
    if CRC.checksum(message) != u32::from_le_bytes(*sum) {
        return Err("damaged: its checksum does not match".to_owned());
    }
    postcard::from_bytes(message).map_err(|e| format!("written by another version: {e}"))
}
