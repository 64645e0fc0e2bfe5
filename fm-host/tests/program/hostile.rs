//! Malicious or broken files: stray quotes, gzip bombs, gigabytes of zeros, huge numbers.

use std::io::Write;

use super::*;

fn write(d: &TempDir, name: &str, text: impl AsRef<[u8]>) {
    fs::write(d.path().join(name), text).expect("writable");
}

/// A table of 1,000 rows with an unused column of remarks, which is changed in some rows.
fn remarks(changed: &[(usize, &str)]) -> String {
    let mut text = String::from("x,y,remark\n");
    for row in 2..=1001 {
        let remark = changed.iter().find(|(at, _)| *at == row).map_or("fine", |(_, remark)| remark);
        text += &format!("{row},{},{remark}\n", row * row % 97);
    }
    text
}

#[test]
fn a_stray_quote_swallows_no_rows() {
    let d = directory();
    for (name, changed, parts) in [
        ("open.csv", &[(502, "\"so so")][..], ["row 502", "more than 100 lines"]),
        ("late.csv", &[(990, "\"so so")], ["row 990", "never closed"]),
        ("two.csv", &[(3, "\"so so"), (503, "quite\"")], ["row 3", "more than 100 lines"]),
        ("near.csv", &[(3, "\"so so"), (9, "\"quite so")], ["row 3", "closing quote in row 9"]),
    ] {
        write(&d, name, remarks(changed));
        let error = bad(&d, &format!("data {name}"));
        for part in [name].iter().chain(&parts) {
            assert!(error.contains(part), "{name}: {error}");
        }
    }
    // Valid quotes: commas, a doubled quote, a few lines, a blank after the closing quote.
    let honest =
        [(2, "\"a, b\""), (7, "\"5\"\" tall\""), (9, "\"one\r\ntwo\n\nthree\""), (20, "\"so\" ")];
    write(&d, "honest.csv", remarks(&honest));
    let said = good(&d, "data honest.csv");
    assert!(said.contains("800 rows to train on, 200 held out"), "{said}");
    // Later rows are numbered as in an editor: three lines more.
    write(&d, "behind.csv", remarks(&honest) + "1,two,fine\n");
    let error = bad(&d, "data behind.csv");
    assert!(error.contains("row 1005, column `y`: `two` is not a number"), "{error}");
}

#[cfg(unix)]
mod memory {
    use super::*;

    /// Runs a command line that must fail with a message in 3 GB of address space.
    fn bad_in_little_memory(d: &TempDir, line: &str) -> String {
        let text = format!("ulimit -v 3000000; exec $FM {line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &text])
            .current_dir(d.path())
            .env("FM", env!("CARGO_BIN_EXE_fm"))
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // Not a signal, not an abort.
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(!said.contains("panicked") && !said.contains("memory allocation"), "{said}");
        said
    }

    /// Gzipped `head`, then a megabyte of `unit`, repeated as gzip members.
    fn packed(d: &TempDir, name: &str, head: &str, unit: &[u8], megabytes: usize) {
        let member = |bytes: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packed.write_all(bytes).and_then(|()| packed.finish()).expect("in memory")
        };
        let block = member(&unit.repeat((1 << 20) / unit.len()));
        write(d, name, [member(head.as_bytes()), block.repeat(megabytes)].concat());
    }

    #[test]
    fn small_files_that_unpack_to_gigabytes_are_refused_by_row() {
        let d = directory();
        packed(&d, "commas.csv.gz", "", b",", 250);
        packed(&d, "row.csv.gz", "x,y\n1,2\n", b"1,", 300);
        packed(&d, "cell.csv.gz", "x,y\n1,2\n3,", b"9", 300);
        packed(&d, "quoted.csv.gz", "x,y\n1,2\n3,\"", b"9", 300);
        packed(&d, "name.csv.gz", "x,", b"y", 300);
        packed(&d, "rows.csv.gz", "x,y\n", b"1,2\n", 300);
        for (name, parts) in [
            ("commas.csv.gz", ["row 1", "more than 65536 cells"]),
            ("row.csv.gz", ["row 3", "more than 65536 cells"]),
            ("cell.csv.gz", ["row 3", "a cell is larger than 1 MB"]),
            ("quoted.csv.gz", ["row 3", "a cell is larger than 1 MB"]),
            ("name.csv.gz", ["row 1", "a cell is larger than 1 MB"]),
            ("rows.csv.gz", ["row ", "more than 200 times its size"]),
        ] {
            let error = bad_in_little_memory(&d, &format!("data {name}"));
            for part in [name].iter().chain(&parts) {
                assert!(error.contains(part), "{name}: {error}");
            }
        }
    }

