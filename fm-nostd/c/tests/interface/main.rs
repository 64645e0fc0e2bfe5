//! The interface as C calls it: it draws the samples of the Rust interface and reports every mistake.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one comment covers the similar calls of a test"
)]

mod facts;
mod known;
mod mistakes;
mod models;
mod ready;
mod sampling;
