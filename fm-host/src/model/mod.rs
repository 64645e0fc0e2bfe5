//! Trained models as a user refers to them: by a run directory or a `.fm` file.

mod contents;
mod convert;
mod cycles;
mod describe;
mod kinds;
mod sound;

#[cfg(test)]
pub(crate) use contents::emitted;
pub(crate) use contents::without_transforms;
pub use contents::{without_limits, without_names};
pub use convert::contrasted;
pub use describe::Description;
pub(crate) use describe::coupling_name;
pub use kinds::kinds;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fm_nostd::Model;
use fm_nostd::blob::{BlobError, Conditioning, peek};
use self_cell::self_cell;

use crate::blob::blob;
use crate::data::transform::Transform;
use crate::data::{ColumnKind, Rows, Standardisation};
use crate::sample::{self, Drawn, KnownCells, Labels, Request};
use crate::train::{RunConfig, RunDir};
use crate::{Error, Result};

self_cell! {
    /// A model's blob in memory and its checked view; every byte is checked once.
    struct Checked {
        owner: AlignedBytes,
        #[covariant]
        dependent: Model,
    }
}

/// A model in memory, with the configuration of its run if it has one.
pub struct StoredModel {
    checked: Checked,
    /// The run's configuration, if the model was loaded from a run.
    pub config: Option<RunConfig>,
    /// The run's step, if the run is not finished.
    pub unfinished: Option<u64>,
}

