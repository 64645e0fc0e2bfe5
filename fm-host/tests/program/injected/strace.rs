//! Runs the program under strace: records the calls on its own files, and makes one of them fail.

use std::collections::BTreeMap;
use std::process::Output;

use super::*;

/// The calls that write files. `execve` shows the first thread, `mkdir` which folder is synced for what.
const CALLS: &str = "execve,mkdir,write,pwrite64,writev,ftruncate,fsync,fdatasync,\
                     rename,renameat,renameat2";

/// A call on a file or folder in the directory.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whether the program's first thread made it.
    pub first_thread: bool,
    pub name: String,
    /// Its index, from 1, among the calls of this name by its thread, as strace counts.
    pub nth: usize,
    /// Its file or folder, or the new name for a rename. The random name of a temporary file is omitted.
    pub file: PathBuf,
    /// The file that the program was about to write: the target of a temporary file, or the file that a
    /// folder is synced for.
    pub target: PathBuf,
    /// Whether the fault hit it.
    pub struck: bool,
}

/// The calls of one run of the program.
pub struct Trace {
    pub output: Output,
    /// All calls in the order of time, by name and index; `None` for a call that is not on a file in the
    /// directory.
    calls: Vec<(String, Option<Call>)>,
    /// Whether the fault also hit another call, such as a message on stderr.
    pub struck_elsewhere: bool,
}

/// A fault that strace injects into a call.
#[derive(Clone, Copy)]
pub struct Fault {
    /// The argument of strace's option `inject`.
    pub inject: &'static str,
    /// The system's error message; `None` if the program is killed.
    pub said: Option<&'static str>,
}

