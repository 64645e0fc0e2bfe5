//! How much training a table needs: the rule for the defaults, which `fm train --help` prints.
//!
//! A training's row visits (steps times rows per step) grow with a power of the number of rows up to
//! [`ENOUGH`]: few rows are soon memorised, and more rows than that add nothing that a network of this
//! size can represent. The numbers of columns and classes have no effect: on the tables that were tried
//! (2 to 256 columns, up to a hundred classes) neither needed longer training.

use clap::ValueEnum;
use indicatif::{HumanCount, HumanFloatCount};

use super::TrainConfig;
use crate::data::Dataset;
use crate::objective::{Facts, Objective, Visits};
use crate::train::Schedule;

/// The number of rows beyond which training does not grow: that of a built-in set.
const ENOUGH: usize = 131_072;
/// The fewest rows per step: with fewer a processor would idle.
const LEAST_BATCH: usize = 64;
/// How the rows per step grow with the number of rows, as a power.
const BATCH_POWER: f64 = 0.4;
/// Columns beyond which the learning rate is at most [`WIDE_RATE`].
const FEW_COLUMNS: usize = 8;
/// The highest learning rate for more than [`FEW_COLUMNS`] columns: with 30 columns, 18 million visits at
/// 0.01 end at a Fréchet distance of 0.69, and at 0.003 of 0.40.
const WIDE_RATE: f64 = 0.003;
/// The learning rate of a training that starts from another run's weights, as a share of the usual one: chosen
/// for `mle` from a flow-matching run, where the usual rate undoes what the start has learnt.
const STARTED_RATE: f64 = 0.35;
/// Batches that are assigned together (`--ot-batch`), chosen so that pairing does not dominate the time.
const BATCHES_PER_BLOCK: usize = 2;
/// The most pairs made in advance (`--ot-pool`).
const MOST_PAIRS: f64 = 131_072.0;
/// How often training visits each pair at least, if there are fewer pairs.
const VISITS_PER_PAIR: f64 = 16.0;

/// The properties of the data that decide a training's default settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// The number of training rows.
    pub rows: usize,
    /// The number of data columns.
    pub columns: usize,
    /// Whether the condition contains a vector.
    pub vector: bool,
    /// Whether paths start at rows of a source instead of noise.
    pub source: bool,
    /// Whether some columns are known.
    pub masked: bool,
}

impl DataShape {
    /// The shape of a built-in set.
    pub const BUILT_IN: Self =
        Self { rows: ENOUGH, columns: 2, vector: false, source: false, masked: false };

    /// The shape of a training set whose paths start at noise.
    pub fn of(data: &Dataset) -> Self {
        let vector = data.condition.vector.is_some();
        let (rows, columns) = (data.values.len(), data.values.dim());
        Self { rows, columns, vector, ..Self::BUILT_IN }
    }

    /// The number of rows relative to [`ENOUGH`].
    fn share(self) -> f64 {
        self.rows.clamp(1, ENOUGH) as f64 / ENOUGH as f64
    }
}

impl TrainConfig {
    /// The rule in words, one setting per line: what [`TrainConfig::defaults`] computes.
    pub fn rule() -> String {
        let share = format!("(N/{})", HumanCount(ENOUGH as u64));
        let longer = |o: &&Objective| o.facts().visits != Visits::USUAL;
        let longer: Vec<&Objective> = Objective::value_variants().iter().filter(longer).collect();
        let visits: String = longer
            .iter()
            .map(|o| {
                format!("{} for {},\n               ", o.facts().visits.in_words(&share), o.name())
            })
            .collect();
        let most = HumanFloatCount(MOST_PAIRS);
        let batch = HumanFloatCount(Visits::USUAL.batch);
        let rate = Visits::USUAL.rate;
        let rows = HumanCount(ENOUGH as u64);
        let named = |fact: fn(&Facts) -> bool| {
            let with = Objective::value_variants().iter().filter(|o| fact(o.facts()));
            with.map(|o| o.name()).collect::<Vec<_>>().join(", ")
        };
        let transported = named(|facts| facts.transport);
        let own = |words: fn(Visits) -> String| -> String {
            let visits = |o: &&Objective| o.facts().visits.batch != Visits::USUAL.batch;
            let few = Objective::value_variants().iter().filter(visits);
            few.map(|o| format!(" ({} for {})", words(o.facts().visits), o.name())).collect()
        };
        let smaller = own(|visits| visits.batch.to_string());
        let slower = own(|visits| format!("{} x sqrt(batch/{})", visits.rate, visits.batch));
        format!(
            "for N training rows (at most {rows} are counted):\n\
             steps x batch  {visits}{} for the others; steps rounded to two digits\n\
             batch          {batch}{smaller} x {share}^{BATCH_POWER} to the nearest power of two, at least {LEAST_BATCH}\n\
             lr             {rate} x sqrt(batch/{batch}){slower}, to two digits;
               on more than {FEW_COLUMNS} columns at most {WIDE_RATE}; with --from {STARTED_RATE} of that\n\
             ot-batch       {BATCHES_PER_BLOCK} x batch\n\
             ot-pool        steps x batch / {VISITS_PER_PAIR} in whole OT batches, at most {most}\n\
             warmup         {} steps, at most a tenth of all steps\n\
             coupling       ot without a condition vector ({transported}), else independent;\n               c2ot with a condition vector and --source; independent with --masked\n\
             Columns and classes do not change any other default.",
            Visits::USUAL.in_words(&share),
            Schedule::MOST_WARMUP,
        )
    }
}

