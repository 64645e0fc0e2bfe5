//! The teacher's pairs `(eps, x1 = ODE(eps))` (rectified flow; Liu et al., 2022, arXiv:2209.03003).
//!
//! `reflow` is flow matching on them: the teacher's flow is a function, so the lines cross less and
//! fewer steps follow them. The run it makes can teach the next one.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::RngExt;

use super::Teacher;
use crate::coupling::{Examples, Pairs};
use crate::data::Rows;
use crate::random::{Purpose, fill_normal, stream};
use crate::{Error, Result};

/// Pairs that are carried through the network at once.
const BLOCK: usize = 4096;

/// `count` pairs along `teacher`'s flow, each under the condition of a random example.
///
/// # Errors
/// If the device fails, or `stop` is set meanwhile.
///
/// # Panics
/// If the teacher's data or condition has another width.
pub fn pairs(
    teacher: &Teacher,
    examples: &Examples,
    count: usize,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Pairs> {
    let dim = examples.x1().dim();
    let (mut x0, mut x1, mut index) = (Vec::new(), Vec::new(), Vec::new());
    for (block, start) in (0..count).step_by(BLOCK).enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::stopped("the pairs were not all made"));
        }
        let rows = BLOCK.min(count - start);
        let mut rng = stream(seed, Purpose::Taught, block as u64);
        let mut noise = vec![0.0; rows * dim];
        fill_normal(&mut rng, &mut noise);
        let chosen: Vec<usize> =
            (0..rows).map(|_| rng.random_range(0..examples.x1().len())).collect();
        let noise = Rows::from_vec(dim, noise);
        let ends = teacher.flow(&noise, &examples.condition().select(&chosen))?;
        x0.extend(noise.into_vec());
        x1.extend(ends.into_vec());
        index.extend(chosen);
    }
    let ends = examples.conditions_of(&index, Rows::from_vec(dim, x1));
    Ok(Pairs::made(ends, Rows::from_vec(dim, x0)))
}
