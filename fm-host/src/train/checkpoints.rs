//! The checkpoints in a run's directory: writes and finds them, and compares them with its configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Checkpoint, RunConfig, RunDir};
use crate::counted::counted;
use crate::{Error, Result, files};

/// How many checkpoints are kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// A checkpoint, and a report of newer ones that could not be read.
pub struct Loaded {
    /// The newest readable checkpoint.
    pub checkpoint: Checkpoint,
    /// Messages for the user: a sentence for each newer file that is damaged.
    pub damaged: Vec<String>,
}

/// The checkpoints found in a directory.
pub(super) struct Found {
    /// The newest readable checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Messages for the user: a sentence for each newer file that is damaged.
    pub damaged: Vec<String>,
}

impl RunDir {
    /// Writes a checkpoint, then removes all earlier ones but one.
    ///
    /// # Errors
    /// If the system fails.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<()> {
        let path = self.root.join(format!("checkpoint-{:010}.bin", checkpoint.step));
        let bytes = checkpoint.to_bytes().map_err(|e| Error::model(&path, e.to_string()))?;
        files::replace(&path, &bytes)?;
        let written = self.checkpoints()?.into_iter().filter(|(at, _)| *at <= checkpoint.step);
        for (_, old) in written.skip(KEPT) {
            files::remove(&old)?;
        }
        Ok(())
    }

    /// Reads the newest readable checkpoint, with the present paths of its data and teacher.
    ///
    /// # Errors
    /// If there is no readable checkpoint, or it belongs to another run.
    pub fn load(&self) -> Result<Loaded> {
        let Found { checkpoint, damaged } = self.find()?;
        if let Some(checkpoint) = checkpoint {
            return Ok(Loaded { checkpoint, damaged });
        }
        let resume = format!("`fm train --resume --out {}`", self.root.display());
        let problem = if damaged.is_empty() {
            format!("there is no checkpoint yet; {resume} starts the training")
        } else {
            let damaged = damaged.join("; ");
            format!(
                "no checkpoint can be read ({damaged}); {resume} moves them to `set-aside` and starts \
                 again from step 0"
            )
        };
        Err(Error::model(&self.root, problem))
    }

    /// Reads the newest readable checkpoint; `None` if there is none.
    ///
    /// # Errors
    /// If it belongs to another run, or reading is not permitted.
    pub fn newest(&self) -> Result<Option<Loaded>> {
        let Found { checkpoint, damaged } = self.find()?;
        Ok(checkpoint.map(|checkpoint| Loaded { checkpoint, damaged }))
    }

    /// Finds the newest readable checkpoint.
    ///
    /// # Errors
    /// If it belongs to another run, or reading is not permitted.
    pub(super) fn find(&self) -> Result<Found> {
        let mut listed = self.checkpoints()?;
        loop {
            let mut damaged = Vec::new();
            let mut gone = false;
            for (_, path) in &listed {
                match Checkpoint::read(path) {
                    Ok(mut checkpoint) => {
                        if let Ok(config) = self.config_file()? {
                            check_run(path, &checkpoint, &config)?;
                        }
                        checkpoint.config = checkpoint.config.found_from(&self.root);
                        return Ok(Found { checkpoint: Some(checkpoint), damaged });
                    }
                    Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                        return Err(Error::io("read", path, e));
                    }
                    Err(e) => {
                        gone |= e.kind() == io::ErrorKind::NotFound;
                        damaged.push(format!("{}: {e}", path.display()));
                    }
                }
            }
            let again = self.checkpoints()?;
            // A training in progress wrote two more since the list was made. A dangling link stays in
            // the list.
            if !gone || again == listed {
                return Ok(Found { checkpoint: None, damaged });
            }
            listed = again;
        }
    }

    /// Checks that every checkpoint belongs to the run with this configuration, because older ones are
    /// removed as newer ones are written.
    ///
    /// # Errors
    /// If a checkpoint belongs to another run.
    pub(super) fn check_checkpoints(&self, config: &RunConfig) -> Result<()> {
        for (_, path) in self.checkpoints()? {
            if let Ok(checkpoint) = Checkpoint::read(&path) {
                check_run(&path, &checkpoint, config)?;
            }
        }
        Ok(())
    }

    /// Restores the directory to its state after `step`: later log rows are dropped, and later
    /// checkpoints, which are unreadable, are renamed. Returns messages for the user.
    ///
    /// # Errors
    /// If the system fails.
    pub fn rewind(&self, step: u64) -> Result<Vec<String>> {
        let log = self.log_up_to(step)?;
        files::replace(&self.log_path(), &log.text)?;
        let mut notices = Vec::new();
        if log.damaged > 0 {
            let lines = counted(log.damaged, "damaged line");
            notices.push(format!("{}: dropped {lines}", self.log_path().display()));
        }
        for (_, path) in self.checkpoints()?.into_iter().filter(|(at, _)| *at > step) {
            notices.push(set_aside(&path)?);
        }
        Ok(notices)
    }

    /// Restores the directory to its state before the first step: the log, the model and the
    /// checkpoints, which are unreadable, are renamed. Returns messages for the user.
    ///
    /// # Errors
    /// If the system fails.
    pub fn restart(&self) -> Result<Vec<String>> {
        let logged = self.log_path().metadata().is_ok_and(|log| log.len() > 0);
        let model = self.model_path();
        let checkpoints = self.checkpoints()?.into_iter().map(|(_, path)| path);
        let paths = checkpoints
            .chain(logged.then(|| self.log_path()))
            .chain(model.exists().then_some(model));
        paths.map(|path| set_aside(&path)).collect()
    }

    /// Lists every checkpoint file with its step, newest first.
    pub(super) fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>> {
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
        // Also sorted by name, so that two lists of the same files are equal.
        found.sort_by(|a, b| b.cmp(a));
        Ok(found)
    }
}

