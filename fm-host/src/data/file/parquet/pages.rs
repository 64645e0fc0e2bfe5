//! The pages of a column, unpacked up to a limit.
//!
//! The `parquet` crate believes the sizes that a page announces, and its decoders believe some numbers in
//! it. So it reads pages as if they were not packed; they are unpacked and checked here.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use ruzstd::decoding::StreamingDecoder;

use crate::data::file::binary;

/// How the bytes of a page are packed.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    None,
    Snappy,
    Gzip,
    Zstandard,
}

/// The pages of a column in a group of rows.
pub(super) struct Pages {
    pages: SerializedPageReader<File>,
    pub packing: Packing,
    /// Whether the values are texts, each after its length.
    texts: bool,
    /// Whether cells may be missing.
    optional: bool,
    /// Whether there was a dictionary.
    dictionary: bool,
}

impl Pages {
    /// Opens the pages of a column.
    ///
    /// # Errors
    /// If the column is packed in another way.
    pub fn new(file: &Arc<File>, column: &ColumnChunkMetaData, rows: usize) -> Result<Self> {
        let packing = match column.compression() {
            Compression::UNCOMPRESSED => Packing::None,
            Compression::SNAPPY => Packing::Snappy,
            Compression::GZIP(_) => Packing::Gzip,
            Compression::ZSTD(_) => Packing::Zstandard,
            other => {
                return refuse(format!(
                    "the compression {other} is not supported; save with Snappy, Zstandard or gzip"
                ));
            }
        };
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        let size = file.metadata()?.len();
        if start < 0
            || column.compressed_size() < 0
            || end.is_none_or(|end| end.unsigned_abs() > size)
        {
            return refuse("the column lies outside the file".to_owned());
        }
        let texts = column.column_type() == Type::BYTE_ARRAY;
        let optional = column.column_descr().max_def_level() > 0;
        let column = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED);
        let pages = SerializedPageReader::new(file.clone(), &column.build()?, rows, None)?;
        Ok(Self { pages, packing, texts, optional, dictionary: false })
    }

    /// Unpacks bytes.
    pub fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>> {
        let most = binary::most_unpacked(packed.len() as u64);
        if packed.is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        let mut read = |reader: &mut dyn Read| reader.take(most + 1).read_to_end(&mut bytes);
        match self.packing {
            Packing::None => bytes = packed.to_vec(),
            Packing::Gzip => _ = read(&mut MultiGzDecoder::new(packed))?,
            Packing::Zstandard => {
                let decoder = StreamingDecoder::new_with_max_window_size(packed, most);
                _ = read(&mut decoder.map_err(external)?)?;
            }
            Packing::Snappy => {
                // What the page announces is allocated.
                let length = snap::raw::decompress_len(packed).map_err(external)?;
                if length as u64 <= most {
                    bytes = snap::raw::Decoder::new().decompress_vec(packed).map_err(external)?;
                } else {
                    return refuse("a page unpacks to far more than its size".to_owned());
                }
            }
        }
        if bytes.len() as u64 > most {
            return refuse("a page unpacks to far more than its size".to_owned());
        }
        Ok(bytes)
    }

    /// Refuses pages for which the decoders would allocate too much or panic.
    fn check(&self, encoding: Encoding) -> Result<()> {
        match encoding {
            Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY if !self.dictionary => {
                refuse("a page needs a dictionary, and there is none".to_owned())
            }
            Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY => refuse(format!(
                "the encoding {encoding} of text is not supported; save with the encoding PLAIN or with \
                 dictionaries"
            )),
            _ => Ok(()),
        }
    }

    /// Ends texts that start at `start` with a length that no text has, instead of anything malformed: the
    /// crate looks for the next length, if the page has fewer texts than it claims, even beyond the end.
    fn seal(&self, encoding: Encoding, bytes: &mut Vec<u8>, start: usize) {
        if !self.texts || encoding != Encoding::PLAIN {
            return;
        }
        let mut rest = &bytes[start..];
        while let Some((length, after)) = rest.split_first_chunk()
            && let Some(after) = after.get(u32::from_le_bytes(*length) as usize..)
        {
            rest = after;
        }
        let end = bytes.len() - rest.len();
        bytes.truncate(end);
        bytes.extend(u32::MAX.to_le_bytes());
    }
}

/// Returns how many bytes of a page of the first version tell which of its cells are missing.
///
/// # Errors
/// If the page has fewer bytes.
pub(super) fn levels(bytes: &[u8], encoding: Encoding, cells: usize) -> Result<usize> {
    let length = if encoding == Encoding::RLE {
        let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length) as usize);
        length.and_then(|length| length.checked_add(4))
    } else {
        // Older files have a bit per cell.
        Some(cells.div_ceil(8))
    };
    match length {
        Some(length) if length <= bytes.len() => Ok(length),
        _ => refuse("a page is too short".to_owned()),
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(mut page) = self.pages.get_next_page()? else { return Ok(None) };
        match &mut page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let mut bytes = self.unpack(buf)?;
                // Every value has at least a byte, and memory is allocated for all of them.
                if *num_values as usize > bytes.len() {
                    return refuse("a dictionary is too short".to_owned());
                }
                self.seal(Encoding::PLAIN, &mut bytes, 0);
                *buf = bytes.into();
                self.dictionary = true;
            }
            Page::DataPage { buf, encoding, def_level_encoding, num_values, .. } => {
                self.check(*encoding)?;
                let mut bytes = self.unpack(buf)?;
                let levels = if self.optional {
                    levels(&bytes, *def_level_encoding, *num_values as usize)?
                } else {
                    0
                };
                self.seal(*encoding, &mut bytes, levels);
                *buf = bytes.into();
            }
            Page::DataPageV2 {
                buf,
                encoding,
                def_levels_byte_len,
                rep_levels_byte_len,
                is_compressed,
                ..
            } => {
                self.check(*encoding)?;
                let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
                let levels = usize::try_from(levels).unwrap_or(usize::MAX);
                let Some((start, packed)) = buf.split_at_checked(levels) else {
                    return refuse("a page is too short".to_owned());
                };
                let values = if *is_compressed { self.unpack(packed)? } else { packed.to_vec() };
                let mut bytes = [start, &values].concat();
                self.seal(*encoding, &mut bytes, levels);
                *buf = bytes.into();
            }
        }
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Returns an error.
fn refuse<T>(problem: String) -> Result<T> {
    Err(ParquetError::General(problem))
}

/// Wraps an error of another crate.
fn external(e: impl Display) -> ParquetError {
    ParquetError::General(e.to_string())
}
