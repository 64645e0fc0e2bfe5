//! A run's directory: its configuration, its log, its checkpoints, and where its results go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Checkpoint, LogRow, RunConfig, log};
use crate::{Error, Result, files};

/// How many checkpoints are kept: the newest, and the one to fall back to.
const KEPT: usize = 2;

/// The directory of a run.
#[derive(Debug)]
pub struct RunDir {
    root: PathBuf,
    /// Held by the one who writes.
    lock: Option<File>,
}

/// A checkpoint, and the newer ones that could not be read.
pub struct Loaded {
    /// The newest that is whole.
    pub checkpoint: Checkpoint,
    /// For the user: a sentence for each newer file that is damaged.
    pub damaged: Vec<String>,
}

impl RunDir {
    /// A directory for a new run, to write into. With `force`, the files of a run that lies there are
    /// removed (and nothing else).
    ///
    /// # Errors
    /// If a run lies there and `force` is not given, if another process writes there, or the system
    /// fails.
    pub fn create(root: &Path, force: bool) -> Result<Self> {
        files::create_dir(root)?;
        let mut run = Self { root: root.to_owned(), lock: None };
        run.take_lock()?;
        if run.is_empty() {
            return Ok(run);
        }
        if !force {
            return Err(Error::usage(
                "--out",
                format!(
                    "{} holds a run already; go on with it by `--resume`, replace it by \
                     `--force`, or name another directory",
                    root.display()
                ),
            ));
        }
        // Without its configuration it is no run any more: a half-removed one is never gone on with.
        for path in [run.config_path(), run.log_path(), run.model_path()] {
            files::remove(&path)?;
        }
        for (_, path) in run.checkpoints()? {
            files::remove(&path)?;
        }
        Ok(run)
    }

    /// The directory of a run that is there, to read.
    ///
    /// # Errors
    /// If it holds no run.
    pub fn open(root: &Path) -> Result<Self> {
        let run = Self { root: root.to_owned(), lock: None };
        if run.config_path().exists() {
            return Ok(run);
        }
        let problem = if run.is_empty() {
            "not a run: there is no config.json; `fm train` makes one"
        } else {
            "not a whole run: its config.json is gone, as when `--force` is cut short; put it back, \
             or train anew with `fm train --force`"
        };
        Err(Error::model(root, problem))
    }

    /// The directory of a run that is there, to go on with.
    ///
    /// # Errors
    /// If it holds no run, or another process writes there.
    pub fn resume(root: &Path) -> Result<Self> {
        let mut run = Self::open(root)?;
        run.take_lock()?;
        Ok(run)
    }

