//! Training: from a data set and a configuration to weights in a run directory.
//!
//! [`Session::open`] starts or resumes a run; [`Trainer::run`] takes the steps; [`Together`] trains
//! several models at once. A run is a pure function of its [`RunConfig`] and the data: batch `i` depends
//! only on the seed and `i`, so a resumed run ends with the same bits as an uninterrupted one. On x86-64
//! this holds among CPUs with FMA (AVX2 and AVX-512 round alike) and among CPUs without; on a GPU, for
//! the same GPU and driver. Each checkpoint records its arithmetic ([`Checkpoint::arithmetic`]), and a
//! run that is resumed elsewhere reports the difference.

mod batch;
mod checkpoint;
mod checkpoints;
mod config;
mod facts;
mod field;
mod log;
mod memory;
mod run;
mod run_config;
mod run_rows;
mod schedule;
mod selection;
mod session;
mod source;
mod together;
mod trainer;

pub use batch::{Batches, regression_at};
pub use checkpoint::Checkpoint;
pub use checkpoints::Loaded;
pub use config::{DataShape, TrainConfig, TrainOptions};
pub use facts::{ClassFacts, ConditionFacts, DataFacts, VectorFacts};
pub use field::FieldFacts;
pub use log::{Log, LogRow};
pub use run::RunDir;
pub use run_config::{RunConfig, StartId, TeacherId};
pub use run_rows::RunRows;
pub use schedule::{Schedule, ScheduleOptions};
pub use selection::{Selected, Selector};
pub use session::{Job, Opened, Session, Start, Trained};
pub use source::SourceFacts;
pub use together::{Member, News, Together, set_config};
pub use trainer::{Outcome, Progress, Trainer};

#[cfg(test)]
pub(crate) mod fixtures;
