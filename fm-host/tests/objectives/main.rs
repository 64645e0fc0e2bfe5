//! Every objective trained on a law whose flow is known, and held against that.

mod contrast;
mod jumps;
mod losses;
mod marginals;
mod trained;
