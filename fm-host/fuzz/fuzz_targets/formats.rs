//! Any bytes, as a file or as an image in a folder, are a table of finite numbers or an error that names the
//! file. The first bytes decide about the format.

#![no_main]

use fm_host::data::{self, DataSpec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.png");
    std::fs::write(&file, bytes).expect("space on the disk");
    let source = if bytes.starts_with(b"\x89PNG") { folder.path() } else { &file };
    let source = source.to_str().expect("UTF-8");
    match data::load(&DataSpec::new(source)) {
        Ok(split) => {
            for part in [split.train, split.held_out] {
                assert_eq!(part.values.dim(), part.columns.len());
                assert!(part.values.as_slice().iter().all(|x| x.is_finite()));
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(source), "{said}");
            assert!(said.len() < 200_000, "a message of {} bytes", said.len());
        }
    }
});
