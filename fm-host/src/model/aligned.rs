//! Bytes on a boundary of 16, as a blob's weights want them.

/// Bytes that start on a multiple of 16.
#[derive(Clone, Debug)]
pub struct AlignedBytes {
    memory: Vec<u128>,
    len: usize,
}

impl AlignedBytes {
    /// A copy of `bytes` in an aligned place.
    pub fn new(bytes: &[u8]) -> Self {
        let mut memory = vec![0u128; bytes.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut memory)[..bytes.len()].copy_from_slice(bytes);
        Self { memory, len: bytes.len() }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.memory)[..self.len]
    }
}