/// Refuses a checkpoint that was written by a run with another configuration.
fn check_run(path: &Path, checkpoint: &Checkpoint, config: &RunConfig) -> Result<()> {
    // The run may have been given more steps since.
    let theirs = checkpoint.config.lengthened_to(config);
    let Some((field, theirs, ours)) = theirs.difference(config) else { return Ok(()) };
    let problem = format!(
        "this checkpoint belongs to another run: its `{field}` is {theirs}, but {ours} in config.json; \
         move the file that does not belong here to another directory (without config.json, the \
         checkpoint's settings apply)"
    );
    Err(Error::model(path, problem))
}

/// Renames a file so that it is not read again, and returns a message about that.
fn set_aside(path: &Path) -> Result<String> {
    Ok(format!("{} was moved to {}", path.display(), files::set_aside(path)?.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures;

    #[test]
    fn the_last_two_are_kept_and_the_newest_is_read() {
        let (_dir, run) = fixtures::run();
        for step in [0, 5, 30, 100] {
            run.save(&fixtures::checkpoint(step)).expect("writable");
        }
        let steps: Vec<u64> = run.checkpoints().expect("readable").iter().map(|c| c.0).collect();
        assert_eq!(steps, [100, 30]);
        let loaded = run.load().expect("whole");
        assert_eq!((loaded.checkpoint.step, loaded.damaged.len()), (100, 0));
    }

    #[test]
    fn a_damaged_checkpoint_falls_back_and_says_so() {
        let (_dir, run) = fixtures::run();
        run.save(&fixtures::checkpoint(1)).expect("writable");
        run.save(&fixtures::checkpoint(2)).expect("writable");
        let newest = run.checkpoints().expect("readable")[0].1.clone();
        let mut bytes = fs::read(&newest).expect("there");
        bytes[100] ^= 1;
        fs::write(&newest, &bytes).expect("writable");
        // An interrupted write leaves a file that does not count as a checkpoint.
        fs::write(run.root().join(".fm-0123456789ab.tmp"), b"half").expect("writable");
        let loaded = run.load().expect("the one before");
        assert_eq!((loaded.checkpoint.step, loaded.damaged.len()), (1, 1));
        assert!(loaded.damaged[0].contains("checkpoint-0000000002.bin: damaged"));
        let said = run.rewind(1).expect("writable");
        assert!(said[0].contains("was moved to"), "{said:?}");
        let aside = run.root().join("set-aside/checkpoint-0000000002.bin");
        assert!(!newest.exists() && fs::read(&aside).expect("kept") == bytes);
        fs::write(&run.checkpoints().expect("readable")[0].1, b"FMCKPT04").expect("writable");
        let error = run.load().map(|l| l.checkpoint.step).expect_err("none is left").to_string();
        assert!(error.contains("--resume") && !error.contains("--force"), "{error}");
        assert!(run.newest().expect("readable").is_none());
        let said = run.restart().expect("writable");
        assert!(said.len() == 1 && run.checkpoints().expect("readable").is_empty(), "{said:?}");
    }

    #[test]
    fn a_checkpoint_of_another_run_is_refused_by_name() {
        let (_dir, run) = fixtures::run();
        run.save(&fixtures::checkpoint(1)).expect("writable");
        let mut other = fixtures::checkpoint(2);
        other.config.train.schedule.lr = 0.5;
        run.save(&other).expect("writable");
        let error = run.load().map(|_| ()).expect_err("another's").to_string();
        for part in ["checkpoint-0000000002.bin", "another run:", "`--lr` is 0.5"] {
            assert!(error.contains(part), "{error}");
        }
        // A checkpoint older than the run's own would be removed.
        run.save(&fixtures::checkpoint(3)).expect("writable");
        run.load().expect("the run's own");
        let error = run
            .check_checkpoints(&fixtures::checkpoint(0).config)
            .expect_err("another's")
            .to_string();
        assert!(error.contains("checkpoint-0000000002.bin"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_and_folders_are_damage() {
        let (_dir, run) = fixtures::run();
        let at_root = |name: &str| run.root().join(name);
        std::os::unix::fs::symlink("nowhere", at_root("checkpoint-0000000009.bin")).expect("links");
        assert!(run.newest().expect("it ends").is_none());
        fs::create_dir(at_root("checkpoint-0000000008.bin")).expect("writable");
        run.save(&fixtures::checkpoint(1)).expect("writable");
        let loaded = run.load().expect("the one that is whole");
        assert_eq!((loaded.checkpoint.step, loaded.damaged.len()), (1, 2));
        assert_eq!(run.rewind(1).expect("writable").len(), 2);
        assert_eq!(run.checkpoints().expect("readable").len(), 1);
    }
}
