//! `fm sample --known`, and what a model tells of its known parts, on models whose weights are written by hand.

use super::by_hand::{gaussian, get, people, rows};
use super::*;

#[test]
fn samples_keep_known_values_and_depend_on_them() {
    let directory = directory();
    people(&directory);
    let sample = |known: &str, out: &str| {
        good(&directory, &format!("sample people.fm --class x --count 40 --out {out} {known}"));
        get(&directory, out)
    };
    let free = sample("", "free.csv");
    let known = sample("--known age=30,born=2001-02-03", "known.csv");
    for row in rows(&known) {
        assert_eq!((row[0], row[2], row[3]), ("30.0", "2001-02-03", "x"));
    }
    let colours = |text: &str| {
        let blue = |row: &Vec<&str>| row[1] == "blue";
        rows(text).iter().filter(|row| blue(row)).count()
    };
    let other = sample("--known age=85 --known born=1990-01-01", "other.csv");
    assert_ne!(colours(&known), colours(&other));
    let red = sample("--known colour=red", "red.csv");
    assert!(rows(&red).iter().all(|row| row[1] == "red"));
    assert!(rows(&red).iter().zip(rows(&free)).any(|(a, b)| a[0] != b[0]));
    // The same noise whatever is known, and every solver that counts steps.
    for solver in
        ["heun --steps 3", "rk4 --steps 2", "sde --steps 4", "dopri5", "euler --guidance 2"]
    {
        let options = format!("--solver {solver} --known age=30,colour=white");
        for row in rows(&sample(&options, "solved.csv")) {
            assert_eq!((row[0], row[1]), ("30.0", "white"), "{solver}");
        }
    }
    let line = "sample people.fm --class x --count 2 --out a.csv --known age=30 --json";
    assert_eq!(json(&good(&directory, line))["known"], serde_json::json!(["age"]));
}

#[test]
fn values_beyond_the_training_rows_are_kept_and_told_of() {
    let directory = directory();
    people(&directory);
    let sample = |known: &str, file: &str| {
        let line = format!("sample people.fm --class x --count 5 --out {file} --known {known}");
        let told = told(&directory, &line);
        (get(&directory, file), told)
    };
    let (beyond, told) = sample("age=95", "beyond.csv");
    let note =
        "note: column `age`: 95 is beyond the training rows; the other columns are drawn as for 90";
    assert!(told.contains(note), "{told}");
    let (limit, told) = sample("age=90", "limit.csv");
    assert!(!told.contains("note:"), "{told}");
    assert_eq!(beyond, limit.replace("90.0,", "95.0,"));
    let (_, told) = sample("born=1950-01-01", "early.csv");
    assert!(
        told.contains("1950-01-01 is beyond the training rows")
            && told.contains("as for 1990-01-01"),
        "{told}"
    );
}

#[test]
fn impossible_known_parts_are_refused_with_the_way_out() {
    let directory = directory();
    people(&directory);
    for (known, said) in [
        (
            "agee=3",
            "no column `agee` in the model (did you mean `age`?); its columns are `age`, `colour`, `born`",
        ),
        ("colour=gray", "no category `gray`; its categories are `blue`, `red`, `white`"),
        ("colour=whte", "did you mean `white`?"),
        ("colour=red,x", "no category `red,x`"),
        ("age=many", "column `age`: `many` is not a number"),
        ("age=nan", "`nan` is not a number"),
        ("age=1e99", "too large"),
        ("born=3", "`3` is not a date; write it as in `1990-01-01`"),
        ("age=30,age=31", "column `age`: it is named twice"),
        ("age", "`age` names no value; write COLUMN=VALUE"),
    ] {
        let line = format!("sample people.fm --class x --out a.csv --known {known}");
        let error = bad(&directory, &line);
        assert!(error.contains("--known") && error.contains(said), "{known}: {error}");
        assert!(!directory.path().join("a.csv").exists());
    }
    let error = bad(&directory, "sample plain.fm --class x --out a.csv --known age=30");
    assert!(error.contains("--known") && error.contains("`fm train --masked`"), "{error}");
}

#[test]
fn a_model_says_that_it_takes_known_parts() {
    let directory = directory();
    gaussian(&directory);
    people(&directory);
    let told = json(&good(&directory, "inspect gauss.fm --json"));
    assert_eq!(
        (&told["known"], &told["rust_type"]),
        (&true.into(), &"KnownOneStep<2, 6, 4>".into())
    );
    // Hidden layers twice, the memory, the slope and the sample.
    assert_eq!(told["ram_bytes"], 4 * (2 * 4 + 6 + 2 * 2));
    // Two flags, two values and the sample enter 4 units, which lead to 2 outputs; the gains read flags and values
    // and multiply the sample.
    assert_eq!(told["macs_per_evaluation"], (2 + 2 + 2) * 4 + 4 * 2 + (2 + 2) * 2 + 2);
    // Two times enter the 4 units too; 3.935 cycles for each, and ReLU is free.
    assert_eq!(told["m4f_cycles_estimate"], ((42 + 8) as f64 * 3.935) as u64);
    let told = good(&directory, "inspect people.fm");
    assert!(
        told.contains("of which any can be known") && told.contains("KnownMlp<3, 10, 8>"),
        "{told}"
    );
    assert_eq!(json(&good(&directory, "inspect plain.fm --json"))["known"], false);
    good(&directory, "export people.fm --out people.h");
    let header = get(&directory, "people.h");
    assert!(
        header.contains("#define PEOPLE_KNOWN 1\n") && header.contains("#define PEOPLE_WORK 29\n")
    );
    assert!(header.contains("#define PEOPLE_COLUMN_BORN 2\n"), "{header}");
    good(&directory, "export gauss.fm --out gauss.rs");
    let module = get(&directory, "gauss.rs");
    assert!(
        module.contains("pub type Sampler<'a> = fm_nostd::KnownOneStep<'a, 2, 6, 4>;"),
        "{module}"
    );
    assert!(module.contains("set_known"));
}
