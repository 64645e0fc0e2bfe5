//! Values in files of the project's own that show any damage: eight bytes that say what it is, the
//! CRC-32/ISO-HDLC of the rest, then the rest: one postcard message.

use std::io::{self, Read};
use std::path::Path;

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The bytes of the file.
///
/// # Errors
/// What postcard says.
pub(crate) fn seal(magic: &[u8; 8], value: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    let message = postcard::to_stdvec(value)?;
    let sum = CRC.checksum(&message).to_le_bytes();
    Ok([&magic[..], &sum, &message].concat())
}

/// Reads a value out of a file. Of a file of another kind no more is read than shows that it is one.
///
/// # Errors
/// What the system says; [`io::ErrorKind::InvalidData`] for what is wrong with the bytes.
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

/// Reads a file's bytes back.
///
/// # Errors
/// What is wrong with them.
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
