//! Tensors whose sizes are known at run time, on any of dfdx's devices.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{CopySlice, HasErr, NoneTape, Storage, Tensor};

use crate::error::Error;

/// A vector on a device, with or without a tape.
pub type Vector<E, T = NoneTape> = Tensor<(usize,), f32, E, T>;
/// A table on a device, with or without a tape.
pub type Matrix<E, T = NoneTape> = Tensor<(usize, usize), f32, E, T>;
/// A table for each of several models, with or without a tape.
pub type Matrices<E, T = NoneTape> = Tensor<(usize, usize, usize), f32, E, T>;
/// The result of a device's operation.
pub type DeviceResult<X, E> = std::result::Result<X, <E as HasErr>::Err>;

/// Converts a device's error to ours.
pub fn failure(error: impl std::fmt::Display) -> Error {
    Error::device(format!("the compute device failed ({error}); try a smaller --batch"))
}

/// Copies a tensor's values to the host, row after row.
pub fn download<S: Shape, E: Storage<f32> + CopySlice<f32>, T>(
    tensor: &Tensor<S, f32, E, T>,
) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}
