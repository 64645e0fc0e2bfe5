//! Draws samples on the host: `fm-nostd`'s samplers on all cores, bit for bit as on a device.

mod conditions;
mod dopri5;
mod drawing;
mod known;
mod method;
mod output;
mod refusal;
mod request;
mod start;
mod states;
mod steps;
mod stream;
mod tile;

pub use conditions::{Classes, Conditions, SampleCondition, Shares};
pub use dopri5::{Dopri5, LEAST_TOLERANCE};
pub use known::{KnownCells, Memory};
pub(crate) use known::{UNMASKED, other_prefix};
pub use method::Method;
pub use output::Drawn;
pub(crate) use refusal::{condition_error, field_error};
pub use request::{ContrastHandling, Request};
pub use start::{Start, comparable};
pub use states::{states, velocities};
pub use steps::Steps;
pub use stream::Labels;
pub(crate) use stream::stream;

use fm_nostd::Model;
use rayon::prelude::*;

use crate::Result;
use crate::data::Rows;
use drawing::Drawing;

/// Draws samples in the data's units, bit for bit those of a device with the same seed.
///
/// Shape: `[count, dim]`.
///
/// # Errors
/// If the model does not support the request; the error names the option and the way out.
pub fn draw(model: &Model<'_>, request: &Request) -> Result<Rows> {
    Ok(draw_counted(model, request)?.0)
}

/// [`draw`], and the number of evaluations of the network for all samples together. Guidance evaluates it
/// twice per velocity.
///
/// # Errors
/// As [`draw`].
pub fn draw_counted(model: &Model<'_>, request: &Request) -> Result<(Rows, u64)> {
    request.check(model)?;
    draw_checked(model, request)
}

/// [`draw_counted`] of a request whose steps may end before time 1.
fn draw_checked(model: &Model<'_>, request: &Request) -> Result<(Rows, u64)> {
    let dim = model.dim();
    let mut samples = vec![0.0; request.count * dim];
    // Large enough that building a sampler costs nothing, small enough to keep every core busy.
    const CHUNK: usize = 256;
    let tiles = tile::TiledNetwork::new(model, request);
    let chunks = samples.par_chunks_mut(CHUNK * dim).enumerate();
    let drawn = chunks.map(|(chunk, rows)| {
        Drawing { model, request, tiles: tiles.as_ref(), first: chunk * CHUNK }.all(rows)
    });
    let evaluations = drawn.try_reduce(|| 0, |a, b| Ok(a + b))?;
    Ok((Rows::from_vec(dim, samples), evaluations))
}
