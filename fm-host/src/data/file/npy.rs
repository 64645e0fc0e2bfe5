//! Arrays of NumPy: `.npy` files of every version, and the header that arrays in `.npz` files have too.
//!
//! The first axis counts rows. The rest is flattened into columns `c0`, `c1`, ..; those of a structured
//! array have the names of its fields.

use std::io::{BufReader, Read, Seek};
use std::path::Path;

use py_literal::Value;

use super::array::{Array, Arrays, Layout, Part, Source};
use super::binary::{self, broken};
use super::item::{Item, Kind};
use crate::{Error, Result};

/// How every file starts.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The most bytes of a header, and how deep the brackets in it may be nested: parsers are recursive.
const HEADER: usize = 1 << 20;
const DEPTH: usize = 16;

/// What precedes the data of an array.
#[derive(Debug)]
pub(super) struct Header {
    pub layout: Layout,
    /// The name of every column, if the array is structured.
    pub fields: Option<Vec<String>>,
    /// The number of axes.
    pub axes: usize,
    /// The indices of the first items of all columns, if the array is stored column after column.
    pub columns: Option<Vec<u64>>,
    /// Bytes before the data.
    pub start: u64,
    /// One sentence about the array.
    pub note: String,
}

/// Opens an array.
///
/// # Errors
/// If the file cannot be read, is not such an array, or has items that are neither numbers nor text.
pub(super) fn open(path: &Path) -> Result<Arrays> {
    let name = path.display().to_string();
    let (file, size) = binary::open(path)?;
    let mut file = BufReader::new(file);
    let header = header(&name, &mut file)?;
    let wanted = header.layout.size(&name)?;
    let there = size.saturating_sub(header.start);
    if there < wanted {
        let row = there / header.layout.row.max(1) as u64 + 1;
        return Err(broken(&name, Some(row), std::io::ErrorKind::UnexpectedEof.into()));
    }
    let names = header.names("c");
    let mut notes = vec![header.note];
    notes.extend(binary::surplus(there - wanted));
    let source = match header.columns {
        None => Source::Rows(Box::new(file)),
        Some(columns) => {
            file.rewind().map_err(|e| Error::io("read", path, e))?;
            Source::Columns { file: file.into_inner(), start: header.start, columns }
        }
    };
    Arrays::new(&name, vec![Array::new(name.clone(), header.layout, source)], names, notes)
}

impl Header {
    /// The names of the columns: those of the fields, or `prefix` and a number.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let numbered = || binary::numbered(prefix, self.layout.columns()).collect();
        self.fields.clone().unwrap_or_else(numbered)
    }
}

/// Reads what precedes the data of an array.
///
/// # Errors
/// If it is malformed, or announces an array that is no table.
pub(super) fn header(file: &str, reader: &mut impl Read) -> Result<Header> {
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).map_err(|e| broken(file, None, e))?;
        Ok::<_, Error>(bytes)
    };
    let start = take(8)?;
    if !start.starts_with(MAGIC) {
        return Err(Error::data(file, "this is not a NumPy array; save it with numpy.save"));
    }
    let (length, before) = match start[6] {
        1 => (take(2)?.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), 10),
        2 | 3 => (take(4)?.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), 12),
        version => {
            let problem =
                format!("version {version} of .npy cannot be read; save it with numpy.save");
            return Err(Error::data(file, problem));
        }
    };
    if length > HEADER {
        let problem = format!("the header has {length} bytes, but {HEADER} is the limit");
        return Err(Error::data(file, problem));
    }
    let text = take(length)?;
    let text = String::from_utf8_lossy(&text);
    let description = parse(&text).ok_or_else(|| {
        Error::data(file, "the header is damaged; copy the file or save it again")
    })?;
    description.header(file, (before + length) as u64)
}

/// The header's dictionary.
struct Description {
    descr: Value,
    fortran: bool,
    shape: Vec<u64>,
}

/// Parses the header's dictionary.
fn parse(text: &str) -> Option<Description> {
    if depth(text) > DEPTH {
        return None;
    }
    let Ok(Value::Dict(entries)) = text.trim().parse() else { return None };
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    for (key, value) in entries {
        match (key.as_string().map(String::as_str), value) {
            (Some("descr"), value) => descr = Some(value),
            (Some("fortran_order"), Value::Boolean(value)) => fortran = Some(value),
            (Some("shape"), value) => shape = dimensions(&value),
            _ => return None,
        }
    }
    Some(Description { descr: descr?, fortran: fortran?, shape: shape? })
}

/// How deep brackets are nested in a Python literal.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(_), '\\') => _ = characters.next(),
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The dimensions that a tuple lists.
fn dimensions(tuple: &Value) -> Option<Vec<u64>> {
    let dimension = |value: &Value| u64::try_from(value.as_integer()?).ok();
    tuple.as_tuple()?.iter().map(dimension).collect()
}

