//! Values in files of the project's own that show any damage: eight bytes that say what it is, the
//! CRC-32/ISO-HDLC of the rest, then the rest: one postcard message.

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
