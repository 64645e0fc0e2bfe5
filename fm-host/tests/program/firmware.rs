//! `fm firmware`: a project of one's own. `cargo xtask test` builds and runs such projects.

use super::*;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/firmware/models/moons16.fm");

#[test]
fn a_project_has_the_model_and_the_sampler_and_overwrites_nothing() {
    let d = directory();
    good(&d, &format!("firmware {MODEL} --board qemu-m4 --out board --count 3"));
    let text = |file: &str| fs::read_to_string(d.path().join("board").join(file)).expect("a file");
    assert!(text("src/main.rs").contains("const SAMPLES: u64 = 3;"));
    assert!(text("src/main.rs").contains("const COLUMNS: &str = \"x,y\";"));
    assert!(text("src/model.rs").contains("fm_nostd::OneStep<'a, 2, 0, 16>"));
    assert!(text("Cargo.toml").contains("features = [\"f32\"]"));
    assert!(!text("fm-nostd/Cargo.toml").contains("workspace"));
    for file in ["Cargo.toml", ".cargo/config.toml", "README.md", "memory.x", "src/board/mod.rs"] {
        assert!(!text(file).contains('$'), "a field of the template is left in {file}");
    }
    let error = bad(&d, &format!("firmware {MODEL} --board pico --out board"));
    assert!(error.contains("--out") && error.contains("has files already"), "{error}");
    let error = bad(&d, &format!("firmware {MODEL} --board arduino --out other"));
    assert!(error.contains("nucleo-f411re"), "the boards are listed: {error}");
}
