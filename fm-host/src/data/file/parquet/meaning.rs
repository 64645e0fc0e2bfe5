//! What the stored values of a column stand for.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// What the stored values of a column stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Numbers as they are.
    Number,
    /// Integers without a sign.
    Unsigned,
    /// Integers, to be divided by this power of ten.
    Decimal(i32),
    /// Numbers of two bytes.
    Half,
    /// Days since 1970.
    Date,
    /// Moments: multiples of this many nanoseconds since 1970.
    Moment(i64),
    /// Times of day: multiples of this many nanoseconds.
    Clock(i64),
    /// Text in UTF-8.
    Text,
    /// An identifier of 16 bytes.
    Uuid,
}

/// Finds the meaning of a column.
///
/// # Errors
/// If its values are neither numbers nor text nor dates.
pub(super) fn of(column: &ColumnDescriptor) -> Result<Meaning, String> {
    let stored = column.physical_type();
    let logical = column.logical_type_ref();
    let meaning = match logical {
        Some(logical) => of_logical(logical),
        None => of_converted(column),
    };
    let meaning = meaning.unwrap_or(match stored {
        Type::BYTE_ARRAY => Meaning::Text,
        Type::INT96 => Meaning::Moment(1),
        _ => Meaning::Number,
    });
    let fits = match stored {
        Type::BOOLEAN | Type::FLOAT | Type::DOUBLE => meaning == Meaning::Number,
        Type::INT32 => matches!(
            meaning,
            Meaning::Number
                | Meaning::Unsigned
                | Meaning::Decimal(_)
                | Meaning::Date
                | Meaning::Clock(_)
        ),
        Type::INT64 => matches!(
            meaning,
            Meaning::Number
                | Meaning::Unsigned
                | Meaning::Decimal(_)
                | Meaning::Moment(_)
                | Meaning::Clock(_)
        ),
        Type::INT96 => meaning == Meaning::Moment(1),
        Type::BYTE_ARRAY => matches!(meaning, Meaning::Text | Meaning::Decimal(_)),
        Type::FIXED_LEN_BYTE_ARRAY => match meaning {
            Meaning::Half => column.type_length() == 2,
            Meaning::Uuid => column.type_length() == 16,
            Meaning::Decimal(_) => (1..=16).contains(&column.type_length()),
            _ => false,
        },
    };
    if !fits || column.type_length() == 0 && stored == Type::FIXED_LEN_BYTE_ARRAY {
        let kind = logical.map_or_else(|| stored.to_string(), |logical| format!("{logical:?}"));
        return Err(format!(
            "the column holds values of type {kind}, which cannot be read; save it as numbers or text"
        ));
    }
    Ok(meaning)
}

/// The meaning by the current annotation; `None` for values as they are stored.
fn of_logical(logical: &LogicalType) -> Option<Meaning> {
    Some(match logical {
        LogicalType::String | LogicalType::Enum | LogicalType::Json => Meaning::Text,
        LogicalType::Integer(integer) if !integer.is_signed => Meaning::Unsigned,
        LogicalType::Decimal(decimal) => Meaning::Decimal(decimal.scale),
        LogicalType::Date => Meaning::Date,
        LogicalType::Timestamp(timestamp) => Meaning::Moment(nanoseconds(&timestamp.unit)),
        LogicalType::Time(time) => Meaning::Clock(nanoseconds(&time.unit)),
        LogicalType::Float16 => Meaning::Half,
        LogicalType::Uuid => Meaning::Uuid,
        _ => return None,
    })
}

/// The meaning by the annotation of older files; `None` for values as they are stored.
fn of_converted(column: &ColumnDescriptor) -> Option<Meaning> {
    Some(match column.converted_type() {
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Meaning::Text,
        ConvertedType::UINT_8
        | ConvertedType::UINT_16
        | ConvertedType::UINT_32
        | ConvertedType::UINT_64 => Meaning::Unsigned,
        ConvertedType::DECIMAL => Meaning::Decimal(column.type_scale()),
        ConvertedType::DATE => Meaning::Date,
        ConvertedType::TIMESTAMP_MILLIS => Meaning::Moment(1_000_000),
        ConvertedType::TIMESTAMP_MICROS => Meaning::Moment(1000),
        ConvertedType::TIME_MILLIS => Meaning::Clock(1_000_000),
        ConvertedType::TIME_MICROS => Meaning::Clock(1000),
        _ => return None,
    })
}

/// The nanoseconds of a unit.
fn nanoseconds(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1000,
        TimeUnit::NANOS => 1,
    }
}
