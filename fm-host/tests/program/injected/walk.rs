//! Runs a command many times, each time with a fault at another one of its calls.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::SystemTime;

use fm_host::train::RunDir;

use super::strace::{self, Call, Fault, Trace};
use super::*;

const FAULTS: [Fault; 3] = [
    Fault { inject: "error=ENOSPC", said: Some("No space left on device") },
    Fault { inject: "error=EIO", said: Some("Input/output error") },
    Fault { inject: "signal=KILL", said: None },
];

/// A command, the files in the directory before it, and how to resume it after a fault.
pub struct Scene<'a> {
    pub before: &'a TempDir,
    pub line: &'a str,
    /// The command that resumes a started run; otherwise the same command is repeated.
    pub resume: Option<&'a str>,
}

/// A directory in memory, if possible, because a sync is fast there.
pub fn fast_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| directory())
}

impl Scene<'_> {
    /// Injects every fault into every write, sync and rename of the command.
    pub fn walk(&self) {
        strace::check();
        let before = results(self.before.path());
        let (d, counted) = self.count();
        let whole = State::of(d.path());
        let calls: Vec<&Call> = counted.own().filter(|call| call.name != "mkdir").collect();
        for kind in ["write", "fsync", "rename"] {
            assert!(calls.iter().any(|call| call.name.starts_with(kind)), "no {kind}");
        }
        let mut walked = [0; FAULTS.len()];
        for call in &calls {
            for (fault, walked) in FAULTS.into_iter().zip(&mut walked) {
                if counted.aims(call, fault) {
                    self.fail(call, fault, &before, &whole);
                    *walked += 1;
                }
            }
        }
        let [full, broken, killed] = walked;
        println!(
            "fm {}: of {} writes, syncs and renames, {full} met a full disk, {broken} a broken one, \
             and {killed} a kill",
            self.line,
            calls.len()
        );
        // The others have the same index as a call of another thread.
        for walked in walked {
            assert!(3 * walked >= 2 * calls.len(), "too few could be aimed at");
        }
    }

    fn start(&self) -> TempDir {
        let d = fast_directory();
        let mut copy = std::process::Command::new("cp");
        copy.arg("-a").arg(self.before.path().join(".")).arg(d.path());
        assert!(copy.status().expect("cp").success());
        d
    }

    /// Runs the command without a fault until it makes the same calls twice. On a slow machine it may print an
    /// extra line, which shifts the indices.
    fn count(&self) -> (TempDir, Trace) {
        let run = || {
            let d = self.start();
            let trace = Trace::of(&d, self.line, None);
            assert!(trace.output.status.success(), "fm {}: {}", self.line, trace.stderr());
            (d, trace)
        };
        let mut last = run();
        for _ in 0..5 {
            let next = run();
            if next.1.own().count() == last.1.own().count()
                && next.1.own().zip(last.1.own()).all(|(next, last)| next.is(last))
            {
                return next;
            }
            last = next;
        }
        panic!("fm {} makes other calls each time", self.line);
    }

    /// Runs the command with a fault at the call, and again if an extra line has shifted its index.
    fn hit(&self, call: &Call, fault: Fault) -> (TempDir, Trace) {
        let tries = (0..5).map(|_| {
            let d = self.start();
            let trace = Trace::of(&d, self.line, Some((call, fault)));
            (d, trace)
        });
        let is_hit = |trace: &Trace| trace.own().any(|other| other.struck && other.is(call));
        tries.into_iter().find(|(_, trace)| is_hit(trace)).unwrap_or_else(|| {
            panic!("fm {}: no {} at {call:?}, in no try", self.line, fault.inject)
        })
    }

    /// Injects one fault into one call, then resumes.
    fn fail(&self, call: &Call, fault: Fault, before: &Results, whole: &State) {
        let (d, trace) = self.hit(call, fault);
        let said = trace.stderr();
        let at = format!(
            "fm {}, {} at {} {} on {}: {said}",
            self.line,
            fault.inject,
            call.name,
            call.nth,
            call.file.display()
        );
        assert!(!said.contains("panicked"), "{at}");
        match fault.said {
            Some(problem) => {
                assert_eq!(trace.output.status.code(), Some(1), "{at}");
                let named = format!("{}: {problem}", call.target.display());
                // The message itself may be the write with that index.
                let heard = said.contains(&named) || trace.struck_elsewhere;
                assert!(heard, "{named} is not said: {at}");
                assert!(pending(d.path()).is_empty(), "the room is not given back: {at}");
            }
            None => assert_eq!(trace.output.status.signal(), Some(9), "{at}"),
        }
        let left = results(d.path());
        for (path, bytes) in &left {
            let is = |others: &Results| others.get(path) == Some(bytes);
            assert!(is(before) || is(&whole.results), "{} is another file: {at}", path.display());
        }
        for path in before.keys() {
            assert!(left.contains_key(path), "{} is gone: {at}", path.display());
        }
        // The previous file is still there, with the same modification time.
        for done in trace.own().filter(|call| call.renames() && !call.struck) {
            let (path, folder) = (d.path().join(&done.file), done.file.parent().expect("a folder"));
            match step(&path) {
                None => assert!(path.exists(), "{} is lost: {at}", path.display()),
                Some(step) => {
                    let (_, newest) = progress(&d.path().join(folder));
                    assert!(newest >= Some(step), "step {step} is lost: {at}");
                }
            }
        }
        let measured = draws(d.path());
        let again = self.resume.filter(|_| !runs(d.path()).is_empty()).unwrap_or(self.line);
        let output = fm(&d).env("RAYON_NUM_THREADS", "1").args(words(again)).output();
        let output = output.expect("it starts");
        let then = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !then.contains("damaged"), "{at}fm {again}: {then}");
        let now = State::of(d.path());
        for (path, bytes) in &whole.results {
            assert!(now.results.get(path) == Some(bytes), "{} differs: {at}", path.display());
        }
        assert!(now == *whole, "other files or steps: {at}");
        let now = draws(d.path());
        for draw in measured {
            assert!(now.contains(&draw), "{} was measured again: {at}", draw.0.display());
        }
    }
}