    fn take_lock(&mut self) -> Result<()> {
        let path = self.root.join("lock");
        let failed = |e| Error::io("write", &path, e);
        let options = File::options().write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(failed)?;
        if !files::lock(&file).map_err(failed)? {
            let problem = "another `fm train` works in this directory; wait for it, or give this \
                           one its own `--out`";
            return Err(Error::model(&self.root, problem));
        }
        self.lock = Some(file);
        Ok(())
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All that decides the run.
    pub fn config_path(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// One [`LogRow`] a line.
    pub fn log_path(&self) -> PathBuf {
        self.root.join("log.jsonl")
    }

    /// The exported model.
    pub fn model_path(&self) -> PathBuf {
        self.root.join("model.fm")
    }

    /// The directory of the pictures.
    pub fn plots_path(&self) -> PathBuf {
        self.root.join("plots")
    }

    /// Whether nothing of a run lies there.
    fn is_empty(&self) -> bool {
        let checkpoints = self.checkpoints().is_ok_and(|found| !found.is_empty());
        !self.config_path().exists() && !checkpoints
    }

    /// Writes `config.json`.
    ///
    /// # Errors
    /// If the system fails.
    pub fn write_config(&self, config: &RunConfig) -> Result<()> {
        let path = self.config_path();
        let mut json =
            serde_json::to_vec_pretty(config).map_err(|e| Error::io("write", &path, e.into()))?;
        json.push(b'\n');
        files::replace(&path, &json)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// If it cannot be read or is none.
    pub fn config(&self) -> Result<RunConfig> {
        let path = self.config_path();
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        serde_json::from_str(&text).map_err(|e| {
            Error::model(&path, format!("{e}; `fm train` writes this file, do not edit it"))
        })
    }

    /// Adds a row to the log.
    ///
    /// # Errors
    /// If the system fails.
    pub fn append_log(&self, row: &LogRow) -> Result<()> {
        let path = self.log_path();
        let append = || {
            let line = serde_json::to_string(row)? + "\n";
            OpenOptions::new().create(true).append(true).open(&path)?.write_all(line.as_bytes())
        };
        append().map_err(|e| Error::io("write", &path, e))
    }

    /// The log's rows so far.
    ///
    /// # Errors
    /// If the system fails.
    pub fn log(&self) -> Result<Vec<LogRow>> {
        let text = self.log_text()?;
        Ok(log::up_to(&text, u64::MAX)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect())
    }

    fn log_text(&self) -> Result<String> {
        let path = self.log_path();
        match fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            text => text.map_err(|e| Error::io("read", &path, e)),
        }
    }

    /// Makes the directory as it was after `step`: later log rows go, and later checkpoints, which
    /// nobody could read, are set aside.
    ///
    /// # Errors
    /// If the system fails.
    pub fn rewind(&self, step: u64) -> Result<()> {
        let text = self.log_text()?;
        files::replace(&self.log_path(), log::up_to(&text, step).as_bytes())?;
        for (_, path) in self.checkpoints()?.into_iter().filter(|(at, _)| *at > step) {
            let aside = path.with_extension("damaged");
            fs::rename(&path, &aside).map_err(|e| Error::io("rename", &path, e))?;
        }
        Ok(())
    }

    /// Writes a checkpoint, then removes all but the newest two.
    ///
    /// # Errors
    /// If the system fails.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<()> {
        let path = self.root.join(format!("checkpoint-{:010}.bin", checkpoint.step));
        let bytes = checkpoint.to_bytes().map_err(|e| Error::model(&path, e.to_string()))?;
        files::replace(&path, &bytes)?;
        for (_, old) in self.checkpoints()?.into_iter().skip(KEPT) {
            files::remove(&old)?;
        }
        Ok(())
    }

    /// Reads the newest checkpoint that is whole.
    ///
    /// # Errors
    /// If there is none.
    pub fn load(&self) -> Result<Loaded> {
        self.newest()?.ok_or_else(|| {
            let problem = "there is no checkpoint yet; `fm train --resume` begins the training";
            Error::model(&self.root, problem)
        })
    }

    /// Reads the newest checkpoint that is whole; `None` where none was written yet.
    ///
    /// # Errors
    /// If there are some and none is whole.
    pub fn newest(&self) -> Result<Option<Loaded>> {
        let mut damaged = Vec::new();
        let mut superseded = false;
        for (_, path) in self.checkpoints()? {
            let read = fs::read(&path);
            // A training goes on and has written two more since the list was made.
            superseded |= read.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
            let read = read.map_err(|e| e.to_string());
            match read.and_then(|bytes| Checkpoint::from_bytes(&bytes)) {
                Ok(checkpoint) => return Ok(Some(Loaded { checkpoint, damaged })),
                Err(problem) => damaged.push(format!("{}: {problem}", path.display())),
            }
        }
        if superseded {
            return self.newest();
        }
        if damaged.is_empty() {
            return Ok(None);
        }
        let damaged = damaged.join("; ");
        let problem = format!("no checkpoint can be read ({damaged}); train anew with `--force`");
        Err(Error::model(&self.root, problem))
    }

    /// Every checkpoint file with its step, newest first.
    fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        let mut list = || {
            for entry in fs::read_dir(&self.root)? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let step = name.strip_prefix("checkpoint-").and_then(|n| n.strip_suffix(".bin"));
                if let Some(step) = step.and_then(|step| step.parse().ok()) {
                    found.push((step, path));
                }
            }
            Ok(())
        };
        list().map_err(|e| Error::io("read", &self.root, e))?;
        found.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::State;
    use crate::objective::Objective;
    use crate::train::fixtures;

    fn at(step: u64) -> Checkpoint {
        let config = fixtures::config(Objective::Fm, 10);
        let state = State::fresh(&config.architecture, 1);
        Checkpoint { config, state, step, seconds: 0.0 }
    }

