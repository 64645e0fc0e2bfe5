//! `fm impute` on models whose weights are written by hand.

use super::by_hand::{MEAN, RHO, STD, gaussian, get, people, put, rows};
use super::*;

/// A file with text that a reader could change, columns that the model does not have, and missing cells.
const FILE: &str = "note,born,team,age,colour,NA
\"first, of all\",1999-03-01,x,042,red,
,NA,y,?,blue,7.50
  \"quoted \"\"text\"\"\",2001-01-01,x,3.30e1,NA,?
complete,2002-02-02,y,55,white,x
";

#[test]
fn missing_cells_are_drawn_and_everything_else_stays() {
    let directory = directory();
    people(&directory);
    put(&directory, "d.csv", FILE);
    let told = good(&directory, "impute people.fm d.csv --out one.csv --json");
    let told = json(&told);
    assert_eq!(
        (&told["rows"], &told["incomplete_rows"], &told["missing"]),
        (&4.into(), &2.into(), &3.into())
    );
    assert_eq!(told["columns"][0], serde_json::json!({ "column": "age", "missing": 1 }));
    let read = |name: &str| {
        let text = get(&directory, name);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let rows =
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
        rows.collect::<Vec<Vec<String>>>()
    };
    let one = read("one.csv");
    assert_eq!(one[0], ["note", "born", "team", "age", "colour", "NA"]);
    assert_eq!(one[1], ["first, of all", "1999-03-01", "x", "042", "red", ""]);
    assert_eq!([&one[2][0], &one[2][2], &one[2][4], &one[2][5]], ["", "y", "blue", "7.50"]);
    let age: f64 = one[2][3].parse().expect("a number");
    assert!((17.0..=90.0).contains(&age) && age.fract() == 0.0, "{age}");
    assert!(one[2][1].starts_with("19") || one[2][1].starts_with("20"), "{}", one[2][1]);
    assert_eq!([&one[3][1], &one[3][3], &one[3][5]], ["2001-01-01", "3.30e1", "?"]);
    assert!(["blue", "red", "white"].contains(&one[3][4].as_str()));
    assert_eq!(one[4], ["complete", "2002-02-02", "y", "55", "white", "x"]);
    // All draws, the first of which is that of one draw.
    good(&directory, "impute people.fm d.csv --out five.csv --draws 5 --spread spread.csv");
    let five = read("five.csv");
    assert_eq!((five.len(), &*five[0][0], &*five[0][1]), (1 + 5 * 4, "draw", "note"));
    for (i, row) in five[1..].iter().enumerate() {
        assert_eq!(row[0], (1 + i / 4).to_string());
        let known = &one[1 + i % 4];
        assert!(row[1..].iter().zip(known).enumerate().all(|(c, (a, b))| {
            a == b || i % 4 == 1 && [1, 3].contains(&c) || i % 4 == 2 && c == 4
        }));
    }
    assert!((1..5).all(|i| five[i][1..] == one[i][..]));
    assert!((1..5).any(|draw| five[2 + 4 * draw][4] != five[2][4]), "draws differ");
    // A row for each drawn number, and for each category that was drawn.
    let spread = get(&directory, "spread.csv");
    assert!(spread.starts_with("row,column,mean,sd,q05,q95,value,share\n3,age,"), "{spread}");
    let shares = rows(&spread)
        .iter()
        .filter(|row| row[1] == "colour")
        .map(|row| {
            assert_eq!(row[0], "4");
            row[7].parse::<f64>().expect("a share")
        })
        .sum::<f64>();
    assert!((shares - 1.0).abs() < 1e-9);
    // The seed matters, and repeats.
    good(&directory, "impute people.fm d.csv --out again.csv");
    assert_eq!(get(&directory, "again.csv"), get(&directory, "one.csv"));
    good(&directory, "impute people.fm d.csv --out other.csv --seed 5");
    assert_ne!(get(&directory, "other.csv"), get(&directory, "one.csv"));
    // The class of a row is its condition.
    put(&directory, "x.csv", "age,colour,born,team\n,red,2001-02-03,x\n");
    put(&directory, "y.csv", "age,colour,born,team\n,red,2001-02-03,y\n");
    let age = |file: &str| {
        good(&directory, &format!("impute people.fm {file} --out a.csv"));
        rows(&get(&directory, "a.csv"))[0][0].to_owned()
    };
    assert_ne!(age("x.csv"), age("y.csv"));
}

#[test]
fn other_dialects_and_files_without_a_header_stay_as_they_are() {
    let directory = directory();
    gaussian(&directory);
    put(&directory, "d.csv", "b;a;c\n-20,5;;1,0\n-999;10,250;2,5\n");
    good(&directory, "impute gauss.fm d.csv --out out.csv --missing -999,");
    let text = get(&directory, "out.csv");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(';').collect()).collect();
    assert_eq!((&*lines[0], lines[1][0], lines[1][2]), (&["b", "a", "c"][..], "-20,5", "1,0"));
    assert_eq!(&lines[2][1..], ["10,250", "2,5"]);
    let drawn = |text: &str| text.replace(',', ".").parse::<f64>().expect("a number");
    assert!((drawn(lines[1][1]) - MEAN[0]).abs() < 12.0 && !lines[1][1].contains('.'));
    assert!((drawn(lines[2][0]) - MEAN[1]).abs() < 3.0);
    // The model's columns are called a and b, so a file without a header has none of them.
    put(&directory, "bare.csv", "1,2\n3,4\n");
    let error = bad(&directory, "impute gauss.fm bare.csv --out out.csv --no-header");
    assert!(error.contains("there is no column `a`") && error.contains("`c1`, `c2`"), "{error}");
}

