//! Any number of samples into a file, in bounded memory on all cores.
//!
//! Chunks are drawn and written down in parallel, and go to the file in order on a thread of its
//! own, so that the disk and the cores work together.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::sync_channel;

use fm_nostd::{Condition, Model};
use ndarray_npy::{WriteNpyError, write_zeroed_npy};
use rayon::prelude::*;

use super::{Asked, Drawing, Request, tile};
use crate::files::PendingFile;
use crate::{Error, Result};

/// Numbers of a chunk: its text and its samples stay in the caches of a core.
const CHUNK: usize = 1 << 15;
/// Chunks that a core has at a time: enough to even out.
const EACH: usize = 4;

/// The names that go with what samples are asked to be.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// The class column, or the columns of the condition vector.
    pub columns: Vec<String>,
    /// The classes' names.
    pub classes: Vec<String>,
}

impl Labels {
    /// The columns behind the data's in a file of samples that are `asked` for.
    pub fn columns(&self, asked: &Asked) -> &[String] {
        match asked {
            Asked::Nothing => &[],
            Asked::Classes(_) | Asked::Shares(_) | Asked::Vectors(_) => &self.columns,
        }
    }
}

/// Draws the samples into `out`, `.csv` or `.npy`, and tells `progress` how many are written. Gives
/// how often the network was evaluated. Classes and condition vectors stand behind each sample; an array
/// holds the number of the class.
///
/// The file is there when it is whole.
///
/// # Errors
/// If the model cannot be sampled so, the extension is another, or writing fails.
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
        Some("csv") => Format::Csv(Csv::new(columns, labels, &request.asked, out)?),
        Some("npy") => Format::Npy { behind: labels.columns(&request.asked).len() },
        _ => {
            let problem = format!("{}: the formats are .csv, .npy and .png", out.display());
            return Err(Error::usage("--out", problem));
        }
    };
    let mut pending = PendingFile::create(out)?;
    let failed = |e| Error::io("write", out, e);
    format.begin(pending.file(), request.count, model.dim()).map_err(failed)?;
    let tiles = tile::Network::new(model, request);
    let chunk = (CHUNK / model.dim()).max(1);
    let draw = |first: usize| {
        let mut samples = vec![0.0; chunk.min(request.count - first) * model.dim()];
        let tiles = tiles.as_ref();
        let evaluations = Drawing { model, request, tiles, first }.all(&mut samples)?;
        Ok((format.encode(&request.asked, first, samples, model.dim()), evaluations))
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
            // Nobody writes any more: the reason comes with the thread's end.
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

/// How samples are written down.
enum Format {
    Csv(Csv),
    /// With so many numbers behind each sample.
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

impl Format {
    /// Writes what comes before the samples.
    fn begin(&self, file: &mut File, count: usize, dim: usize) -> io::Result<()> {
        match self {
            Self::Csv(csv) => file.write_all(csv.header()),
            Self::Npy { behind } => {
                let shape = (count, dim + behind);
                write_zeroed_npy::<f32, _>(file, shape).map_err(|error| match error {
                    WriteNpyError::Io(error) => error,
                    other => io::Error::other(other.to_string()),
                })?;
                let numbers = (shape.0 * shape.1 * size_of::<f32>()) as i64;
                file.seek(SeekFrom::End(-numbers)).map(|_| ())
            }
        }
    }

    fn encode(&self, asked: &Asked, first: usize, samples: Vec<f32>, dim: usize) -> Encoded {
        match self {
            Self::Npy { behind: 0 } => Encoded::Numbers(samples),
            Self::Npy { .. } => Encoded::Numbers(labelled(asked, first, &samples, dim)),
            Self::Csv(csv) => {
                let mut bytes = Vec::with_capacity(samples.len() * 12);
                csv.rows(asked, first, &samples, &mut bytes);
                Encoded::Text(bytes)
            }
        }
    }
}

/// Samples with the number of their class or their condition vector behind each.
pub(super) fn labelled(asked: &Asked, first: usize, samples: &[f32], dim: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(samples.len() + samples.len() / dim);
    for (i, row) in (first..).zip(samples.chunks_exact(dim)) {
        all.extend_from_slice(row);
        match asked.of(i) {
            Condition::None => {}
            Condition::Class(class) => all.push(class as f32),
            Condition::Vector(values) => all.extend_from_slice(values),
        }
    }
    all
}

/// Rows as text.
pub(super) struct Csv {
    header: Vec<u8>,
    dim: usize,
    /// What ends the row of a sample of each class.
    ends: Vec<Vec<u8>>,
}

impl Csv {
    /// Rows of these columns, with what samples are asked to be behind them.
    ///
    /// # Errors
    /// If the csv writer refuses a name; `out` is for the message.
    pub fn new(columns: &[String], labels: &Labels, asked: &Asked, out: &Path) -> Result<Self> {
        let record = |fields: &[&str]| {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(fields).map_err(|e| Error::io("write", out, e.into()))?;
            writer.into_inner().map_err(|e| Error::io("write", out, e.into_error()))
        };
        let behind = labels.columns(asked).iter();
        let header: Vec<&str> = columns.iter().chain(behind).map(String::as_str).collect();
        let end = |name: &String| {
            // Behind a number the name is quoted as it has to be.
            Ok(record(&["0", name])?[1..].to_vec())
        };
        let ends = labels.classes.iter().map(end).collect::<Result<_>>()?;
        Ok(Self { header: record(&header)?, dim: columns.len(), ends })
    }

    /// The first line.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Appends the rows of the samples from `first` on.
    ///
    /// Shape: `samples` is `[n, columns]`.
    pub fn rows(&self, asked: &Asked, first: usize, samples: &[f32], bytes: &mut Vec<u8>) {
        let mut digits = zmij::Buffer::new();
        let mut put = |bytes: &mut Vec<u8>, value: f32| {
            // The shortest digits that give the same f32 back.
            bytes.extend_from_slice(digits.format(value).as_bytes());
        };
        for (i, row) in (first..).zip(samples.chunks_exact(self.dim)) {
            for (d, value) in row.iter().enumerate() {
                if d > 0 {
                    bytes.push(b',');
                }
                put(bytes, *value);
            }
            match asked.of(i) {
                Condition::None => bytes.push(b'\n'),
                Condition::Class(class) => match self.ends.get(class) {
                    Some(end) => bytes.extend_from_slice(end),
                    None => bytes.extend_from_slice(format!(",{class}\n").as_bytes()),
                },
                Condition::Vector(values) => {
                    for value in values {
                        bytes.push(b',');
                        put(bytes, *value);
                    }
                    bytes.push(b'\n');
                }
            }
        }
    }
}
