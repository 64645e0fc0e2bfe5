//! Writes any number of samples to a file, on all cores and in bounded memory.
//!
//! Chunks are drawn and encoded in parallel. A separate thread writes them to the file in order, so that
//! the disk and the cores work at the same time.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::sync_channel;

use fm_nostd::Model;
use ndarray_npy::{WriteNpyError, write_zeroed_npy};
use rayon::prelude::*;

use super::{Conditions, Drawing, Request, SampleCondition, tile};
use crate::data::ColumnKind;
use crate::files::PendingFile;
use crate::{Error, Result};

/// Numbers per chunk, few enough that its text and its samples fit the caches of a core.
const CHUNK: usize = 1 << 15;
/// Chunks per core at a time, enough to balance the load.
const EACH: usize = 4;

/// The names of the condition's columns and classes, and the kinds of the samples' columns.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// What the numbers of the samples' columns stand for; columns after these are numbers.
    pub kinds: Vec<ColumnKind>,
    /// The class column, then the columns of the condition vector.
    pub columns: Vec<String>,
    /// The classes' names.
    pub classes: Vec<String>,
    /// Whether the numbers of the samples' columns are whole; those of columns after these need not be.
    pub whole: Vec<bool>,
    /// The text of each column whose value is known in all samples, as it was given; empty without any.
    pub given: Vec<Option<String>>,
}

impl Labels {
    /// The columns after the data columns, in a file of samples with these conditions.
    pub fn columns(&self, conditions: &Conditions) -> &[String] {
        if *conditions == Conditions::NONE { &[] } else { &self.columns }
    }

    /// With the texts of the values that are known in all samples of a request.
    pub(crate) fn with_known(self, request: &Request) -> Self {
        let given = request.known.as_ref().map(|known| known.texts().to_vec());
        Self { given: given.unwrap_or_default(), ..self }
    }
}

/// Writes the samples to `out`, a `.csv` or `.npy` file, and calls `progress` with the number written so
/// far. Returns the number of evaluations of the network. The class and the condition vector follow each
/// sample; in an array, classes are numbers.
///
/// The file appears when it is complete.
///
/// # Errors
/// If the model does not support the request, the extension is not supported, or writing fails.
pub(crate) fn stream(
    model: &Model<'_>,
    request: &Request,
    columns: &[String],
    labels: &Labels,
    out: &Path,
    progress: &mut dyn FnMut(usize),
) -> Result<u64> {
    request.check(model)?;
    let format = match out.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Format::Csv(Csv { columns, labels }),
        Some("npy") => Format::Npy { behind: labels.columns(&request.conditions).len() },
        _ => {
            let problem = format!("{}: use a file that ends in .csv, .npy or .png", out.display());
            return Err(Error::usage("--out", problem));
        }
    };
    let mut pending = PendingFile::create(out)?;
    let failed = |e| Error::io("write", out, e);
    format.begin(pending.file(), request, model.dim()).map_err(failed)?;
    let tiles = tile::TiledNetwork::new(model, request);
    let chunk = (CHUNK / model.dim()).max(1);
    let draw = |first: usize| {
        let mut samples = vec![0.0; chunk.min(request.count - first) * model.dim()];
        let tiles = tiles.as_ref();
        let evaluations = Drawing { model, request, tiles, first }.all(&mut samples)?;
        let encoded = format.encode(&request.conditions, first, samples, model.dim());
        Ok((encoded.map_err(failed)?, evaluations))
    };
    let group = chunk * EACH * rayon::current_num_threads();
    let file = pending.file();
    let evaluations = std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Encoded>>(1);
        let write =
            move || receiver.iter().flatten().try_for_each(|part| file.write_all(part.bytes()));
        let writer = scope.spawn(write);
        let mut evaluations = 0;
        for first in (0..request.count).step_by(group) {
            let end = request.count.min(first + group);
            let starts: Vec<usize> = (first..end).step_by(chunk).collect();
            let drawn: Vec<(Encoded, u64)> =
                starts.into_par_iter().map(draw).collect::<Result<_>>()?;
            evaluations += drawn.iter().map(|(_, evaluations)| evaluations).sum::<u64>();
            // The writer has ended; joining it returns its error.
            if sender.send(drawn.into_iter().map(|(part, _)| part).collect()).is_err() {
                break;
            }
            progress(end);
        }
        drop(sender);
        match writer.join() {
            Ok(written) => written.map_err(failed).map(|()| evaluations),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    pending.persist()?;
    Ok(evaluations)
}

/// The format of the file.
enum Format<'n> {
    Csv(Csv<'n>),
    /// With `behind` numbers after each sample.
    Npy {
        behind: usize,
    },
}

/// A chunk of the file.
enum Encoded {
    Text(Vec<u8>),
    Numbers(Vec<f32>),
}

impl Encoded {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            Self::Numbers(numbers) => bytemuck::cast_slice(numbers),
        }
    }
}

impl Format<'_> {
    /// Writes the header.
    fn begin(&self, file: &mut File, request: &Request, dim: usize) -> io::Result<()> {
        match self {
            Self::Csv(csv) => file.write_all(&csv.header(&request.conditions)?),
            Self::Npy { behind } => {
                let shape = (request.count, dim + behind);
                write_zeroed_npy::<f32, _>(file, shape).map_err(|error| match error {
                    WriteNpyError::Io(error) => error,
                    other => io::Error::other(other.to_string()),
                })?;
                let numbers = (shape.0 * shape.1 * size_of::<f32>()) as i64;
                file.seek(SeekFrom::End(-numbers)).map(|_| ())
            }
        }
    }

    fn encode(
        &self,
        conditions: &Conditions,
        first: usize,
        samples: Vec<f32>,
        dim: usize,
    ) -> io::Result<Encoded> {
        Ok(match self {
            Self::Npy { behind: 0 } => Encoded::Numbers(samples),
            Self::Npy { .. } => Encoded::Numbers(labelled(conditions, first, &samples, dim)),
            Self::Csv(csv) => Encoded::Text(csv.rows(conditions, first, &samples)?),
        })
    }
}

