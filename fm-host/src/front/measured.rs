//! Draws that were measured are kept, so that a front that is stopped or asked for again measures
//! none of them twice.

use std::path::{Path, PathBuf};

use crc::{CRC_64_XZ, Crc};
use serde::{Deserialize, Serialize};

use crate::data::Split;
use crate::metrics::{Evaluator, Metric};
use crate::sample::Method;
use crate::{Error, Result, files, sealed};

const MAGIC: &[u8; 8] = b"FMDRAW01";
const CRC: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

/// All that decides what a draw of a seed scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// CRC-64/XZ of the model's bytes.
    pub model: u64,
    /// How samples are drawn.
    pub solver: Method,
    /// Its steps.
    pub steps: u32,
    /// What they are held against: [`basis`].
    pub basis: u64,
}

/// What one draw of noise came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scored {
    /// Evaluations of the network, of all samples.
    pub evaluations: u64,
    /// The figures by name.
    pub metrics: Vec<(String, f64)>,
}

/// A folder of what was measured.
pub(super) struct Measured {
    folder: PathBuf,
}

impl Identity {
    /// The fingerprint of a model's bytes.
    pub fn of(blob: &[u8]) -> u64 {
        CRC.checksum(blob)
    }

    fn file(&self) -> String {
        let solver = self.solver.name();
        format!("{:016x}-{solver}-{}.draws", self.model, self.steps)
    }
}

/// A number that stands for the data and for the metrics: the rows, the program's version, and what
/// real data and noise score, which changes with every metric.
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
    /// What was measured in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(folder: &Path) -> Result<Self> {
        files::create_dir(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The draws of the seeds from 0 on that were kept; none where the file is missing, damaged, or of
    /// something else.
    pub fn load(&self, identity: &Identity) -> Vec<Scored> {
        let path = self.folder.join(identity.file());
        match sealed::read::<(Identity, Vec<Scored>)>(MAGIC, &path) {
            Ok((of, draws)) if of == *identity => draws,
            _ => Vec::new(),
        }
    }

    /// Keeps the draws of the seeds from 0 on.
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
        // A number whose digits a reader might round.
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
