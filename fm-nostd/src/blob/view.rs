//! The checked view: every byte covered by the CRC, every size agreed, nothing copied.

use super::header::{
    Conditioning, Contrast, Coupling, DTYPE_F32, DTYPE_Q8, Header, Path, Prediction, below_one,
};
use super::{BLOCK, BLOCK_Q8, FORMAT, MAGIC, PREFIX, wire};
use crate::NUMBERS;
use crate::activation::Activation;
use crate::crc::crc32;
use crate::math::at_most;
use crate::net::{Network, Shape, Weights};

/// Why bytes are not a model that this code can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BlobError {
    /// The magic is missing: not a `.fm` blob, or an erased flash page.
    NotABlob,
    /// The blob says that it is longer than the bytes at hand: it was cut short.
    Truncated,
    /// The bytes are not those that were written: damaged in flash or on the way.
    BadCrc,
    /// The layout is of a revision that this code does not know; export the model again.
    Format(u8),
    /// The bits would differ: made for another revision of the numbers contract; export it again.
    Numbers(u8),
    /// The message does not parse, or a code in it has no meaning.
    Malformed,
    /// The weights are in a number format or block width that this build does not have.
    Dtype(u8),
    /// The weights do not lie on a multiple of 4 bytes: place the blob with `include_model!`, or at
    /// a multiple of 16.
    Misaligned,
    /// A size is zero, overflows, or disagrees with the number of weights.
    Sizes,
}

impl core::fmt::Display for BlobError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotABlob => f.write_str("not a .fm model: its first bytes are not `flow`"),
            Self::Truncated => f.write_str("the model is cut short"),
            Self::BadCrc => f.write_str("the model is damaged: its CRC does not match"),
            Self::Format(found) => write!(f, "format revision {found}, this build reads {FORMAT}"),
            Self::Numbers(found) => write!(f, "numbers revision {found}, this build has {NUMBERS}"),
            Self::Malformed => f.write_str("the model's header does not parse"),
            Self::Dtype(found) => write!(f, "weights of kind {found} are unknown to this build"),
            Self::Misaligned => f.write_str("the model's weights are not on a multiple of 4 bytes"),
            Self::Sizes => f.write_str("the model's sizes are zero, overflow or disagree"),
        }
    }
}

impl core::error::Error for BlobError {}

/// A checked model over borrowed bytes.
///
/// Small, for it is passed on by value: what a sampler reads seldom stays in the message.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    message: &'a [u8],
    network: Network<'a>,
    start: f32,
    prediction: Prediction,
    path: Path,
    coupling: Coupling,
    conditioning: u8,
    unconditional: bool,
    /// Where the name's length stands in the message, and the statistics behind it.
    names_at: u8,
}