/// Appends the number of its class and its condition vector to each sample.
pub(super) fn labelled(
    conditions: &Conditions,
    first: usize,
    samples: &[f32],
    dim: usize,
) -> Vec<f32> {
    let mut all = Vec::with_capacity(samples.len() + samples.len() / dim);
    for (i, row) in (first..).zip(samples.chunks_exact(dim)) {
        all.extend_from_slice(row);
        let SampleCondition { class, vector } = conditions.of(i);
        all.extend(class.map(|class| class as f32));
        all.extend_from_slice(vector.unwrap_or_default());
    }
    all
}

/// CSV text: each sample, then its condition.
pub(super) struct Csv<'n> {
    /// The columns of the samples.
    pub columns: &'n [String],
    /// The names of the condition's columns and classes.
    pub labels: &'n Labels,
}

impl Csv<'_> {
    /// Returns the header line.
    ///
    /// # Errors
    /// If the csv writer fails.
    pub fn header(&self, conditions: &Conditions) -> io::Result<Vec<u8>> {
        let mut text = csv::Writer::from_writer(Vec::new());
        text.write_record(self.columns.iter().chain(self.labels.columns(conditions)))?;
        text.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    /// Returns the lines of the samples, starting at sample `first`.
    ///
    /// Shape: `samples` is `[n, columns]`.
    ///
    /// # Errors
    /// If the csv writer fails.
    pub fn rows(
        &self,
        conditions: &Conditions,
        first: usize,
        samples: &[f32],
    ) -> io::Result<Vec<u8>> {
        let mut text = csv::Writer::from_writer(Vec::with_capacity(samples.len() * 12));
        let kinds = || self.labels.kinds.iter().chain(std::iter::repeat(&ColumnKind::Number));
        let Labels { whole, given, .. } = self.labels;
        // The shortest digits that parse to the same f32.
        let mut digits = zmij::Buffer::new();
        for (i, row) in (first..).zip(samples.chunks_exact(self.columns.len())) {
            for (d, (x, kind)) in row.iter().zip(kinds()).enumerate() {
                if let Some(Some(given)) = given.get(d) {
                    text.write_field(given)?;
                } else if let Some(named) = kind.text(*x) {
                    text.write_field(&*named)?;
                } else {
                    let number = digits.format(*x);
                    let short = number.strip_suffix(".0").filter(|_| whole.get(d) == Some(&true));
                    text.write_field(short.unwrap_or(number))?;
                }
            }
            let SampleCondition { class, vector } = conditions.of(i);
            match class.map(|class| self.labels.classes.get(class).ok_or(class)) {
                None => {}
                Some(Ok(name)) => text.write_field(name)?,
                Some(Err(class)) => text.write_field(class.to_string())?,
            }
            let values = vector.unwrap_or_default();
            values.iter().try_for_each(|&x| text.write_field(digits.format(x)))?;
            text.write_record(None::<&[u8]>)?;
        }
        text.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_and_quotes_are_quoted_and_no_other() {
        let names = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let columns = names(&["a,b", "the \"c\""]);
        let labels = Labels {
            columns: names(&["kind"]),
            classes: names(&["plain", "x, \"y\"\nz"]),
            ..Labels::default()
        };
        let csv = Csv { columns: &columns, labels: &labels };
        let conditions = Conditions::classes(vec![0, 1]);
        let text = |bytes: io::Result<Vec<u8>>| String::from_utf8(bytes.expect("it is written"));
        assert_eq!(text(csv.header(&conditions)).unwrap(), "\"a,b\",\"the \"\"c\"\"\",kind\n");
        let rows = text(csv.rows(&conditions, 2, &[1.0, -0.5, 0.1, 3e-20])).unwrap();
        assert_eq!(rows, "1.0,-0.5,plain\n0.1,3e-20,\"x, \"\"y\"\"\nz\"\n");
    }

    #[test]
    fn whole_numbers_have_no_point_and_given_texts_are_kept() {
        let given = vec![None, Some("16777217".to_owned()), None];
        let labels = Labels { whole: vec![true, false, false], given, ..Labels::default() };
        let columns = ["n", "known", "x"].map(str::to_owned);
        let csv = Csv { columns: &columns, labels: &labels };
        let rows = csv.rows(&Conditions::NONE, 0, &[42.0, 16_777_216.0, 3.0]).unwrap();
        assert_eq!(String::from_utf8(rows).unwrap(), "42,16777217,3.0\n");
    }

    #[test]
    fn categories_and_dates_are_written_by_name() {
        let category = ColumnKind::Category(vec!["a, b".to_owned(), "c".to_owned()]);
        let date = ColumnKind::Date("2026-11-27".to_owned());
        let labels =
            Labels { kinds: vec![category, ColumnKind::Number, date], ..Labels::default() };
        let columns = ["k", "x", "day"].map(str::to_owned);
        let csv = Csv { columns: &columns, labels: &labels };
        let rows = csv.rows(&Conditions::NONE, 0, &[0.2, 0.2, 0.2, 0.9, -1.0, 5.6]).unwrap();
        let expected = "\"a, b\",0.2,2026-11-27\nc,-1.0,2026-12-03\n";
        assert_eq!(String::from_utf8(rows).unwrap(), expected);
    }
}
