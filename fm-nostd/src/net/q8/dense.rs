//! One layer's sums in integers: blocks of four outputs, two inputs at a time.

use super::kernel;

/// A layer's biases and weights inside a blob.
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    bias: &'a [i32],
    weights: &'a [u32],
    pairs: usize,
}

impl<'a> Dense<'a> {
    /// A layer from so many pairs of inputs.
    pub(super) fn new(bias: &'a [i32], weights: &'a [u32], pairs: usize) -> Self {
        Self { bias, weights, pairs }
    }

    /// `sums = bias`. Shape: `[outputs]`.
    pub(super) fn begin(&self, sums: &mut [i32]) {
        for (sum, bias) in sums.iter_mut().zip(self.bias) {
            *sum = *bias;
        }
    }

    /// `sums += weights · inputs`, the inputs in pairs from pair `first` on.
    ///
    /// Shape: `sums` is `[outputs]`, `inputs` `[p]` for some `p`; those left out count as zero.
    #[inline(never)]
    pub(super) fn accumulate(&self, first: usize, inputs: &[u32], sums: &mut [i32]) {
        let mut blocks = self.weights;
        let (whole, tail) = sums.as_chunks_mut::<4>();
        for sums in whole {
            let Some((block, rest)) = blocks.split_at_checked(2 * self.pairs) else { return };
            blocks = rest;
            *sums = kernel::four(*sums, rows(block, first), inputs);
        }
        match tail {
            [a, b, c] => {
                [*a, *b, *c, _] = kernel::four([*a, *b, *c, 0], rows(blocks, first), inputs);
            }
            [a, b] => [*a, *b] = kernel::two([*a, *b], rows(blocks, first), inputs),
            [a] => [*a, _] = kernel::two([*a, 0], rows(blocks, first), inputs),
            _ => {}
        }
    }
}

/// A block's rows from row `first` on.
fn rows<const N: usize>(block: &[u32], first: usize) -> &[[u32; N]] {
    block.as_chunks().0.get(first..).unwrap_or(&[])
}
