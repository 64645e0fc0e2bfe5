//! The checked view of a blob: the CRC covers every byte, all sizes agree, and nothing is copied.

use serde::Deserialize;

use super::PREFIX;
use super::error::BlobError;
use super::header::{Conditioning, Contrast, KnownInputs, Pairing};
use super::message::{Body, DTYPE_F32, DTYPE_Q8, Header, Meaning, REWEIGHTED, SOURCE};
use super::slot::Slot;
use crate::crc::crc32;
use crate::net::{self, Network, Weights};
use crate::path::Path;
use crate::prediction::Prediction;

/// A checked model over borrowed bytes.
///
/// It is 64 bytes on a microcontroller: larger values are passed by `memcpy`, which takes 0.9 KB of an
/// image. Values that a sampler reads rarely, or once per sample, stay in the message.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    message: &'a [u8],
    /// Where the body starts in the message.
    body_at: u8,
    network: Network<'a>,
    start: f32,
    contrast: Contrast,
    prediction: Prediction,
    path: Path,
    coupling: Pairing,
    /// The length of the condition vector.
    vector: u16,
    unconditional: bool,
    /// The header's departures, [`GUIDED`], and the code of the known parts from bit [`KNOWN`].
    departures: u8,
}

/// Trained with guidance: the bit after those of the header's departures.
const GUIDED: u8 = 4;

/// The place of the code of the known parts.
const KNOWN: u8 = 3;

