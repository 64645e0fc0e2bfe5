//! Writes samples to files: CSV with a header, a NumPy array, or a picture.

use std::io;
use std::path::Path;

use ndarray::ArrayView2;
use ndarray_npy::WriteNpyExt;

use super::Conditions;
use super::stream::{Csv, Labels, labelled};
use crate::data::Rows;
use crate::report::{self, Panel};
use crate::{Error, Result, files};

/// Samples with their columns and conditions.
pub struct Drawn {
    /// The samples, in the data's units. Shape: `[n, columns]`.
    pub samples: Rows,
    /// The columns' names.
    pub columns: Vec<String>,
    /// The conditions that the samples were drawn for.
    pub conditions: Conditions,
    /// The names of the condition's columns and classes.
    pub labels: Labels,
    /// The least and the greatest number in the training data, if known.
    pub range: Option<(f32, f32)>,
}

impl Drawn {
    /// Writes the samples in the format of the file's extension: `.csv`, `.npy` or `.png`.
    ///
    /// The class and the condition vector follow each sample; in an array, classes are numbers. A picture shows
    /// points if samples have two columns, and a sheet of grey images if the number of columns is a square,
    /// with one row per class if classes are equally common.
    ///
    /// # Errors
    /// If the extension is not supported, such samples have no picture, or writing fails.
    pub fn write(&self, out: &Path) -> Result<()> {
        match out.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => {
                files::replace(out, &self.csv().map_err(|e| Error::io("write", out, e))?)
            }
            Some("npy") => files::replace(out, &self.npy(out)?),
            Some("png") => self.picture(out),
            _ => {
                let problem =
                    format!("{}: use a file that ends in .csv, .npy or .png", out.display());
                Err(Error::usage("--out", problem))
            }
        }
    }

    fn csv(&self) -> io::Result<Vec<u8>> {
        let csv = Csv { columns: &self.columns, labels: &self.labels };
        let rows = csv.rows(&self.conditions, 0, self.samples.as_slice())?;
        Ok([csv.header(&self.conditions)?, rows].concat())
    }

    fn npy(&self, out: &Path) -> Result<Vec<u8>> {
        let refused = |problem: String| Error::io("write", out, io::Error::other(problem));
        let dim = self.samples.dim();
        let numbers = labelled(&self.conditions, 0, self.samples.as_slice(), dim);
        let shape = (self.samples.len(), dim + self.labels.columns(&self.conditions).len());
        let view = ArrayView2::from_shape(shape, &numbers);
        let view = view.map_err(|error| refused(error.to_string()))?;
        let mut bytes = Vec::new();
        view.write_npy(&mut bytes).map_err(|error| refused(error.to_string()))?;
        Ok(bytes)
    }

    fn picture(&self, out: &Path) -> Result<()> {
        if self.samples.dim() == 2 {
            return report::scatter(out, &[Panel { title: "samples", points: &self.samples }]);
        }
        let count = self.samples.len();
        let mut order: Vec<usize> = (0..count).collect();
        let mut columns = count.isqrt();
        if let Some(labels) = self.conditions.labels(count) {
            order.sort_by_key(|&i| labels[i]);
            let mut classes = order.chunk_by(|&a, &b| labels[a] == labels[b]);
            let first = classes.next().map_or(0, <[usize]>::len);
            // Classes of unequal size would not end at the end of a row.
            if first < count && classes.all(|class| class.len() == first) {
                columns = first;
            }
        }
        let (low, high) = self.range.unwrap_or_else(|| {
            let values = self.samples.as_slice().iter();
            values.fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)))
        });
        report::contact_sheet(out, &self.samples.select(&order), columns.max(1), low, high)
    }
}
