//! Any text is a table of finite numbers, categories and dates, or an error that names the file.

#![no_main]

use fm_host::data::{self, ClassData, ColumnKind, ConditionData, DataSpec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut source = DataSpec::new("a.csv");
    // The length of the input selects the options.
    match text.len() % 4 {
        0 => source.class = Some("c".to_owned()),
        1 => source.condition = vec!["c".to_owned()],
        2 => source.columns = Some(vec!["x".to_owned()]),
        _ => {}
    }
    let option = |bit: usize| text.len() / 4 >> bit & 1 == 1;
    (source.drop_missing, source.no_header) = (option(0), option(1));
    if option(2) {
        let x = if source.no_header { "c1" } else { "x" };
        (source.categories, source.missing) = (vec![x.to_owned()], Some(vec!["1".to_owned()]));
    }
    if option(3) && source.class.is_none() && source.condition.is_empty() {
        source.group = Some("c".to_owned());
    }
    let table = match data::read_table(&source, text) {
        Ok(table) => table,
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with("a.csv") || said.starts_with("--"), "{said}");
            assert!(said.len() < 200_000, "a message of {} bytes", said.len());
            return;
        }
    };
    let rows = table.len();
    assert!(rows > 0 && rows <= text.len());
    assert_eq!((table.values.len(), table.values.dim()), (rows, table.columns.len()));
    assert!(table.values.as_slice().iter().all(|x| x.is_finite()));
    assert_eq!(table.kinds.len(), table.columns.len());
    for (i, kind) in table.kinds.iter().enumerate() {
        for x in table.values.iter().map(|row| row[i]) {
            match kind {
                ColumnKind::Number => assert_eq!(kind.text(x), None),
                ColumnKind::Category(names) => {
                    assert_eq!(kind.text(x), Some(names[x as usize].as_str().into()))
                }
                ColumnKind::Date(_) => assert!(x >= 0.0 && kind.text(x).is_some()),
            }
        }
    }
    let ConditionData { classes, vector } = table.condition;
    if let Some(ClassData { names, labels, .. }) = classes {
        assert!(labels.len() == rows && labels.iter().all(|l| (*l as usize) < names.len()));
    }
    assert!(vector.is_none_or(|vector| vector.values.len() == rows));
});
