//! The values of a column, decoded a batch at a time and returned as cells.

use std::fs::File;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use half::f16;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType, Int96};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use super::contained::contained;
use super::meaning::{self, Meaning};
use super::pages::Pages;
use crate::data::file::binary;
use crate::data::file::item::whole;
use crate::data::file::reader::Cell;

/// Nanoseconds per second and per day.
const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Values that are not missing.
enum Values {
    Numbers(Vec<f64>),
    Wholes(Vec<i128>),
    /// Days since 1970.
    Dates(Vec<i32>),
    /// Nanoseconds since 1970.
    Moments(Vec<i128>),
    Bytes(Vec<ByteArray>),
}

/// A column in a group of rows.
pub(super) struct Column {
    reader: ColumnReader,
    meaning: Meaning,
    /// Whether cells may be missing.
    optional: bool,
    /// How many rows are decoded at once.
    batch: usize,
    values: Values,
    /// For every row of the batch, 0 for a missing cell; unused if none may be missing.
    levels: Vec<i16>,
    /// The rows of the batch; the next row, and the next value.
    rows: usize,
    row: usize,
    value: usize,
}

impl Column {
    /// Opens a column of `rows` rows, to decode `batch` at once.
    ///
    /// # Errors
    /// If the column cannot be read.
    pub fn new(
        file: &Arc<File>,
        column: &ColumnChunkMetaData,
        rows: usize,
        batch: usize,
    ) -> Result<Self> {
        let descr = column.column_descr_ptr();
        let meaning = meaning::of(&descr).map_err(ParquetError::General)?;
        let optional = descr.max_def_level() > 0;
        let pages = Box::new(Pages::new(file, column, rows)?);
        let reader = contained(|| Ok(get_column_reader(descr, pages)))?;
        Ok(Self {
            reader,
            meaning,
            optional,
            batch,
            values: Values::Numbers(Vec::new()),
            levels: Vec::new(),
            rows: 0,
            row: 0,
            value: 0,
        })
    }

    /// Returns the next cell.
    ///
    /// # Errors
    /// If the column is damaged, or ends before the group of rows.
    pub fn next(&mut self) -> Result<Cell> {
        if self.row == self.rows {
            contained(|| self.decode())?;
        }
        let missing = self.optional && self.levels[self.row] == 0;
        self.row += 1;
        if missing {
            return Ok(Cell::Missing);
        }
        let at = self.value;
        self.value += 1;
        let text = |text: Option<String>| text.map(Cell::Text).ok_or_else(out_of_range);
        match &self.values {
            Values::Numbers(numbers) => Ok(Cell::Number(numbers[at])),
            Values::Wholes(numbers) => Ok(whole(numbers[at])),
            Values::Dates(days) => text(date(days[at])),
            Values::Moments(moments) => text(moment(moments[at])),
            Values::Bytes(bytes) => cell(bytes[at].data(), self.meaning),
        }
    }

    /// Decodes the next batch, which has at least one row.
    fn decode(&mut self) -> Result<()> {
        use Meaning::{Clock, Date, Decimal, Moment, Unsigned};
        let Self { reader, meaning, optional, batch, levels, .. } = self;
        levels.clear();
        let (batch, meaning) = (*batch, *meaning);
        let scale = match meaning {
            Decimal(scale) => 10f64.powi(scale),
            Clock(unit) => SECOND as f64 / unit as f64,
            _ => 1.0,
        };
        let numbers = |values| Ok::<_, ParquetError>(Values::Numbers(values));
        self.values = match (reader, meaning) {
            (ColumnReader::BoolColumnReader(reader), _) => {
                numbers(read(reader, batch, levels, |x| f64::from(u8::from(x)))?)
            }
            (ColumnReader::FloatColumnReader(reader), _) => {
                numbers(read(reader, batch, levels, f64::from)?)
            }
            (ColumnReader::DoubleColumnReader(reader), _) => {
                numbers(read(reader, batch, levels, |x| x)?)
            }
            (ColumnReader::Int32ColumnReader(reader), Date) => {
                Ok(Values::Dates(read(reader, batch, levels, |x| x)?))
            }
            (ColumnReader::Int32ColumnReader(reader), Unsigned) => {
                numbers(read(reader, batch, levels, |x| f64::from(x as u32))?)
            }
            (ColumnReader::Int32ColumnReader(reader), _) => {
                numbers(read(reader, batch, levels, |x| f64::from(x) / scale)?)
            }
            (ColumnReader::Int64ColumnReader(reader), Moment(unit)) => {
                let moment = |x| i128::from(x) * i128::from(unit);
                Ok(Values::Moments(read(reader, batch, levels, moment)?))
            }
            (ColumnReader::Int64ColumnReader(reader), Unsigned) => {
                Ok(Values::Wholes(read(reader, batch, levels, |x| (x as u64).into())?))
            }
            (ColumnReader::Int64ColumnReader(reader), _) if scale == 1.0 => {
                Ok(Values::Wholes(read(reader, batch, levels, i128::from)?))
            }
            (ColumnReader::Int64ColumnReader(reader), _) => {
                numbers(read(reader, batch, levels, |x| x as f64 / scale)?)
            }
            (ColumnReader::Int96ColumnReader(reader), _) => {
                Ok(Values::Moments(read(reader, batch, levels, |x| of_int96(&x))?))
            }
            (ColumnReader::ByteArrayColumnReader(reader), _) => {
                Ok(Values::Bytes(read(reader, batch, levels, |x| x)?))
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), _) => {
                Ok(Values::Bytes(read(reader, batch, levels, ByteArray::from)?))
            }
        }?;
        let present = match &self.values {
            Values::Numbers(values) => values.len(),
            Values::Wholes(values) => values.len(),
            Values::Dates(values) => values.len(),
            Values::Moments(values) => values.len(),
            Values::Bytes(values) => values.len(),
        };
        let wanted = levels.iter().filter(|level| **level > 0).count();
        if *optional && wanted != present {
            return Err(ParquetError::General("a page has too few values".to_owned()));
        }
        self.rows = if *optional { levels.len() } else { present };
        (self.row, self.value) = (0, 0);
        if self.rows == 0 {
            return Err(ParquetError::General("the column ends too early".to_owned()));
        }
        Ok(())
    }
}