/// The settings that depend on the number of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    pub steps: u64,
    pub batch: usize,
    pub lr: f32,
    pub ot_batch: usize,
    pub ot_pool: usize,
}

impl Work {
    /// The settings of `objective` for a table of this shape.
    pub fn of(objective: Objective, shape: DataShape) -> Self {
        let rule = objective.facts().visits;
        let visits = rule.at(shape.share());
        let batch = nearest_power_of_two(rule.batch * shape.share().powf(BATCH_POWER));
        let batch = batch.max(LEAST_BATCH);
        let ot_batch = BATCHES_PER_BLOCK * batch;
        let rate = rule.rate * (batch as f64 / rule.batch).sqrt();
        let wide = shape.columns > FEW_COLUMNS;
        Self {
            steps: two_digits((visits / batch as f64).max(1.0)) as u64,
            batch,
            lr: if wide { two_digits(rate).min(WIDE_RATE) } else { two_digits(rate) } as f32,
            ot_batch,
            ot_pool: pool(visits, ot_batch),
        }
    }
}

impl TrainConfig {
    /// The same training, started with the weights of another run, at a lower learning rate.
    pub fn starting_from(mut self, run: &std::path::Path) -> Self {
        self.from = Some(run.to_owned());
        self.schedule.lr = two_digits(f64::from(self.schedule.lr) * STARTED_RATE) as f32;
        self
    }
}

impl Visits {
    fn at(&self, share: f64) -> f64 {
        self.full * share.powf(self.power)
    }

    fn in_words(&self, share: &str) -> String {
        format!("{} million x {share}^{}", two_digits(self.full / 1e6), self.power)
    }
}

/// The number of pairs to make beforehand, in whole blocks of `ot_batch`.
pub(super) fn pool(visits: f64, ot_batch: usize) -> usize {
    let blocks = (visits / VISITS_PER_PAIR).min(MOST_PAIRS) / ot_batch as f64;
    ot_batch * (blocks as usize).max(1)
}

/// Rounds to a number that a person would write: 8,600 for 8,594, 0.0035 for 0.003536.
fn two_digits(x: f64) -> f64 {
    let unit = 10_f64.powi(x.log10().floor() as i32 - 1);
    // Multiplying by a small unit would give other digits than the typed number has.
    if unit < 1.0 { (x / unit).round() / unit.recip().round() } else { (x / unit).round() * unit }
}

fn nearest_power_of_two(x: f64) -> usize {
    1 << x.log2().round().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Objective; 2] = [Objective::MeanFlow, Objective::Fm];

    fn work(objective: Objective, rows: usize) -> Work {
        Work::of(objective, DataShape { rows, ..DataShape::BUILT_IN })
    }

    #[test]
    fn the_built_in_sets_train_as_published() {
        let shared =
            |steps| Work { steps, batch: 2048, lr: 0.01, ot_batch: 4096, ot_pool: 131_072 };
        assert_eq!(work(Objective::MeanFlow, ENOUGH), shared(40_000));
        for objective in [Objective::Fm, Objective::Score, Objective::Distill] {
            assert_eq!(work(objective, ENOUGH), shared(20_000));
        }
        assert_eq!(crate::data::DataSpec::new("moons").rows, ENOUGH);
    }

    #[test]
    fn work_has_no_jumps() {
        for objective in TWO {
            let visits =
                |rows| (work(objective, rows).steps * work(objective, rows).batch as u64) as f64;
            let mut rows = 16;
            while rows < 1 << 24 {
                // 2 % more rows need at most 2 % more work; rounding to two digits adds at most 5 % on
                // either side.
                let more = visits(rows + rows / 50) / visits(rows);
                assert!((0.9..1.02 * 1.11).contains(&more), "{objective:?}, {rows} rows: {more}");
                rows += rows / 50 + 1;
            }
            for columns in 1..300 {
                let wide = Work::of(objective, DataShape { columns, ..DataShape::BUILT_IN });
                let few = Work { lr: wide.lr, ..work(objective, ENOUGH) };
                assert_eq!(wide, few, "{columns} columns");
                assert_eq!(wide.lr, if columns > FEW_COLUMNS { 0.003 } else { 0.01 });
            }
            assert_eq!(work(objective, 10_000_000), work(objective, ENOUGH));
        }
    }

    #[test]
    fn small_tables_are_short_work() {
        // Iris without its held-out rows: 82 million visits took 110 s.
        let iris = work(Objective::MeanFlow, 120);
        assert!(iris.steps * (iris.batch as u64) < 1_000_000, "{iris:?}");
        for objective in TWO {
            for rows in [0, 1, 2, 20, 300, 5000, 70_000] {
                let work = work(objective, rows);
                assert!(work.steps >= 1 && work.batch >= LEAST_BATCH, "{rows} rows: {work:?}");
                assert_eq!(work.ot_pool % work.ot_batch, 0, "{rows} rows: {work:?}");
                assert!(work.ot_pool > 0, "{rows} rows: {work:?}");
            }
        }
    }

    #[test]
    fn numbers_are_written_short() {
        let pairs =
            [(8594.0, 8600.0), (40_000.0, 40_000.0), (1.0, 1.0), (0.003_536, 0.0035), (0.01, 0.01)];
        for (exact, short) in pairs {
            assert_eq!(two_digits(exact), short);
        }
        assert_eq!([45.2, 45.3, 64.0, 2048.0].map(nearest_power_of_two), [32, 64, 64, 2048]);
    }
}
