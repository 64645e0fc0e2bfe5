//! Any text is a table of finite numbers or an error that names the file.

#![no_main]

use fm_host::data::{self, ClassData, ConditionData, DataSpec};
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
    let ConditionData { classes, vector } = table.condition;
    if let Some(ClassData { names, labels, .. }) = classes {
        assert!(labels.len() == rows && labels.iter().all(|l| (*l as usize) < names.len()));
    }
    assert!(vector.is_none_or(|vector| vector.values.len() == rows));
});
