//! A quick look at the model in a flash slot, without the check that covers every byte.

use super::error::BlobError;
use super::message::Header;
use super::{MAGIC, PREFIX};

/// The label at the start of a blob: enough to choose between slots, or to see that an update is already
/// installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Label {
    /// The exporter's fingerprint of the model.
    pub id: u64,
    /// The length of the whole blob in bytes.
    pub len: usize,
}

/// Reads a blob's label in a few hundred cycles, independent of the blob's length.
///
/// The CRC is not checked, so the label of a damaged blob may be wrong, and a plausible label does not
/// mean that the blob is intact. [`Model::new`](crate::Model::new) checks it before a weight is used.
///
/// # Errors
/// If the bytes are not a blob, are cut short, or are of an unsupported revision.
pub fn peek(bytes: &[u8]) -> Result<Label, BlobError> {
    let Slot { len, message, .. } = Slot::new(bytes)?;
    let (header, _) = Header::read(message)?;
    Ok(Label { id: header.id(), len })
}

/// The contents of the prefix.
pub(super) struct Slot<'a> {
    /// The length of the whole blob in bytes.
    pub len: usize,
    pub crc: u32,
    pub message: &'a [u8],
}

impl<'a> Slot<'a> {
    /// Checks magic and length.
    ///
    /// # Errors
    /// If the bytes do not start like a blob, or are fewer than the blob's length.
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
