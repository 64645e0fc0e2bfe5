//! Flow matching at evenly spread times: one random offset per batch, and row `i` of `n` at the time
//! `offset + i / n`, less 1 where that is past 1 (Kingma et al., 2021, arXiv:2107.00630, appendix I.1).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::fm::interpolate;
use super::{Facts, InputLayout, Recipe, Teaching, Visits};
use crate::coupling::Batch;
use crate::data::Rows;
use crate::net::Regression;
use crate::path::Path;

/// Flow matching at evenly spread times, as the rest of the program uses it.
pub(super) const FACTS: Facts = Facts {
    title: "flow matching at evenly spread times",
    prediction: fm_nostd::Prediction::Velocity,
    start: 0.0,
    teaching: Teaching::None,
    paths: &Path::ALL,
    contrast: false,
    guidance: false,
    source: true,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: None,
    regression,
};

/// Inputs `[t, condition, x_t]`, velocity `dx_t`, no tangent.
fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    let layout = recipe.layout(batch);
    let n = batch.x1.len();
    let offset: f32 = rng.random();
    let mut input = Rows::from_vec(layout.inputs(), vec![0.0; n * layout.inputs()]);
    let mut velocity = Rows::from_vec(layout.data, vec![0.0; n * layout.data]);
    for i in 0..n {
        let t = (offset + i as f32 / n as f32).fract();
        let row = input.row_mut(i);
        row[InputLayout::TIME] = t;
        row[layout.condition()].copy_from_slice(batch.condition.row(i));
        let pair = [batch.x0.row(i), batch.x1.row(i)];
        interpolate(&recipe.path.at(t), pair, &mut row[layout.x()], velocity.row_mut(i));
    }
    Regression::plain(input, velocity, recipe.weighting)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use clap::ValueEnum;
    use fm_nostd::solver::Heun;
    use fm_nostd::{Draw, Field, Prediction, Sampler};

    use super::super::Objective;
    use crate::model::StoredModel;
    use crate::net::DeviceChoice;
    use crate::train::{Job, RunConfig, Session, Start, fixtures};

    /// Typed, trained, exported and sampled, with the moments of the data.
    #[test]
    fn the_new_objective_goes_the_whole_way() {
        let objective = Objective::from_str("stratified", false).expect("it can be typed");
        let data = fixtures::plain(500);
        let train = fixtures::train_config(objective, 1500);
        let config = RunConfig::new(train, fixtures::source(), &data).expect("valid");
        let directory = tempfile::tempdir().expect("a directory");
        let stop = AtomicBool::new(false);
        let job = Job {
            out: &directory.path().join("run"),
            config: &config,
            rows: (&data).into(),
            device: DeviceChoice::Cpu,
            start: Start::New,
            stop: &stop,
        };
        let mut session = Session::open(&job).expect("a new run");
        session.trainer.run(&session.run, &stop, &mut |_| {}).expect("it trains");

        let stored = StoredModel::load(session.run.root()).expect("a model");
        let model = stored.view();
        assert_eq!(model.prediction(), Prediction::Velocity);
        let width = || vec![0.0; 8];
        let field = Field::new(&model, [width(), width()], vec![]).expect("a velocity");
        let solver = Heun::new([[0.0; 2]; 2]);
        let mut sampler = Sampler::new(&model, field, solver).expect("it fits");
        let samples: Vec<[f32; 2]> = (0..2000)
            .map(|sample| {
                let mut x = [0.0; 2];
                sampler.sample(Draw { seed: 1, sample }, 16, &mut x);
                x
            })
            .collect();
        // The data is normal about (3, -1) with deviations 0.5 and 2; 8 units learn it to a tenth.
        for (d, (mean, sd)) in [(3.0, 0.5), (-1.0, 2.0)].into_iter().enumerate() {
            let n = samples.len() as f32;
            let found = samples.iter().map(|x| x[d]).sum::<f32>() / n;
            let square = samples.iter().map(|x| (x[d] - found).powi(2)).sum::<f32>() / n;
            assert!((found - mean).abs() < 0.15 * sd, "mean of {d}: {found}");
            assert!((square.sqrt() / sd - 1.0).abs() < 0.15, "deviation of {d}: {}", square.sqrt());
        }
    }
}