impl Description {
    /// The form of the array, whose data start at byte `start`.
    fn header(&self, file: &str, start: u64) -> Result<Header> {
        let refuse = |problem: &str| Err(Error::data(file, problem));
        let [rows, rest @ ..] = &self.shape[..] else {
            return refuse("the array is a single number without axes; save an array of rows");
        };
        let axes = self.shape.len();
        let per_row = rest.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
        let per_row = per_row.unwrap_or(u64::MAX);
        let count = binary::check_columns(file, per_row)?;
        let (layout, fields, kind) = match &self.descr {
            Value::String(code) => {
                let item = item(code).map_err(|problem| Error::data(file, problem))?;
                (Layout::of_items(*rows, count, item), None, code.clone())
            }
            Value::List(fields) if count == 1 && axes == 1 => {
                let (parts, names, row) =
                    structure(fields).map_err(|problem| Error::data(file, problem))?;
                (Layout { rows: *rows, row, parts }, Some(names), "fields".to_owned())
            }
            Value::List(_) => return refuse("a structured array must have one axis; flatten it"),
            _ => return refuse("the type of its items cannot be read; save an array of numbers"),
        };
        // The number of items is known to be representable.
        layout.size(file)?;
        let by_column = self.fortran && count > 1;
        let columns = by_column.then(|| first_items(*rows, rest, count));
        let order = if by_column { ", column after column" } else { "" };
        let shape: Vec<String> = self.shape.iter().map(u64::to_string).collect();
        let note = format!("NumPy array of {} `{kind}`{order}", shape.join(" x "));
        Ok(Header { layout, fields, axes, columns, start, note })
    }
}

/// The index of every column's first item in an array stored with its first axis fastest. Columns are
/// counted with the last axis fastest.
fn first_items(rows: u64, axes: &[u64], count: usize) -> Vec<u64> {
    // In the file, the stride of an axis is the product of those before it.
    let strides = axes.iter().scan(rows, |next, &n| {
        let stride = *next;
        *next *= n;
        Some(stride)
    });
    let strides: Vec<u64> = strides.collect();
    let first = |column| {
        let (mut rest, mut index) = (column, 0);
        for (&n, stride) in axes.iter().zip(&strides).rev() {
            index += rest % n * stride;
            rest /= n;
        }
        index
    };
    (0..count as u64).map(first).collect()
}

/// The kind of items that a code such as `<f8` stands for.
fn item(code: &str) -> std::result::Result<Item, String> {
    let (order, rest) = match code.strip_prefix(['<', '>', '|', '=']) {
        Some(rest) => (&code[..1], rest),
        None => ("|", code),
    };
    let mut characters = rest.chars();
    let letter = characters.next().unwrap_or(' ');
    let size: Option<usize> = characters.as_str().parse().ok();
    let (kind, unit) = match letter {
        'b' | '?' => (Kind::Bool, 1),
        'i' => (Kind::Signed, 1),
        'u' => (Kind::Unsigned, 1),
        'f' => (Kind::Float, 1),
        'S' | 'a' => (Kind::Utf8, 1),
        'U' => (Kind::Utf32, 4),
        'O' => {
            return Err(
                "the array holds Python objects, which only Python can unpack; save numbers, \
                        for example with array.astype(float)"
                    .to_owned(),
            );
        }
        'c' => {
            return Err("complex numbers cannot be read; save array.real and array.imag".to_owned());
        }
        'M' | 'm' => {
            return Err(
                "dates of NumPy cannot be read; save the table as CSV or Parquet".to_owned()
            );
        }
        _ => return Err(format!("items of type `{code}` cannot be read; save numbers or text")),
    };
    let big = order == ">" || order == "=" && cfg!(target_endian = "big");
    let size = if letter == '?' { Some(1) } else { size.and_then(|size| size.checked_mul(unit)) };
    let item = size.map(|size| Item { kind, size, big });
    match item {
        Some(item) if item.exists() && item.size <= binary::TEXT => Ok(item),
        _ => Err(format!("items of type `{code}` cannot be read; save numbers or text")),
    }
}

/// The parts of a structured row, the names of their columns, and the bytes of the row.
fn structure(fields: &[Value]) -> std::result::Result<(Vec<Part>, Vec<String>, usize), String> {
    let refuse = |name: &str, problem: &str| {
        let problem = format!("field `{name}`: {problem}; save the fields as columns of one array");
        Err(problem)
    };
    let (mut parts, mut names, mut offset) = (Vec::new(), Vec::new(), 0usize);
    for field in fields {
        let (name, kind, shape) = match field.as_tuple().map(Vec::as_slice) {
            Some([Value::String(name), kind]) => (name, kind, Some(Vec::new())),
            Some([Value::String(name), kind, shape]) => (name, kind, dimensions(shape)),
            _ => return refuse("?", "the field has no plain name"),
        };
        let Value::String(code) = kind else { return refuse(name, "the field has fields itself") };
        let Some(shape) = shape else { return refuse(name, "the field has no plain shape") };
        // Padding has no name.
        if let Some(size) = code.strip_prefix("|V").filter(|_| name.is_empty()) {
            let Ok(size) = size.parse() else { return refuse(name, "the padding has no size") };
            offset = usize::saturating_add(offset, size);
            continue;
        }
        let item = item(code).map_err(|problem| format!("field `{name}`: {problem}"))?;
        let count = shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
        let Some(count @ 1..) = count.filter(|&count| count <= binary::COLUMNS as u64) else {
            return refuse(name, "the field has no items, or too many");
        };
        let count = count as usize;
        match shape[..] {
            [] => names.push(name.clone()),
            _ => names.extend(binary::numbered(name, count)),
        }
        if names.len() > binary::COLUMNS {
            return refuse(name, "there are more columns than the limit");
        }
        parts.push(Part { offset, count, item });
        offset = offset.saturating_add(count.saturating_mul(item.size));
    }
    Ok((parts, names, offset))
}

#[cfg(test)]
mod tests;
