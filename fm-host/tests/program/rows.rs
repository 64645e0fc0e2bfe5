//! Rows of other files than the run's: windows that end where they ended in the training, labels, references.

use super::by_hand::{get, put};
use super::*;

const TINY: &str = "--objective fm --steps 20 --batch 16 --hidden 8 --ot-pool 64 --ot-batch 16";

/// A table of `count` rows with a column `user`, which changes every 10 rows.
fn series(count: u32) -> String {
    let row = |i: u32| format!("{},u{},{}\n", (f64::from(i) / 3.0).sin(), i / 10, i % 5);
    format!("x,user,y\n{}", (0..count).map(row).collect::<String>())
}

#[test]
fn windows_of_another_file_end_with_its_groups() {
    let d = directory();
    put(&d, "s.csv", &series(200));
    put(&d, "t.csv", &series(60));
    good(
        &d,
        &format!("train s.csv --window 4 --stride 2 --group user --exclude y {TINY} --out run"),
    );
    let own = |options: &str| {
        let line = format!("data t.csv --window 4 --stride 2 --exclude y --group user {options}");
        json(&good(&d, &format!("{line} --json")))["read"].as_u64().expect("a count")
    };
    // 4 windows in each of 6 groups.
    assert_eq!(own(""), 24);
    let scored = json(&good(&d, "score run t.csv --out s.scores.csv --json"));
    assert_eq!(scored["rows"], 24);
    let likely = json(&good(&d, "loglik run --data t.csv --steps 2 --json"));
    assert_eq!(likely["rows"], 24);
    good(&d, "export run --out m.fm");
    let line = "score m.fm t.csv --window 4 --stride 2 --group user --out m.csv --json";
    assert_eq!(json(&good(&d, line))["rows"], 24);
    put(&d, "alone.csv", "x\n1\n2\n3\n4\n5\n6\n");
    let error = bad(&d, "score run alone.csv --out a.csv");
    assert!(error.contains("no column `user`") && error.contains("one series"), "{error}");
}

#[test]
fn a_training_tells_what_it_does_not_read() {
    let d = directory();
    put(&d, "s.csv", &series(203));
    let train = |options: &str, out: &str| {
        told(&d, &format!("train s.csv --exclude user {options} {TINY} --out {out}"))
    };
    let said = train("--window 4 --stride 2", "a");
    assert!(said.contains("windows overlap") && said.contains("--holdout-last"), "{said}");
    assert!(said.contains("rows left out because they fill no window: 1"), "{said}");
    let said = train("--window 4 --stride 2 --holdout-last", "b");
    assert!(!said.contains("overlap"), "{said}");
    let counts =
        json(&good(&d, "data s.csv --exclude user --window 4 --stride 2 --holdout-last --json"));
    // 100 windows: 20 are held out, and the one before them shares rows with the first of them.
    assert_eq!((&counts["rows"], &counts["held_out"]), (&79.into(), &20.into()));
    good(&d, "data s.csv --exclude user --window 4 --stride 2 --holdout-last --held-out last.csv");
    let last = get(&d, "last.csv");
    let lasting: Vec<&str> = last.lines().filter(|line| line.contains("-0.9")).collect();
    assert!(!lasting.is_empty());
    let error = bad(&d, "data s.csv --holdout-last --group user");
    assert!(error.contains("--group"), "{error}");
    let error = bad(&d, "eval b --holdout-last --holdout 0.5");
    assert!(error.contains("--holdout"), "{error}");
    assert!(bad(&d, "eval a --holdout-last").contains("trained on"), "another split");
    put(&d, "gaps.csv", "x,y\n1,2\n,3\n4,5\n6,7\n8,8\n9,9\n1,1\n");
    let said = told(&d, &format!("train gaps.csv --drop-missing {TINY} --out g"));
    assert!(said.contains("note: rows left out because of missing cells: 1"), "{said}");
}

#[test]
fn a_column_of_times_is_left_out_of_windows() {
    let d = directory();
    let row = |i: u32| format!("2026-11-{:02}T{:02}:00:00,{}\n", 1 + i / 24, i % 24, i % 7);
    put(&d, "h.csv", &format!("time,x\n{}", (0..120).map(row).collect::<String>()));
    let said = told(&d, &format!("train h.csv --window 6 {TINY} --out run"));
    assert!(said.contains("because they are dates: `time`"), "{said}");
    let error = bad(&d, "data h.csv --window 6 --columns time,x");
    assert!(error.contains("`time`") && error.contains("numbers"), "{error}");
}

