//! The run whose weights a training starts with (`--from`): which one it was, and whether it fits.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunConfig;
use crate::net::State;
use crate::train::RunDir;
use crate::{Error, Result};

/// Which run's weights were used to start. Once the training has begun, it does not need that run any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartId {
    /// The run directory, as an absolute path.
    pub run: PathBuf,
    /// CRC-32 of the weights.
    pub id: u32,
}

impl RunConfig {
    /// Refuses a run whose weights mean something else in this network.
    pub(super) fn check_start(&self, run: &Path, start: &Self) -> Result<()> {
        let refuse = |what: &str| {
            let run = run.display();
            Err(Error::usage("--from", format!("{run} {what}")))
        };
        if let Some(difference) = self.other_data(start) {
            return refuse(&format!("was trained {difference}; name a run on this data"));
        }
        if let Err(problem) = self.check_source_of(start) {
            return refuse(problem);
        }
        let [mine, theirs] = [self.train.output(), start.train.output()];
        if mine.prediction != theirs.prediction {
            let objective = start.train.objective.name();
            return refuse(&format!(
                "predicts something else (`{objective}`); name a run with the same output"
            ));
        }
        if mine.prediction.needs_path() && mine.path != theirs.path {
            return refuse("was trained on another `--path`; use the same one");
        }
        let layers = &start.train.layers;
        if self.train.layers != *layers {
            let widths: Vec<String> = layers.widths.iter().map(usize::to_string).collect();
            return refuse(&format!(
                "has other hidden layers; use `--hidden {} --activation {}`",
                widths.join(","),
                layers.activation.name()
            ));
        }
        if self.architecture.known != start.architecture.known {
            return refuse(
                "was trained on other known columns or missing cells; use `--masked` for both or for none, and the \
                 same data",
            );
        }
        match (self.has_none_row(), start.has_none_row()) {
            (true, false) => refuse("was trained without `--label-dropout`; omit this option"),
            (false, true) => refuse("was trained with `--label-dropout`; use this option too"),
            _ => Ok(()),
        }
    }

    /// Returns the state that a new training starts with: a random network, or the weights of the model of the
    /// run that `--from` names, with a fresh optimiser.
    ///
    /// # Errors
    /// If that run cannot be read, or has changed since it was checked.
    pub(in crate::train) fn first_state(&self) -> Result<State> {
        let fresh = State::fresh(&self.architecture, self.train.seed);
        let Some(start) = &self.start else { return Ok(fresh) };
        let checkpoint = RunDir::open(&start.run)?.load()?.checkpoint;
        if checkpoint.id() != start.id {
            let problem =
                "the run that `--from` names has changed since it was checked; start again";
            return Err(Error::model(&start.run, problem));
        }
        let average = checkpoint.weights().to_vec();
        Ok(State { parameters: average.clone(), average, ..fresh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Rows};
    use crate::net::HiddenLayers;
    use crate::objective::Objective;
    use crate::train::{Checkpoint, TrainConfig, fixtures};

    /// A finished run to start from.
    fn finished(train: TrainConfig, data: &Dataset) -> (tempfile::TempDir, Checkpoint) {
        let config = RunConfig::new(train, fixtures::source(), data).expect("valid");
        let folder = tempfile::tempdir().expect("a directory");
        let run = RunDir::create(folder.path(), false).expect("empty");
        run.write_config(&config).expect("writable");
        let mut state = State::fresh(&config.architecture, 3);
        // The averaged weights are not the live ones.
        state.average.iter_mut().for_each(|weight| *weight += 1.0);
        let checkpoint = Checkpoint { config, state, step: 10, ..fixtures::checkpoint(10) };
        run.save(&checkpoint).expect("writable");
        (folder, checkpoint)
    }

    fn started(train: TrainConfig, from: &Path, data: &Dataset) -> Result<RunConfig> {
        let train = TrainConfig { from: Some(from.to_owned()), ..train };
        RunConfig::new(train, fixtures::source(), data)
    }

    fn fm() -> TrainConfig {
        fixtures::train_config(Objective::Fm, 10)
    }

    #[test]
    fn the_averaged_weights_are_the_first_with_a_fresh_optimiser() {
        let data = fixtures::plain(200);
        let (folder, checkpoint) = finished(fm(), &data);
        for objective in [Objective::Fm, Objective::Mle, Objective::DeltaFm] {
            let train = fixtures::train_config(objective, 10);
            let config = started(train, folder.path(), &data).expect("it fits");
            let id = checkpoint.id();
            assert_eq!(config.start.as_ref().map(|start| start.id), Some(id));
            let state = config.first_state().expect("there");
            assert_eq!(state.parameters, checkpoint.state.average);
            assert_eq!(state.average, checkpoint.state.average);
            assert_eq!(state.step, 0);
            assert!(state.first_moment.iter().chain(&state.second_moment).all(|m| *m == 0.0));
        }
        let train = fixtures::train_config(Objective::Mle, 10);
        let mut config = started(train, folder.path(), &data).expect("it fits");
        config.start.as_mut().expect("given").id ^= 1;
        let error = config.first_state().map(|_| ()).expect_err("changed").to_string();
        assert!(error.contains("has changed"), "{error}");
    }

    #[test]
    fn a_run_that_does_not_fit_is_refused_with_the_reason() {
        let data = fixtures::plain(200);
        let (folder, _) = finished(fm(), &data);
        let refused = |train: TrainConfig, data: &Dataset, words: &str| {
            let error =
                started(train, folder.path(), data).map(|_| ()).expect_err(words).to_string();
            assert!(error.starts_with("--from: ") && error.contains(words), "{error}");
        };
        let mle = || fixtures::train_config(Objective::Mle, 10);
        refused(
            TrainConfig { layers: HiddenLayers::new(8, 3), ..mle() },
            &data,
            "--hidden 8,8 --act",
        );
        let mut other = mle();
        other.layers.activation = fm_nostd::Activation::Tanh;
        refused(other, &data, "--activation silu");
        refused(fixtures::train_config(Objective::MeanFlow, 10), &data, "something else (`fm`");
        refused(mle(), &fixtures::classes(200), "another condition");
        let renamed =
            Dataset { columns: vec!["b".to_owned(), "a".to_owned()], ..fixtures::plain(200) };
        refused(mle(), &renamed, "other columns");
        let mut wider: Vec<f32> = fixtures::plain(200).values.into_vec();
        wider.iter_mut().for_each(|x| *x *= 2.0);
        let wider = Dataset { values: Rows::from_vec(2, wider), ..fixtures::plain(200) };
        refused(mle(), &wider, "another mean or standard deviation");
        let missing = started(mle(), Path::new("no/such/run"), &data).expect_err("nothing there");
        let missing = missing.to_string();
        assert!(missing.starts_with("--from: ") && missing.contains("no/such/run"), "{missing}");

        let classes = fixtures::classes(200);
        let (folder, _) = finished(TrainConfig { label_dropout: 0.1, ..fm() }, &classes);
        let error = started(mle(), folder.path(), &classes).map(|_| ()).expect_err("no dropout");
        assert!(error.to_string().contains("with `--label-dropout`"), "{error}");
        let (folder, _) = finished(fm(), &classes);
        let train = TrainConfig { label_dropout: 0.1, ..mle() };
        let error = started(train, folder.path(), &classes).map(|_| ()).expect_err("dropout");
        assert!(error.to_string().contains("without `--label-dropout`"), "{error}");
    }
}