impl<'a> Model<'a> {
    /// Checks a blob and borrows it.
    ///
    /// `bytes` may continue after the blob, as a flash slot does.
    ///
    /// # Errors
    /// A [`BlobError`] if the bytes are not a whole, undamaged model of a supported revision.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let Slot { crc, message, .. } = Slot::new(bytes)?;
        if crc32(message) != crc {
            return Err(BlobError::BadCrc);
        }
        let (header, rest) = Header::read(message)?;
        let body = Body::read(rest).ok_or(BlobError::Malformed)?;
        let block = match header.dtype {
            DTYPE_F32 if cfg!(feature = "f32") => net::f32::BLOCK,
            DTYPE_Q8 if cfg!(feature = "q8") => net::q8::BLOCK,
            other => return Err(BlobError::Dtype(other)),
        };
        if usize::from(header.block) != block {
            return Err(BlobError::Dtype(header.dtype));
        }
        let meaning = header.meaning().ok_or(BlobError::Malformed)?;
        let weights = match bytemuck::try_cast_slice::<u8, u32>(body.weights) {
            Ok(words) if header.dtype == DTYPE_Q8 => Weights::Q8(words),
            // Words and `f32` have the same size and alignment.
            Ok(words) => Weights::F32(bytemuck::cast_slice(words)),
            Err(bytemuck::PodCastError::TargetAlignmentGreaterAndInputNotAligned) => {
                return Err(BlobError::Misaligned);
            }
            Err(_) => return Err(BlobError::Sizes),
        };
        if !cfg!(feature = "columns") && !body.data.columns.is_empty() {
            return Err(BlobError::Columns);
        }
        let shape = header.shape(&meaning, &body).ok_or(BlobError::Sizes)?;
        let network = match Network::new(shape, meaning.activation, weights) {
            Some(network) if header.sizes_agree(&body) => network,
            _ => return Err(BlobError::Sizes),
        };
        let Meaning { prediction, path, coupling, contrast, start, guidance, .. } = meaning;
        let guided = if guidance == 0.0 { 0 } else { GUIDED };
        let known = if cfg!(feature = "known") { header.inputs >> 1 << KNOWN } else { 0 };
        Ok(Self {
            message,
            body_at: u8::try_from(message.len() - rest.len()).map_err(|_| BlobError::Malformed)?,
            network,
            start,
            contrast,
            prediction,
            path,
            coupling,
            // The header was checked to have no longer one.
            vector: (body.condition.mean.len() / 4) as u16,
            unconditional: header.unconditional() == 1,
            departures: guided | header.departures | known,
        })
    }

    /// Reads the header again.
    fn header(&self) -> Option<Header> {
        Header::read(self.message).map(|(header, _)| header).ok()
    }

    /// Reads the first parts of the body again: as many as the type requests, in order.
    pub(super) fn body<B: Deserialize<'a> + Default>(&self) -> B {
        let bytes = self.message.get(usize::from(self.body_at)..).unwrap_or_default();
        postcard::take_from_bytes(bytes).map(|(body, _)| body).unwrap_or_default()
    }

    /// The meaning of the network's output.
    pub fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// The path that the model was trained on.
    pub fn path(&self) -> Path {
        self.path
    }

    /// How noise and data were paired in training.
    pub fn coupling(&self) -> Pairing {
        self.coupling
    }

    /// The condition that samples can have.
    pub fn conditioning(&self) -> Conditioning {
        let (rows, vector) = (self.network.shape().condition, usize::from(self.vector));
        let known = self.known_inputs().rows(self.dim()).unwrap_or_default();
        let classes = rows.saturating_sub(vector + usize::from(self.unconditional) + known);
        Conditioning { classes, vector }
    }

    /// Whether the model was also trained with labels dropped, which guidance requires.
    pub fn unconditional(&self) -> bool {
        self.unconditional
    }

    /// The network's inputs for known parts.
    pub fn known_inputs(&self) -> KnownInputs {
        match cfg!(feature = "known") {
            true => KnownInputs::from_code(self.departures >> KNOWN).unwrap_or_default(),
            false => KnownInputs::None,
        }
    }

    /// How many first numbers of a sample were always known in training, and no others: such a model only draws
    /// the rest given these. 0 if any set of numbers can be known.
    pub fn known_prefix(&self) -> usize {
        self.header().map_or(0, |header| header.known_prefix())
    }

    /// Whether a part of a sample can be known, so that only the rest is drawn ([`KnownParts`]). Such a model
    /// also draws whole samples, as any other, unless it has a [prefix](Model::known_prefix).
    ///
    /// [`KnownParts`]: crate::KnownParts
    pub fn has_known(&self) -> bool {
        self.known_inputs() != KnownInputs::None
    }

    /// The numbers of a [`Known`](crate::Known) memory: the condition vector, one for "no condition" if the
    /// model has that, and three for each number of a sample.
    pub fn known_memory(&self) -> usize {
        self.before_known().saturating_add(self.dim().saturating_mul(3))
    }

    /// The numbers before the known parts in that memory.
    pub(crate) fn before_known(&self) -> usize {
        usize::from(self.vector) + usize::from(self.unconditional)
    }

    /// The exporter's fingerprint of the model.
    pub fn id(&self) -> u64 {
        self.header().map_or(0, |header| header.id())
    }

    /// The time at which sampling starts: 0 except for fields that are singular there.
    pub fn start(&self) -> f32 {
        self.start
    }

    /// The contrast that the field was trained with (ΔFM).
    pub fn contrast(&self) -> Contrast {
        self.contrast
    }

    /// The guidance scale in training (MeanFlow), 0 for none: a field trained with guidance is not the
    /// velocity of a score.
    pub fn guidance(&self) -> f32 {
        self.header().map_or(0.0, |header| f32::from_bits(header.guidance))
    }

    /// Whether the model was trained with guidance.
    pub(crate) fn guided(&self) -> bool {
        self.departures & GUIDED != 0
    }

    /// Whether training weighted rows by their error: such a field is not the conditional mean and has no
    /// score.
    pub fn reweighted(&self) -> bool {
        self.departures & REWEIGHTED != 0
    }

    /// Whether samples start at rows of another data set, the source, instead of noise.
    ///
    /// Such a model moves a row of the source to a row of the data ([`Jump::transport`],
    /// [`Sampler::transport`]). The source's density is not known, so the model has no score, no
    /// likelihood and no SDE.
    ///
    /// [`Jump::transport`]: crate::Jump::transport
    /// [`Sampler::transport`]: crate::Sampler::transport
    pub fn has_source(&self) -> bool {
        self.departures & SOURCE != 0
    }

    /// The length of the whole blob in bytes: the offset at which other data in a flash slot may start.
    pub fn len(&self) -> usize {
        PREFIX + self.message.len()
    }

    /// Never true: a checked model has weights.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Numbers in a sample.
    pub fn dim(&self) -> usize {
        self.network.shape().dim
    }

    /// The network over the weights in the blob.
    pub fn network(&self) -> &Network<'a> {
        &self.network
    }
}
