//! Tests with valid files, and with every kind of invalid file.

use std::io::Write;

use super::*;

fn table(text: &str, change: impl Fn(&mut DataSpec)) -> Result<Dataset> {
    let mut source = DataSpec::new("some.csv");
    change(&mut source);
    parse(&source, Checked::new(text.as_bytes(), None)).map(|(rows, _)| rows)
}

/// Checks that the error contains every one of `parts`.
#[track_caller]
fn fails(text: &str, change: impl Fn(&mut DataSpec), parts: &[&str]) {
    let said = match table(text, change) {
        Ok(found) => panic!("read as {found:?}"),
        Err(error) => error.to_string(),
    };
    for part in ["some.csv"].iter().chain(parts) {
        assert!(said.contains(part), "`{said}` does not say `{part}`");
    }
}

fn plain(_: &mut DataSpec) {}

fn by_kind(source: &mut DataSpec) {
    source.class = Some("kind".into());
}

#[test]
fn takes_every_column_of_numbers() {
    let found = table("name,a, b\nu,1,2.5\nv, -3e2 ,0\n", plain).unwrap();
    assert_eq!(found.columns, ["a", "b"]);
    assert_eq!(found.values, Rows::from_vec(2, vec![1.0, 2.5, -300.0, 0.0]));
    assert_eq!(found.condition, ConditionData::default());
}

#[test]
fn classes_leave_the_data() {
    let found = table("kind,a\n7,1\n3,2\n7,3\n", by_kind).unwrap();
    assert_eq!(found.columns, ["a"]);
    let (names, labels) = (vec!["3".into(), "7".into()], vec![1, 0, 1]);
    let classes = ClassData { column: "kind".into(), names, labels };
    assert_eq!(found.condition, classes.into());
    let text = table("a,kind\n1,red\n2,blue\n", by_kind).unwrap();
    assert_eq!(text.labels(), Some(&[1, 0][..]));
}

#[test]
fn conditions_leave_the_data() {
    let found = table("a,b,c\n1,2,3\n4,5,6\n", |s| s.condition = vec!["c".into(), "a".into()]);
    let found = found.unwrap();
    assert_eq!(found.columns, ["b"]);
    let values = Rows::from_vec(2, vec![3.0, 1.0, 6.0, 4.0]);
    assert_eq!(
        found.condition,
        VectorData { columns: vec!["c".into(), "a".into()], values }.into()
    );
}

#[test]
fn chosen_columns_come_in_their_order_and_the_rest_is_not_judged() {
    let found =
        table("a,b,c\n1,2,oops\n3,4,5\n", |s| s.columns = Some(vec!["b".into(), "a".into()]));
    assert_eq!(found.unwrap().values, Rows::from_vec(2, vec![2.0, 1.0, 4.0, 3.0]));
}

#[test]
fn other_writers_files_are_read() {
    // A byte order mark, Windows line ends, quotes, and no newline at the end.
    let found = table("\u{feff}a,\"b\"\r\n1,\"2\"\r\n3,4", plain).unwrap();
    assert_eq!(found.columns, ["a", "b"]);
    assert_eq!(found.values.len(), 2);
}

#[test]
fn a_bad_cell_is_named() {
    fails("a,b\n1,2\n3,x\n", plain, &["row 3", "column `b`", "`x` is not a number", "--columns"]);
    fails("a,b\n1,2\n3,\n", plain, &["row 3", "column `b`", "empty"]);
    fails("a,b\n1,nan\n3,4\n", plain, &["row 2", "column `b`", "`nan` is not a finite number"]);
    fails("a,b\n1,2\n-inf,4\n", plain, &["row 3", "column `a`", "`-inf`"]);
    fails("a,b\n1,2\n1e60,4\n", plain, &["row 3", "column `a`", "too large"]);
    fails("a,b\n1,2\n3,x\n", |s| s.condition = vec!["b".into()], &["row 3", "column `b`"]);
}

#[test]
fn rows_are_counted_as_an_editor_does() {
    fails("a,b\n1,2\n\n3,x\n", plain, &["row 4", "column `b`"]);
    fails("a,b\r\n1,2\r\n\r\n\r\n3,x", plain, &["row 5", "column `b`"]);
    fails("a,b\r\n1,2\r\n3,x\r\n", plain, &["row 3", "column `b`"]);
}

