//! The model file: one checked message that is used where it lies.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | magic, `flow` |
//! | 4..8 | length of the whole blob, little-endian `u32`; what follows it in a flash slot is ignored |
//! | 8..12 | CRC-32/ISO-HDLC of bytes 12 to the end |
//! | 12.. | one [postcard](https://postcard.jamesmunns.com) message: the private `Header`, then `Body` |
//!
//! The message ends with padding and the weights: the emitter puts them on a multiple of
//! [`ALIGNMENT`], the reader asks for 4. Emitting and reading live in this module together, so that
//! the format has one author. Its rules:
//!
//! - The check comes first and covers every byte; then the parse; then all sizes, with checked
//!   arithmetic, in one place. After [`Model::new`] nothing returns an error for the blob's sake.
//! - Numbers are little-endian. How weights are packed: [`crate::net::f32`] and [`crate::net::q8`].
//! - Names are UTF-8 with a zero byte behind each, so that C can use them where they lie. They may be
//!   left out.
//! - A format or numbers revision that this code does not know is refused, not guessed.

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
pub use header::{Conditioning, Contrast, Coupling};
pub use slot::{Label, peek};
pub use view::Model;

/// What the emitter aligns the weights to, in bytes, for a blob that starts on such a boundary.
pub const ALIGNMENT: usize = 16;

/// Revision of the message's layout.
pub const FORMAT: u8 = 3;

/// Bytes before the message: magic, length, CRC.
pub(crate) const PREFIX: usize = 12;

pub(crate) const MAGIC: [u8; 4] = *b"flow";

/// Bytes on a boundary that the weights can be read from; made by [`include_model!`](crate::include_model).
#[repr(C, align(16))]
pub struct Aligned<B: ?Sized>(
    /// The bytes.
    pub B,
);

/// Whether `bytes` start like a blob that is all there: a check for build time.
///
/// The CRC is left to [`Model::new`].
pub const fn looks_whole(bytes: &[u8]) -> bool {
    if let [b'f', b'l', b'o', b'w', a, b, c, d, _, _, _, _, ..] = bytes {
        u32::from_le_bytes([*a, *b, *c, *d]) as usize <= bytes.len()
    } else {
        false
    }
}

/// Embeds a `.fm` file, aligned for use in place, as a `&'static [u8]`.
///
/// The path is relative to the file that names it. A file that is no blob or is cut short fails the
/// build; [`Model::new`](crate::Model::new) checks the rest once, at start.
#[macro_export]
macro_rules! include_model {
    ($path:expr) => {{
        static MODEL: &$crate::blob::Aligned<[u8]> = &$crate::blob::Aligned(*include_bytes!($path));
        const _: () =
            assert!($crate::blob::looks_whole(include_bytes!($path)), "not a whole .fm file");
        &MODEL.0
    }};
}
