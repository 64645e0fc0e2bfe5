//! A data set, a training, a blob and a sample, all from code.
//!
//! `cargo run --release --example train_from_code`

use std::sync::atomic::AtomicBool;

use fm_host::data::{self, DataSpec};
use fm_host::model::StoredModel;
use fm_host::net::{DeviceChoice, HiddenLayers};
use fm_host::objective::Objective;
use fm_host::train::{DataShape, Job, Progress, RunConfig, Session, Start, TrainConfig};
use fm_nostd::{Draw, OneStep};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = DataSpec { rows: 4096, ..DataSpec::new("moons") };
    let split = data::load(&source)?;
    let mut train = TrainConfig::defaults(Objective::MeanFlow, DataShape::of(&split.train));
    train.schedule = train.schedule.with_steps(500);
    train.layers = HiddenLayers::new(32, 2);
    train.transport.pool = 4096;
    let config = RunConfig::new(train, source, &split.train)?;
    let directory = tempfile::tempdir()?;
    let stop = AtomicBool::new(false);
    let job = Job {
        out: &directory.path().join("run"),
        config: &config,
        rows: (&split.train).into(),
        device: DeviceChoice::Auto,
        start: Start::New,
        stop: &stop,
    };
    let mut session = Session::open(&job)?;
    session.trainer.run(&session.run, &stop, &mut |progress| {
        if let Progress::Row(row) = progress {
            println!("step {:>4}  loss {:.3}", row.step, row.loss);
        }
    })?;

    let stored = StoredModel::load(session.run.root())?;
    let model = stored.view();
    let mut moons = OneStep::<2, 0, 32>::new(&model)?;
    for sample in 0..5 {
        println!("{:?}", moons.sample(Draw { seed: 1, sample }));
    }
    Ok(())
}
