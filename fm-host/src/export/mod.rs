//! Exports a checkpoint to files for other programs: the blob for devices, as a file or inside a source
//! file, plain C99, and safetensors for everything else.

mod c99;
mod names;
mod safetensors;
mod source;

use std::path::Path;

pub use crate::blob::{blob, blob_q8};
pub use safetensors::safetensors;

use crate::data::Dataset;
use crate::model::StoredModel;
use crate::train::Checkpoint;
use crate::{Error, Result, files, quantise};

/// Writes a checkpoint's averaged weights to `out`, in the format of its file extension.
///
/// `clamp` keeps a device's samples inside the range of the training data.
///
/// # Errors
/// If the extension is not that of a format, or the file cannot be written.
pub fn write(checkpoint: &Checkpoint, clamp: bool, out: &Path) -> Result<()> {
    let (config, weights) = (&checkpoint.config, checkpoint.weights());
    if extension(out) == Some("safetensors") {
        return files::replace(out, &safetensors(config, weights)?);
    }
    write_blob(&blob(config, weights, clamp)?, out)
}

/// Returns the blob of a checkpoint's averaged weights in 8 bits, fitted to the rows that it was trained on,
/// those of its source included.
///
/// # Errors
/// If the network's outputs are not finite.
pub fn quantised(
    checkpoint: &Checkpoint,
    train: &Dataset,
    source: Option<&Dataset>,
    clamp: bool,
) -> Result<Vec<u8>> {
    let (config, parameters) = (&checkpoint.config, checkpoint.weights());
    let examples = config.examples(train, source);
    let layers = quantise::quantise(config, parameters, &examples)?;
    blob_q8(config, parameters, &layers, clamp)
}

/// Writes a blob to `out`: unchanged (`.fm`), as a Rust module (`.rs`), as a C header (`.h`) for the library in
/// `fm-nostd/c`, or as C99 source without any library (`.c`), whose header is written beside it.
///
/// # Errors
/// If the extension is not that of such a format, the bytes are not a model, or the file cannot be written.
pub fn write_blob(blob: &[u8], out: &Path) -> Result<()> {
    let stored = StoredModel::new(blob, None, out)?;
    let model = stored.view();
    match extension(out) {
        Some("fm") => files::replace(out, blob),
        Some("rs") => files::replace(out, source::rust_module(&model, blob).as_bytes()),
        Some("h") => files::replace(out, source::c_header(&model, blob, out).as_bytes()),
        Some("c") => {
            let c99::Files { source, header } = c99::files(&model, out)?;
            files::replace(&out.with_extension("h"), header.as_bytes())?;
            files::replace(out, source.as_bytes())
        }
        _ => {
            let problem = format!(
                "{}: use a file that ends in .fm, .rs, .h, .c or, from a run, .safetensors",
                out.display()
            );
            Err(Error::usage("--out", problem))
        }
    }
}

fn extension(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}
