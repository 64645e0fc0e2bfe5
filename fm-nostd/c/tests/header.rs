//! `include/fm.h` equals what cbindgen makes of the source.

use std::path::Path;

/// `UPDATE_HEADER=1 cargo test --test header` regenerates it.
#[test]
fn the_header_is_that_of_the_source() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(here.join("cbindgen.toml")).expect("a configuration");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ["status", "model", "sampler", "sample"] {
        builder = builder.with_src(here.join("src").join(file).with_extension("rs"));
    }
    let mut made = Vec::new();
    builder.generate().expect("source that C can use").write(&mut made);
    let header = here.join("include/fm.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&header, &made).expect("writable");
    }
    let found = std::fs::read(&header).unwrap_or_default();
    assert!(
        found == made,
        "include/fm.h is not that of the source: run `UPDATE_HEADER=1 cargo test --test header` in {}",
        here.display()
    );
}
