//! `fm sample --known`, and what a model tells of its known parts, on models whose weights are written by hand.

use super::by_hand::{few, gaussian, get, people, put, rows};
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
        assert_eq!((row[0], row[2], row[3]), ("30", "2001-02-03", "x"));
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
            assert_eq!((row[0], row[1]), ("30", "white"), "{solver}");
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
    assert_eq!(beyond, limit.replace("90,", "95,"));
    let (_, told) = sample("born=1950-01-01", "early.csv");
    assert!(
        told.contains("1950-01-01 is beyond the training rows")
            && told.contains("as for 1990-01-01"),
        "{told}"
    );
}

/// What single precision or a column of days cannot hold is given back as it was given.
#[test]
fn known_values_are_written_as_they_were_given() {
    let directory = directory();
    people(&directory);
    for (known, at, text) in [
        ("age=16777217", 0, "16777217"),
        ("age=3.50e1", 0, "3.50e1"),
        ("age=123456789012345678", 0, "123456789012345678"),
        ("born=2001-02-03T04:05:06", 2, "2001-02-03T04:05:06"),
    ] {
        good(
            &directory,
            &format!("sample people.fm --class x --count 3 --out a.csv --known {known}"),
        );
        assert!(rows(&get(&directory, "a.csv")).iter().all(|row| row[at] == text), "{known}");
    }
}

/// A column with the values 0, 1 and 4: others stand for the nearest of them.
#[test]
fn a_value_that_a_column_does_not_have_stands_for_the_nearest_one() {
    let directory = directory();
    few(&directory);
    let sample = |known: &str| {
        let line = format!("sample few.fm --count 20 --out a.csv --known n={known}");
        let told = told(&directory, &line);
        let drawn =
            rows(&get(&directory, "a.csv")).iter().map(|row| row[1].to_owned()).collect::<Vec<_>>();
        (drawn, told)
    };
    let values = ["0", "1", "4"].map(|known| sample(known).0);
    assert!(values[0] != values[1] && values[1] != values[2]);
    for (known, near, at) in
        [("2.4", 1, "not among the values of"), ("2.6", 4, "not among"), ("-7", 0, "beyond")]
    {
        let (drawn, told) = sample(known);
        assert_eq!(drawn, values[near.min(2)], "{known}");
        let note = format!("note: column `n`: {known} is {at}");
        assert!(told.contains(&note) && told.contains(&format!("as for {near}")), "{told}");
    }
    put(&directory, "gap.csv", "n,x\n2.4,\n1,\n");
    let told = told(&directory, "impute few.fm gap.csv --out b.csv");
    assert!(told.contains("gap.csv, row 2, column `n`: 2.4 is not among"), "{told}");
    let imputed = get(&directory, "b.csv");
    assert!(imputed.starts_with("n,x\n2.4,"), "{imputed}");
    // A number that samples cannot be has no likelihood, and the strangest p-value.
    put(&directory, "new.csv", "n,x\n0,0.31\n1,0.12\n4,-1.25\n2,0.5\n");
    let line = "loglik few.fm --data new.csv";
    let told = told_and(&directory, line);
    assert!(
        told.1.contains("column `n`: 1 row with a value that the model cannot draw, such as 2"),
        "{}",
        told.1
    );
    assert!(
        told.0.starts_with("3 of 4 rows of ") && told.0.contains("without 1 row"),
        "{}",
        told.0
    );
    let said = json(&good(&directory, &format!("{line} --json --out each.csv")));
    assert_eq!((&said["rows"], &said["impossible_rows"]), (&3.into(), &1.into()));
    assert!(said["nll_bound_nats"].is_number());
    assert_eq!(rows(&get(&directory, "each.csv"))[3][1], "-inf");
    let line = "score few.fm new.csv --method likelihood --reference new.csv --out s.csv --json";
    json(&good(&directory, line));
    let scores = get(&directory, "s.csv");
    assert_eq!(rows(&scores)[3][1..], ["inf", "0.4"], "{scores}");
}

/// A model that always knew its first column answers no other question, as a file too.
#[test]
fn only_the_prefix_that_a_model_learnt_can_be_known() {
    let directory = directory();
    few(&directory);
    let told = good(&directory, "inspect prefix.fm");
    assert!(told.contains("of which the first must be known"), "{told}");
    assert_eq!(json(&good(&directory, "inspect prefix.fm --json"))["known_prefix"], 1);
    good(&directory, "sample prefix.fm --count 3 --out a.csv --known n=1");
    for known in ["", "--known x=1", "--known n=1,x=1"] {
        let error = bad(&directory, &format!("sample prefix.fm --count 3 --out b.csv {known}"));
        assert!(
            error
                .starts_with("fm: --known: the model was only trained with its first column known"),
            "{error}"
        );
        assert!(error.contains("just these must be known: `n`"), "{error}");
    }
    put(&directory, "gap.csv", "n,x\n1,\n");
    good(&directory, "impute prefix.fm gap.csv --out b.csv");
    put(&directory, "other.csv", "n,x\n1,\n,2\n");
    let error = bad(&directory, "impute prefix.fm other.csv --out b.csv");
    assert!(error.contains("other.csv, row 3, column `n`: the cell is missing, but"), "{error}");
    put(&directory, "whole.csv", "n,x\n1,2\n4,1.5\n");
    for line in ["loglik prefix.fm --data whole.csv", "score prefix.fm whole.csv --out s.csv"] {
        let error = bad(&directory, line);
        assert!(
            error.contains("prefix.fm: it only draws the columns after the first 1"),
            "{line}: {error}"
        );
    }
    good(&directory, "export prefix.fm --out prefix.h");
    assert!(get(&directory, "prefix.h").contains("#define PREFIX_KNOWN_PREFIX 1\n"));
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
