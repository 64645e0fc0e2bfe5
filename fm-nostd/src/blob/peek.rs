//! What a flash slot seems to hold, before the check that covers every byte.

use super::error::BlobError;
use super::message::Header;
use super::view::Slot;

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
