//! Writing files: concurrently, through links, over files with special permissions, and by a program that
//! is killed.

use std::process::{Child, Stdio};

use super::*;

/// Enough samples that the program is still writing when the test looks.
const LONG: &str = "sample model.fm --count 30000000";

/// A folder with a small model in it.
fn model() -> TempDir {
    let d = directory();
    good(&d, &format!("train moons --objective meanflow --out run {SMALL}"));
    fs::copy(d.path().join("run/model.fm"), d.path().join("model.fm")).expect("a model");
    fs::remove_dir_all(d.path().join("run")).expect("ours");
    d
}

fn start(d: &TempDir, line: &str) -> Child {
    std::process::Command::new(env!("CARGO_BIN_EXE_fm"))
        .current_dir(d.path())
        .args(words(line))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

fn read(d: &TempDir, name: &str) -> Vec<u8> {
    fs::read(d.path().join(name)).expect(name)
}

fn names(d: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(d.path()).expect("readable");
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn programs_that_write_one_file_all_end_well_and_leave_a_whole_one() {
    let d = model();
    let line =
        |seed: usize, out: &str| format!("sample model.fm --count 20000 --seed {seed} --out {out}");
    let mut alone = Vec::new();
    for seed in 0..4 {
        good(&d, &line(seed, "alone.csv"));
        alone.push(read(&d, "alone.csv"));
    }
    for _ in 0..5 {
        let programs: Vec<Child> =
            (0..4).map(|seed| start(&d, &line(seed, "shared.csv"))).collect();
        for mut program in programs {
            assert!(program.wait().expect("a status").success(), "nobody is refused");
        }
        assert!(alone.contains(&read(&d, "shared.csv")), "two files are mixed");
    }
    assert_eq!(names(&d), ["alone.csv", "model.fm", "shared.csv"]);
}

/// SIGKILL in the middle of `fm sample`: the old file stays, and the next program that writes into the folder
/// removes the killed one's temporary file.
#[cfg(unix)]
#[test]
fn a_killed_sample_leaves_nothing_for_long() {
    let d = model();
    good(&d, "sample model.fm --count 10 --out a.csv");
    let before = read(&d, "a.csv");
    let mut child = start(&d, &format!("{LONG} --out a.csv"));
    while names(&d).len() == 2 {
        assert!(child.try_wait().expect("a status").is_none(), "it ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // A file that is being written is not treated as a leftover.
    good(&d, "sample model.fm --count 10 --out b.csv");
    assert_eq!(names(&d).len(), 4);
    child.kill().expect("it is our child");
    child.wait().expect("a status");
    assert_eq!(names(&d).len(), 4, "a kill leaves what it wrote");
    assert_eq!(read(&d, "a.csv"), before);
    good(&d, "sample model.fm --count 10 --out b.csv");
    assert_eq!(names(&d), ["a.csv", "b.csv", "model.fm"]);
    assert_eq!(read(&d, "a.csv"), before);
}

#[test]
fn a_users_own_files_are_not_taken_for_ours() {
    let d = model();
    fs::write(d.path().join("a.csv.tmp"), "the user's").expect("writable");
    good(&d, "sample model.fm --count 10 --out a.csv");
    assert_eq!(read(&d, "a.csv.tmp"), b"the user's");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let d = model();
    let at = |name: &str| d.path().join(name);
    // A link with a temporary file's name points to the user's own file.
    fs::write(at("precious"), "the user's").expect("writable");
    symlink("precious", at("a.csv.tmp")).expect("links");
    good(&d, "sample model.fm --count 10 --out a.csv");
    assert_eq!(read(&d, "precious"), b"the user's");
    // An output path that is a link stays a link.
    fs::create_dir(at("elsewhere")).expect("writable");
    symlink("elsewhere/b.csv", at("b.csv")).expect("links");
    for _ in 0..2 {
        good(&d, "sample model.fm --count 10 --out b.csv");
        assert!(at("b.csv").is_symlink());
        assert_eq!(read(&d, "elsewhere/b.csv"), read(&d, "a.csv"));
    }
    // A private output file stays private.
    fs::set_permissions(at("a.csv"), fs::Permissions::from_mode(0o600)).expect("ours");
    good(&d, "sample model.fm --count 20 --out a.csv");
    assert_eq!(fs::metadata(at("a.csv")).expect("there").permissions().mode() & 0o777, 0o600);
}
