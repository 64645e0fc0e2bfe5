//! What a flash slot seems to hold, before the check that covers every byte.

use serde::Deserialize;

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

/// The message as far as the id; the fields are those of the private `Header`.
#[derive(Deserialize)]
struct Start {
    _codes: [u8; 10],
    _sizes: [u32; 4],
    id: u64,
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
    match postcard::take_from_bytes::<Start>(message) {
        Ok((Start { id, .. }, _)) => Ok(Label { id, len }),
        Err(_) => Err(BlobError::Malformed),
    }
}