    #[test]
    fn a_long_row_of_long_cells_is_refused() {
        let d = directory();
        let cells = vec!["7".repeat(1 << 19); 40].join(",");
        write(&d, "long.csv", format!("x,y\n1,2\n{cells}\n"));
        let error = bad_in_little_memory(&d, "data long.csv");
        assert!(
            error.contains("row 3") && error.contains("the row is larger than 16 MB"),
            "{error}"
        );
        // The message must not be as long as a cell or a name.
        write(&d, "cell.csv", format!("x,y\n1,2\n3,{}\n", "z".repeat(1 << 19)));
        assert!(bad_in_little_memory(&d, "data cell.csv").len() < 1000);
        write(&d, "name.csv", format!("x,{}\n1,2\n", "z".repeat(1 << 19)));
        let error = bad_in_little_memory(&d, "data name.csv --class q");
        assert!(error.contains("column 2 is longer than 1000 bytes"), "{error}");
    }

    /// Very large files: they are sparse, so they need no space on the disk.
    #[test]
    fn gigabytes_of_zeros_are_not_read_to_learn_that_they_are_no_model() {
        let d = directory();
        let sparse = |name: &str, start: &[u8]| {
            write(&d, name, start);
            let file = fs::File::options().write(true).open(d.path().join(name)).unwrap();
            file.set_len(100 << 30).expect("a sparse file");
        };
        sparse("zeros.fm", b"");
        for command in
            ["inspect zeros.fm", "sample zeros.fm --out a.csv", "export zeros.fm --out b.fm"]
        {
            let error = bad_in_little_memory(&d, command);
            assert!(error.contains("zeros.fm: not a .fm model"), "{error}");
        }
        // The header has a length that the file does not have.
        write(&d, "short.fm", [&b"flow"[..], &u32::MAX.to_le_bytes(), &[0; 100]].concat());
        let error = bad_in_little_memory(&d, "inspect short.fm");
        assert!(error.contains("short.fm: the model is cut short"), "{error}");
        // A flash slot: the model, then other bytes.
        good(&d, &format!("train moons --objective meanflow --out run {SMALL}"));
        sparse("slot.fm", &fs::read(d.path().join("run/model.fm")).expect("a model"));
        good(&d, "inspect slot.fm");
        // A checkpoint.
        for entry in fs::read_dir(d.path().join("run")).expect("readable") {
            let name = entry.expect("readable").file_name().into_string().unwrap();
            if name.starts_with("checkpoint-") {
                sparse(&format!("run/{name}"), b"");
            }
        }
        let error = bad_in_little_memory(&d, "inspect run");
        assert!(error.contains("not a file of this kind"), "{error}");
    }
}

#[test]
fn rows_without_bound_are_refused_by_name() {
    let d = directory();
    good(&d, &format!("train moons --objective meanflow --out run {SMALL}"));
    for rows in ["18446744073709551615", "1000000000000", "100000001"] {
        for command in [
            format!("data moons --rows {rows}"),
            format!("train moons --objective meanflow --out new --rows {rows}"),
            format!("eval run --rows {rows}"),
            format!("loglik run --count {rows}"),
        ] {
            let error = bad(&d, &command);
            let named = error.contains("--rows: ") || error.contains("--count: ");
            assert!(named && error.contains("GB of memory"), "{command}: {error}");
        }
    }
}
