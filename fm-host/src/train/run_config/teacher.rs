//! The teacher of a run: which one it was, and whether it fits.

use std::path::{Path, PathBuf};

use fm_nostd::blob::Contrast;
use fm_nostd::prediction::Reach;
use serde::{Deserialize, Serialize};

use super::RunConfig;
use crate::{Error, Result};

/// Which teacher was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherId {
    /// The run directory, as an absolute path.
    pub run: PathBuf,
    /// The run directory relative to the student's run directory; `None` if there is no such path.
    pub from_run: Option<String>,
    /// CRC-32 of the weights that were used to teach.
    pub id: u32,
}

impl RunConfig {
    /// Refuses a teacher whose velocity has another meaning.
    pub(super) fn check_teacher(&self, run: &Path, teacher: &Self) -> Result<()> {
        let refuse = |what: &str| {
            let run = run.display();
            Err(Error::usage("--teacher", format!("{run} {what}")))
        };
        if let Some(difference) = self.other_data(teacher) {
            return refuse(&format!("was trained {difference}; train a teacher on this data"));
        }
        if let Err(problem) = self.check_source_of(teacher) {
            return refuse(problem);
        }
        match (self.train.masks, teacher.train.masks) {
            (mine, theirs) if mine.masked != theirs.masked => {
                return refuse(match mine.masked {
                    true => {
                        "was trained without `--masked`, so no column can be known to it; train a teacher with that option"
                    }
                    false => {
                        "was trained with `--masked`, which its student needs too; use this option, or train a \
                         teacher without it"
                    }
                });
            }
            (mine, theirs) if theirs.known_prefix.is_some() && mine != theirs => {
                return refuse("was trained with another `--known-prefix`; use the same one");
            }
            _ => {}
        }
        let taught = teacher.train.objective;
        if taught.reach() == Reach::OneJump {
            return refuse(&format!(
                "predicts one jump, not a velocity (`{}`); train a teacher with `fm` or `meanflow`",
                taught.name()
            ));
        }
        if self.train.teacher_guidance != 1.0 {
            let refuse = |what: &str| {
                let run = run.display();
                Err(Error::usage("--teacher-guidance", format!("{run} was trained {what}")))
            };
            if !teacher.has_none_row() {
                return refuse(
                    "without `--label-dropout`, so it has no velocity without a condition, which guidance \
                     leads away from; train a teacher with that option, or omit this one",
                );
            }
            if teacher.field.contrast != Contrast::None {
                return refuse(
                    "with a contrast, which guidance would multiply; train a teacher with `--objective fm`, \
                     or omit this option",
                );
            }
        }
        // Pairs can be made along any path of the teacher; its velocities only belong to its own path.
        if self.train.objective.takes_pairs() {
            return Ok(());
        }
        if taught.facts().likelihood {
            return refuse(
                "was trained by maximum likelihood, so its flow leaves the path that the rows of `meanflow` \
                 are on; use `--objective reflow` or `distill`",
            );
        }
        if taught.facts().prediction.needs_path() {
            return refuse(
                "does not predict a velocity, and the velocity that follows from its output is singular \
                 at t = 0; use `--objective reflow`",
            );
        }
        if teacher.train.path != self.train.path {
            return refuse("was trained on another `--path`; use the same one");
        }
        if self.has_none_row() && !teacher.has_none_row() {
            return refuse(
                "was trained without `--label-dropout`, so it has no velocity without a condition; train a \
                 teacher with that option, or omit it",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::State;
    use crate::objective::Objective;
    use crate::train::{Checkpoint, ClassFacts, RunDir, TrainConfig, fixtures};

    /// A finished teacher in its own directory.
    fn teacher(objective: Objective, spoil: fn(&mut RunConfig)) -> tempfile::TempDir {
        let mut config = fixtures::config(objective, 10);
        spoil(&mut config);
        let dir = tempfile::tempdir().expect("a directory");
        let run = RunDir::create(dir.path(), false).expect("empty");
        run.write_config(&config).expect("writable");
        let state = State::fresh(&config.architecture, 3);
        let checkpoint = Checkpoint { config, state, step: 10, ..fixtures::checkpoint(10) };
        run.save(&checkpoint).expect("writable");
        dir
    }

    fn student(teacher: &Path) -> Result<RunConfig> {
        let train = TrainConfig {
            teacher: Some(teacher.to_owned()),
            ..fixtures::train_config(Objective::MeanFlow, 10)
        };
        RunConfig::new(train, fixtures::source(), &fixtures::plain(200))
    }

    #[test]
    fn a_teacher_of_the_same_data_is_known_by_its_weights() {
        for objective in [Objective::Fm, Objective::MeanFlow] {
            let run = teacher(objective, |_| {});
            let id = student(run.path()).expect("a teacher that fits").teacher.expect("given").id;
            let loaded = RunDir::open(run.path()).and_then(|run| run.load()).expect("whole");
            assert_eq!(id, loaded.checkpoint.id());
        }
    }

    #[test]
    fn a_teacher_of_something_else_is_refused_with_the_reason() {
        type Spoil = fn(&mut RunConfig);
        let cases: [(&str, Spoil); 7] = [
            ("one jump", |c| c.train.objective = Objective::Distill),
            ("maximum likelihood", |c| c.train.objective = Objective::Mle),
            ("singular", |c| c.train.objective = Objective::Score),
            ("columns", |c| c.facts.columns[0] = "other".to_owned()),
            ("standard deviation", |c| c.facts.standardisation.std[1] *= 2.0),
            ("condition", |c| {
                let names = vec!["one".to_owned()];
                let (column, counts) = ("kind".to_owned(), vec![200]);
                c.facts.condition.classes = Some(ClassFacts { column, names, counts });
            }),
            ("--path", |c| c.train.path = crate::path::Path::Trigonometric),
        ];
        for (reason, spoil) in cases {
            let run = teacher(Objective::Fm, spoil);
            let error = student(run.path()).expect_err(reason).to_string();
            assert!(error.starts_with("--teacher: ") && error.contains(reason), "{error}");
        }
        let missing = student(Path::new("no/such/run")).expect_err("nothing there").to_string();
        assert!(missing.contains("no/such/run"), "{missing}");
    }

    #[test]
    fn a_guided_teacher_is_recorded_or_refused_with_the_reason() {
        let student = |objective, teacher: &Path, scale| {
            let train = TrainConfig {
                teacher: Some(teacher.to_owned()),
                teacher_guidance: scale,
                ..fixtures::train_config(objective, 10)
            };
            RunConfig::new(train, fixtures::source(), &fixtures::classes(200))
        };
        let teacher = |objective, dropout, omega| {
            let mut train = fixtures::train_config(objective, 10);
            (train.label_dropout, train.meanflow.omega) = (dropout, omega);
            let config = RunConfig::new(train, fixtures::source(), &fixtures::classes(200));
            let config = config.expect("valid");
            let dir = tempfile::tempdir().expect("a directory");
            let run = RunDir::create(dir.path(), false).expect("empty");
            let state = State::fresh(&config.architecture, 3);
            run.write_config(&config).expect("writable");
            run.save(&Checkpoint { config, state, ..fixtures::checkpoint(10) }).expect("writable");
            dir
        };
        let plain = teacher(Objective::Fm, 0.1, 1.0);
        for objective in [Objective::Reflow, Objective::Distill, Objective::MeanFlow] {
            for (scale, recorded) in [(2.0, 2.0), (0.5, 0.5), (1.0, 0.0)] {
                let field = student(objective, plain.path(), scale).expect("it fits").field;
                assert_eq!(field.guidance, recorded, "{objective:?}");
            }
        }
        let guided = teacher(Objective::MeanFlow, 0.1, 3.0);
        let field = student(Objective::Reflow, guided.path(), 2.0).expect("it fits").field;
        assert_eq!(field.guidance, 6.0);
        for (objective, dropout, reason) in
            [(Objective::Fm, 0.0, "--label-dropout"), (Objective::DeltaFm, 0.1, "contrast")]
        {
            let run = teacher(objective, dropout, 1.0);
            let error = student(Objective::Reflow, run.path(), 2.0).expect_err(reason).to_string();
            let (option, way_out) = ("--teacher-guidance: ", "or omit this");
            assert!(error.starts_with(option) && error.contains(reason), "{error}");
            assert!(error.contains(way_out), "{error}");
            student(Objective::Reflow, run.path(), 1.0).expect("without guidance");
        }
    }
}
