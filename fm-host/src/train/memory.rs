//! Sizes that this machine does not have: refused by name, not by an abort in the middle of the work.

use std::hint::black_box;

use super::RunConfig;
use crate::coupling::Coupling;
use crate::{Error, Result};

/// Refuses the option that asks for more memory than the system would lend.
pub(super) fn check(config: &RunConfig) -> Result<()> {
    let RunConfig { train, architecture, facts, .. } = config;
    let float = size_of::<f32>();
    let hidden = product(&[architecture.hidden, architecture.layers]);
    let inputs = architecture.inputs();
    let between = product(&[architecture.hidden, architecture.hidden, architecture.layers - 1]);
    let ends = product(&[architecture.hidden, inputs + architecture.data + architecture.layers]);
    let network = product(&[between.saturating_add(ends), float]);
    // Live and averaged weights, two moments, the gradient, the kernels' two copies.
    lend("--hidden", product(&[network, 7]))?;
    // Values, slopes and tangents of every layer; a gradient for every 64 rows; batches ahead.
    let row = product(&[hidden.saturating_mul(3).saturating_add(8 * inputs), float]);
    lend("--batch", product(&[train.batch, row.saturating_add(network / 64)]))?;
    let pair = (2 * architecture.data + architecture.condition) * float;
    if train.coupling != Coupling::Independent {
        let met = if train.transport.pool == 0 { train.batch } else { facts.rows };
        let block = train.transport.batch.min(met);
        // Costs in double precision.
        lend("--ot-batch", product(&[block, block, 2 * float]))?;
        lend("--ot-pool", product(&[train.transport.pool, pair]))?;
    }
    if train.objective.takes_pairs() {
        lend("--reflow-pairs", product(&[train.reflow.pairs, pair]))?;
    }
    Ok(())
}

fn product(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product, factor| product.saturating_mul(*factor))
}

/// Asks the system for so much memory, and gives it back untouched.
fn lend(option: &'static str, bytes: usize) -> Result<()> {
    let mut room: Vec<u8> = Vec::new();
    if room.try_reserve_exact(bytes).is_ok() {
        // Else the compiler may leave out the asking.
        black_box(&room);
        return Ok(());
    }
    let gigabytes = bytes as f64 / 1e9;
    let problem = format!("that takes {gigabytes:.3e} GB of memory, which is not here; give less");
    Err(Error::usage(option, problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::{TrainConfig, fixtures};

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
            // A machine may have the memory for a batch of 2^30 rows, then it is the costs.
            assert!(error.starts_with(option) || error.starts_with("--batch"), "{error}");
            assert!(error.contains("GB of memory"), "{error}");
        }
    }
}
