//! A run's directory: its configuration, its log and the paths of its results.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::{Log, LogRow, RunConfig};
use crate::{Error, Result, files};

/// The directory of a run.
#[derive(Debug)]
pub struct RunDir {
    pub(super) root: PathBuf,
    /// A lock that the process that writes the run holds.
    lock: Option<File>,
}

impl RunDir {
    /// Makes a directory for a new run, to write to. With `force`, the files of an existing run are
    /// removed (and no other files).
    ///
    /// # Errors
    /// If there is a run already and `force` is not given, if another process writes to the directory,
    /// or if the system fails.
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
                    "{} contains a run already; resume it with `--resume`, use another directory, or \
                     delete that run with `--force`",
                    root.display()
                ),
            ));
        }
        // The checkpoints are removed last: if this is interrupted, the old run can still be resumed.
        for path in [run.config_path(), run.log_path(), run.model_path()] {
            files::remove(&path)?;
        }
        for (_, path) in run.checkpoints()? {
            files::remove(&path)?;
        }
        Ok(run)
    }

    /// Opens the directory of an existing run, to read it.
    ///
    /// # Errors
    /// If it does not contain a run.
    pub fn open(root: &Path) -> Result<Self> {
        let run = Self { root: root.to_owned(), lock: None };
        if let Err(e) = fs::read_dir(root)
            && e.kind() == io::ErrorKind::PermissionDenied
        {
            return Err(Error::io("read", root, e));
        }
        if run.is_empty() {
            let problem = match root.join("seed-0").exists() {
                true => {
                    "it contains the runs of `fm train --seeds`; name one of them, such as its `seed-0`, or resume \
                         all with `--seeds`"
                }
                false => {
                    "not a run: it contains neither a config.json nor a checkpoint; create a run with \
                     `fm train`"
                }
            };
            return Err(Error::model(root, problem));
        }
        Ok(run)
    }

    /// Opens the directory of an existing run, to resume it.
    ///
    /// # Errors
    /// If it does not contain a run, or another process writes to it.
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
            let problem = "another `fm train` is using this directory; wait for it, or use another \
                           `--out`";
            return Err(Error::model(&self.root, problem));
        }
        self.lock = Some(file);
        Ok(())
    }

    /// The path of the directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of the run's configuration.
    pub fn config_path(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// The path of the log, which has one [`LogRow`] per line.
    pub fn log_path(&self) -> PathBuf {
        self.root.join("log.jsonl")
    }

    /// The path of the exported model.
    pub fn model_path(&self) -> PathBuf {
        self.root.join("model.fm")
    }

    /// The path of the directory of pictures.
    pub fn plots_path(&self) -> PathBuf {
        self.root.join("plots")
    }

    /// Whether the directory contains no files of a run.
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

    /// Reads everything that decides the run from `config.json` or, if that is missing or damaged, from
    /// the newest checkpoint; with the present paths of its data and teacher.
    ///
    /// # Errors
    /// If neither can be read.
    pub fn config(&self) -> Result<RunConfig> {
        let problem = match self.config_file()? {
            Ok(config) => return Ok(config.found_from(&self.root)),
            Err(problem) => problem,
        };
        let found = self.find()?;
        match found.checkpoint {
            Some(checkpoint) => Ok(checkpoint.config),
            None => {
                let unread = [vec![problem], found.damaged].concat().join("; ");
                let problem = format!(
                    "the settings of this run are lost ({unread}); restore config.json, or train again \
                     with another `--out`"
                );
                Err(Error::model(&self.root, problem))
            }
        }
    }

    /// Reads `config.json`; the inner error describes a missing or damaged file.
    ///
    /// # Errors
    /// If reading the file is not permitted.
    pub(super) fn config_file(&self) -> Result<std::result::Result<RunConfig, String>> {
        /// More than a configuration needs that has one class for every row of a large table.
        const LARGEST: u64 = 256 << 20;
        let path = self.config_path();
        let mut json = Vec::new();
        let read = files::open(&path).and_then(|file| file.take(LARGEST).read_to_end(&mut json));
        let problem = match read {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Error::io("read", &path, e));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => "the file is missing".to_owned(),
            Err(e) => e.to_string(),
            Ok(_) => match serde_json::from_slice(&json) {
                Ok(config) => return Ok(Ok(config)),
                Err(e) => format!("damaged: {e}"),
            },
        };
        Ok(Err(format!("{}: {problem}", path.display())))
    }

    /// Writes `config.json` if its content differs, for example because the number of steps was raised;
    /// a damaged file is renamed. Returns a message for the user, if any.
    ///
    /// # Errors
    /// If the system fails.
    pub(super) fn store_config(&self, config: &RunConfig) -> Result<Option<String>> {
        let problem = match self.config_file()? {
            Ok(stored) if stored == *config => return Ok(None),
            Ok(_) => {
                self.write_config(config)?;
                return Ok(None);
            }
            Err(problem) => problem,
        };
        let path = self.config_path();
        let aside = match path.symlink_metadata() {
            Ok(_) => {
                format!(", and the old file was moved to {}", files::set_aside(&path)?.display())
            }
            Err(_) => String::new(),
        };
        self.write_config(config)?;
        Ok(Some(format!("{problem}; it was restored from the newest checkpoint{aside}")))
    }

    /// Appends a row to the log.
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

    /// Reads the log's rows so far, without damaged ones.
    ///
    /// # Errors
    /// If the system fails.
    pub fn log(&self) -> Result<Vec<LogRow>> {
        Ok(self.log_up_to(u64::MAX)?.rows)
    }

    pub(super) fn log_up_to(&self, step: u64) -> Result<Log> {
        let path = self.log_path();
        match files::open(&path).and_then(|file| Log::read(BufReader::new(file), step)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Log::default()),
            log => log.map_err(|e| Error::io("read", &path, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::train::fixtures;

    #[test]
    fn a_run_is_not_written_over_unasked() {
        let (_dir, run) = fixtures::run();
        run.save(&fixtures::checkpoint(1)).expect("writable");
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

    /// A kill right after the first removal leaves the old run, not a new one.
    #[test]
    fn a_replacement_that_was_cut_short_is_the_run_that_was_there() {
        let (_dir, run) = fixtures::run();
        run.save(&fixtures::checkpoint(7)).expect("writable");
        let root = run.root().to_owned();
        drop(run);
        fs::remove_file(root.join("config.json")).expect("there");
        let run = RunDir::resume(&root).expect("the old run");
        assert_eq!(run.config().expect("the checkpoint's"), fixtures::checkpoint(0).config);
        drop(run);
        RunDir::create(&root, false).expect_err("something is there");
        let run = RunDir::create(&root, true).expect("forced");
        run.write_config(&fixtures::checkpoint(0).config).expect("writable");
        assert!(run.newest().expect("readable").is_none());
    }

    #[test]
    fn the_configuration_comes_back() {
        let (_dir, run) = fixtures::run();
        assert_eq!(run.config().expect("readable"), fixtures::checkpoint(0).config);
        for damaged in [&b"{}"[..], b"{\"train\": \xff", b""] {
            fs::write(run.config_path(), damaged).expect("writable");
            let error = run.config().expect_err("no configuration").to_string();
            assert!(error.contains("config.json") && error.contains("another `--out`"), "{error}");
        }
        run.save(&fixtures::checkpoint(3)).expect("writable");
        assert_eq!(run.config().expect("the checkpoint's"), fixtures::checkpoint(0).config);
        let said =
            run.store_config(&fixtures::checkpoint(0).config).expect("writable").expect("damaged");
        assert!(said.contains("restored") && said.contains("set-aside"), "{said}");
        assert_eq!(run.config_file().expect("readable"), Ok(fixtures::checkpoint(0).config));
        assert_eq!(run.store_config(&fixtures::checkpoint(0).config).expect("whole"), None);
        assert_eq!(fs::read(run.root().join("set-aside/config.json")).expect("kept"), b"");
    }
}
