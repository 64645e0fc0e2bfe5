//! Tests with valid files, and with every kind of invalid file.

use std::fs::File;
use std::io::Write;

use super::*;
use crate::data::{ClassData, ColumnKind, ConditionData, Dataset, VectorData};

fn table(text: &str, change: impl Fn(&mut DataSpec)) -> Result<Dataset> {
    let mut source = DataSpec::new("some.csv");
    change(&mut source);
    parse(&source, text.as_bytes()).and_then(Table::complete).map(|table| table.rows)
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
    let found = table("a, b\n1,2.5\n -3e2 ,0\n", plain).unwrap();
    assert_eq!(found.columns, ["a", "b"]);
    assert_eq!(found.kinds, [ColumnKind::Number, ColumnKind::Number]);
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
fn separators_and_decimal_commas_are_found() {
    for text in ["a\tb\n1.5\t2\n", "a;b\r\n1,5;2\r\n", "a|b\n1.5|2\n", "a;b\n\"1,5\";2\n"] {
        let found = table(text, plain).unwrap();
        assert_eq!(found.columns, ["a", "b"], "{text}");
        assert_eq!(found.values, Rows::from_vec(2, vec![1.5, 2.0]), "{text}");
    }
    fails("a;b\n1,5;2.5\n", plain, &["decimal commas", "decimal points"]);
    // After the rows that are looked at, too.
    let long = format!("a;b\n{}1.5;2\n", "1,5;2\n".repeat(20_000));
    fails(&long, plain, &["row 20002", "column `a`", "`1.5` is not a number"]);
}

#[test]
fn text_is_categories_and_dates_are_days() {
    let text = "job,day,a\nclerk,2026-01-03,1\nsmith,2026-01-01,2\nclerk,2026-02-01,4\n";
    let found = table(text, plain).unwrap();
    let names = vec!["clerk".to_owned(), "smith".to_owned()];
    let kinds =
        [ColumnKind::Category(names), ColumnKind::Date("2026-01-01".into()), ColumnKind::Number];
    assert_eq!(found.kinds, kinds);
    let values = vec![0.0, 2.0, 1.0, 1.0, 0.0, 2.0, 0.0, 31.0, 4.0];
    assert_eq!(found.values, Rows::from_vec(3, values));
    let times = table("t\n2026-01-01 12:00\n2026-01-02T06:00:00\n", plain).unwrap();
    assert_eq!(times.kinds, [ColumnKind::Date("2026-01-01T00:00:00".into())]);
    assert_eq!(times.values.as_slice(), [0.5, 1.25]);
    fails("t\n2026-01-01\n2026-01-02\n2026-13-02\n", plain, &["row 4", "is not a date"]);
}

#[test]
fn numbers_are_categories_where_that_is_asked_for() {
    let found = table("zip,a\n0700,1\n12,2\n0700,3\n", |s| s.categories = vec!["zip".into()]);
    let found = found.unwrap();
    assert_eq!(found.kinds[0], ColumnKind::Category(vec!["12".into(), "0700".into()]));
    assert_eq!(found.values, Rows::from_vec(2, vec![1.0, 1.0, 0.0, 2.0, 1.0, 3.0]));
    fails("zip,a\n1,2\n", |s| s.categories = vec!["zap".into()], &["--categories", "`zip`"]);
}

/// The kind is found in the first rows; a name that appears later is another category.
#[test]
fn every_row_is_read_as_the_first_rows_are() {
    let rows = |cells: [&str; 2]| format!("{},{}\n", cells[0], cells[1]);
    let many: String =
        (0..30_000).map(|i| rows([["x", "y"][i % 2], &(i % 7).to_string()])).collect();
    let found = table(&format!("k,a\n{many}5,1\n"), plain).unwrap();
    let names = ["5", "x", "y"].map(str::to_owned).to_vec();
    assert_eq!((&found.kinds[0], found.len()), (&ColumnKind::Category(names), 30_001));
    assert_eq!(found.values.row(29_999), [2.0, 4.0]);
    assert_eq!(found.values.row(30_000), [0.0, 1.0]);
    let late = format!("k,a\n{many}x,oops\n");
    fails(&late, plain, &["row 30002", "column `a`", "`oops`", "--missing", "--categories a"]);
}

#[test]
fn columns_that_are_no_data_are_refused_together() {
    let row = |i: usize| format!("{i},person {i},{}\n", i % 7);
    let text = format!("id,name,a\n{}", (1..30).map(row).collect::<String>());
    fails(&text, plain, &["column `id`", "counts the rows", "`name`", "`--exclude id,name`"]);
    let found = table(&text, |s| s.exclude = vec!["id".into(), "name".into()]).unwrap();
    assert_eq!(found.columns, ["a"]);
    // The user decides.
    let found = table(&text, |s| s.columns = Some(vec!["id".into(), "name".into()])).unwrap();
    assert_eq!((found.values.dim(), found.kinds[1].names().len()), (2, 29));
    let zero: String = (0..20).map(|i| format!("{i},{}\n", i % 3)).collect();
    fails(&format!("i,a\n{zero}"), plain, &["column `i`", "counts the rows"]);
    fails(&format!(",a\n{zero}"), plain, &["column `c1`", "no name", "`--exclude c1`"]);
    fails("a,\n1,\n2,\n", plain, &["column `c2`", "has no value"]);
    let many: String = (0..4000).map(|i| format!("n{},{}\n", i / 2, i % 3)).collect();
    fails(&format!("k,a\n{many}"), plain, &["column `k`", "more than 1000", "--max-classes"]);
    let found = table(&format!("k,a\n{many}"), |s| s.max_classes = 2000).unwrap();
    assert_eq!(found.kinds[0].names().len(), 2000);
}

#[test]
fn missing_cells_are_counted_and_refused_or_their_rows_left_out() {
    let text = "a,k,b\n1,x,2\n?,y,3\n,NA,4\n5,x,nan\n6,y,1\n7,x,1\n8,y,2\n";
    let read = |change: &dyn Fn(&mut DataSpec)| {
        let mut source = DataSpec::new("some.csv");
        change(&mut source);
        parse(&source, text.as_bytes())
    };
    let found = read(&|_| {}).unwrap();
    let column = |i: usize| found.rows.values.iter().map(|row| row[i]).collect::<Vec<_>>();
    assert!(column(0)[1].is_nan() && column(1)[2].is_nan() && column(2)[3].is_nan());
    assert_eq!(found.rows.kinds[1].names(), ["x", "y"]);
    let said = found.complete().unwrap_err().to_string();
    for part in
        ["2 in `a`, 1 in `k`, 1 in `b`", "row 3", "have one (3)", "--drop-missing", "--masked"]
    {
        assert!(said.contains(part), "{said}");
    }
    let found = read(&|s| s.drop_missing = true).unwrap();
    assert!(found.warnings.contains(&"rows left out because of missing cells: 3".to_owned()));
    assert_eq!([found.numbers.of(0), found.numbers.of(1)], [2, 6]);
    let found = found.complete().unwrap().rows;
    assert_eq!((found.len(), found.values.row(1)), (4, &[6.0, 1.0, 1.0][..]));
    // Data cells may be kept as missing, but no others.
    let kept = |change: &dyn Fn(&mut DataSpec)| {
        let mut source = DataSpec { keep_missing: true, ..DataSpec::new("some.csv") };
        change(&mut source);
        parse(&source, text.as_bytes()).unwrap().usable(&source)
    };
    let rows = kept(&|_| {}).unwrap().rows;
    assert_eq!((rows.len(), rows.incomplete(), rows.complete()), (7, 3, vec![0, 4, 5, 6]));
    assert_eq!(rows.select(&rows.complete()).incomplete(), 0);
    type Use = fn(&mut DataSpec);
    let others: [(Use, &str, &str); 3] = [
        (|s| s.class = Some("k".to_owned()), "row 4", "column `k`"),
        (|s| s.group = Some("k".to_owned()), "row 4", "column `k`"),
        (|s| s.condition = vec!["b".to_owned()], "row 5", "column `b`"),
    ];
    for (other, row, column) in others {
        let said = kept(&other).unwrap_err().to_string();
        assert!(
            said.contains(row) && said.contains(column) && said.contains("--drop-missing"),
            "{said}"
        );
    }
    // Columns that are not used do not count.
    let found = read(&|s| (s.exclude, s.drop_missing) = (vec!["a".into(), "k".into()], true));
    assert_eq!(found.unwrap().rows.len(), 6);
    fails("a\n1\n-9\n2\n", |s| s.missing = Some(vec!["-9".into()]), &["1 in `a`", "row 3"]);
    let spelt = |s: &mut DataSpec| s.missing = Some(vec!["-9".into()]);
    fails("a\n1\n-9.0\n2\n", spelt, &["1 in `a`", "row 3"]);
    fails("a\n1\n\"\"\n2\n", spelt, &["1 in `a`", "row 3"]);
    let classless = |s: &mut DataSpec| (s.class, s.drop_missing) = (Some("k".into()), true);
    assert_eq!(table(text, classless).unwrap().labels(), Some(&[0, 1, 0, 1][..]));
    fails("a\nNA\n?\n", |s| s.drop_missing = true, &["every row has a missing cell"]);
}

#[test]
fn groups_are_read_and_not_modelled() {
    let source = DataSpec { group: Some("user".into()), ..DataSpec::new("some.csv") };
    let found = parse(&source, "user,a\nu,1\nv,2\nu,3\n".as_bytes()).unwrap();
    assert_eq!((&found.groups, found.rows.columns.len()), (&Some(vec![0, 1, 0]), 1));
    let other = parse(&source, "user,a\nu,1\nv,2\nv,3\n".as_bytes()).unwrap();
    assert_ne!(found.digest(), other.digest());
}

#[test]
fn a_file_without_a_header_is_read_if_that_is_said() {
    let found = table("1,x\n2,y\n3,x\n", |s| s.no_header = true).unwrap();
    assert_eq!(found.columns, ["c1", "c2"]);
    assert_eq!(found.len(), 3);
    fails("1,2\n3,4\n", plain, &["--no-header"]);
    fails("1,x,1\n2,y,2\n", plain, &["column `1`", "--no-header"]);
    let notes = |text: &str| parse(&DataSpec::new("a.csv"), text.as_bytes()).unwrap().notes;
    assert!(notes("39,x\n2,y\n3,y\n4,x\n").iter().any(|note| note.contains("`39`")));
    assert_eq!(notes("a;x\n2;y\n3;y\n4;x\n"), ["separated by semicolons"]);
}

#[test]
fn a_bad_cell_is_named() {
    fails("a,b\n1,2\n3,x\n", plain, &["row 3", "column `b`", "`x` is not a number", "--exclude b"]);
    fails("a,b\n1,2\n3,\n", plain, &["row 3", "1 in `b`", "missing"]);
    fails("a,b\n1,2\n-inf,4\n", plain, &["row 3", "column `a`", "`-inf` is not a finite number"]);
    fails("a,b\n1,2\n1e60,4\n", plain, &["row 3", "column `a`", "too large"]);
    fails("a,b\n1,2\n1e999,4\n", plain, &["row 3", "column `a`", "not a finite number"]);
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
    let second = |source: &mut DataSpec| source.columns = Some(vec!["a".into()]);
    assert_eq!(table(&long(100), second).unwrap().len(), 2);
    fails(&long(101), second, &["row 2", "more than 100 lines"]);
    // A quote inside a cell is text, and so is a doubled quote in a quoted cell; a byte order mark may come
    // first.
    let first = |source: &mut DataSpec| source.columns = Some(vec!["a,".into()]);
    let found = table("\u{feff}\"a,\n\",5\" disk\n1,\"5\"\" disk\"\n2,\"\"\n", first).unwrap();
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
    let at_once = parse(&source, text.as_bytes()).unwrap();
    let slowly = parse(&source, Slow(text.as_bytes())).unwrap();
    assert_eq!(at_once, slowly);
    assert_eq!([at_once.numbers.of(0), at_once.numbers.of(1)], [3, 5]);
}

#[test]
fn a_bad_shape_is_named() {
    fails("", plain, &["empty"]);
    fails("a,b\n", plain, &["no row"]);
    fails("kind\n", by_kind, &["no column to model"]);
    fails("a,b\n1,2\n3\n", plain, &["row 3", "1 cell,", "has 2"]);
    fails("a,b\n1,2,3\n", plain, &["row 2", "3 cells", "has 2"]);
    fails("a,b,a\n1,2,3\n", plain, &["row 1", "column `a`", "rename"]);
    fails("1,2\n3,4\n", plain, &["row 1", "header"]);
    fails("u,v\nx,y\nz,w\n", plain, &["column `u`", "`v`", "different text", "--exclude u,v"]);
    fails("kind\nx\ny\n", by_kind, &["no column to model"]);
    fails("a,kind\n1,x\n2, \n", by_kind, &["row 3", "1 in `kind`"]);
    fails("a,kid\n1,x\n2,y\n", by_kind, &["no column `kind`", "did you mean `kid`"]);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let error = parse(&DataSpec::new("some.csv"), &b"a\n1\n\xff\n"[..]);
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
    assert_eq!(found.rows.values, Rows::from_vec(2, vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(found.notes, ["packed with gzip", "separated by commas"]);
    let plain = folder.path().join("plain.csv.gz");
    std::fs::write(&plain, "a\n1\n2\n").unwrap();
    assert_eq!(read(&DataSpec::new(plain.to_string_lossy())).unwrap().rows.len(), 2);
}

#[test]
fn zstd_is_known_by_its_bytes() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed");
    let packed = compress_to_vec(&b"a\tb\n1\t2\n3\t4\n"[..], CompressionLevel::Fastest);
    std::fs::write(&path, packed).unwrap();
    let found = read(&DataSpec::new(path.to_string_lossy())).unwrap();
    assert_eq!(found.rows.values, Rows::from_vec(2, vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(found.notes, ["packed with zstd", "separated by tabs"]);
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
    let torn = error("torn.csv.zst", &[0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    assert!(torn.contains("cannot read") && torn.contains("torn.csv.zst"), "{torn}");
    let other = error("other.bin", &[0, 1, 2, 0xff]);
    assert!(other.contains("other.bin") && other.contains(".csv.gz"), "{other}");
}

#[test]
fn identifiers_of_many_digits_are_refused_by_name() {
    let row = |i: u64| format!("{},{}\n", 123_456_789_012_345_678 + 7919 * (i * i % 97), i % 7);
    let text = format!("id,x\n{}", (0..50).map(row).collect::<String>());
    fails(&text, plain, &["column `id`", "16 digits", "--exclude id"]);
    let named = |source: &mut DataSpec| source.columns = Some(vec!["x".into()]);
    assert_eq!(table(&text, named).unwrap().columns, ["x"]);
}

#[test]
fn texts_that_look_like_numbers_or_dates_are_named() {
    let rows = |cell: &dyn Fn(u32) -> String| {
        let rows = (0..60).map(|i| format!("{};{}\n", cell(i), i % 7)).collect::<String>();
        parse(&DataSpec::new("some.csv"), format!("a;x\n{rows}").as_bytes())
    };
    let warned = rows(&|i| format!("{}.5%", i % 20)).unwrap().warnings;
    assert_eq!(warned.len(), 1);
    assert!(warned[0].contains("column `a` is read as 20 categories"), "{warned:?}");
    assert!(warned[0].contains("`0.5%` look like numbers"), "{warned:?}");
    let warned = rows(&|i| format!("{}/5/2026", 1 + i % 20)).unwrap().warnings;
    assert!(warned[0].contains("dates as in 2026-11-27"), "{warned:?}");
    // All different, so refused, but not as remarks.
    let refused = rows(&|i| format!("${i},100")).unwrap_err().to_string();
    assert!(refused.contains("`$0,100` look like numbers"), "{refused}");
    assert!(rows(&|i| format!("kind {}", i % 5)).unwrap().warnings.is_empty());
}

#[test]
fn text_to_condition_on_is_a_class() {
    let text = "a,kind of\n1,x\n2,y\n3,x\n";
    let condition = |source: &mut DataSpec| source.condition = vec!["kind of".into()];
    fails(
        text,
        condition,
        &["row 2", "`kind of`", "`--class 'kind of'`", "omit it in `--condition`"],
    );
}