#[test]
fn a_blank_line_of_one_column_is_a_row_with_a_missing_cell() {
    let d = directory();
    let row = |i: u32| if i % 9 == 3 { "\n".to_owned() } else { format!("{}\n", i % 7) };
    put(&d, "one.csv", &format!("x\n{}\n\n", (0..100).map(row).collect::<String>()));
    let error = bad(&d, &format!("train one.csv {TINY} --out run"));
    assert!(error.contains("11 in `x`") && error.contains("row 5"), "{error}");
    let windows = json(&good(&d, "data one.csv --window 10 --masked --json"));
    let missing = windows["described"].as_array().expect("columns").iter();
    let missing: u64 = missing.map(|column| column["missing"].as_u64().expect("a count")).sum();
    assert_eq!((&windows["read"], missing), (&10.into(), 11));
    put(&d, "two.csv", "x,y\n1,2\n\n2,3\n3,4\n4,5\n\n");
    let said = good(&d, "data two.csv --window 2");
    assert!(said.contains("1 blank line between rows"), "{said}");
    assert!(!good(&d, "data two.csv").contains("blank"));
}

#[test]
fn references_are_rows_that_were_not_trained_on() {
    let d = directory();
    table(&d);
    let text = get(&d, "table.csv");
    put(&d, "copy.csv", &text);
    put(
        &d,
        "half.csv",
        &text.lines().take(100).map(|line| format!("{line}\n")).collect::<String>(),
    );
    let fresh = |text: &str| text.replace("k0", "k1").replace("0.9", "0.8");
    put(&d, "fresh.csv", &fresh(&text));
    good(&d, &format!("train table.csv --columns x,y {TINY} --out run"));
    let score =
        |reference: &str| format!("score run fresh.csv --reference {reference} --out s.csv --json");
    let own = json(&good(&d, &score("table.csv")));
    assert_eq!(own["reference_rows"], 40);
    let p = get(&d, "s.csv");
    assert_eq!(json(&good(&d, &score("copy.csv")))["reference_rows"], 40);
    assert_eq!(get(&d, "s.csv"), p);
    assert!(told(&d, &score("copy.csv")).contains("the held-out ones are the reference"));
    let error = bad(&d, &score("half.csv"));
    assert!(error.contains("--reference") && error.contains("trained on"), "{error}");
    // The run's own file, with a row more.
    put(&d, "table.csv", &format!("{text}1,2,3,4,k1\n"));
    let error = bad(&d, &score("table.csv"));
    assert!(error.contains("has changed"), "{error}");
    good(&d, "export run --out m.fm");
    let said = told(&d, "score m.fm fresh.csv --reference copy.csv --out s.csv");
    assert!(said.contains("does not tell which rows it was trained on"), "{said}");
}

#[test]
fn labels_need_not_be_in_the_reference_and_may_be_left_out_already() {
    let d = directory();
    let row = |i: u32| {
        format!("{},{},{}\n", i % 7, i % 5, ["no", "Yes"][usize::from(i.is_multiple_of(9))])
    };
    put(&d, "t.csv", &format!("x,y,target\n{}", (0..200).map(row).collect::<String>()));
    put(
        &d,
        "rows.csv",
        &format!(
            "x,y\n{}",
            (0..50).map(|i| format!("{}.5,{}.5\n", i % 7, i % 5)).collect::<String>()
        ),
    );
    good(&d, &format!("train t.csv --exclude target {TINY} --out run"));
    let line = "score run t.csv --label target --reference rows.csv --out s.csv --json";
    let said = json(&good(&d, line));
    assert!(said["auc"].is_number());
    assert_eq!(said["reference_rows"], 50);
    let help = good(&d, "score --help");
    for option in ["--transform", "--holdout", "--noise", "--rows", "--max-classes"] {
        assert!(!help.contains(option), "{option}");
    }
}

