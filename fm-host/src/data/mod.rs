//! Data sets: where they come from, their standardisation, and what is held out.

mod rows;

pub use rows::Rows;
