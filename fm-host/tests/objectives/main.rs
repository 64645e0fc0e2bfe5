//! Trains every objective on a distribution with a known flow, and compares the model with that flow.

mod conditions;
mod contrast;
mod jumps;
mod known;
mod likelihood;
mod losses;
mod marginals;
mod sources;
mod trained;
