//! Data files as people have them: text, dates, missing cells, other separators, packed.

use std::io::Write;

use super::*;

const TRAIN: &str = "--objective meanflow --batch 32 --steps 20 --hidden 8,8";

/// A table like a census: numbers, text, dates and missing cells, separated by semicolons, with decimal commas.
fn census() -> String {
    let mut text = String::from("id;age;work;pay;since;over\r\n");
    for i in 0..300_usize {
        let work = ["Private", "State-gov", "\"Self; own\"", "?"][i * i % 13 % 4];
        let (age, pay) = (20 + i * 7 % 50, format!("{},{:02}", i * 11 % 90, i * 3 % 100));
        let (month, day) = (1 + i % 12, 1 + i * 5 % 28);
        let over = if i % 3 == 0 { "yes" } else { "no" };
        text += &format!("{i};{age};{work};{pay};2024-{month:02}-{day:02};{over}\r\n");
    }
    text
}

fn write(d: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(d.path().join(name), bytes).expect("writable");
}

fn column<'j>(said: &'j Value, name: &str) -> &'j Value {
    let all = said["described"].as_array().expect("columns");
    all.iter().find(|column| column["name"] == name).expect("the column")
}

#[test]
fn a_table_as_people_have_it_is_described_trained_on_and_sampled() {
    let d = directory();
    write(&d, "census.csv", census());
    let error = bad(&d, "data census.csv");
    for part in ["census.csv, column `id`", "counts the rows", "`--exclude id`"] {
        assert!(error.contains(part), "{error}");
    }
    let text = good(&d, "data census.csv --exclude id");
    for part in ["separated by semicolons, with decimal commas", "Private", "2024-01-01", "refuses"]
    {
        assert!(text.contains(part), "{text}");
    }
    let said = json(&good(&d, "data census.csv --exclude id --json"));
    let work = column(&said, "work");
    assert_eq!((&work["kind"], &work["distinct"]), (&"category".into(), &3.into()));
    assert_eq!(work["categories"], serde_json::json!(["Private", "Self; own", "State-gov"]));
    let missing = work["missing"].as_u64().expect("a number");
    assert!(missing > 0);
    assert_eq!(column(&said, "id")["use"], "nothing");
    assert_eq!((&said["read"], &said["held_out"]), (&300.into(), &Value::Null));
    assert!(said["refusal"].as_str().expect("a sentence").contains("--drop-missing"));
    let since = column(&said, "since");
    assert_eq!(since["dates"], serde_json::json!(["2024-01-01", "2024-12-28"]));

    let columns = "--exclude id --class over";
    let error = bad(&d, &format!("train census.csv {columns} --out run {TRAIN}"));
    assert!(error.contains(&format!("cells are missing: {missing} in `work`")), "{error}");
    good(&d, &format!("train census.csv {columns} --drop-missing --out run {TRAIN}"));
    good(&d, "sample run --count 40 --out samples.csv");
    let mut samples = csv::Reader::from_path(d.path().join("samples.csv")).expect("samples");
    assert_eq!(samples.headers().unwrap(), vec!["age", "work", "pay", "since", "over"]);
    for sample in samples.records() {
        let sample = sample.expect("a row");
        assert!(["Private", "Self; own", "State-gov"].contains(&&sample[1]), "{sample:?}");
        assert!(sample[0].parse::<f32>().is_ok() && sample[2].parse::<f32>().is_ok());
        let date: Vec<&str> = sample[3].split('-').collect();
        assert!(date.len() == 3 && date[0].len() == 4 && date[2].len() == 2, "{sample:?}");
        assert!(["yes", "no"].contains(&&sample[4]));
    }
    // The held-out rows are written as the file has them.
    good(&d, &format!("data census.csv {columns} --drop-missing --held-out held-out.csv"));
    let rows = fs::read_to_string(d.path().join("held-out.csv")).unwrap();
    assert!(rows.contains(",\"Self; own\",") || rows.contains(",Self; own,"), "{rows}");

    // Another file has its own categories and its own first date.
    let head = "since;over;work;pay;age\n";
    let row = |i: usize, work: &str| {
        format!("2024-{:02}-03;{};{work};{},5;30\n", 2 + i % 9, ["no", "yes"][i % 2], i % 30)
    };
    let other = |works: [&str; 2]| {
        head.to_owned() + &(0..60).map(|i| row(i, works[i % 2])).collect::<String>()
    };
    write(&d, "other.csv", other(["State-gov", "Private"]));
    good(&d, "eval run --data other.csv --steps 1");
    write(&d, "strange.csv", other(["Retired", "Private"]));
    let error = bad(&d, "eval run --data strange.csv --steps 1");
    assert!(error.contains("column `work`") && error.contains("no category `Retired`"), "{error}");

    // A changed name is a change of the data.
    write(&d, "census.csv", census().replace("State-gov", "State"));
    let error = bad(&d, "eval run --steps 1");
    assert!(error.contains("rows have changed"), "{error}");
}

#[test]
fn packed_files_are_the_same_data() {
    let d = directory();
    let text = census();
    write(&d, "plain.txt", &text);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    write(&d, "packed.csv.gz", gz.write_all(text.as_bytes()).and_then(|()| gz.finish()).unwrap());
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    write(&d, "packed.csv.zst", ruzstd::encoding::compress_to_vec(text.as_bytes(), level));
    let read = |name: &str| {
        let mut said = json(&good(&d, &format!("data {name} --exclude id --drop-missing --json")));
        let notes = said["notes"].take();
        said["name"].take();
        (said, notes)
    };
    let (plain, _) = read("plain.txt");
    for (name, packing) in [("packed.csv.gz", "gzip"), ("packed.csv.zst", "zstd")] {
        let (said, notes) = read(name);
        assert_eq!(said, plain, "{name}");
        assert_eq!(notes[0], format!("packed with {packing}"));
    }
}