/// Checks that strace works.
pub fn check() {
    let output = std::process::Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let output = output.unwrap_or_else(|e| {
        panic!("strace does not start ({e}): `cargo xtask test --install` gets it")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    let way_out = "run this where a process may trace its children (ptrace)";
    assert!(output.status.success(), "strace cannot trace here; {way_out}: {said}");
}

impl Trace {
    /// Runs a command line with one compute thread, and with a fault at a call if one is given.
    pub fn of(d: &TempDir, line: &str, fault: Option<(&Call, Fault)>) -> Self {
        let logs = directory();
        let mut strace = std::process::Command::new("strace");
        strace.current_dir(d.path()).env("RAYON_NUM_THREADS", "1");
        // With the paths of descriptors, and with times that order the threads' logs.
        strace.args(["-qq", "-y", "-s0", "--absolute-timestamps=format:unix,precision:ns"]);
        strace.arg("-o").arg(logs.path().join("log")).arg(format!("--trace={CALLS}"));
        if let Some((call, Fault { inject, .. })) = fault {
            strace.arg(format!("--inject={}:{inject}:when={}", call.name, call.nth));
        }
        // Each thread's calls are counted from 1. If strace does not follow other threads, only the first
        // thread's calls are counted.
        if !fault.is_some_and(|(call, _)| call.first_thread) {
            strace.arg("-ff");
        }
        let output = strace.arg(env!("CARGO_BIN_EXE_fm")).args(words(line)).output();
        let entries = read(logs.path(), d);
        let struck_elsewhere = entries.iter().any(|entry| entry.struck && entry.file.is_none());
        Self { output: output.expect("strace starts"), calls: calls(entries), struck_elsewhere }
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The calls on files in the directory.
    pub fn own(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter_map(|(_, call)| call.as_ref())
    }

    /// Whether a fault can be aimed at the call: no other thread makes a call of that name and index before.
    /// An error in a message on stderr is harmless, because the program ignores it.
    pub fn aims(&self, call: &Call, fault: Fault) -> bool {
        let key = format!("{} {}", call.name, call.nth);
        let mut rivals = self.calls.iter().filter(|(other, _)| *other == key);
        let first = rivals.find(|(_, other)| fault.said.is_none() || other.is_some());
        let first = first.and_then(|(_, first)| first.as_ref());
        call.first_thread || first.is_some_and(|first| !first.first_thread && first.is(call))
    }
}

impl Call {
    /// Whether two calls of different runs are the same.
    pub fn is(&self, other: &Self) -> bool {
        let key = |call: &Self| (call.name.clone(), call.nth, call.file.clone());
        key(self) == key(other)
    }

    /// Whether it renames a file to its target.
    pub fn renames(&self) -> bool {
        self.name.starts_with("rename")
    }
}

/// A line of a log.
struct Entry {
    time: String,
    first_thread: bool,
    name: String,
    nth: usize,
    /// The file or folder, by its path in the directory; for a rename the new name.
    file: Option<PathBuf>,
    /// The old name, for a rename.
    from: Option<PathBuf>,
    struck: bool,
}

/// Reads the log of every thread.
fn read(logs: &Path, d: &TempDir) -> Vec<Entry> {
    let root = d.path().canonicalize().expect("there");
    let mut entries = Vec::new();
    for log in fs::read_dir(logs).expect("readable") {
        let text = fs::read_to_string(log.expect("readable").path()).expect("a log");
        entries.extend(thread(&text, &root));
    }
    entries.sort_by(|a, b| a.time.cmp(&b.time));
    entries
}

/// Finds the file that each call was for.
fn calls(entries: Vec<Entry>) -> Vec<(String, Option<Call>)> {
    let renamed = |entry: &Entry| Some((entry.from.clone()?, entry.file.clone()?));
    let targets: BTreeMap<PathBuf, PathBuf> = entries.iter().filter_map(renamed).collect();
    let mut last = PathBuf::new();
    let call = |entry: Entry| {
        let key = format!("{} {}", entry.name, entry.nth);
        let Entry { first_thread, name, nth, file, struck, .. } = entry;
        let call = file.map(|mut file| {
            let target = match targets.get(&file) {
                Some(target) => target.clone(),
                // A folder is synced for the file that was renamed into it.
                None if name == "fsync" && last.parent() == Some(&file) => last.clone(),
                None => file.clone(),
            };
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".fm-")) {
                file.set_file_name(".fm-");
            }
            last.clone_from(&target);
            Call { first_thread, name, nth, file, target, struck }
        });
        (key, call)
    };
    entries.into_iter().map(call).collect()
}

/// Reads the log of a thread.
fn thread(text: &str, root: &Path) -> Vec<Entry> {
    let first_thread = text.lines().next().is_some_and(|line| line.contains(" execve("));
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut entries = Vec::new();
    for line in text.lines() {
        let (time, line) = line.split_once(' ').expect("a time");
        // Other lines are about signals.
        let Some((name, rest)) = line.split_once('(').filter(|_| !line.starts_with(['+', '-']))
        else {
            continue;
        };
        let count = counts.entry(name).or_default();
        *count += 1;
        let quoted = |n: usize| rest.split('"').nth(2 * n + 1);
        let (from, path) = match name {
            "execve" => (None, None),
            "mkdir" => (None, quoted(0)),
            _ if name.starts_with("rename") => (quoted(0), quoted(1)),
            // After the descriptor.
            _ => (None, rest.split_once('<').and_then(|(_, rest)| rest.split('>').next())),
        };
        let inside = |path: &str| root.join(path).strip_prefix(root).ok().map(Path::to_owned);
        entries.push(Entry {
            time: time.to_owned(),
            first_thread,
            name: name.to_owned(),
            nth: *count,
            // Other descriptors have no path, such as `pipe:[42]`.
            file: path.filter(|path| !path.contains(":[")).and_then(inside),
            from: from.and_then(inside),
            // A killed thread's call has no result, or `?`.
            struck: line
                .rsplit_once(" = ")
                .is_none_or(|(_, result)| result == "?" || result.ends_with("(INJECTED)")),
        });
    }
    entries
}
