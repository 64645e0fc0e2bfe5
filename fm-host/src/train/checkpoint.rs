//! A checkpoint: all that a run needs to resume, in one message with a checksum.

use std::io;
use std::path::Path;

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Deserialize, Serialize};

use super::{RunConfig, Selected};
use crate::net::State;
use crate::sealed;

const MAGIC: &[u8; 8] = b"FMCKPT06";
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The state of a run after some steps.
#[derive(Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Everything that decides the run.
    pub config: RunConfig,
    /// The state of the network and its optimiser.
    pub state: State,
    /// The weights that held-out rows prefer, if they decide.
    pub selected: Option<Selected>,
    /// The number of steps taken.
    pub step: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// [`crate::net::Learner::arithmetic`] of the last step.
    pub arithmetic: String,
}

impl Checkpoint {
    /// Serialises the checkpoint to the bytes of its file.
    ///
    /// # Errors
    /// If postcard cannot serialise it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        sealed::seal(MAGIC, self)
    }

    /// Reads a checkpoint from a file's bytes.
    ///
    /// # Errors
    /// If the bytes are damaged; the error describes how.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        sealed::open(MAGIC, bytes)
    }

    /// The step, if it is not the last step of the training.
    pub fn unfinished(&self) -> Option<u64> {
        Some(self.step).filter(|step| *step < self.config.train.schedule.steps)
    }

    /// Reads a checkpoint's file.
    ///
    /// # Errors
    /// If the system fails, or with [`io::ErrorKind::InvalidData`] if the bytes are damaged.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        sealed::read(MAGIC, path)
    }

    /// The weights of the model: those that held-out rows preferred once all steps are taken, else the averaged
    /// ones.
    pub fn weights(&self) -> &[f32] {
        match &self.selected {
            Some(selected) if self.unfinished().is_none() => &selected.weights,
            _ => &self.state.average,
        }
    }

    /// Identifies the model's weights by their CRC-32.
    pub fn id(&self) -> u32 {
        let mut digest = CRC.digest();
        for weight in self.weights() {
            digest.update(&weight.to_le_bytes());
        }
        digest.finalize()
    }

    /// Whether all values of the state are finite, as resuming requires.
    pub fn is_finite(&self) -> bool {
        let State { parameters, average, first_moment, second_moment, .. } = &self.state;
        [parameters, average, first_moment, second_moment]
            .iter()
            .all(|values| values.iter().all(|x| x.is_finite()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::fixtures;

    fn checkpoint() -> Checkpoint {
        let config = fixtures::config(Objective::Fm, 10);
        let mut state = State::fresh(&config.architecture, 1);
        state.average[0] = 0.25;
        Checkpoint {
            config,
            state,
            selected: None,
            step: 7,
            seconds: 1.5,
            arithmetic: "test".to_owned(),
        }
    }

    #[test]
    fn bytes_give_the_checkpoint_back() {
        let old = checkpoint();
        let new = Checkpoint::from_bytes(&old.to_bytes().expect("plain fields")).expect("whole");
        assert_eq!((new.config, new.step, new.seconds), (old.config, 7, 1.5));
        assert_eq!(new.state.parameters, old.state.parameters);
        assert_eq!(new.state.average, old.state.average);
    }

    #[test]
    fn every_damaged_byte_and_every_cut_is_noticed() {
        let bytes = checkpoint().to_bytes().expect("plain fields");
        for i in (0..bytes.len()).step_by(bytes.len() / 500 + 1).chain(0..16) {
            let mut damaged = bytes.clone();
            damaged[i] ^= 0x10;
            assert!(Checkpoint::from_bytes(&damaged).is_err(), "byte {i}");
            assert!(Checkpoint::from_bytes(&bytes[..i]).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn the_id_follows_the_averaged_weights() {
        let mut checkpoint = checkpoint();
        let id = checkpoint.id();
        checkpoint.state.parameters[0] += 1.0;
        assert_eq!(checkpoint.id(), id);
        checkpoint.state.average[0] += 1.0;
        assert_ne!(checkpoint.id(), id);
        assert!(checkpoint.is_finite());
        checkpoint.state.second_moment[3] = f32::NAN;
        assert!(!checkpoint.is_finite());
    }
}
