//! What the network needs of a device.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{HasErr, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::loss;
use super::optimiser::Optimiser;
use super::regression::Regression;
use crate::data::Rows;
use crate::error::Error;

/// A vector on a device, with or without a tape.
pub type Vector<E, T = dfdx::tensor::NoneTape> = Tensor<(usize,), f32, E, T>;
/// A table on a device, with or without a tape.
pub type Matrix<E, T = dfdx::tensor::NoneTape> = Tensor<(usize, usize), f32, E, T>;
/// The loss on its tape, and the sum over the rows of `|e|^2` where the loss is not its mean.
pub type Losses<E, T> = (Tensor<Rank0, f32, E, T>, Option<Tensor<Rank0, f32, E>>);
/// How a device's operation ends.
pub type DeviceResult<X, E> = std::result::Result<X, <E as HasErr>::Err>;

/// One network's forward pass and derivative on one device, and the optimiser that suits it.
pub trait Compute {
    /// Where the numbers are.
    type Device: Device<f32>;
    /// What moves the parameters there.
    type Optimiser: Optimiser<Self::Device>;

    /// The device.
    fn device(&self) -> &Self::Device;

    /// The output `u`, with the tape of `theta`, and, without a tape, its derivative `du` along
    /// `tangent` in the first `m` rows: forward mode, which shares the pass and needs no gradient.
    ///
    /// Shape: `theta [parameters]`, `input [n, inputs]`, `tangent [m, inputs]` to
    /// `u [n, data]`, `du [m, data]`.
    ///
    /// # Errors
    /// If the device fails.
    #[allow(clippy::type_complexity)] // two tensors, one of them optional
    fn forward_jvp<T: Tape<f32, Self::Device>>(
        &self,
        theta: Vector<Self::Device, T>,
        input: &Matrix<Self::Device>,
        tangent: Option<&Matrix<Self::Device>>,
    ) -> DeviceResult<(Matrix<Self::Device, T>, Option<Matrix<Self::Device>>), Self::Device>;

    /// The loss that [`Regression`] defines.
    ///
    /// # Errors
    /// If the device fails.
    fn loss<T: Tape<f32, Self::Device>>(
        &self,
        theta: Vector<Self::Device, T>,
        regression: &Regression,
    ) -> DeviceResult<Losses<Self::Device, T>, Self::Device> {
        loss::in_operations(self, theta, regression)
    }
}

/// A device's error in our words.
pub fn failure(error: impl std::fmt::Display) -> Error {
    Error::device(format!("the compute device failed ({error}); try a smaller --batch"))
}

/// A tensor's numbers on the host, row after row.
pub fn download<S: Shape, E: Storage<f32> + dfdx::tensor::CopySlice<f32>, T>(
    tensor: &Tensor<S, f32, E, T>,
) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

/// A table of the host's on a device.
pub fn upload<E: Device<f32>>(device: &E, rows: &Rows) -> DeviceResult<Matrix<E>, E> {
    device.try_tensor_from_vec(rows.as_slice().to_vec(), (rows.len(), rows.dim()))
}
