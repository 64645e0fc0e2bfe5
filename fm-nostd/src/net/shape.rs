//! A network's sizes, and the inputs of a layer.

/// The sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Shape {
    /// Numbers in `x` and in the output.
    pub dim: usize,
    /// Times: 1 (`t`), or 2 (`t` and `h = r - t`).
    pub times: usize,
    /// Rows of the first layer for the condition.
    pub condition: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// Number of hidden layers, at least one.
    pub layers: usize,
}

impl Shape {
    /// Rows of the first layer; `None` if the sum overflows.
    pub fn inputs(&self) -> Option<usize> {
        self.times.checked_add(self.condition)?.checked_add(self.dim)
    }

    /// Inputs and outputs of layer `i` of `layers + 1`; `None` past the last or on overflow.
    pub fn layer(&self, i: usize) -> Option<(usize, usize)> {
        if i > self.layers {
            return None;
        }
        let inputs = if i == 0 { self.inputs()? } else { self.hidden };
        Some((inputs, if i == self.layers { self.dim } else { self.hidden }))
    }

    /// The number of weights and biases of the network; `None` if it overflows or a size is zero.
    pub fn parameters(&self) -> Option<usize> {
        if self.dim == 0 || self.hidden == 0 || self.layers == 0 {
            return None;
        }
        let size = |(inputs, outputs): (usize, usize)| inputs.checked_add(1)?.checked_mul(outputs);
        let ends = size(self.layer(0)?)?.checked_add(size(self.layer(self.layers)?)?)?;
        size((self.hidden, self.hidden))?.checked_mul(self.layers - 1)?.checked_add(ends)
    }

    /// The number of gains, if the network has some: one more linear layer, from the inputs before `x` to a gain
    /// of each number. `None` if it overflows.
    pub fn gains(&self) -> Option<usize> {
        self.times.checked_add(self.condition)?.checked_add(1)?.checked_mul(self.dim)
    }

    /// Multiplications with an `x`-dependent number in one evaluation, if the sizes are valid.
    ///
    /// Times and condition are left out: for a given step they act as a bias.
    pub fn macs(&self) -> Option<usize> {
        let inner =
            self.hidden.checked_mul(self.hidden)?.checked_mul(self.layers.checked_sub(1)?)?;
        self.dim.checked_mul(self.hidden)?.checked_mul(2)?.checked_add(inner)
    }
}

/// Consecutive inputs, which start at row `first` of a layer's weights.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'v> {
    pub first: usize,
    pub values: &'v [f32],
}
