//! From a checkpoint to files that others read: the blob for the device, safetensors for the rest.

mod blob;
mod safetensors;

use std::path::Path;

pub(crate) use blob::fingerprint;
pub use blob::{blob, blob_q8};
pub use safetensors::safetensors;

use crate::train::Checkpoint;
use crate::{Error, Result, files};

/// Writes a checkpoint's averaged weights to `out`, in the format of its extension.
///
/// `clamp` keeps the blob's samples inside the range of the training data.
///
/// # Errors
/// If the extension names no format, or the file cannot be written.
pub fn write(checkpoint: &Checkpoint, clamp: bool, out: &Path) -> Result<()> {
    let weights = &checkpoint.state.average;
    let bytes = match out.extension().and_then(|extension| extension.to_str()) {
        Some("fm") => blob(&checkpoint.config, weights, clamp)?,
        Some("safetensors") => safetensors(&checkpoint.config, weights)?,
        _ => {
            let problem = format!("{}: the formats are .fm and .safetensors", out.display());
            return Err(Error::usage("--out", problem));
        }
    };
    files::replace(out, &bytes)
}