impl StoredModel {
    /// Loads a model from `path`: a run directory, whose newest checkpoint is used, or a `.fm` file.
    ///
    /// # Errors
    /// If `path` does not exist, or does not contain a model that this build supports.
    pub fn load(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let checkpoint = RunDir::open(path)?.load()?.checkpoint;
            let clamp = checkpoint.config.train.clamp;
            let blob = blob(&checkpoint.config, checkpoint.weights(), clamp)?;
            let unfinished = checkpoint.unfinished();
            let stored = Self::new(&blob, Some(checkpoint.config), path)?;
            return Ok(Self { unfinished, ..stored });
        }
        let bytes = read_blob(path).map_err(|error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            let hint =
                "this model does not exist; name a run directory of `fm train`, or a .fm file";
            if missing { Error::model(path, hint) } else { Error::io("read", path, error) }
        })?;
        Self::new(&bytes, None, path)
    }

    /// Makes a model from a blob's bytes; `path` is only used in error messages.
    ///
    /// # Errors
    /// If the bytes are not a model that this build supports.
    pub fn new(bytes: &[u8], config: Option<RunConfig>, path: &Path) -> Result<Self> {
        let checked = Checked::try_new(AlignedBytes::new(bytes), |blob| Model::new(blob.bytes()));
        let checked = checked.map_err(|error| Error::model(path, error.to_string()))?;
        sound::check(checked.borrow_dependent(), path)?;
        Ok(Self { checked, config, unfinished: None })
    }

    /// The checked view.
    pub fn view(&self) -> Model<'_> {
        self.checked.borrow_dependent().clone()
    }

    /// The blob's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.checked.borrow_owner().bytes()
    }

    /// The map from the data's units to those of the network.
    pub fn standardisation(&self) -> Standardisation {
        Standardisation::of(&self.view())
    }

    /// The number of first columns that were always known in training; `None` if there are none.
    pub fn known_prefix(&self) -> Option<usize> {
        Some(self.view().known_prefix()).filter(|prefix| *prefix > 0)
    }

    /// Refuses a model that was trained with its first columns known, because `what` is done with whole rows.
    ///
    /// # Errors
    /// If it is such a model; `path` names it.
    pub(crate) fn check_whole(&self, path: &Path, what: &str) -> Result<()> {
        let Some(prefix) = self.known_prefix() else { return Ok(()) };
        let problem = format!(
            "it only draws the columns after the first {prefix} (`--known-prefix`), but {what}; train a model \
             without that option"
        );
        Err(Error::model(path, problem))
    }

    /// The first columns of rows in the data's units, for a model that was only trained with these known; `None`
    /// for other models. Values that no training row had become the nearest one that a model reads.
    pub fn always_known(&self, rows: &Rows) -> Option<KnownCells> {
        let prefix = self.known_prefix()?;
        let known = (0..rows.as_slice().len()).map(|cell| cell % rows.dim() < prefix);
        let mut values = rows.clone();
        for (d, column) in self.view().transforms().enumerate() {
            for i in 0..values.len() {
                let x = &mut values.row_mut(i)[d];
                *x = column.nearest(*x);
            }
        }
        Some(KnownCells::new(values, known.collect()))
    }

    /// The names of the data columns; `x0`, `x1`, … if the model has no names.
    pub fn columns(&self) -> Vec<String> {
        let model = self.view();
        let names: Vec<String> = model.columns().map(str::to_owned).collect();
        if names.is_empty() { (0..model.dim()).map(|d| format!("x{d}")).collect() } else { names }
    }

    /// What the numbers of each column stand for.
    pub fn kinds(&self) -> Vec<ColumnKind> {
        kinds(&self.view())
    }

    /// The names of the classes, in the order of their numbers; empty without classes or names.
    pub fn class_names(&self) -> Vec<String> {
        let model = self.view();
        model.condition_names().take(model.conditioning().classes).map(str::to_owned).collect()
    }

    /// The names of the condition vector's values; `c0`, `c1`, … if the model has no names.
    pub fn condition_columns(&self) -> Vec<String> {
        let model = self.view();
        let Conditioning { classes, vector } = model.conditioning();
        let names: Vec<String> = model.condition_names().skip(classes).map(str::to_owned).collect();
        if names.is_empty() { (0..vector).map(|d| format!("c{d}")).collect() } else { names }
    }

    /// The name of the class column; `class` if the model has no name for it.
    pub fn class_column(&self) -> String {
        let model = self.view();
        let name = Some(model.class_column()).filter(|name| !name.is_empty());
        name.unwrap_or("class").to_owned()
    }

    /// The names that samples and their conditions are labelled with, and the kinds of the columns.
    pub fn labels(&self) -> Labels {
        let class = (self.view().conditioning().classes > 0).then(|| self.class_column());
        let columns = class.into_iter().chain(self.condition_columns()).collect();
        let whole = self.standardisation().transforms.iter().map(Transform::is_whole).collect();
        Labels {
            columns,
            classes: self.class_names(),
            kinds: self.kinds(),
            whole,
            given: Vec::new(),
        }
    }

    /// Draws any number of samples into a `.csv` or `.npy` file, in bounded memory, and reports to
    /// `progress` how many are drawn. Returns the total number of evaluations of the network.
    ///
    /// # Errors
    /// Those of [`sample::draw`], and if the file cannot be written; the previous file is then unchanged.
    pub fn stream(
        &self,
        request: &Request,
        out: &Path,
        progress: &mut dyn FnMut(usize),
    ) -> Result<u64> {
        let labels = self.labels().with_known(request);
        sample::stream(&self.view(), request, &self.columns(), &labels, out, progress)
    }

    /// Draws samples, with the names of their columns and conditions.
    ///
    /// # Errors
    /// Those of [`sample::draw`].
    pub fn draw(&self, request: &Request) -> Result<Drawn> {
        Ok(self.draw_counted(request)?.0)
    }

    /// Draws samples as [`StoredModel::draw`] does, with the evaluations of [`sample::draw_counted`].
    ///
    /// # Errors
    /// Those of [`sample::draw`].
    pub fn draw_counted(&self, request: &Request) -> Result<(Drawn, u64)> {
        let (samples, evaluations) = sample::draw_counted(&self.view(), request)?;
        let (conditions, labels) = (request.conditions.clone(), self.labels().with_known(request));
        let range = self.config.as_ref().map(|config| {
            let low = config.facts.min.iter().copied().fold(f32::MAX, f32::min);
            (low, config.facts.max.iter().copied().fold(f32::MIN, f32::max))
        });
        Ok((Drawn { samples, columns: self.columns(), conditions, labels, range }, evaluations))
    }
}

/// Bytes that start at a multiple of 16, as a blob's weights require.
#[derive(Clone, Debug)]
pub struct AlignedBytes {
    memory: Vec<u128>,
    len: usize,
}

impl AlignedBytes {
    /// Copies `bytes` to an aligned location.
    pub fn new(bytes: &[u8]) -> Self {
        let mut memory = vec![0u128; bytes.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut memory)[..bytes.len()].copy_from_slice(bytes);
        Self { memory, len: bytes.len() }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.memory)[..self.len]
    }
}

/// Reads the blob at the start of a file, up to the length that its header states. If the file is not a
/// blob, or is shorter than stated, only the first bytes are returned, which [`Model::new`] refuses.
fn read_blob(path: &Path) -> io::Result<Vec<u8>> {
    /// The length of magic, length and CRC.
    const PREFIX: u64 = 12;
    let mut file = File::open(path)?;
    let there = file.metadata()?;
    let mut bytes = Vec::new();
    file.by_ref().take(PREFIX).read_to_end(&mut bytes)?;
    let is_blob = peek(&bytes) != Err(BlobError::NotABlob);
    if let (true, Some(len)) = (is_blob, bytes.get(4..8).and_then(|len| len.first_chunk())) {
        let len = u64::from(u32::from_le_bytes(*len));
        if !there.is_file() || len <= there.len() {
            file.take(len.saturating_sub(PREFIX)).read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}