impl<'a> Model<'a> {
    /// Checks a blob and borrows it.
    ///
    /// `bytes` may go on behind the blob, as a flash slot does.
    ///
    /// # Errors
    /// A [`BlobError`] for any bytes that are not a whole, undamaged model of a known revision.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let (_, crc, message) = slot(bytes)?;
        if crc32(message) != crc {
            return Err(BlobError::BadCrc);
        }
        revisions(message)?;
        let Some((header, names_at)) = Header::read(message) else {
            return Err(BlobError::Malformed);
        };
        Self::from_header(&header, message, names_at)
    }

    #[inline(always)]
    fn from_header(
        header: &Header<'a>,
        message: &'a [u8],
        names_at: u8,
    ) -> Result<Self, BlobError> {
        let block = match header.dtype {
            DTYPE_F32 if cfg!(feature = "f32") => BLOCK,
            DTYPE_Q8 if cfg!(feature = "q8") => BLOCK_Q8,
            other => return Err(BlobError::Dtype(other)),
        };
        if usize::from(header.block) != block {
            return Err(BlobError::Dtype(header.dtype));
        }
        let malformed = BlobError::Malformed;
        let prediction = Prediction::from_code(header.prediction).ok_or(malformed)?;
        let activation = Activation::from_code(header.activation).ok_or(malformed)?;
        let size = header.condition as usize;
        let conditioning = Conditioning::from_code(header.conditioning, size).ok_or(malformed)?;
        if (conditioning == Conditioning::None) != (size == 0) {
            return Err(malformed);
        }
        let unconditional = match (header.unconditional, size) {
            (0, _) => false,
            (1, 1..) => true,
            _ => return Err(malformed),
        };
        let [start, lambda, guidance] =
            [header.start, header.lambda, header.guidance].map(f32::from_bits);
        if Contrast::from_parts(header.contrast, lambda).is_none()
            || header.reweighted > 1
            || !below_one(start)
            || !guidance.is_finite()
        {
            return Err(malformed);
        }
        let shape = Shape {
            dim: header.dim as usize,
            times: 1 + usize::from(prediction.reach().jumps()),
            condition: size.checked_add(usize::from(unconditional)).ok_or(BlobError::Sizes)?,
            hidden: header.hidden as usize,
            layers: header.layers as usize,
        };
        // A number has four bytes; the statistics of one thing are of one length.
        let sizes_agree = shape.dim.checked_mul(4) == Some(header.mean.len())
            && header.std.len() == header.mean.len()
            && (header.clamp.is_empty() || header.clamp.len() == 2 * header.mean.len())
            && conditioning.vector().checked_mul(4) == Some(header.condition_mean.len())
            && header.condition_scale.len() == header.condition_mean.len()
            && (header.negatives.is_empty()
                || conditioning.classes().checked_mul(header.mean.len())
                    == Some(header.negatives.len()))
            && (header.shares.is_empty()
                || conditioning.classes().checked_mul(4) == Some(header.shares.len()))
            && named(header.columns, shape.dim)
            && named(header.conditions, conditioning.names());
        let weights = match bytemuck::try_cast_slice::<u8, u32>(header.weights) {
            Ok(words) if header.dtype == DTYPE_Q8 => Weights::Q8(words),
            // Words and `f32` are of one size and alignment.
            Ok(words) => Weights::F32(bytemuck::cast_slice(words)),
            Err(bytemuck::PodCastError::TargetAlignmentGreaterAndInputNotAligned) => {
                return Err(BlobError::Misaligned);
            }
            Err(_) => return Err(BlobError::Sizes),
        };
        // No `?` on the network: a copy of it as a `Result` would bring a `memcpy` into the image.
        let network = match Network::new(shape, activation, weights) {
            Some(network) if sizes_agree => network,
            _ => return Err(BlobError::Sizes),
        };
        Ok(Self {
            message,
            network,
            start,
            prediction,
            path: Path::from_code(header.path).ok_or(malformed)?,
            coupling: Coupling::from_code(header.coupling).ok_or(malformed)?,
            conditioning: header.conditioning,
            unconditional,
            names_at,
        })
    }

    /// What the network's output means.
    pub fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// The path that it was trained on.
    pub fn path(&self) -> Path {
        self.path
    }

    /// How noise and data were paired in training.
    pub fn coupling(&self) -> Coupling {
        self.coupling
    }

    /// What a sample can be conditioned on.
    pub fn conditioning(&self) -> Conditioning {
        let rows = self.network.shape().condition;
        let size = rows.saturating_sub(usize::from(self.unconditional));
        Conditioning::from_code(self.conditioning, size).unwrap_or(Conditioning::None)
    }

    /// Whether it was trained with labels dropped too, as guidance needs.
    pub fn unconditional(&self) -> bool {
        self.unconditional
    }

    /// The exporter's fingerprint of the model.
    pub fn id(&self) -> u64 {
        self.header().map_or(0, |header| header.id)
    }

    /// The message read again, for what is seldom asked.
    fn header(&self) -> Option<Header<'a>> {
        Header::read(self.message).map(|(header, _)| header)
    }

    /// The time at which sampling starts: 0 but for fields that are singular there.
    pub fn start(&self) -> f32 {
        self.start
    }

    /// The contrast that the field carries (ΔFM).
    pub fn contrast(&self) -> Contrast {
        let parts = |header: Header<'_>| {
            Contrast::from_parts(header.contrast, f32::from_bits(header.lambda))
        };
        self.header().and_then(parts).unwrap_or(Contrast::Irreversible)
    }

    /// The scale of the guidance that was trained in (MeanFlow), 0 for none: such a field is the
    /// velocity of no score.
    pub fn guidance(&self) -> f32 {
        self.header().map_or(0.0, |header| f32::from_bits(header.guidance))
    }

    /// Whether training weighted rows by their error: such a field is not the conditional mean, and
    /// has no score.
    pub fn reweighted(&self) -> bool {
        self.header().is_none_or(|header| header.reweighted != 0)
    }

    /// The mean of the negatives that rows of `class` were held against, standardised; empty where it
    /// is 0.
    pub fn negatives(&self, class: usize) -> impl Iterator<Item = f32> + 'a {
        let bytes = self.slice(6);
        let row = 4 * self.dim();
        let start = class.saturating_mul(row);
        floats(bytes.get(start..start.saturating_add(row)).unwrap_or_default())
    }

    /// Each class's share of the training rows; empty where it is not known.
    pub fn shares(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.slice(7))
    }

    /// The names of the numbers in a sample; empty where they were left out.
    pub fn columns(&self) -> impl Iterator<Item = &'a str> {
        names(self.slice(8))
    }

    /// The column that the classes come from; empty where it is not known.
    pub fn class_column(&self) -> &'a str {
        match self.conditioning() {
            Conditioning::Classes(_) => names(self.slice(9)).next().unwrap_or_default(),
            Conditioning::None | Conditioning::Vector(_) => "",
        }
    }

    /// The names of the classes, or of the condition vector's numbers; empty where they are not known.
    pub fn condition_names(&self) -> impl Iterator<Item = &'a str> {
        let column = self.conditioning().classes().min(1);
        names(self.slice(9)).skip(column)
    }

    /// The model's name; empty where it is no UTF-8.
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.slice(0)).unwrap_or_default()
    }

    /// Bytes of the whole blob: where the next thing in a flash slot may start.
    pub fn len(&self) -> usize {
        PREFIX + self.message.len()
    }

    /// Never: a checked model has weights.
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

    /// The means of the data, dimension by dimension, in the data's units.
    pub fn mean(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.slice(1))
    }

    /// The standard deviations that the data was divided by, in the data's units.
    pub fn std(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.slice(2))
    }

    /// The least and greatest value of each output, in the data's units; empty where none is set.
    pub fn clamp(&self) -> impl Iterator<Item = (f32, f32)> + 'a {
        limits(self.slice(3))
    }

    /// The means of the condition vector, in its own units; empty where there is none.
    pub fn condition_mean(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.slice(4))
    }

    /// What the condition vector is multiplied by, less its means; empty where there is none.
    pub fn condition_scale(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.slice(5))
    }

    /// Brings a standardised sample into the data's units, in place: `x std + mean`, then the clamp.
    ///
    /// With a clamp, the output lies inside of it whatever came in: a NaN becomes the least value.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn destandardise(&self, x: &mut [f32]) {
        // In one walk, not one an accessor, and one by one: an array of all would lie on the stack.
        let mut rest = self.slices();
        let mut next = || wire::slice(&mut rest).unwrap_or_default();
        let (_name, mean, std, clamp) = (next(), next(), next(), next());
        for ((value, std), mean) in x.iter_mut().zip(floats(std)).zip(floats(mean)) {
            *value = *value * std + mean;
        }
        for (value, (low, high)) in x.iter_mut().zip(limits(clamp)) {
            // A NaN fails the comparison that keeps the value.
            let above = if at_most(low, *value) { *value } else { low };
            *value = if at_most(above, high) { above } else { high };
        }
    }

    /// The name, then means, deviations, clamp, the condition's means and scales, the negatives' means,
    /// the classes' shares, the names of columns and of conditions; padding, weights.
    fn slices(&self) -> &'a [u8] {
        self.message.get(usize::from(self.names_at)..).unwrap_or_default()
    }

    /// The slice of that place in [`Model::slices`].
    fn slice(&self, place: usize) -> &'a [u8] {
        let mut rest = self.slices();
        for _ in 0..place {
            wire::slice(&mut rest);
        }
        wire::slice(&mut rest).unwrap_or_default()
    }

    /// A condition vector standardised as training did: `(c - mean) / std`, by multiplication.
    ///
    /// Shape: `condition` is `[c]`.
    pub fn standardise_condition<'c>(
        &self,
        condition: &'c [f32],
    ) -> impl Iterator<Item = f32> + Clone + use<'a, 'c> {
        let statistics = floats(self.slice(4)).zip(floats(self.slice(5)));
        condition.iter().zip(statistics).map(|(value, (mean, scale))| (value - mean) * scale)
    }
}

