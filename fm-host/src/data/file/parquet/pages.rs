//! The pages of a column, unpacked up to a limit.
//!
//! The `parquet` crate believes the sizes that a page announces, and its decoders believe some numbers in
//! it. So it reads pages as if they were not packed; they are unpacked and checked here.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use parquet::basic::{Compression, Encoding};
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
        let column = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED);
        let pages = SerializedPageReader::new(file.clone(), &column.build()?, rows, None)?;
        Ok(Self { pages, packing, dictionary: false })
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
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(mut page) = self.pages.get_next_page()? else { return Ok(None) };
        match &mut page {
            Page::DictionaryPage { buf, num_values, .. } => {
                *buf = self.unpack(buf)?.into();
                // Every value has at least a byte, and memory is allocated for all of them.
                if *num_values as usize > buf.len() {
                    return refuse("a dictionary is too short".to_owned());
                }
                self.dictionary = true;
            }
            Page::DataPage { buf, encoding, .. } => {
                self.check(*encoding)?;
                *buf = self.unpack(buf)?.into();
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
                let Some((levels, packed)) = buf.split_at_checked(levels) else {
                    return refuse("a page is too short".to_owned());
                };
                if *is_compressed {
                    *buf = [levels, &self.unpack(packed)?].concat().into();
                }
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
