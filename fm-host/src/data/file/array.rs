//! Arrays of numbers in a file, which are read row by row: what `.npy`, `.npz` and IDX files hold.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::binary::{self, broken};
use super::item::Item;
use super::reader::{Cell, RowReader};
use crate::{Error, Result};

/// About how many bytes are read at once.
const BLOCK: usize = 4 << 20;

/// Consecutive items of one kind in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Where they start in the row, in bytes.
    pub offset: usize,
    pub count: usize,
    pub item: Item,
}

impl Part {
    fn bytes(&self) -> usize {
        self.count * self.item.size
    }
}

/// The form of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub rows: u64,
    /// Bytes per row.
    pub row: usize,
    pub parts: Vec<Part>,
}

impl Layout {
    /// The layout of rows of `count` items.
    pub fn of_items(rows: u64, count: usize, item: Item) -> Self {
        Self {
            rows,
            row: count.saturating_mul(item.size),
            parts: vec![Part { offset: 0, count, item }],
        }
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// The bytes of all rows.
    ///
    /// # Errors
    /// If a row is larger than the limit, or the array than any file.
    pub fn size(&self, file: &str) -> Result<u64> {
        if self.row > binary::ROW {
            let (size, most) = (self.row, binary::ROW >> 20);
            let problem =
                format!("a row has {size} bytes, but {most} MB is the limit; save fewer columns");
            return Err(Error::data(file, problem));
        }
        self.rows.checked_mul(self.row as u64).ok_or_else(|| {
            Error::data(file, format!("{} rows are more than a file can hold", self.rows))
        })
    }
}

/// Where the bytes of an array come from.
pub(super) enum Source {
    /// Row after row.
    Rows(Box<dyn Read>),
    /// Column after column, from byte `start` of a file. `columns` are the indices of the first items.
    Columns { file: File, start: u64, columns: Vec<u64> },
}

/// An array that is being read.
pub(super) struct Array {
    /// The file, and the array in it if there are several, for errors.
    name: String,
    layout: Layout,
    source: Source,
    /// Rows that have been read from the source, and how many they are.
    block: Vec<u8>,
    fetched: u64,
    /// How many rows have been returned, from the block and in all.
    in_block: usize,
    returned: u64,
}

impl Array {
    pub fn new(name: String, layout: Layout, source: Source) -> Self {
        Self { name, layout, source, block: Vec::new(), fetched: 0, in_block: 0, returned: 0 }
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends the cells of the next row; returns false at the end.
    fn append(&mut self, row: &mut Vec<Cell>) -> Result<bool> {
        if self.returned == self.layout.rows {
            return Ok(false);
        }
        let size = self.layout.row;
        if (self.in_block + 1) * size > self.block.len() {
            self.fetch().map_err(|e| broken(&self.name, Some(self.returned + 1), e))?;
        }
        self.returned += 1;
        let bytes = &self.block[self.in_block * size..][..size];
        self.in_block += 1;
        for part in &self.layout.parts {
            let bytes = &bytes[part.offset..][..part.bytes()];
            part.item.append(bytes, row).map_err(|problem| {
                Error::cell(&self.name, Some(self.returned as usize), None, problem)
            })?;
        }
        Ok(true)
    }

    /// Reads the next block, which has at least one row.
    fn fetch(&mut self) -> io::Result<()> {
        let size = self.layout.row;
        let most = (BLOCK / size.max(1)).max(1) as u64;
        let rows = most.min(self.layout.rows - self.fetched) as usize;
        self.block.clear();
        self.in_block = 0;
        match &mut self.source {
            Source::Rows(bytes) => {
                // In a file that ends too early, the rows before its end are still returned.
                bytes.by_ref().take((rows * size) as u64).read_to_end(&mut self.block)?;
            }
            Source::Columns { file, start, columns } => {
                let item = size / columns.len().max(1);
                let mut column = vec![0; rows * item];
                self.block.resize(rows * size, 0);
                for (k, first) in columns.iter().enumerate() {
                    let index = first + self.fetched;
                    file.seek(SeekFrom::Start(*start + index * item as u64))?;
                    file.read_exact(&mut column)?;
                    let places = self.block.chunks_exact_mut(size);
                    for (place, bytes) in places.zip(column.chunks_exact(item)) {
                        place[k * item..][..item].copy_from_slice(bytes);
                    }
                }
            }
        }
        if self.block.len() < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.fetched += rows as u64;
        Ok(())
    }
}

/// Arrays with the same number of rows, side by side.
pub(super) struct Arrays {
    arrays: Vec<Array>,
    names: Vec<String>,
    notes: Vec<String>,
}

impl Arrays {
    /// # Errors
    /// If the arrays of `file` have different numbers of rows, or no or too many columns.
    pub fn new(
        file: &str,
        arrays: Vec<Array>,
        names: Vec<String>,
        notes: Vec<String>,
    ) -> Result<Self> {
        binary::check_columns(file, names.len() as u64)?;
        let rows = |array: &Array| (array.layout.rows, array.name.clone());
        let mut all = arrays.iter().map(rows);
        if let Some((first, name)) = all.next()
            && let Some((other, another)) = all.find(|(rows, _)| *rows != first)
        {
            let problem = format!(
                "the arrays differ in length: {first} rows in {name}, and {other} in {another}; save arrays \
                 with one item for each row"
            );
            return Err(Error::data(file, problem));
        }
        Ok(Self { arrays, names, notes })
    }
}

impl RowReader for Arrays {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        row.clear();
        let mut number = None;
        for array in &mut self.arrays {
            if !array.append(row)? {
                return Ok(None);
            }
            number = Some(array.returned as usize);
        }
        Ok(number)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