/// Whether the bytes hold so many names, or none at all.
pub(super) fn named(bytes: &[u8], count: usize) -> bool {
    let ends = bytes.iter().filter(|byte| **byte == 0).count();
    bytes.is_empty() || ends == count && bytes.last() == Some(&0)
}

/// Names with a zero byte behind each; one that is not UTF-8 is empty.
fn names(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let ends = bytes.iter().filter(|byte| **byte == 0).count();
    let names = bytes.split(|byte| *byte == 0).take(ends);
    names.map(|name| core::str::from_utf8(name).unwrap_or_default())
}

/// The two halves side by side.
fn limits(clamp: &[u8]) -> impl Iterator<Item = (f32, f32)> {
    let (low, high) = clamp.split_at_checked(clamp.len() / 2).unwrap_or_default();
    floats(low).zip(floats(high))
}

/// Judges magic and length; gives the blob's length, its CRC and its message.
pub(super) fn slot(bytes: &[u8]) -> Result<(usize, u32, &[u8]), BlobError> {
    let Some((prefix, _)) = bytes.split_first_chunk::<PREFIX>() else {
        let start = MAGIC.get(..bytes.len()).unwrap_or(&MAGIC);
        let cut = !bytes.is_empty() && bytes.starts_with(start);
        return Err(if cut { BlobError::Truncated } else { BlobError::NotABlob });
    };
    let ([magic, len, crc], _) = prefix.as_chunks() else { return Err(BlobError::NotABlob) };
    if word(magic) != u32::from_le_bytes(MAGIC) {
        return Err(BlobError::NotABlob);
    }
    let len = word(len) as usize;
    let blob = bytes.get(..len).ok_or(BlobError::Truncated)?;
    let message = blob.get(PREFIX..).ok_or(BlobError::Malformed)?;
    Ok((len, word(crc), message))
}

/// Judges the two revisions: they come first in every layout, and before the rest is read.
pub(super) fn revisions(message: &[u8]) -> Result<(), BlobError> {
    match message {
        [FORMAT, NUMBERS, ..] => Ok(()),
        [FORMAT, numbers, ..] => Err(BlobError::Numbers(*numbers)),
        [format, ..] => Err(BlobError::Format(*format)),
        [] => Err(BlobError::Malformed),
    }
}

/// Little-endian numbers that need no alignment.
fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + Clone {
    bytes.as_chunks().0.iter().map(|chunk| f32::from_bits(word(chunk)))
}

/// Four bytes at any place. Some cores load them one by one: there, once in flash.
#[cfg_attr(fm_thumb1, inline(never))]
fn word(bytes: &[u8; 4]) -> u32 {
    if cfg!(fm_thumb1) {
        // What a compiler does not look through, to inline it again.
        return bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    u32::from_le_bytes(*bytes)
}
