//! Trained models as a user names them: a run directory, or a `.fm` file.

mod contents;
mod convert;
mod cycles;
mod describe;

pub use contents::without_names;
pub use convert::contrasted;
pub use describe::Description;
pub(crate) use describe::coupling_name;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fm_nostd::Model;
use fm_nostd::blob::{BlobError, Conditioning, peek};
use self_cell::self_cell;

use crate::blob::blob;
use crate::sample::{self, Drawn, Labels, Request};
use crate::train::{RunConfig, RunDir};
use crate::{Error, Result};

self_cell! {
    /// A model's blob in memory, and its view: every byte is checked once.
    struct Checked {
        owner: AlignedBytes,
        #[covariant]
        dependent: Model,
    }
}

/// A model in memory, with what a run knows beside it.
pub struct StoredModel {
    checked: Checked,
    /// The run's configuration, where a run was named.
    pub config: Option<RunConfig>,
    /// The step of a run that is not finished.
    pub unfinished: Option<u64>,
}

impl StoredModel {
    /// Reads what `path` names: a run directory, whose newest checkpoint it takes, or a `.fm` file.
    ///
    /// # Errors
    /// If there is no such thing, or it is no model that this build can use.
    pub fn load(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let checkpoint = RunDir::open(path)?.load()?.checkpoint;
            let clamp = checkpoint.config.train.clamp;
            let blob = blob(&checkpoint.config, &checkpoint.state.average, clamp)?;
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

    /// A model from a blob's bytes; `path` is for messages.
    ///
    /// # Errors
    /// If they are no model that this build can use.
    pub fn new(bytes: &[u8], config: Option<RunConfig>, path: &Path) -> Result<Self> {
        let checked = Checked::try_new(AlignedBytes::new(bytes), |blob| Model::new(blob.bytes()));
        let checked = checked.map_err(|error| Error::model(path, error.to_string()))?;
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

    /// The names of the data columns; `x0`, `x1`, … where the model has none.
    pub fn columns(&self) -> Vec<String> {
        let model = self.view();
        let names: Vec<String> = model.columns().map(str::to_owned).collect();
        if names.is_empty() { (0..model.dim()).map(|d| format!("x{d}")).collect() } else { names }
    }

    /// The names of the classes, in the order of their numbers; none where there are no classes or
    /// the model has no names.
    pub fn class_names(&self) -> Vec<String> {
        let model = self.view();
        match model.conditioning() {
            Conditioning::Classes(_) => model.condition_names().map(str::to_owned).collect(),
            Conditioning::None | Conditioning::Vector(_) => Vec::new(),
        }
    }

    /// The names of the condition vector's numbers; `c0`, `c1`, … where the model has none.
    pub fn condition_columns(&self) -> Vec<String> {
        let model = self.view();
        let Conditioning::Vector(size) = model.conditioning() else { return Vec::new() };
        let names: Vec<String> = model.condition_names().map(str::to_owned).collect();
        if names.is_empty() { (0..size).map(|d| format!("c{d}")).collect() } else { names }
    }

    /// The name of the column that the classes come from; `class` where the model has none.
    pub fn class_column(&self) -> String {
        let model = self.view();
        let name = Some(model.class_column()).filter(|name| !name.is_empty());
        name.unwrap_or("class").to_owned()
    }

    /// The names that go with the conditions of samples.
    pub fn labels(&self) -> Labels {
        let columns = match self.view().conditioning() {
            Conditioning::None => Vec::new(),
            Conditioning::Classes(_) => vec![self.class_column()],
            Conditioning::Vector(_) => self.condition_columns(),
        };
        Labels { columns, classes: self.class_names() }
    }

    /// Draws any number of samples into a `.csv` or `.npy` file, in bounded memory, and tells
    /// `progress` how many are drawn. Gives how often the network was evaluated for all together.
    ///
    /// # Errors
    /// As [`sample::draw`], or if the file cannot be written; what was there is then as it was.
    pub fn stream(
        &self,
        request: &Request,
        out: &Path,
        progress: &mut dyn FnMut(usize),
    ) -> Result<u64> {
        sample::stream(&self.view(), request, &self.columns(), &self.labels(), out, progress)
    }

    /// Draws samples, with the names that go with them.
    ///
    /// # Errors
    /// As [`sample::draw`].
    pub fn draw(&self, request: &Request) -> Result<Drawn> {
        Ok(self.draw_counted(request)?.0)
    }

    /// [`StoredModel::draw`], with the evaluations of [`sample::draw_counted`].
    ///
    /// # Errors
    /// As [`sample::draw`].
    pub fn draw_counted(&self, request: &Request) -> Result<(Drawn, u64)> {
        let (samples, evaluations) = sample::draw_counted(&self.view(), request)?;
        let (conditions, labels) = (request.conditions.clone(), self.labels());
        let range = self.config.as_ref().map(|config| {
            let low = config.facts.min.iter().copied().fold(f32::MAX, f32::min);
            (low, config.facts.max.iter().copied().fold(f32::MIN, f32::max))
        });
        Ok((Drawn { samples, columns: self.columns(), conditions, labels, range }, evaluations))
    }
}

/// Bytes that start on a multiple of 16, as a blob's weights want them.
#[derive(Clone, Debug)]
pub struct AlignedBytes {
    memory: Vec<u128>,
    len: usize,
}

impl AlignedBytes {
    /// A copy of `bytes` in an aligned place.
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

/// The blob at the front of a file, as long as it says it is; of a file that is no blob, or is shorter
/// than it says, only the first bytes, which [`Model::new`] refuses.
fn read_blob(path: &Path) -> io::Result<Vec<u8>> {
    /// Magic, length and CRC.
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
