//! Errors name the row, the column and the option.

use super::*;

/// Every fault in a table for which the README promises a clear error.
#[test]
fn bad_tables_are_named_by_row_and_column() {
    let d = directory();
    let write = |name: &str, text: &str| {
        let path: PathBuf = d.path().join(name);
        fs::write(path, text).expect("writable");
    };
    write("text.csv", "x,y\n1,2\n3,four\n5,6\n");
    write("nan.csv", "x,y\n1,2\nNaN,4\n5,6\n");
    write("empty.csv", "");
    write("header.csv", "x,y\n");
    write("one.csv", "x,y\n1,2\n");
    write("ragged.csv", "x,y\n1,2\n3\n");
    let cases = [
        ("missing.csv", "", ["missing.csv", "No such file"]),
        ("text.csv", "--columns x,z", ["`z`", "`x`, `y`"]),
        ("text.csv", "--columns x,y", ["row 3, column `y`", "four"]),
        ("nan.csv", "", ["nan.csv: cells are missing: 1 in `x`", "row 3"]),
        ("empty.csv", "", ["empty.csv", "empty"]),
        ("header.csv", "", ["header.csv", "row"]),
        ("one.csv", "", ["one.csv", "one row"]),
        ("ragged.csv", "", ["row 3", "ragged.csv"]),
        ("nowhere", "", ["nowhere", "checkerboard"]),
    ];
    for (file, options, expected) in cases {
        let error = bad(&d, &format!("train {file} {options} --objective fm --out run {SMALL}"));
        for part in expected {
            assert!(error.contains(part), "{file} {options}: {error}");
        }
    }
    assert!(!d.path().join("run").exists(), "nothing is written for bad data");
}

#[test]
fn classes_with_gaps_are_handled() {
    let d = directory();
    let row = |i: usize| format!("{},{},{}\n", 3 * i, i * i % 17, [2, 5, 11][i % 3]);
    let text: String = std::iter::once("x,y,label\n".to_owned()).chain((0..90).map(row)).collect();
    fs::write(d.path().join("gaps.csv"), text).expect("writable");
    good(&d, &format!("train gaps.csv --class label --objective meanflow --out run {SMALL}"));
    good(&d, "sample run --class 11 --count 5 --out a.csv");
    let text = fs::read_to_string(d.path().join("a.csv")).unwrap();
    assert!(text.lines().skip(1).all(|line| line.ends_with(",11")), "{text}");
}

#[test]
fn options_are_refused_by_name() {
    let d = directory();
    for (options, named) in [
        ("--hidden 16,8", "--hidden"),
        ("--batch 1", "--batch"),
        ("--lr 0", "--lr"),
        ("--label-dropout 0.1", "--label-dropout"),
        ("--path trig", "--path"),
        ("--device cuda", "--features cuda"),
        // A negative number after an option is its value.
        ("--lr -1", "--lr: must be above 0"),
        ("--steps -1", "'-1' for '--steps <N>'"),
        ("--seeds 18446744073709551615", "--seeds <N>': 18446744073709551615 is not in 1..=1000"),
        ("--condition x,y", "--condition: every data column is a condition"),
    ] {
        let error = bad(&d, &format!("train moons --objective meanflow --out run {options}"));
        assert!(error.contains(named), "{options}: {error}");
    }
    assert!(bad(&d, "train moons --out run").contains("--objective"));
    assert!(bad(&d, "train --objective fm --out run").contains("built-in set"));
}

#[test]
fn noise_belongs_to_built_in_sets() {
    let d = directory();
    let spread = |line: &str| {
        let said = json(&good(&d, &format!("data {line} --rows 20000 --json")));
        said["max"][0].as_f64().unwrap() - said["min"][0].as_f64().unwrap()
    };
    assert!(spread("moons --noise 0.3") > spread("moons") + 0.5);
    assert_eq!(spread("moons --noise 0.05"), spread("moons"));
    assert!(bad(&d, "data checkerboard --noise 0.1").contains("no noise"));
    table(&d);
    assert!(bad(&d, "data table.csv --noise 0.1").contains("--noise"));
}

#[test]
fn sizes_of_a_front_are_refused_by_name() {
    let d = directory();
    for (options, named) in [
        ("--layers 0", "'--layers <L,L,..>': 0 is not in 1..=64"),
        ("--widths 0", "'--widths <H,H,..>': 0 is not in 1..=4096"),
        ("--widths 8,18446744073709551615", "--widths <H,H,..>"),
    ] {
        let error = bad(&d, &format!("front moons --out front {options}"));
        assert!(error.contains(named), "{options}: {error}");
    }
    assert!(!d.path().join("front").exists());
}

#[test]
fn numbers_that_leave_no_room_are_the_columns_fault() {
    let d = directory();
    let row = |i: i32| format!("{}e38,{}\n", f64::from(i % 7 - 3), 2 * i);
    let text: String = std::iter::once("x,y\n".to_owned()).chain((0..90).map(row)).collect();
    fs::write(d.path().join("large.csv"), text).expect("writable");
    let train = format!("train large.csv --objective fm --out run {SMALL}");
    let error = bad(&d, &train);
    for part in ["large.csv, column `x`", "from -3e38 to 3e38", "divide the column by 1e38"] {
        assert!(error.contains(part), "{error}");
    }
    good(&d, &format!("{train} --columns y"));
}

/// An identifier, or a numeric column, was named as the class.
#[test]
fn a_column_of_thousands_of_values_is_no_class_unasked() {
    let d = directory();
    let row = |i: u32| format!("{},{},{}\n", i % 5, i % 7, 3 * i);
    let text: String = std::iter::once("x,y,id\n".to_owned()).chain((0..2000).map(row)).collect();
    fs::write(d.path().join("ids.csv"), text).expect("writable");
    let error = bad(&d, "data ids.csv --class id");
    for part in ["column `id`", "more than 1000 different values", "`--condition id`"] {
        assert!(error.contains(part), "{error}");
    }
    let error = bad(&d, "data ids.csv --class id --max-classes 5000");
    assert!(error.contains("every row has a different class"), "{error}");
    good(&d, "data ids.csv --class x --max-classes 5");
    assert!(bad(&d, "data ids.csv --class x --max-classes 4").contains("more than 4 different"));
    good(&d, "data ids.csv --condition id");
}

/// Invalid options are refused before any work, and before any other message.
#[test]
fn a_run_in_the_way_is_told_before_pairs_are_made() {
    let d = directory();
    let train = format!("train moons --objective meanflow --out run {SMALL}");
    good(&d, &train);
    let error = bad(&d, &train);
    assert!(error.starts_with("fm: --out: run contains a run already"), "{error}");
    let error = bad(&d, "train --resume --out run --lr 0.1");
    assert!(error.starts_with("fm: --resume: `--lr` is 0.1, but the run was started"), "{error}");
}