    fn run() -> (tempfile::TempDir, RunDir) {
        let dir = tempfile::tempdir().expect("a directory");
        let run = RunDir::create(&dir.path().join("a/run"), false).expect("a new run");
        run.write_config(&at(0).config).expect("writable");
        (dir, run)
    }

    #[test]
    fn the_last_two_are_kept_and_the_newest_is_read() {
        let (_dir, run) = run();
        for step in [0, 5, 30, 100] {
            run.save(&at(step)).expect("writable");
        }
        let steps: Vec<u64> = run.checkpoints().expect("readable").iter().map(|c| c.0).collect();
        assert_eq!(steps, [100, 30]);
        let loaded = run.load().expect("whole");
        assert_eq!((loaded.checkpoint.step, loaded.damaged.len()), (100, 0));
    }

    #[test]
    fn a_damaged_checkpoint_falls_back_and_says_so() {
        let (_dir, run) = run();
        run.save(&at(1)).expect("writable");
        run.save(&at(2)).expect("writable");
        let newest = run.checkpoints().expect("readable")[0].1.clone();
        let mut bytes = fs::read(&newest).expect("there");
        bytes[100] ^= 1;
        fs::write(&newest, &bytes).expect("writable");
        // What an interrupted write leaves is no checkpoint at all.
        fs::write(run.root().join("checkpoint-0000000003.bin.tmp"), b"half").expect("writable");
        let loaded = run.load().expect("the one before");
        assert_eq!((loaded.checkpoint.step, loaded.damaged.len()), (1, 1));
        assert!(loaded.damaged[0].contains("checkpoint-0000000002.bin: damaged"));
        run.rewind(1).expect("writable");
        assert!(!newest.exists() && newest.with_extension("damaged").exists());
        fs::write(&run.checkpoints().expect("readable")[0].1, b"FMCKPT01").expect("writable");
        let error = run.load().map(|l| l.checkpoint.step).expect_err("none is left").to_string();
        assert!(error.contains("--force"), "{error}");
    }

    #[test]
    fn a_run_is_not_written_over_unasked() {
        let (_dir, run) = run();
        run.save(&at(1)).expect("writable");
        fs::write(run.root().join("mine.txt"), b"the user's").expect("writable");
        let refused = |force| RunDir::create(run.root(), force).expect_err("locked").to_string();
        for force in [false, true] {
            assert!(refused(force).contains("another `fm train`"), "{}", refused(force));
        }
        let error = RunDir::resume(run.root()).expect_err("locked").to_string();
        assert!(error.contains("another `fm train`"), "{error}");
        RunDir::open(run.root()).and_then(|run| run.load()).expect("reading needs no lock");
        let root = run.root().to_owned();
        drop(run);
        let error = RunDir::create(&root, false).expect_err("a run is there").to_string();
        assert!(error.contains("--resume") && error.contains("--force"), "{error}");
        let run = RunDir::create(&root, true).expect("forced");
        assert!(run.root().join("mine.txt").exists());
        assert!(run.checkpoints().expect("readable").is_empty());
        assert!(RunDir::open(run.root()).is_err());
    }

    #[test]
    fn a_replacement_that_was_cut_short_is_no_run() {
        let (_dir, run) = run();
        run.save(&at(7)).expect("writable");
        let root = run.root().to_owned();
        drop(run);
        // What a kill right after the first removal leaves.
        fs::remove_file(root.join("config.json")).expect("there");
        let error = RunDir::resume(&root).expect_err("no run").to_string();
        assert!(error.contains("cut short") && error.contains("--force"), "{error}");
        // A new run must not mistake the old checkpoint for its own, newer one.
        RunDir::create(&root, false).expect_err("something is there");
        let run = RunDir::create(&root, true).expect("forced");
        run.write_config(&at(0).config).expect("writable");
        assert!(run.newest().expect("readable").is_none());
    }

    #[test]
    fn the_configuration_comes_back() {
        let (_dir, run) = run();
        assert_eq!(run.config().expect("readable"), at(0).config);
        fs::write(run.config_path(), "{}").expect("writable");
        let error = run.config().expect_err("no configuration").to_string();
        assert!(error.contains("config.json"), "{error}");
    }
}
