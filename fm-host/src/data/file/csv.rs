//! Text files whose rows are lines: a header of column names, then one line per row.
//!
//! The text is checked and cut into blocks of whole rows one after the other; the blocks are split into cells
//! on all cores.

mod checked;
mod layout;

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use self::checked::{Block, Checked, Fault};
use self::layout::{Layout, NOT_UTF8, Split};
use super::dialect::{Dialect, SAMPLE};
use super::packing::Packed;
use super::reader::{Cell, RowReader, Want};
use crate::counted::counted;
use crate::data::DataSpec;
use crate::{Error, Result};

/// The most blocks that are split at the same time, so that memory is bounded on any number of cores.
const MOST: usize = 16;

/// A text file, or any other text.
pub(super) struct CsvReader<R> {
    text: Checked<io::Chain<Cursor<Vec<u8>>, R>>,
    layout: Arc<Layout>,
    notes: Vec<String>,
    /// The rows that are taken one by one.
    current: Split,
    /// The blocks that are being split, in order.
    coming: VecDeque<Receiver<Split>>,
    /// Whether the text is over, or has a fault.
    over: bool,
    /// The next block with rows, and the number of blank lines at its end.
    waiting: Option<(Block, usize)>,
    /// Blank lines before that block, which are rows of a file of one column; at the end of the file they are not.
    blank: usize,
    /// Whether the rows are cut into windows, which blank lines between rows tear.
    windowed: bool,
    /// How many blank lines between rows were skipped.
    skipped: usize,
}

impl<R: Read> CsvReader<R> {
    /// Reads the first rows of a text, which may come from a packed file.
    ///
    /// # Errors
    /// If they cannot be read, or the text has no header.
    pub fn new(source: &DataSpec, mut text: R, packed: Option<Packed>) -> Result<Self> {
        let name = source.data.clone();
        let mut sample = Vec::new();
        let read = text.by_ref().take(SAMPLE as u64).read_to_end(&mut sample);
        read.map_err(|error| Error::io("read", &name, error))?;
        let complete = sample.len() < SAMPLE;
        let dialect = Dialect::find(&sample, complete).map_err(|why| Error::data(&name, why))?;
        let text = Checked::new(
            Cursor::new(sample).chain(text),
            dialect.separator,
            packed.map(|packed| packed.size),
        );
        let packing = packed.map(|packed| format!("packed with {}", packed.name));
        let notes = packing.into_iter().chain([dialect.note()]).collect();
        let layout = Arc::new(Layout { name, dialect, names: Vec::new(), wants: None });
        let mut reader = Self {
            text,
            layout,
            notes,
            current: Split::default(),
            coming: VecDeque::new(),
            over: false,
            waiting: None,
            blank: 0,
            windowed: source.window.is_some(),
            skipped: 0,
        };
        reader.begin(source.no_header)?;
        Ok(reader)
    }

    /// Reads the first block, and the names of the columns.
    fn begin(&mut self, no_header: bool) -> Result<()> {
        let empty = "the file is empty; add a header of column names, and rows";
        let (mut block, header, end) = loop {
            let mut block = self.read()?.ok_or_else(|| Error::data(&self.layout.name, empty))?;
            if block.row == 1 && block.text.starts_with(b"\xef\xbb\xbf") {
                block.text.drain(..3);
            }
            let mut reader = self.layout.dialect.reader(&block.text[..]);
            let mut header = csv::ByteRecord::new();
            if matches!(reader.read_byte_record(&mut header), Ok(true)) {
                let end = reader.position().byte() as usize;
                break (block, header, end);
            }
        };
        let names = if no_header {
            (1..=header.len()).map(|i| format!("c{i}")).collect()
        } else {
            let name = |cell: &[u8]| String::from_utf8(cell.trim_ascii().to_owned()).ok();
            let names = header.iter().map(name).collect::<Option<Vec<_>>>();
            let lines = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
            let refuse = || self.layout.refuse(block.row, NOT_UTF8);
            let names = names.ok_or_else(refuse)?;
            block.row += lines(&block.text[..end]);
            block.text.drain(..end);
            self.notes.extend(super::header::note(&names));
            names
        };
        Arc::make_mut(&mut self.layout).names = names;
        self.wait(block);
        Ok(())
    }