#[test]
fn rows_of_a_group_are_held_out_together() {
    let d = directory();
    let row = |i: usize| format!("{},{},{}\n", i / 10, (i * i) % 17, i % 7);
    let text = format!("episode,x,y\n{}", (0..400).map(row).collect::<String>());
    write(&d, "episodes.csv", text);
    good(&d, "data episodes.csv --group episode --held-out held-out.csv");
    let said = json(&good(&d, "data episodes.csv --group episode --json"));
    assert_eq!((&said["rows"], &said["held_out"]), (&320.into(), &80.into()));
    assert_eq!(column(&said, "episode")["use"], "group");
    assert_eq!(column(&said, "episode")["distinct"], 40);
    good(&d, &format!("train episodes.csv --group episode --out run {TRAIN}"));
    good(&d, "eval run --steps 1");
    let error = bad(&d, "eval run --steps 1 --group x");
    assert!(error.contains("--group: this would hold out rows"), "{error}");
}

#[test]
fn a_file_without_a_header_and_own_tokens_for_missing_cells() {
    let d = directory();
    let row = |i: i32| format!("{}\t{}\n", i % 9, if i % 10 == 0 { -999 } else { i % 4 });
    write(&d, "bare.tsv", (0..100).map(row).collect::<String>());
    assert!(bad(&d, "data bare.tsv").contains("--no-header"));
    let said = json(&good(&d, "data bare.tsv --no-header --missing -999 --categories c2 --json"));
    assert_eq!((&said["read"], &column(&said, "c2")["missing"]), (&100.into(), &10.into()));
    assert_eq!(column(&said, "c2")["categories"], serde_json::json!(["0", "1", "2", "3"]));
    let line = "data bare.tsv --no-header --missing -999 --drop-missing --json";
    let said = json(&good(&d, line));
    assert_eq!((&said["rows"], &said["held_out"]), (&72.into(), &18.into()));
}

/// A series cut into windows, of chosen columns, with its users held out whole.
#[test]
fn a_series_is_cut_into_windows() {
    let d = directory();
    let row =
        |i: u32| format!("{},{},u{},{}", (f64::from(i) / 3.0).sin(), i % 5, i / 40, i / 20 % 2);
    let rows: Vec<String> = (0..400).map(row).collect();
    fs::write(d.path().join("s.csv"), format!("x,y,user,kind\n{}\n", rows.join("\n"))).unwrap();
    let windows = "s.csv --window 4 --stride 2 --group user --class kind";
    let said = good(&d, &format!("data {windows} --columns x"));
    assert!(said.contains("x_3") && !said.contains("x_4") && !said.contains("y_0"), "{said}");
    assert!(said.contains("windows of 4 rows, every 2 rows"), "{said}");
    let said = good(&d, &format!("data {windows} --exclude y"));
    assert!(said.contains("x_3") && !said.contains("y_0"), "{said}");
    assert!(good(&d, &format!("data {windows}")).contains("y_3"));
    // The group and the class may be texts, but not what is cut.
    let error = bad(&d, "data s.csv --window 4");
    assert!(error.contains("`user`") && error.contains("--exclude"), "{error}");
    assert!(bad(&d, "data s.csv --stride 4").contains("--window"));
    assert!(bad(&d, "data moons --window 4").contains("--window"));
    let small = "--objective fm --steps 20 --batch 16 --hidden 8 --ot-pool 64 --ot-batch 16";
    good(&d, &format!("train {windows} --columns x {small} --out run"));
    let csv = good(&d, "inspect run --json");
    assert!(csv.contains("x_0") && csv.contains("x_3"), "{csv}");
    good(&d, "eval run --steps 1");
}

/// The path of a file that the tests of the readers read.
fn sample_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/file/samples").join(name)
}

#[test]
fn arrays_and_parquet_files_are_trained_on() {
    let d = directory();
    let tables = [
        ("fortran.npy", "", ["c0", "c1", "c2", "c3"].as_slice()),
        ("whole.parquet", "--columns i --window 2", &["i_0", "i_1"]),
    ];
    for (name, options, columns) in tables {
        fs::copy(sample_file(name), d.path().join(name)).unwrap();
        good(&d, &format!("train {name} {options} --out {name}.run {TRAIN}"));
        good(&d, &format!("sample {name}.run --count 3 --out samples.csv"));
        let mut samples = csv::Reader::from_path(d.path().join("samples.csv")).unwrap();
        assert_eq!(samples.headers().unwrap(), columns);
        assert_eq!(samples.records().flatten().count(), 3);
    }
}

#[test]
fn a_torn_parquet_file_is_named() {
    let d = directory();
    let bytes = fs::read(sample_file("plain.parquet")).unwrap();
    for length in [4, 100, bytes.len() / 2, bytes.len() - 1] {
        write(&d, "torn.parquet", &bytes[..length]);
        for line in
            ["data torn.parquet".to_owned(), format!("train torn.parquet --out run {TRAIN}")]
        {
            let error = bad(&d, &line);
            assert!(error.contains("torn.parquet: the file cannot be decoded"), "{error}");
            assert!(error.contains("copy or save it again"), "{error}");
        }
    }
    assert!(!d.path().join("run").exists());
}