#[test]
fn a_row_is_named_by_its_first_line() {
    fails("a,b\n\"1\n\n\",x\n3,4\n", plain, &["row 2", "column `b`"]);
    fails("a,b\n\"1\r\n\",2\r\n3,x\r\n", plain, &["row 4", "column `b`"]);
    // Line ends of old Macs.
    fails("a,b\r1,2\r\r3,x\r", plain, &["row 4", "column `b`"]);
}

#[test]
fn a_stray_quote_is_named() {
    fails("a,b\n1,2\n3,\"x\n5,6\n", plain, &["row 3", "never closed"]);
    fails("\"a,b\n1,2\n", plain, &["row 1", "never closed"]);
    fails("a,b\n\"1\n2\"x,3\n", plain, &["row 2", "closing quote in row 3"]);
    let long = |lines: usize| format!("name,a\n\"{}\",1\nu,2\n", "\n".repeat(lines));
    assert_eq!(table(&long(100), plain).unwrap().len(), 2);
    fails(&long(101), plain, &["row 2", "more than 100 lines"]);
    // A quote inside a cell is text, and so is a doubled quote in a quoted cell; a byte order mark may come
    // first.
    let found = table("\u{feff}\"a,\n\",5\" disk\n1,\"5\"\" disk\"\n2,\"\"\n", plain).unwrap();
    assert_eq!((found.columns, found.values.len()), (vec!["a,".to_owned()], 2));
}

/// The table is the same, however few bytes are read at a time.
#[test]
fn a_slow_reader_changes_nothing() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }
    let text = "a,b\r\n\r\n1,\"two\r\nlines\"\r\n3,\"\"\"4\"\r";
    let source = DataSpec { columns: Some(vec!["a".into()]), ..DataSpec::new("some.csv") };
    let at_once = parse(&source, Checked::new(text.as_bytes(), None)).unwrap();
    let slowly = parse(&source, Checked::new(Slow(text.as_bytes()), None)).unwrap();
    assert_eq!(at_once, slowly);
    assert_eq!(at_once.1, [3, 5]);
}

#[test]
fn a_bad_shape_is_named() {
    fails("", plain, &["empty"]);
    fails("a,b\n", plain, &["no row"]);
    fails("kind\n", by_kind, &["no row"]);
    fails("a,b\n1,2\n3\n", plain, &["row 3", "1 cells", "has 2"]);
    fails("a,b\n1,2,3\n", plain, &["row 2", "3 cells", "has 2"]);
    fails("a,b,a\n1,2,3\n", plain, &["row 1", "column `a`", "rename"]);
    fails("1,2\n3,4\n", plain, &["row 1", "header"]);
    fails("a;b\n1;2\n", plain, &["row 1", "';'", "commas"]);
    fails("u,v\nx,y\nz,w\n", plain, &["no numeric column", "`u`, `v`"]);
    fails("kind\nx\ny\n", by_kind, &["no numeric column"]);
    fails(",a\n0,5\n1,6\n", plain, &["row 1", "column 1", "no name"]);
    fails("a,kind\n1,x\n2, \n", by_kind, &["row 3", "column `kind`", "class is empty"]);
    fails("a,kid\n1,x\n2,y\n", by_kind, &["no column `kind`", "did you mean `kid`"]);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let error = parse(&DataSpec::new("some.csv"), Checked::new(&b"a\n1\n\xff\n"[..], None));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("row 3") && error.contains("UTF-8"), "{error}");
}

#[test]
fn gzip_is_known_by_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed.csv");
    let mut packed =
        flate2::write::GzEncoder::new(File::create(&path).unwrap(), Default::default());
    packed.write_all(b"a,b\n1,2\n3,4\n").unwrap();
    packed.finish().unwrap();
    let found = read(&DataSpec::new(path.to_string_lossy())).unwrap();
    assert_eq!(found.0.values, Rows::from_vec(2, vec![1.0, 2.0, 3.0, 4.0]));
    let plain = folder.path().join("plain.csv.gz");
    std::fs::write(&plain, "a\n1\n2\n").unwrap();
    assert_eq!(read(&DataSpec::new(plain.to_string_lossy())).unwrap().0.len(), 2);
}

#[test]
fn broken_and_unknown_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&DataSpec::new(path.to_string_lossy())).unwrap_err().to_string()
    };
    let torn = error("torn.csv.gz", &[0x1f, 0x8b, 8, 0, 0]);
    assert!(torn.contains("cannot read") && torn.contains("torn.csv.gz"), "{torn}");
    let array = error("array.npy", b"\x93NUMPY");
    assert!(array.contains("array.npy") && array.contains(".csv.gz"), "{array}");
}
