//! A new objective needs one file and an entry in the list of objectives, and does not compile if one of its facts is
//! missing.
//!
//! Both are tested on a copy of the sources, with `stratified.rs` next to this file as the objective.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const OBJECTIVE: &str = include_str!("stratified.rs");

/// The lines that a new objective adds to `objective/mod.rs`, and the text before which each is inserted.
const LINES: [(&str, &str); 3] = [
    ("mod stratified;\n", "mod teacher;\n"),
    ("    /// Flow matching at evenly spread times.\n    Stratified,\n", "}\n\nimpl Objective {\n"),
    (
        "            Self::Stratified => &stratified::FACTS,\n",
        "            Self::Score => &score::FACTS,\n",
    ),
];

/// Copies the sources without build output and hidden folders.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let (name, kind) = (entry.file_name(), entry.file_type().expect("readable"));
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && name != "target" && !hidden {
            copy(&entry.path(), &to.join(&name));
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(&name)).expect("writable");
        }
    }
}

fn cargo(at: &Path, words: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder around it");
    Command::new(env!("CARGO"))
        .current_dir(at)
        .env("CARGO_TARGET_DIR", target)
        // Optimising would take longer than the short run.
        .args(["--config", "profile.dev.package.fm-host.opt-level=0"])
        // Both crates need other options than outside, or their files would replace those of the real sources.
        .args(["--config", "profile.dev.package.fm-nostd.opt-level=0"])
        .args(words)
        .args(["--offline", "--package", "fm-host", "--lib"])
        .output()
        .expect("cargo starts")
}

#[test]
fn one_file_and_two_places_make_an_objective() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Always the same folder, so that cargo's build output is overwritten.
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-objective");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).expect("writable");
    }
    copy(root, &scratch);
    let folder = scratch.join("fm-host/src/objective");
    let list = fs::read_to_string(folder.join("mod.rs")).expect("readable");
    let list = LINES.iter().fold(list, |list, (line, before)| {
        assert_eq!(list.matches(before).count(), 1, "one place for {line:?}");
        list.replace(before, &format!("{line}{before}"))
    });
    fs::write(folder.join("mod.rs"), list).expect("writable");

    let lacking = OBJECTIVE.replace("    start: 0.0,\n", "");
    assert_ne!(lacking, OBJECTIVE);
    fs::write(folder.join("stratified.rs"), lacking).expect("writable");
    let refused = cargo(&scratch, &["check"]);
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && errors.contains("missing field `start`"), "{errors}");

    fs::write(folder.join("stratified.rs"), OBJECTIVE).expect("writable");
    let tested = cargo(&scratch, &["test", "objective::stratified"]);
    let (told, errors) =
        (String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success() && told.contains("1 passed"), "{told}\n{errors}");
}
