//! What a flash slot seems to hold, before the check that covers every byte.

use super::error::BlobError;
use super::message::Header;
use super::{MAGIC, PREFIX};

/// What the start of a blob says of the whole: enough to choose between slots, or to see that an
/// update is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Label {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// Bytes of the whole blob.
    pub len: usize,
}

/// Reads a blob's label, in a few hundred cycles however long the blob is.
///
/// The CRC is not looked at, so a damaged blob may have any label, and a good label is no promise:
/// [`Model::new`](crate::Model::new) judges before a weight is used.
///
/// # Errors
/// If the bytes are no blob, are cut short, or are of a revision that this code does not know.
pub fn peek(bytes: &[u8]) -> Result<Label, BlobError> {
    let Slot { len, message, .. } = Slot::new(bytes)?;
    let (header, _) = Header::read(message)?;
    Ok(Label { id: header.id(), len })
}

/// What the prefix says.
pub(super) struct Slot<'a> {
    /// Bytes of the whole blob.
    pub len: usize,
    pub crc: u32,
    pub message: &'a [u8],
}

impl<'a> Slot<'a> {
    /// Judges magic and length.
    ///
    /// # Errors
    /// If the bytes do not start as a blob does, or are fewer than its length.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let Some((prefix, _)) = bytes.split_first_chunk::<PREFIX>() else {
            let start = MAGIC.get(..bytes.len()).unwrap_or(&MAGIC);
            let cut = !bytes.is_empty() && bytes.starts_with(start);
            return Err(if cut { BlobError::Truncated } else { BlobError::NotABlob });
        };
        let ([MAGIC, len, crc], _) = prefix.as_chunks() else { return Err(BlobError::NotABlob) };
        let len = u32::from_le_bytes(*len) as usize;
        let blob = bytes.get(..len).ok_or(BlobError::Truncated)?;
        let message = blob.get(PREFIX..).ok_or(BlobError::Malformed)?;
        Ok(Self { len, crc: u32::from_le_bytes(*crc), message })
    }
}