    /// Returns the next rows of the text.
    fn block(&mut self) -> Result<Option<Block>> {
        /// The most blank lines of a block, each of which may be a row.
        const BLANK: usize = 1 << 16;
        while self.waiting.is_none() {
            let Some(block) = self.read()? else { return Ok(None) };
            self.wait(block);
        }
        if let (Some((block, _)), true) = (&self.waiting, self.blank > 0) {
            let count = self.blank.min(BLANK);
            let blank = Block { text: vec![b'\n'; count], row: block.row - self.blank };
            self.blank -= count;
            return Ok(Some(blank));
        }
        let next = self.waiting.take();
        self.blank = next.as_ref().map_or(0, |(_, blank)| *blank);
        Ok(next.map(|(block, _)| block))
    }

    /// Makes a block the next one, without the blank lines at its end.
    fn wait(&mut self, mut block: Block) {
        let last = block.text.iter().rposition(|&byte| byte != b'\n');
        let Some(last) = last else {
            self.blank += block.text.len();
            return;
        };
        // The first line break ends a row.
        let blank = block.text.len().saturating_sub(last + 2);
        block.text.truncate(last + 2);
        self.waiting = Some((block, blank));
    }

    /// Reads the next lines of the text.
    fn read(&mut self) -> Result<Option<Block>> {
        self.text.next().map_err(|error| match error.downcast::<Fault>() {
            Ok(Fault { row, problem }) => self.layout.refuse(row, problem),
            Err(error) => Error::io("read", &self.layout.name, error),
        })
    }

    /// Reads some blocks, and has them split on all cores while their rows are taken.
    fn fill(&mut self) {
        let alone = self.layout.wants.is_none() || rayon::current_thread_index().is_some();
        let most = if alone { 1 } else { MOST.min(2 * rayon::current_num_threads()) };
        while !self.over && self.coming.len() < most {
            let (sender, receiver) = mpsc::channel();
            let layout = Arc::clone(&self.layout);
            // The receiver is only gone if no row is wanted any more.
            let send = move |split| drop(sender.send(split));
            match self.block() {
                Ok(Some(block)) if alone => send(layout.split(&block)),
                Ok(Some(block)) => rayon::spawn(move || send(layout.split(&block))),
                Ok(None) => {
                    self.over = true;
                    return;
                }
                Err(error) => {
                    self.over = true;
                    send(Split { error: Some(error), ..Split::default() });
                }
            }
            self.coming.push_back(receiver);
        }
    }
}

impl<R: Read> RowReader for CsvReader<R> {
    fn names(&self) -> &[String] {
        &self.layout.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        loop {
            if let Some(number) = self.current.rows.next() {
                row.clear();
                row.extend(self.current.cells.by_ref().take(self.layout.names.len()));
                return Ok(Some(number));
            }
            if let Some(error) = self.current.error.take() {
                return Err(error);
            }
            self.fill();
            let Some(coming) = self.coming.pop_front() else { return Ok(None) };
            self.current = coming.recv().expect("a block is always split");
            self.skipped += self.current.skipped;
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn warnings(&self) -> Vec<String> {
        if !self.windowed || self.skipped == 0 {
            return Vec::new();
        }
        let lines = counted(self.skipped, "blank line");
        vec![format!(
            "{lines} between rows were skipped, and windows reach across them; write a row of empty cells where one is \
             missing"
        )]
    }

    fn want(&mut self, columns: Vec<Want>) {
        Arc::make_mut(&mut self.layout).wants = Some(columns);
    }

    fn dialect(&self) -> Dialect {
        self.layout.dialect
    }
}