/// Decodes up to `count` rows, with their levels if cells may be missing.
fn read<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    levels: &mut Vec<i16>,
    value: impl Fn(T::T) -> V,
) -> Result<Vec<V>> {
    let mut values = Vec::new();
    reader.read_records(count, Some(levels), None, &mut values)?;
    Ok(values.into_iter().map(value).collect())
}

/// The cell that these bytes stand for.
fn cell(bytes: &[u8], meaning: Meaning) -> Result<Cell> {
    match (meaning, bytes) {
        (Meaning::Half, &[low, high]) => Ok(Cell::Number(f16::from_le_bytes([low, high]).into())),
        (Meaning::Uuid, _) => {
            let digits =
                |bytes: &[u8]| bytes.iter().map(|x| format!("{x:02x}")).collect::<String>();
            let parts = [0..4, 4..6, 6..8, 8..10, 10..16]
                .map(|part| bytes.get(part).map_or_else(String::new, digits));
            Ok(Cell::Text(parts.join("-")))
        }
        (Meaning::Decimal(scale), _) if bytes.len() <= 16 => {
            let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
            let start = if negative { -1i128 } else { 0 };
            let whole = bytes.iter().fold(start, |sum, &byte| sum << 8 | i128::from(byte));
            Ok(Cell::Number(whole as f64 / 10f64.powi(scale)))
        }
        _ if bytes.len() > binary::TEXT => {
            let most = binary::TEXT >> 20;
            Err(ParquetError::General(format!("a text is larger than {most} MB")))
        }
        _ => match str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_owned())),
            Err(_) => Err(ParquetError::General("a text is not UTF-8".to_owned())),
        },
    }
}

/// The nanoseconds since 1970 of a value that counts days of the Julian calendar and nanoseconds.
fn of_int96(value: &Int96) -> i128 {
    const EPOCH: i128 = 2_440_588;
    let &[low, high, day] = value.data() else { return 0 };
    let nanoseconds = i128::from(u64::from(high) << 32 | u64::from(low));
    (i128::from(day) - EPOCH) * DAY + nanoseconds
}

/// The text of a date with a year of four digits.
fn date(days: i32) -> Option<String> {
    let date = NaiveDate::from_epoch_days(days)?;
    let date = date.to_string();
    (date.len() == "2026-11-27".len()).then_some(date)
}

/// The text of a moment in a year of four digits.
fn moment(nanoseconds: i128) -> Option<String> {
    let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
    let rest = nanoseconds.rem_euclid(SECOND) as u32;
    let moment = DateTime::from_timestamp(seconds, rest)?.naive_utc();
    let day = i32::try_from(nanoseconds.div_euclid(DAY)).ok()?;
    Some(format!("{}T{}", date(day)?, moment.time()))
}

/// Returns the error of a date that cannot be written.
fn out_of_range() -> ParquetError {
    ParquetError::General("a date is not in the years 0 to 9999".to_owned())
}
