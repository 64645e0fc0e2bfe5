//! Unpacks compressed files, which are known by their first bytes, whatever their names.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A file's contents, unpacked.
pub(super) struct Unpacked {
    /// The contents.
    pub bytes: Box<dyn Read>,
    /// How it is packed, if it is.
    pub packed: Option<Packed>,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The size of the file in bytes.
    pub size: u64,
    /// The name of the packing.
    pub name: &'static str,
}

/// Opens a file, and unpacks it if it is packed.
///
/// # Errors
/// If the system cannot open or read it.
pub(super) fn open(path: &Path) -> io::Result<Unpacked> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    let start = file.fill_buf()?;
    Ok(if start.starts_with(GZIP) {
        let bytes = Box::new(MultiGzDecoder::new(file));
        Unpacked { bytes, packed: Some(Packed { size, name: "gzip" }) }
    } else if start.starts_with(ZSTD) {
        let bytes = Box::new(Zstd::new(file));
        Unpacked { bytes, packed: Some(Packed { size, name: "zstd" }) }
    } else {
        Unpacked { bytes: Box::new(file), packed: None }
    })
}

/// All frames of a zstd file, one after the other.
struct Zstd<R> {
    file: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(file: R) -> Self {
        Self { file, decoder: FrameDecoder::new(), within: false }
    }

    /// Begins the next frame; returns false at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.file.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.file) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.file.by_ref().take(length.into());
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    /// Checks a frame that has been read against its checksum, if it has one.
    fn check(&self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the zstd checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.within && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            } else if self.within && !self.decoder.is_finished() {
                let blocks = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.file, blocks).map_err(io::Error::other)?;
            } else {
                if self.within {
                    self.check()?;
                }
                self.within = self.begin()?;
                if !self.within {
                    return Ok(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    #[test]
    fn every_frame_is_read_and_none_is_damaged() {
        let frame = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"any"].concat();
        let file = [frame("one "), skippable, frame("two ")].concat();
        let mut text = String::new();
        Zstd::new(&file[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two ");
        let torn = &file[..file.len() - 5];
        assert!(Zstd::new(torn).read_to_string(&mut text).is_err());
    }
}
