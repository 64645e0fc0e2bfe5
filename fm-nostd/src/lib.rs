//! Flow-matching samplers.
#![no_std]
pub mod activation;
pub mod noise;
pub use activation::Activation;
/// Revision of the numbers contract.
pub const NUMBERS: u8 = 1;
