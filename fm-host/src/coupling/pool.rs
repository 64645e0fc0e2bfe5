//! A pool of pairs by exact optimal transport inside minibatches (OT-CFM; Tong et al. 2023).
//!
//! Blocks of data rows meet as many fresh noise rows and are assigned at least squared distance.
//! Where there are classes a block holds one class only: else noise would be sorted by class, and a
//! sample of a class would need that class's part of the noise. Vector conditions have no such
//! blocks, so they are refused.

use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::Examples;
use crate::assignment::assign;
use crate::data::Rows;
use crate::random::{Purpose, fill_normal, stream};
use crate::{Error, Result};

/// The sizes of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Rows in a block; a smaller class makes blocks of all its rows.
    pub batch: usize,
    /// Pairs in all.
    pub rows: usize,
}

/// Pairs made beforehand: noise, and the number of the example that it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Shape: `[pairs, dim]`.
    pub(super) x0: Rows,
    /// Shape: `[pairs]`.
    pub(super) index: Vec<u32>,
}

/// One block to assign: which examples, and how many of its pairs the pool takes.
struct Block {
    examples: Vec<usize>,
    take: usize,
}

impl Pool {
    /// Makes the pairs, blocks in parallel; the result is the same at any number of threads.
    ///
    /// # Errors
    /// If the condition is a vector, or a size is 0.
    pub fn ot(examples: &Examples, settings: &PoolSettings, seed: u64) -> Result<Self> {
        if settings.batch < 2 {
            return Err(Error::usage("--ot-batch", "a block needs at least 2 rows"));
        }
        if settings.rows == 0 {
            return Err(Error::usage("--ot-pool", "the pool needs at least 1 pair"));
        }
        if examples.labels.is_none() && examples.condition.dim() > 0 {
            return Err(Error::usage(
                "--coupling",
                "`ot` pairs noise with data whatever the condition is, so with a vector condition \
                 the noise would carry a part of it; use `independent`",
            ));
        }
        let blocks = plan(examples, settings, seed);
        let pairs: Vec<(Rows, Vec<u32>)> = blocks
            .par_iter()
            .enumerate()
            .map(|(i, block)| pair(examples.x1(), block, seed, i as u64))
            .collect::<Result<_>>()?;
        let mut pool = Self { x0: Rows::new(examples.x1().dim()), index: Vec::new() };
        for (x0, index) in pairs {
            for row in x0.iter() {
                pool.x0.push(row);
            }
            pool.index.extend(index);
        }
        Ok(pool)
    }
}

/// Cuts shuffled passes over each class into blocks until every class has its share of the pool.
fn plan(examples: &Examples, settings: &PoolSettings, seed: u64) -> Vec<Block> {
    let total = examples.x1().len();
    let mut blocks = Vec::new();
    let mut passes = 0;
    let mut before = 0;
    for mut members in groups(examples) {
        // Rounding the running sum keeps the shares and their total; a rare class keeps one pair.
        let share = |rows: usize| (rows as u128 * settings.rows as u128 / total as u128) as usize;
        let wanted = (share(before + members.len()) - share(before)).max(1);
        before += members.len();
        let size = settings.batch.min(members.len());
        let mut made = 0;
        while made < wanted {
            members.shuffle(&mut stream(seed, Purpose::Pass, passes));
            passes += 1;
            // What is left of a pass has its turn in another: a block has no row twice.
            for block in members.chunks_exact(size) {
                let take = size.min(wanted - made);
                if take > 0 {
                    blocks.push(Block { examples: block.to_vec(), take });
                }
                made += take;
            }
        }
    }
    blocks
}

