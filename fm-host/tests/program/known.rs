//! Known parts: `fm sample --known` and `fm impute`, on models whose weights are written by hand.

use fm_nostd::blob::{Conditioning, KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::{pack, pack_gains};
use fm_nostd::{Activation, Column, Form, Meaning, Prediction};

use super::*;

/// The correlation of the columns `a` and `b`, their means and standard deviations.
const RHO: f64 = 0.8;
const MEAN: [f64; 2] = [10.0, -20.0];
const STD: [f64; 2] = [2.0, 0.5];

fn write(directory: &TempDir, name: &str, spec: &Spec<'_>) {
    let mut bytes = vec![0; emitted_len(spec).expect("sizes agree")];
    emit(spec, &mut bytes).expect("room");
    fs::write(directory.path().join(name), bytes).expect("a model");
}

/// Writes `gauss.fm`, which draws a pair of normal numbers exactly in one jump, whatever is known of it.
fn gaussian(directory: &TempDir) {
    let shaped = Spec {
        prediction: Prediction::AverageVelocity,
        known: KnownInputs::ValuesAndAbsent,
        dim: 2,
        widths: &[4],
        ..Spec::PLAIN
    };
    let (shape, s) = (shaped.shape(), (1.0 - RHO * RHO).sqrt() as f32 - 1.0);
    // Inputs: t, h, two flags, two values, two flags of absent ones, x.
    let inputs = 10;
    let mut parameters = vec![0.0; shape.parameters().expect("sizes")];
    for (unit, sign) in [(0, RHO as f32), (1, -RHO as f32)] {
        parameters[5 * 4 + unit] = sign;
        parameters[8 * 4 + unit + 2] = sign;
        let last = (inputs + 1) * 4;
        parameters[last + 2 * unit] = sign.signum();
        parameters[last + 2 * (unit + 2) + 1] = sign.signum();
    }
    let mut weights = vec![0.0; parameters.len()];
    pack(shape, &parameters, &mut weights).expect("sizes agree");
    let mut gains = vec![0.0; shape.gains().expect("sizes")];
    (gains[3 * 2], gains[8 * 2 + 1]) = (s, s);
    let mut packed = vec![0.0; gains.len()];
    pack_gains(shape, &gains, &mut packed).expect("sizes agree");
    weights.extend(packed);
    let spec = Spec {
        mean: &MEAN.map(|x| x as f32),
        std: &STD.map(|x| x as f32),
        names: "a\0b\0",
        weights: Weights::F32(&weights),
        ..shaped
    };
    write(directory, "gauss.fm", &spec);
}

/// Writes `people.fm`: a velocity of pseudorandom weights with the columns `age` from 17 to 90, `colour` and
/// `born`, for teams `x` and `y`, and `plain.fm` without known parts.
fn people(directory: &TempDir) {
    let knots: [f32; 12] = [-9.0, 0.0, 0.0, -0.8, -0.3, 1.0, 0.0, 0.0, 0.3, 2.0, 0.0, 0.8];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let age = Column { step: 1.0, per: 1.0, ..Column::within(17.0, 90.0) };
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let colour =
        Column { form, meaning, low: 0.0, high: 2.0, parameters: &parameters, ..Column::PLAIN };
    let (meaning, step) = (Meaning::Date, 1.0);
    let born = Column { meaning, step, per: 1.0, low: 0.0, high: 9000.0, ..Column::PLAIN };
    let transforms = [&age.words()[..], &colour.words(), &knots.map(f32::to_bits), &born.words()];
    let transforms = transforms.concat();
    for (name, known) in [("people.fm", KnownInputs::Values), ("plain.fm", KnownInputs::None)] {
        let spec = Spec {
            activation: Activation::Silu,
            conditioning: Conditioning::classes(2),
            unconditional: true,
            known,
            dim: 3,
            widths: &[8],
            mean: &[40.0, 0.0, 4000.0],
            std: &[12.0, 0.5, 2000.0],
            transforms: &transforms,
            shares: &[0.5, 0.5],
            names: "age\0colour\0born\0team\0x\0y\0blue\0red\0white\x001990-01-01\0",
            ..Spec::PLAIN
        };
        let count = spec.shape().parameters().expect("sizes");
        let weights: Vec<f32> = (0..count).map(|i| ((i * 37 % 61) as f32 - 30.0) / 30.0).collect();
        write(directory, name, &Spec { weights: Weights::F32(&weights), ..spec });
    }
}

fn put(directory: &TempDir, name: &str, text: &str) {
    fs::write(directory.path().join(name), text).expect("a file");
}

fn get(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).expect("a file")
}

/// The rows below a header, cell by cell.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

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
    let said = |line: &str| {
        let output = fm(&directory).args(words(line)).output().expect("the program starts");
        assert!(output.status.success());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let sample = |known: &str, file: &str| {
        let line = format!("sample people.fm --class x --count 5 --out {file} --known {known}");
        let told = said(&line);
        (fs::read_to_string(directory.path().join(file)).expect("samples"), told)
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

    let rows = "age,colour,born,team\n200,,2001-02-03,x\n30,,2001-02-03,x\n201,,2001-02-03,x\n";
    fs::write(directory.path().join("old.csv"), rows).expect("writable");
    let told = said("impute people.fm old.csv --out whole.csv");
    let note = "old.csv, row 2, column `age`: 200 is beyond the training rows; the other columns are drawn \
                as for 90 (and 1 other cells likewise)";
    assert!(told.contains(note), "{told}");
    let whole = fs::read_to_string(directory.path().join("whole.csv")).expect("rows");
    assert!(whole.lines().nth(1).is_some_and(|line| line.starts_with("200,")), "{whole}");
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
    put(&directory, "d.csv", "age,colour,born,team\n,red,2001-02-03,x\n");
    let error = bad(&directory, "impute plain.fm d.csv --out a.csv");
    assert!(error.contains("plain.fm") && error.contains("`fm train --masked`"), "{error}");
}

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
