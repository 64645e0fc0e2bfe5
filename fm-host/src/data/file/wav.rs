//! Sound in WAV files: a row per sample frame, a column per channel, numbers from -1 to 1.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec};

use super::binary::{self, broken};
use super::reader::{Cell, RowReader};
use crate::{Error, Result};

/// Whether a file that starts with these bytes is a WAV file.
pub(super) fn is_wav(start: &[u8]) -> bool {
    start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WAVE")
}

/// A WAV file that is being read.
pub(super) struct Wav {
    file: String,
    reader: WavReader<BufReader<File>>,
    spec: WavSpec,
    names: Vec<String>,
    rows: usize,
}

impl Wav {
    /// Opens a file.
    ///
    /// # Errors
    /// If the file cannot be read, or stores its numbers in a way that cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let file = BufReader::new(binary::open(path)?.0);
        let reader = WavReader::new(file).map_err(|e| failure(&name, None, e))?;
        let spec = reader.spec();
        binary::check_columns(&name, spec.channels.into())?;
        let names = match spec.channels {
            1 => vec!["amplitude".to_owned()],
            2 => vec!["left".to_owned(), "right".to_owned()],
            channels => binary::numbered("ch", channels.into()).collect(),
        };
        Ok(Self { file: name, reader, spec, names, rows: 0 })
    }

    /// The next number; `None` at the end.
    fn number(&mut self) -> Option<hound::Result<f64>> {
        match self.spec.sample_format {
            SampleFormat::Float => {
                let number = self.reader.samples().next();
                number.map(|x| x.map(|x: f32| f64::from(x)))
            }
            SampleFormat::Int => {
                let scale = 2f64.powi(1 - i32::from(self.spec.bits_per_sample));
                let whole = self.reader.samples().next();
                whole.map(|x| x.map(|x: i32| f64::from(x) * scale))
            }
        }
    }
}

impl RowReader for Wav {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        row.clear();
        for i in 0..self.names.len() {
            match self.number() {
                Some(Ok(number)) => row.push(Cell::Number(number)),
                Some(Err(e)) => return Err(failure(&self.file, Some(self.rows as u64 + 1), e)),
                // The number of samples is a whole number of frames.
                None if i == 0 => return Ok(None),
                None => {
                    return Err(failure(
                        &self.file,
                        Some(self.rows as u64 + 1),
                        hound::Error::UnfinishedSample,
                    ));
                }
            }
        }
        self.rows += 1;
        Ok(Some(self.rows))
    }

    fn notes(&self) -> Vec<String> {
        let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = self.spec;
        let kind = if sample_format == SampleFormat::Float {
            "floating-point numbers"
        } else {
            "integers"
        };
        vec![format!(
            "WAV sound: channels {channels}, {sample_rate} rows per second, {bits_per_sample}-bit {kind} \
             read as -1 to 1"
        )]
    }
}

/// Returns the error of reading a file.
fn failure(file: &str, row: Option<u64>, e: hound::Error) -> Error {
    if let hound::Error::IoError(e) = e {
        // The end of the file has no kind of its own.
        let own = e.raw_os_error().is_none();
        return broken(file, row, if own { io::ErrorKind::UnexpectedEof.into() } else { e });
    }
    let problem = format!(
        "this WAV file cannot be read ({e}); save it with 16-bit integers or 32-bit floats"
    );
    Error::cell(file, row.map(|row| row as usize), None, problem)
}

#[cfg(test)]
mod tests;
