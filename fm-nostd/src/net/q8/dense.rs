//! One layer's sums in integers: blocks of four outputs, two inputs at a time.

use super::BLOCK;
use super::kernel::{Run, blocks, four, two};

/// A layer's biases and weights inside a blob.
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    bias: &'a [i32],
    weights: &'a [u32],
    pairs: usize,
}

impl<'a> Dense<'a> {
    /// A layer of this many pairs of inputs.
    pub(super) fn new(bias: &'a [i32], weights: &'a [u32], pairs: usize) -> Self {
        Self { bias, weights, pairs }
    }

    /// `sums = bias + weights · inputs`. Shape: `sums` is `[outputs]`, `inputs` the layer's `[pairs]`.
    pub(super) fn forward(&self, inputs: &[u32], sums: &mut [i32]) -> Option<()> {
        self.accumulate(Some(self.bias), 0, inputs, sums)
    }

    /// `sums = from + weights · inputs`, with the inputs starting at pair `first`; if `from` is `None`,
    /// it is `sums` itself.
    ///
    /// Shape: `sums` is `[outputs]`, `inputs` `[p]` for some `p`; missing inputs count as zero.
    pub(super) fn accumulate(
        &self,
        from: Option<&[i32]>,
        first: usize,
        inputs: &[u32],
        sums: &mut [i32],
    ) -> Option<()> {
        let run = Run { weights: self.weights, pairs: self.pairs, first, inputs };
        let (whole, tail) = sums.as_chunks_mut::<BLOCK>();
        let from = from.map(|from| from.as_chunks::<BLOCK>());
        let run = blocks(run, from.map(|(whole, _)| whole), whole)?;
        // One by one: a loop over them would become a `memcpy`, which is 0.9 KB of an image.
        let before = |i: usize| from.map_or(tail.get(i), |(_, rest)| rest.get(i)).copied();
        let [x, y, z] = [0, 1, 2].map(|i| before(i).unwrap_or_default());
        match tail {
            [a, b, c] => [*a, *b, *c, _] = four([x, y, z, 0], run.split()?.0, inputs),
            [a, b] => [*a, *b] = two([x, y], run.split()?.0, inputs),
            [a] => [*a, _] = two([x, 0], run.split()?.0, inputs),
            _ => {}
        }
        Some(())
    }

    /// The layer's biases.
    pub(super) fn bias(&self) -> &'a [i32] {
        self.bias
    }
}
