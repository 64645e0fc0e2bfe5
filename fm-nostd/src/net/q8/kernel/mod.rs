//! The inner loop over whole blocks of four outputs, in Rust or in assembly for the core.

#[cfg(fm_dsp)]
mod armv7em;
#[cfg(any(fm_dsp, fm_thumb1))]
mod assembly;
mod portable;
#[cfg(fm_thumb1)]
mod thumb1;

#[cfg(any(fm_dsp, fm_thumb1))]
use assembly::Span;
#[cfg(any(fm_dsp, fm_thumb1))]
pub(super) use assembly::blocks;
#[cfg(not(any(fm_dsp, fm_thumb1)))]
pub(super) use portable::blocks;
pub(super) use portable::{four, two};

/// A layer's weights for a run of inputs that starts at pair `first` of `pairs`.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    /// Blocks of four outputs, then the remaining outputs.
    pub weights: &'a [u32],
    pub pairs: usize,
    pub first: usize,
    pub inputs: &'a [u32],
}

impl<'a> Run<'a> {
    /// The rows of the first block for these inputs, and the run without that block.
    #[inline(always)]
    pub(super) fn split<const N: usize>(self) -> Option<(&'a [[u32; N]], Self)> {
        let (block, weights) = self.weights.split_at_checked(N * self.pairs)?;
        Some((block.as_chunks().0.get(self.first..)?, Self { weights, ..self }))
    }
}
