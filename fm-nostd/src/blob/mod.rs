//! The model file: one checked message that is used in place.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..4 | magic, `flow` |
//! | 4..8 | length of the whole blob, little-endian `u32`; bytes after it in a flash slot are ignored |
//! | 8..12 | CRC-32/ISO-HDLC of bytes 12 to the end |
//! | 12.. | one [postcard](https://postcard.jamesmunns.com) message: the private `Header`, then `Body` |
//!
//! The message ends with padding and the weights: the emitter aligns them to [`ALIGNMENT`], the reader
//! requires 4. Emitting and reading are both in this module, so that the format is defined in one place.
//! Its rules:
//!
//! - The check comes first and covers every byte; then the parse; then all sizes, with checked
//!   arithmetic, in one place. After [`Model::new`] succeeds, no later call fails because of the blob.
//! - Numbers are little-endian. [`crate::net::f32`] and [`crate::net::q8`] define how weights are packed.
//! - Names are UTF-8, each followed by a zero byte, so that C can use them in place. They may be left
//!   out.
//! - An unsupported revision of the format or of the numbers is refused.

mod emit;
mod error;
mod header;
mod message;
mod names;
mod slot;
mod statistics;
mod view;

pub use emit::{EmitError, Spec, emit, emitted_len};
pub use error::BlobError;
pub use header::{Conditioning, Contrast, KnownInputs, Pairing};
pub use slot::{Label, peek};
pub(crate) use statistics::floats;
pub use view::Model;

/// The alignment of the weights in bytes, for a blob that starts on such a boundary.
pub const ALIGNMENT: usize = 16;

/// Revision of the message's layout.
pub const FORMAT: u8 = 5;

/// Bytes before the message: magic, length, CRC.
pub(crate) const PREFIX: usize = 12;

pub(crate) const MAGIC: [u8; 4] = *b"flow";

/// Bytes aligned so that weights can be read from them; made by [`include_model!`](crate::include_model).
#[repr(C, align(16))]
pub struct Aligned<B: ?Sized>(
    /// The bytes.
    pub B,
);

/// Whether `bytes` start with a complete blob: a check at build time.
///
/// This does not check the CRC; [`Model::new`] does.
pub const fn looks_whole(bytes: &[u8]) -> bool {
    if let [b'f', b'l', b'o', b'w', a, b, c, d, _, _, _, _, ..] = bytes {
        u32::from_le_bytes([*a, *b, *c, *d]) as usize <= bytes.len()
    } else {
        false
    }
}

/// Embeds a `.fm` file, aligned for use in place, as a `&'static [u8]`.
///
/// The path is relative to the file that contains the macro. A file that is not a blob or is cut short
/// fails the build; [`Model::new`](crate::Model::new) checks the rest once, at start.
#[macro_export]
macro_rules! include_model {
    ($path:expr) => {{
        static MODEL: &$crate::blob::Aligned<[u8]> = &$crate::blob::Aligned(*include_bytes!($path));
        const _: () =
            assert!($crate::blob::looks_whole(include_bytes!($path)), "not a whole .fm file");
        &MODEL.0
    }};
}
