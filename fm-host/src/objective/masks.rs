//! Known columns: one network for every set of known columns ([`crate::docs::known_parts`]).
//!
//! Every row of a batch draws which of its columns are known. The network is told these columns and their
//! values; there, the point is the known value at every time, the velocity is 0, and no error counts. A cell
//! that is missing from the data is absent: the point is 0 there, with a flag of its own, and no error counts
//! either.
//!
//! A network only knows the sets of columns that it was trained on. For most rows, the share of known columns
//! is uniform in [0, 1] and columns are chosen at random, so that every number of known columns is equally
//! likely (as in CSDI, Tashiro et al., 2021, arXiv:2107.03502, and before it in order-agnostic density
//! estimators, Uria et al., 2014, arXiv:1310.1757). Among many columns, this hardly ever draws the sets that
//! are asked for in practice. So the other rows draw those, as inpainting networks (Ivanov et al., 2019,
//! arXiv:1806.02382) and Simformer (Gloeckler et al., 2024, arXiv:2404.09636) do: prefixes (forecasts), blocks
//! (gaps), single columns (prediction, and generation from one), and nothing (ordinary samples), with equal
//! shares because no kind is known to be asked more often.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::InputLayout;
use crate::Result;
use crate::coupling::Batch;
use crate::data::Rows;
use crate::net::Regression;
use crate::options::need;

/// Of ten rows, those whose known columns are a random share; each of the other four kinds gets one.
const SHARES: u32 = 6;

/// Options of known columns.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Known columns")]
pub struct MaskOptions {
    /// Train one model for every set of known columns, also on rows with missing cells, which are assumed to be
    /// missing at random; `fm sample --known` and `fm impute` draw the other columns
    #[arg(long)]
    pub masked: bool,
    /// Train a model whose first N columns are always known, such as the past of a forecast; implies --masked
    #[arg(long, value_name = "N")]
    pub known_prefix: Option<usize>,
}

/// Which columns are known in training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masks {
    /// Whether columns are known at all.
    pub masked: bool,
    /// If given, the first so many columns are known, and no others; else any.
    pub known_prefix: Option<usize>,
}

impl MaskOptions {
    /// Returns `base` with the given options replaced.
    pub(crate) fn over(&self, base: Masks) -> Masks {
        let known_prefix = self.known_prefix.or(base.known_prefix);
        Masks { masked: self.masked || base.masked || known_prefix.is_some(), known_prefix }
    }
}

impl Masks {
    /// Checks that columns remain to be drawn from data with this many.
    ///
    /// # Errors
    /// If there are too few columns.
    pub(crate) fn check(&self, columns: usize) -> Result<()> {
        let some =
            "a column can only be known if there is another one to draw, and the data has only one";
        need(!self.masked || columns > 1, "--masked", some)?;
        let rest =
            format!("must be from 1 to {}, so that a column remains to be drawn", columns - 1);
        let within = self.known_prefix.is_none_or(|known| (1..columns).contains(&known));
        need(within, "--known-prefix", &rest)
    }

    /// Draws which columns of each row are known: 1 for a known one, else 0. Missing cells, which are NaN, are
    /// never known, and one of the other cells of a row is always unknown (but for a prefix, whose columns are
    /// given).
    ///
    /// Shape: `x1` and the result are `[n, dim]`.
    pub fn draw(&self, x1: &Rows, rng: &mut ChaCha8Rng) -> Rows {
        let mut all = Rows::from_vec(x1.dim(), vec![0.0; x1.as_slice().len()]);
        for (i, x1) in x1.iter().enumerate() {
            let known = all.row_mut(i);
            self.fill(known, rng);
            known
                .iter_mut()
                .zip(x1)
                .filter(|(_, x)| x.is_nan())
                .for_each(|(known, _)| *known = 0.0);
            let present = x1.iter().filter(|x| !x.is_nan()).count();
            if present > 0
                && known.iter().sum::<f32>() == present as f32
                && self.known_prefix.is_none()
            {
                let forgotten = rng.random_range(0..present);
                let at = known.iter_mut().filter(|known| **known == 1.0).nth(forgotten);
                at.into_iter().for_each(|known| *known = 0.0);
            }
        }
        all
    }

    /// Draws the known columns of a row without missing cells; all may be known.
    fn fill(&self, known: &mut [f32], rng: &mut ChaCha8Rng) {
        let dim = known.len();
        if let Some(prefix) = self.known_prefix {
            return known[..prefix].fill(1.0);
        }
        match rng.random_range(0..SHARES + 4) {
            0 => {}
            1 => known[..rng.random_range(1..dim)].fill(1.0),
            2 => {
                let (a, b) = (rng.random_range(0..dim), rng.random_range(0..dim));
                invert_by_chance(known, rng)[a.min(b)..=a.max(b)].iter_mut().for_each(invert);
            }
            3 => invert(&mut invert_by_chance(known, rng)[rng.random_range(0..dim)]),
            _ => {
                let share = rng.random();
                known
                    .iter_mut()
                    .for_each(|known| *known = f32::from(u8::from(rng.random_bool(share))));
            }
        }
    }
}

fn invert(known: &mut f32) {
    *known = 1.0 - *known;
}

fn invert_by_chance<'k>(known: &'k mut [f32], rng: &mut ChaCha8Rng) -> &'k mut [f32] {
    if rng.random() {
        known.iter_mut().for_each(invert);
    }
    known
}

/// Tells the network which columns of each row are `known` and absent, and leaves only the others in the
/// regression.
///
/// A row's errors are weighted by the number of columns over the number of those that count, so that rows have
/// comparable losses whatever is known: a row's loss is its mean squared error over the cells that count, in
/// units of the loss of a whole row.
///
/// Shape: `known` is `[n, data]`.
pub(super) fn apply(
    layout: &InputLayout,
    batch: &Batch,
    known: &Rows,
    regression: &mut Regression,
) {
    let n = batch.x1.len();
    let tangents = regression.tangent.len();
    regression.mask = Rows::from_vec(layout.data, vec![0.0; n * layout.data]);
    regression.weight = Vec::with_capacity(n);
    for (i, (known, x1)) in known.iter().zip(batch.x1.iter()).enumerate() {
        layout.tell(known, x1, regression.input.row_mut(i));
        let mut count = 0;
        for (d, (known, x1)) in known.iter().zip(x1).enumerate() {
            if *known == 0.0 && !x1.is_nan() {
                regression.mask.row_mut(i)[d] = 1.0;
                count += 1;
                continue;
            }
            regression.velocity.row_mut(i)[d] = 0.0;
            if i < tangents {
                regression.tangent.row_mut(i)[layout.x().start + d] = 0.0;
            }
        }
        regression.weight.push(if count == 0 { 0.0 } else { layout.data as f32 / count as f32 });
    }
}

#[cfg(test)]
mod tests;