#[test]
fn faults_of_a_file_are_named() {
    let directory = directory();
    people(&directory);
    let try_file = |text: &str, options: &str| {
        put(&directory, "d.csv", text);
        bad(&directory, &format!("impute people.fm d.csv {options}"))
    };
    let head = "age,colour,born,team\n";
    for (row, said) in [
        (
            ",red,2001-02-03,z",
            "row 2, column `team`: the model has no class `z`; its classes are x, y",
        ),
        (
            ",red,2001-02-03,",
            "row 2, column `team`: the cell is missing, but the model needs it as a condition",
        ),
        (",gray,2001-02-03,x", "row 2, column `colour`: the model has no category `gray`"),
        ("many,,2001-02-03,x", "row 2, column `age`: `many` is not a number"),
        ("30,,3,x", "row 2, column `born`: `3` is not a date"),
    ] {
        let error = try_file(&format!("{head}{row}\n"), "--out a.csv");
        assert!(error.contains(said), "{row}: {error}");
    }
    let before = fs::read(directory.path().join("d.csv")).expect("a file");
    for options in ["--out d.csv", "--out a.csv --draws 2 --spread ./d.csv"] {
        let error = bad(&directory, &format!("impute people.fm d.csv {options}"));
        assert!(error.contains("this is the data's own file; use another name"), "{error}");
    }
    assert_eq!(fs::read(directory.path().join("d.csv")).expect("a file"), before);
    let error = try_file("age,color,born,team\n,red,2001-02-03,x\n", "--out a.csv");
    assert!(error.contains("no column `colour` (did you mean `color`?)"), "{error}");
    let fine = format!("{head},red,2001-02-03,x\n");
    assert!(try_file(&fine, "--out a.npy").contains("--out: a.npy: use a file that ends in .csv"));
    assert!(try_file(&fine, "--out a.csv --spread s.csv").contains("add `--draws 20`"));
    let error =
        try_file("draw,age,colour,born,team\n1,,red,2001-02-03,x\n", "--out a.csv --draws 2");
    assert!(error.contains("column `draw`") && error.contains("rename it"), "{error}");
    assert!(!directory.path().join("a.csv").exists());
    // A file without missing cells is copied.
    put(&directory, "d.csv", &format!("{head}030,red,2001-02-03,x\n"));
    good(&directory, "impute people.fm d.csv --out a.csv");
    assert_eq!(get(&directory, "a.csv"), format!("{head}030,red,2001-02-03,x\n"));
}

/// The closed form: given the one number, the other is normal with mean `rho c` and variance `1 - rho^2`.
#[test]
fn draws_spread_as_the_conditional_distribution() {
    const DRAWS: usize = 20_000;
    let directory = directory();
    gaussian(&directory);
    put(&directory, "d.csv", "a,b\n13,\n,-20.5\n9,-20\n");
    let line = format!("impute gauss.fm d.csv --out a.csv --spread s.csv --draws {DRAWS}");
    good(&directory, &line);
    let text = get(&directory, "s.csv");
    let (found, spread) = (rows(&text), (1.0 - RHO * RHO).sqrt());
    assert_eq!(found.len(), 2);
    for (row, (number, drawn, c)) in found.iter().zip([("2", 1, 1.5), ("3", 0, -1.0)]) {
        assert_eq!((row[0], row[1]), (number, ["a", "b"][drawn]));
        let standard =
            |text: &str| (text.parse::<f64>().expect("a number") - MEAN[drawn]) / STD[drawn];
        // Four standard errors: of a mean, of a deviation, and of a quantile of the normal distribution.
        let error = 4.0 * spread / (DRAWS as f64).sqrt();
        assert!((standard(row[2]) - RHO * c).abs() < error, "{row:?}");
        let sd = row[3].parse::<f64>().expect("a number") / STD[drawn];
        assert!((sd - spread).abs() < error / 2.0f64.sqrt(), "{row:?}");
        for (cell, side) in [(row[4], -1.0), (row[5], 1.0)] {
            let wanted = RHO * c + side * 1.644_854 * spread;
            // sqrt(0.05 * 0.95) over the density there, 0.1031.
            assert!((standard(cell) - wanted).abs() < error * 2.114, "{row:?}");
        }
    }
}

#[test]
fn values_beyond_the_training_rows_are_kept_and_told_of() {
    let directory = directory();
    people(&directory);
    let row = |age: u32| format!("{age},,2001-02-03,x\n");
    put(
        &directory,
        "old.csv",
        &format!("age,colour,born,team\n{}{}{}", row(200), row(30), row(201)),
    );
    let told = told(&directory, "impute people.fm old.csv --out whole.csv");
    let note = "old.csv, row 2, column `age`: 200 is beyond the training rows; the other columns are drawn \
                as for 90 (and 1 other cell likewise)";
    assert!(told.contains(note), "{told}");
    let whole = get(&directory, "whole.csv");
    assert!(whole.lines().nth(1).is_some_and(|line| line.starts_with("200,")), "{whole}");
}

#[test]
fn a_model_without_known_parts_is_refused() {
    let directory = directory();
    people(&directory);
    put(&directory, "d.csv", "age,colour,born,team\n,red,2001-02-03,x\n");
    let error = bad(&directory, "impute plain.fm d.csv --out a.csv");
    assert!(error.contains("plain.fm") && error.contains("`fm train --masked`"), "{error}");
}