/// The examples of each class, or all as one group.
fn groups(examples: &Examples) -> Vec<Vec<usize>> {
    let Some(labels) = &examples.labels else {
        return vec![(0..examples.x1().len()).collect()];
    };
    let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let mut groups = vec![Vec::new(); classes];
    for (i, &label) in labels.iter().enumerate() {
        groups[label as usize].push(i);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Draws a block's noise and assigns it.
fn pair(x1: &Rows, block: &Block, seed: u64, index: u64) -> Result<(Rows, Vec<u32>)> {
    let n = block.examples.len();
    let mut x0 = vec![0.0; n * x1.dim()];
    fill_normal(&mut stream(seed, Purpose::Block, index), &mut x0);
    let x0 = Rows::from_vec(x1.dim(), x0);
    let partners = assign(&x0, &x1.select(&block.examples))?.partners;
    let kept: Vec<usize> = (0..block.take).collect();
    let index = partners[..block.take].iter().map(|&j| block.examples[j] as u32).collect();
    Ok((x0.select(&kept), index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(n: usize, dim: usize) -> Rows {
        let mut values = vec![0.0; n * dim];
        fill_normal(&mut stream(11, Purpose::Block, 0), &mut values);
        Rows::from_vec(dim, values)
    }

    fn squared(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    #[test]
    fn a_block_uses_every_row_once_and_noise_once() {
        let examples = Examples::plain(normal(96, 2));
        // Three blocks of 32 are exactly one pass: every example once.
        let pool = Pool::ot(&examples, &PoolSettings { batch: 32, rows: 96 }, 1).expect("valid");
        let mut seen = pool.index.clone();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..96));
        for block in 0..3 {
            let mut drawn = vec![0.0; 64];
            fill_normal(&mut stream(1, Purpose::Block, block), &mut drawn);
            let block = block as usize;
            assert_eq!(pool.x0.as_slice()[block * 64..(block + 1) * 64], drawn);
        }
    }

    #[test]
    fn no_block_repeats_a_row_whatever_the_sizes() {
        for (rows, batch, wanted) in [(50, 32, 200), (10, 256, 77), (33, 8, 1)] {
            let blocks =
                plan(&Examples::plain(normal(rows, 1)), &PoolSettings { batch, rows: wanted }, 4);
            assert_eq!(blocks.iter().map(|b| b.take).sum::<usize>(), wanted);
            for block in blocks {
                let mut sorted = block.examples.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), batch.min(rows));
            }
        }
    }

    #[test]
    fn classes_keep_to_themselves_and_to_their_shares() {
        // Class 0 has 20 rows at -5, class 2 has 60 at +5; class 1 has none.
        let labels: Vec<u32> = (0..80).map(|i| if i % 4 == 0 { 0 } else { 2 }).collect();
        let values = labels.iter().map(|&l| if l == 0 { -5.0 } else { 5.0 }).collect();
        let examples = Examples::with_classes(Rows::from_vec(1, values), labels.clone(), 3, false);
        let pool = Pool::ot(&examples, &PoolSettings { batch: 32, rows: 1000 }, 2).expect("valid");
        let of_first: Vec<usize> =
            (0..1000).filter(|&i| labels[pool.index[i] as usize] == 0).collect();
        assert_eq!(of_first.len(), 250);
        let mean = of_first.iter().map(|&i| pool.x0.row(i)[0]).sum::<f32>() / 250.0;
        // Were classes mixed, the low class would get the low quarter of the noise: mean -1.27.
        assert!(mean.abs() < 5.0 / 250_f32.sqrt(), "{mean}");
    }

    #[test]
    fn pairs_are_nearer_than_by_chance() {
        let examples = Examples::plain(normal(512, 2));
        let pool = Pool::ot(&examples, &PoolSettings { batch: 256, rows: 512 }, 3).expect("valid");
        let mean = |shift: usize| {
            (0..512)
                .map(|i| {
                    squared(
                        pool.x0.row(i),
                        examples.x1().row(pool.index[(i + shift) % 512] as usize),
                    )
                })
                .sum::<f32>()
                / 512.0
        };
        // Two independent standard normals in 2-D are 4 apart in the mean square; assigned ones
        // are a few hundredths.
        assert!(mean(0) < 0.3 && mean(1) > 3.0, "{} {}", mean(0), mean(1));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let examples = Examples::plain(normal(300, 2));
        let settings = PoolSettings { batch: 64, rows: 1000 };
        let with = |threads| {
            let workers = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            workers.expect("threads").install(|| Pool::ot(&examples, &settings, 9)).expect("valid")
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn vector_conditions_are_refused_with_the_reason() {
        let examples = Examples::with_vectors(normal(8, 1), &normal(8, 2), false);
        let error = Pool::ot(&examples, &PoolSettings { batch: 4, rows: 8 }, 0).unwrap_err();
        assert!(error.to_string().starts_with("--coupling: `ot`"), "{error}");
    }
}
