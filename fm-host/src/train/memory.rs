//! Refuses options that need more memory than the machine has, instead of aborting in the middle of the
//! work.

use sysinfo::{MemoryRefreshKind, System};

use super::RunConfig;
use crate::coupling::Coupling;
use crate::{Error, Result};

/// No allocation can be larger.
const MOST: u64 = isize::MAX as u64;

/// Refuses an option that needs more memory than is free.
pub(super) fn check(config: &RunConfig) -> Result<()> {
    check_beside(config, free())
}

/// Refuses an option that needs more than `free` bytes.
fn check_beside(config: &RunConfig, free: u64) -> Result<()> {
    match needs(config).into_iter().find(|(_, bytes)| *bytes > free) {
        Some((option, bytes)) => {
            let [needed, free] = [bytes, free].map(|bytes| bytes as f64 / 1e9);
            let problem = format!(
                "this needs {needed:.3e} GB of memory, but {free:.3} GB are free; use less"
            );
            Err(Error::usage(option, problem))
        }
        None => Ok(()),
    }
}

/// The bytes of free memory on this machine and in this container; if the system does not report it, the
/// largest possible allocation.
fn free() -> u64 {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    if system.total_memory() == 0 {
        return MOST;
    }
    // The crate's own figure for free memory is lower: it subtracts files in the cache.
    let limit = system.cgroup_limits().map(|limits| limits.total_memory.saturating_sub(limits.rss));
    system.available_memory().min(limit.unwrap_or(MOST))
}

/// The bytes that each option needs.
fn needs(config: &RunConfig) -> Vec<(&'static str, u64)> {
    let RunConfig { train, architecture, facts, .. } = config;
    let float = size_of::<f32>();
    let hidden = product(&[architecture.hidden, architecture.layers]);
    let inputs = architecture.inputs();
    let between = product(&[architecture.hidden, architecture.hidden, architecture.layers - 1]);
    let ends = product(&[architecture.hidden, inputs + architecture.data + architecture.layers]);
    let network = product(&[between.saturating_add(ends), float]);
    // Values, slopes and tangents of every layer; one gradient per 64 rows; batches prepared in advance.
    let row = product(&[hidden.saturating_mul(3).saturating_add(8 * inputs), float]);
    let mut needs = vec![
        // Live and averaged weights, two moments, the gradient, and the kernels' two copies.
        ("--hidden", product(&[network, 7])),
        ("--batch", product(&[train.batch, row.saturating_add(network / 64)])),
    ];
    let pair = (2 * architecture.data + architecture.condition) * float;
    match train.coupling {
        Coupling::Independent => {}
        Coupling::Ot | Coupling::C2ot => {
            let met = if train.transport.pool == 0 { train.batch } else { facts.rows };
            let block = train.transport.batch.min(met);
            // Costs in double precision.
            needs.push(("--ot-batch", product(&[block, block, 2 * float])));
            needs.push(("--ot-pool", product(&[train.transport.pool, pair])));
        }
    }
    if train.objective.takes_pairs() {
        needs.push(("--reflow-pairs", product(&[train.reflow.pairs, pair])));
    }
    needs.into_iter().map(|(option, bytes)| (option, bytes as u64)).collect()
}

fn product(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product, factor| product.saturating_mul(*factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::{TrainConfig, fixtures};

    #[test]
    fn the_last_byte_is_lent_and_no_more() {
        let mut train = fixtures::train_config(Objective::MeanFlow, 10);
        (train.coupling, train.transport.pool) = (Coupling::Ot, 1 << 20);
        let config = RunConfig::new(train, fixtures::source(), &fixtures::plain(200));
        let config = config.expect("16 MiB");
        // Noise and data with two values each.
        let pool = (1 << 20) * 4 * 4;
        check_beside(&config, pool).expect("as much as it takes");
        let error = check_beside(&config, pool - 1).expect_err("a byte less").to_string();
        assert!(error.starts_with("--ot-pool: this needs 1.678e-2 GB of memory"), "{error}");
    }

    #[test]
    fn what_no_machine_has_is_refused_by_name() {
        type Spoil = fn(&mut TrainConfig);
        let cases: [(&str, Spoil); 5] = [
            ("--hidden", |c| c.layers.widths = vec![1 << 40; 3]),
            ("--batch", |c| c.batch = usize::MAX),
            ("--ot-batch", |c| {
                (c.coupling, c.transport.pool) = (Coupling::Ot, 0);
                (c.batch, c.transport.batch) = (1 << 30, 1 << 30);
            }),
            ("--ot-pool", |c| (c.coupling, c.transport.pool) = (Coupling::Ot, usize::MAX)),
            ("--hidden", |c| c.layers.widths = vec![usize::MAX; 2]),
        ];
        for (option, spoil) in cases {
            let mut train = fixtures::train_config(Objective::MeanFlow, 10);
            spoil(&mut train);
            let result = RunConfig::new(train, fixtures::source(), &fixtures::plain(200));
            let error = result.expect_err(option).to_string();
            // A machine may have the memory for a batch of 2^30 rows; then the costs are refused.
            assert!(error.starts_with(option) || error.starts_with("--batch"), "{error}");
            assert!(error.contains("GB of memory"), "{error}");
        }
    }
}
