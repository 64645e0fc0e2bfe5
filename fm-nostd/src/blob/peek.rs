//! What a flash slot seems to hold, before the check that covers every byte.

use super::header::Header;
use super::view::{BlobError, revisions, slot};

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
    let (len, _, message) = slot(bytes)?;
    revisions(message)?;
    let Header { id, .. } = Header::read(message).ok_or(BlobError::Malformed)?;
    Ok(Label { id, len })
}
