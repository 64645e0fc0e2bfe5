//! Stores the scores of draws, so that a front that is resumed or repeated measures no draw twice.

use std::path::{Path, PathBuf};

use crc::{CRC_64_XZ, Crc};
use serde::{Deserialize, Serialize};

use crate::data::Split;
use crate::metrics::{Evaluator, Metric};
use crate::sample::Method;
use crate::{Error, Result, files, sealed};

const MAGIC: &[u8; 8] = b"FMDRAW01";
const CRC: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

/// Everything except the seed that determines the score of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// CRC-64/XZ of the model's bytes.
    pub model: u64,
    /// The sampler.
    pub solver: Method,
    /// The number of steps.
    pub steps: u32,
    /// The digest of data and metrics, from [`basis`].
    pub basis: u64,
}

/// The scores of one draw of noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scored {
    /// Evaluations of the network for all samples.
    pub evaluations: u64,
    /// The figures by name.
    pub metrics: Vec<(String, f64)>,
}

/// The folder with the stored scores.
pub(super) struct Measured {
    folder: PathBuf,
}

impl Identity {
    /// Returns the checksum of a model's bytes.
    pub fn of(blob: &[u8]) -> u64 {
        CRC.checksum(blob)
    }

    fn file(&self) -> String {
        let solver = self.solver.name();
        format!("{:016x}-{solver}-{}.draws", self.model, self.steps)
    }
}

/// Returns a digest of the data and the metrics: the rows, the program's version, and the scores of real
/// data and noise, which change with every metric.
pub(super) fn basis(split: &Split, evaluator: &Evaluator) -> Result<u64> {
    let mut digest = CRC.digest();
    digest.update(env!("CARGO_PKG_VERSION").as_bytes());
    let samples = evaluator.samples() as u64;
    for number in [split.train.digest().into(), split.held_out.digest().into(), samples] {
        digest.update(&u64::to_le_bytes(number));
    }
    let floors = evaluator.floors()?.iter().map(|floor| (floor.name, floor.value));
    let ceilings = evaluator.ceilings()?.iter().map(|Metric { name, value }| (*name, *value));
    for (name, value) in floors.chain(ceilings) {
        digest.update(name.as_bytes());
        digest.update(&value.to_bits().to_le_bytes());
    }
    Ok(digest.finalize())
}

impl Measured {
    /// Opens `folder`, and creates it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn new(folder: &Path) -> Result<Self> {
        files::create_dir(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Reads the stored draws, for seeds 0, 1 and so on; none if the file is missing, damaged, or has another
    /// identity.
    pub fn load(&self, identity: &Identity) -> Vec<Scored> {
        let path = self.folder.join(identity.file());
        match sealed::read::<(Identity, Vec<Scored>)>(MAGIC, &path) {
            Ok((of, draws)) if of == *identity => draws,
            _ => Vec::new(),
        }
    }

    /// Stores the draws, for seeds 0, 1 and so on.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn store(&self, identity: &Identity, draws: &[Scored]) -> Result<()> {
        let path = self.folder.join(identity.file());
        let bytes = sealed::seal(MAGIC, &(identity, draws));
        files::replace(&path, &bytes.map_err(|e| Error::model(&path, e.to_string()))?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_is_whole_and_of_the_same_is_taken() {
        let folder = tempfile::tempdir().expect("a directory");
        let measured = Measured::new(&folder.path().join("a")).expect("writable");
        let identity = Identity { model: 1, solver: Method::Heun, steps: 4, basis: 9 };
        assert!(measured.load(&identity).is_empty());
        // A number that a decimal format could round.
        let metrics = vec![("w2".to_owned(), 0.1 + 0.2)];
        let draws = vec![Scored { evaluations: 8, metrics }; 3];
        measured.store(&identity, &draws).expect("writable");
        assert_eq!(measured.load(&identity), draws);
        for other in [
            Identity { model: 2, ..identity },
            Identity { solver: Method::Euler, ..identity },
            Identity { steps: 5, ..identity },
            Identity { basis: 8, ..identity },
        ] {
            assert!(measured.load(&other).is_empty(), "{other:?}");
        }
        let path = measured.folder.join(identity.file());
        let bytes = fs::read(&path).expect("there");
        for i in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[i] ^= 1;
            fs::write(&path, &damaged).expect("writable");
            assert!(measured.load(&identity).is_empty(), "byte {i}");
            fs::write(&path, &bytes[..i]).expect("writable");
            assert!(measured.load(&identity).is_empty(), "cut at {i}");
        }
    }
}
