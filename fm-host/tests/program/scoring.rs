//! `fm score`: strange rows come first, with the shares of their columns, in 8 bits too.

use fm_host::model::AlignedBytes;
use fm_nostd::{Mlp, Model};

use super::*;

/// Writes `tested.csv`: rows like those of [`table`], among them every tenth with a `y` far off.
fn tested(directory: &TempDir) {
    let mut text = String::from("kind,y,note,x\n");
    for i in 0..100 {
        let (a, class) = (f64::from(i) * 0.7 + 0.3, i % 3);
        let (x, y) = (a.sin() + 4.0 * f64::from(class), a.cos());
        let (kind, y) = if i % 10 == 9 { ("anomaly", 15.0 - y) } else { ("normal", y) };
        text += &format!("{kind},{y},n{i},{x}\n");
    }
    fs::write(directory.path().join("tested.csv"), text).expect("writable");
}

/// The columns of a file by their names.
fn columns(directory: &TempDir, file: &str) -> (Vec<String>, Vec<Vec<f32>>) {
    let mut reader = csv::Reader::from_path(directory.path().join(file)).expect("readable");
    let names = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| record.iter().map(|x| x.parse().unwrap()).collect();
    (names, reader.records().map(|record| row(record.expect("a row"))).collect())
}

#[test]
fn strange_rows_score_above_normal_ones() {
    let d = directory();
    table(&d);
    tested(&d);
    let train = "train table.csv --columns x,y --transform plain --objective meanflow";
    good(&d, &format!("{train} --out run --batch 64 --steps 400 --hidden 16,16"));
    good(&d, "export run --out f32.fm");
    good(&d, "export run --dtype q8 --out q8.fm");
    let line = "tested.csv --reference table.csv --label kind";
    let said = json(&good(&d, &format!("score run {line} --out run.csv --json")));
    assert_eq!((&said["rows"], &said["method"]), (&100.into(), &"residual".into()));
    // A fifth of the rows of the run's own file are held out.
    assert_eq!(said["reference_rows"], 40);
    assert_eq!(said["auc"], 1.0);
    let (names, rows) = columns(&d, "run.csv");
    assert_eq!(names, ["file_row", "score", "p", "score_x", "score_y"]);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row[0], i as f32 + 2.0);
        assert_eq!(row[1], row[3] + row[4]);
        if i % 10 == 9 {
            assert!(row[4] > row[3] && row[2] < 0.03, "{row:?}");
        }
    }
    // Normal rows have p-values of every size.
    let small = rows.iter().filter(|row| row[2] < 0.5).count();
    assert!((25..80).contains(&small), "{small}");
    assert_eq!(
        said["quantiles"]["1"].as_f64(),
        rows.iter().map(|r| f64::from(r[1])).reduce(f64::max)
    );

    // The bits are a device's.
    let bytes = AlignedBytes::new(&fs::read(d.path().join("f32.fm")).expect("readable"));
    let model = Model::new(bytes.bytes()).expect("valid");
    let mut detector = Mlp::<2, 0, 16>::new(&model).unwrap().anomaly_score().unwrap();
    let (_, values) = {
        let text = fs::read_to_string(d.path().join("tested.csv")).expect("readable");
        let numbers = text.lines().map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", cells[3], cells[1])
        });
        fs::write(d.path().join("numbers.csv"), numbers.collect::<String>()).expect("writable");
        columns(&d, "numbers.csv")
    };
    for (row, values) in rows.iter().zip(&values) {
        let mut shares = [0.0; 2];
        let score = detector.score(values, &mut shares).expect("finite");
        assert_eq!([score, shares[0], shares[1]], [row[1], row[3], row[4]]);
    }

    // 8-bit weights move a score by little and separate as well.
    let eight = json(&good(&d, "score q8.fm tested.csv --label kind --out q8.csv --json"));
    assert_eq!((&eight["auc"], &eight["reference_rows"]), (&1.0.into(), &Value::Null));
    let (names, integer) = columns(&d, "q8.csv");
    assert_eq!(names, ["file_row", "score", "score_x", "score_y"]);
    for (real, integer) in rows.iter().zip(&integer) {
        let (real, integer) = (real[1].sqrt(), integer[1].sqrt());
        // Strange rows are far outside what the weights were rounded for.
        assert!((real - integer).abs() < 0.05 + 0.02 * real, "{real} {integer}");
    }

    let words = good(&d, "score run tested.csv --label kind --method likelihood --out likely.csv");
    assert!(words.contains("area under the curve: 1.0000"), "{words}");
    let (names, likely) = columns(&d, "likely.csv");
    assert_eq!((names.join(","), likely.len()), ("file_row,score".to_owned(), 100));
    good(&d, "loglik run --data tested.csv --out loglik.csv");
    let (_, logs) = columns(&d, "loglik.csv");
    assert!(likely.iter().zip(&logs).all(|(score, log)| score[1] == -log[1]));
}

#[test]
fn what_cannot_be_scored_is_named() {
    let d = directory();
    table(&d);
    tested(&d);
    good(&d, &format!("train table.csv --columns x,y --objective meanflow --out run {SMALL}"));
    good(&d, "export run --dtype q8 --out q8.fm");
    let refused = |line: &str, reasons: &[&str]| {
        let error = bad(&d, &format!("score {line}"));
        assert!(reasons.iter().all(|reason| error.contains(reason)), "{line}: {error}");
    };
    refused("run tested.csv --out scores.npy", &["--out", ".csv"]);
    refused("q8.fm tested.csv --method likelihood --out s.csv", &["--dtype f32"]);
    refused("run tested.csv --label sort --out s.csv", &["--label", "sort", "kind"]);
    refused(
        "run tested.csv --label note --out s.csv",
        &["note", "row 2", "0, no, false or normal"],
    );
    refused("run moons --label note --out s.csv", &["--label", "built-in"]);
    fs::write(d.path().join("normal.csv"), "x,y,kind\n1,2,0\n2,1,normal\n").expect("writable");
    refused("run normal.csv --label kind --out s.csv", &["--label", "same label"]);
    assert!(!d.path().join("s.csv").exists());
    let source = "train moons --source 8gaussians --objective meanflow --coupling independent";
    good(&d, &format!("{source} --out between {SMALL}"));
    refused("between moons --out s.csv", &["source"]);
    // What overflows is above every limit.
    let plain = "train table.csv --columns x,y --transform plain --objective fm";
    good(&d, &format!("{plain} --out fm {SMALL}"));
    fs::write(d.path().join("huge.csv"), "x,y\n1,2\n1,1e30\n").expect("writable");
    good(&d, "score fm huge.csv --out s.csv");
    let (_, rows) = columns(&d, "s.csv");
    assert!(rows[0][1].is_finite() && rows[1][1] == f32::INFINITY && rows[1][3] == f32::INFINITY);
}