#[test]
fn names_with_commas_are_named_in_quotes() {
    let d = directory();
    let row = |i: u32| format!("{},{},{}\n", i % 7, i % 5, i % 11);
    put(&d, "c.csv", &format!("\"size, cm\",b,c\n{}", (0..100).map(row).collect::<String>()));
    let run = |args: &[&str]| {
        let output = fm(&d).args(args).output().expect("the program starts");
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (good, said) = run(&["data", "c.csv", "--columns", "b, \"size, cm\""]);
    assert!(good && said.contains("not in --columns"), "{said}");
    let (good, said) = run(&["data", "c.csv", "--columns", "size, cm"]);
    assert!(!good && said.contains("as '\"size, cm\"')"), "{said}");
    let train = format!("train c.csv --masked {TINY} --out run --transform");
    let mut line: Vec<&str> = train.split_whitespace().collect();
    line.push("\"size, cm\"=plain,auto");
    let (good, said) = run(&line);
    assert!(good, "{said}");
    let (good, said) =
        run(&["sample", "run", "--count", "3", "--known", "b=2,\"size, cm\"=4", "--out", "s.csv"]);
    assert!(good, "{said}");
    assert_eq!(get(&d, "s.csv").lines().nth(1).map(|line| line.starts_with("4,2,")), Some(true));
    let (good, said) = run(&["plot", "run", "--columns", "\"size, cm\",b", "--out", "p.png"]);
    assert!(good, "{said}");
}

#[test]
fn a_forecast_continues_the_last_rows_of_a_file() {
    let d = directory();
    put(&d, "s.csv", &series(200));
    let train = "train s.csv --window 6 --stride 1 --exclude user --masked --holdout-last";
    good(&d, &format!("{train} {TINY} --out run"));
    put(&d, "now.csv", "y,x\n1,9\n2,0.25\n3,0.5\n");
    let line = "sample run --known-from now.csv --horizon 4 --count 5 --steps 2 --out f.csv";
    assert_eq!(
        json(&good(&d, &format!("{line} --json")))["known"],
        serde_json::json!(["x_0", "x_1", "y_0", "y_1"])
    );
    let text = get(&d, "f.csv");
    assert!(text.starts_with("x_0,x_1,x_2,x_3,x_4,x_5,y_0,"), "{text}");
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!([cells[0], cells[1], cells[6], cells[7]], ["0.25", "0.5", "2", "3"]);
    }
    let told = json(&good(&d, "sample run --known-from now.csv --count 2 --out f.csv --json"));
    assert_eq!(told["known"].as_array().map(Vec::len), Some(6), "three rows of two columns");
    let error = bad(&d, "sample run --known-from now.csv --horizon 2 --out f.csv");
    assert!(error.contains("has 3 rows, but 4 are needed"), "{error}");
    let error = bad(&d, "sample run --known-from now.csv --horizon 6 --out f.csv");
    assert!(error.contains("from 1 to 5"), "{error}");
    put(&d, "other.csv", "z\n1\n");
    assert!(bad(&d, "sample run --known-from other.csv --out f.csv").contains("no column `x`"));
    good(&d, "export run --out m.fm");
    good(&d, "sample m.fm --known-from now.csv --horizon 4 --count 5 --steps 2 --out g.csv");
    assert_eq!(get(&d, "g.csv"), text);
    good(&d, "plot run --known-from now.csv --columns x_4,x_5 --out p.png");
    let error = bad(&d, "plot run --known x_0=1 --picture field --out p.png");
    assert!(error.contains("--picture samples"), "{error}");
    // Rows of a table: the last row of the file, of which the missing cells are drawn.
    good(&d, &format!("train s.csv --exclude user --masked {TINY} --out table"));
    put(&d, "row.csv", "x,y\n7,7\n0.5,\n");
    good(&d, "sample table --known-from row.csv --count 4 --steps 2 --out t.csv");
    assert!(get(&d, "t.csv").lines().skip(1).all(|line| line.starts_with("0.5,")));
    let error = bad(&d, "sample table --known-from row.csv --horizon 1 --out t.csv");
    assert!(error.contains("no windows"), "{error}");
}

#[test]
fn columns_that_a_file_lacks_are_drawn_in_every_row() {
    let d = directory();
    put(&d, "s.csv", &series(200));
    good(&d, &format!("train s.csv --exclude user --masked {TINY} --out run"));
    put(&d, "half.csv", "n,x\na,0.25\nb,0.5\n");
    let line = "impute run half.csv --steps 2 --out i.csv";
    assert!(told(&d, line).contains("the file has no `y`"));
    let text = get(&d, "i.csv");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["n", "x", "y"]);
    assert_eq!((&rows[1][..2], &rows[2][..2]), (&["a", "0.25"][..], &["b", "0.5"][..]));
    assert!(rows[1..].iter().all(|row| row.len() == 3 && row[2].parse::<f64>().is_ok()));
    put(&d, "half.csv", "n,x,Y\na,0.25,1\n");
    assert!(bad(&d, line).contains("no column `y` (did you mean `Y`?)"));
    put(&d, "none.csv", "n\na\n");
    assert!(bad(&d, "impute run none.csv --out i.csv").contains("no column `x`"));
}

#[test]
fn what_hinders_a_training_is_said_at_once() {
    let d = directory();
    put(&d, "gaps.csv", "x,y\n1,2\n,3\n4,5\n6,7\n");
    let error = bad(&d, "train gaps.csv --out run");
    assert!(
        error.contains("cells are missing") && error.contains("--objective meanflow"),
        "{error}"
    );
    put(&d, "nul.csv", "x,a\0b\n1,2\n3,4\n");
    assert!(bad(&d, "data nul.csv").contains("column 2 has a NUL character"));
    put(&d, "nul.csv", "x,kind\n1,a\n3,a\0b\n1,a\n1,a\n1,a\n1,a\n");
    let error = bad(&d, "data nul.csv");
    assert!(error.contains("row 3") && error.contains("NUL"), "{error}");
    assert!(bad(&d, "data nul.csv --class kind").contains("no class"));
}