type Results = BTreeMap<PathBuf, Vec<u8>>;

/// Everything that must be equal after a fault.
#[derive(PartialEq)]
struct State {
    results: Results,
    /// The steps in the log of each run, and the step of its newest checkpoint.
    runs: BTreeMap<PathBuf, (Vec<u64>, Option<u64>)>,
    pending: Vec<PathBuf>,
}

impl State {
    fn of(root: &Path) -> Self {
        let run = |run: PathBuf| (run.strip_prefix(root).unwrap().to_owned(), progress(&run));
        let runs = runs(root).into_iter().map(run).collect();
        Self { results: results(root), runs, pending: pending(root) }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

/// The step of a checkpoint, by its name.
fn step(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("checkpoint-")?.strip_suffix(".bin")?.parse().ok()
}

fn named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
}

/// The reproducible files: all except those that contain times.
fn results(root: &Path) -> Results {
    let timed =
        |path: &PathBuf| ["checkpoint-", "log.jsonl", ".fm-"].iter().any(|s| named(path, s));
    let read = |path: PathBuf| {
        let mut bytes = fs::read(&path).expect("readable");
        if named(&path, "config.json") {
            // The path of the data differs, because each fault has its own folder.
            let mut config = json(&String::from_utf8(bytes).expect("UTF-8"));
            config["data"]["data"].take();
            bytes = config.to_string().into_bytes();
        }
        (path.strip_prefix(root).unwrap().to_owned(), bytes)
    };
    files(root).into_iter().filter(|path| !timed(path)).map(read).collect()
}

/// The temporary files.
fn pending(root: &Path) -> Vec<PathBuf> {
    files(root).into_iter().filter(|path| named(path, ".fm-")).collect()
}

/// The started runs.
fn runs(root: &Path) -> Vec<PathBuf> {
    let configs = files(root).into_iter().filter(|path| named(path, "config.json"));
    configs.map(|path| path.parent().expect("a run").to_owned()).collect()
}

/// The steps in the log, and the step of the newest checkpoint; none may be damaged.
fn progress(run: &Path) -> (Vec<u64>, Option<u64>) {
    let run = RunDir::open(run).expect("a run");
    let newest = run.newest().expect("whole").map(|loaded| {
        assert!(loaded.damaged.is_empty(), "{:?}", loaded.damaged);
        loaded.checkpoint.step
    });
    (run.log().expect("readable").iter().map(|row| row.step).collect(), newest)
}

/// The measured draws of a front, with their modification times.
fn draws(root: &Path) -> Vec<(PathBuf, SystemTime)> {
    let is_draws = |path: &PathBuf| path.extension().is_some_and(|end| end == "draws");
    let time = |path: PathBuf| {
        let time = fs::metadata(&path).and_then(|file| file.modified()).expect("a time");
        (path, time)
    };
    files(root).into_iter().filter(is_draws).map(time).collect()
}
