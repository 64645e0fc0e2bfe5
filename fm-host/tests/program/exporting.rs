//! Models as source files: the bytes are those of the blob, the sizes are those of the model.

use super::*;

/// The bytes of the rows of `0x..,` in a source file.
fn bytes(source: &str) -> Vec<u8> {
    let rows = source.lines().filter(|line| line.starts_with("    0x"));
    let bytes = rows.flat_map(|row| row.split(',').map(str::trim).filter(|byte| !byte.is_empty()));
    let byte = |text: &str| u8::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    bytes.map(|text| byte(text).expect("a byte")).collect()
}

#[test]
fn a_run_and_its_blob_give_the_same_source_files() {
    let d = directory();
    table(&d);
    let train = "train table.csv --columns x,y --objective meanflow --coupling independent";
    good(&d, &format!("{train} --condition c,d --out run {SMALL}"));
    good(&d, "export run --out model.fm");
    let read = |name: &str| fs::read_to_string(d.path().join(name)).expect("a text file");
    let blob = fs::read(d.path().join("model.fm")).expect("the blob");
    let id = json(&good(&d, "inspect model.fm --json"))["id"].as_str().unwrap().to_owned();
    for file in ["model.rs", "model.h"] {
        good(&d, &format!("export run --out {file}"));
        let from_run = read(file);
        good(&d, &format!("export model.fm --out {file}"));
        assert_eq!(read(file), from_run);
        assert_eq!(bytes(&from_run), blob);
        assert!(from_run.contains(&id), "{file} has the id");
    }
    assert!(read("model.rs").contains("pub type Sampler<'a> = fm_nostd::OneStep<'a, 2, 2, 16>;"));
    let header = read("model.h");
    for line in [
        "#define MODEL_DIM 2",
        "#define MODEL_CONDITION 2",
        "#define MODEL_CLASSES 0",
        "#define MODEL_JUMPS 1",
        "#define MODEL_VELOCITY 1",
        "#define MODEL_WORK 36",
        "#define MODEL_WORK_HEUN 38",
        "static const uint8_t model[MODEL_LEN] = {",
    ] {
        assert!(header.lines().any(|found| found == line), "{line}");
    }
    let said = json(&good(&d, "export model.fm --out copy.fm --json"));
    assert_eq!((&said["out"], &said["dtype"]), (&"copy.fm".into(), &"f32".into()));
    assert_eq!(fs::read(d.path().join("copy.fm")).unwrap(), blob);
    assert!(bad(&d, "export model.fm --clamp --out copy.fm").contains("--clamp"));
    assert!(bad(&d, "export model.fm --out model.safetensors").contains("from a run"));
    assert!(bad(&d, "export table.csv --out model.rs").contains("table.csv"));
}

#[test]
fn a_velocity_model_is_a_network() {
    let d = directory();
    good(&d, &format!("train moons --objective fm --out run {SMALL}"));
    good(&d, "export run --out moons.rs");
    let text = fs::read_to_string(d.path().join("moons.rs")).expect("a text file");
    assert!(text.contains("pub type Network<'a> = fm_nostd::Mlp<'a, 2, 0, 16>;"), "{text:.900}");
}

/// `fm-host/tests/c99` compiles such files and compares their bits.
#[test]
fn c99_is_written_with_its_header() {
    let d = directory();
    table(&d);
    good(
        &d,
        &format!(
            "train table.csv --columns x,y --class label --objective meanflow --out run {SMALL}"
        ),
    );
    good(&d, "export run --out model.fm");
    let read = |name: &str| fs::read_to_string(d.path().join(name)).expect("a text file");
    good(&d, "export run --out Some-Table.c");
    let (source, header) = (read("Some-Table.c"), read("Some-Table.h"));
    good(&d, "export model.fm --out Some-Table.c");
    assert_eq!((read("Some-Table.c"), read("Some-Table.h")), (source.clone(), header.clone()));
    assert!(source.contains("#include \"Some-Table.h\""));
    for line in [
        "#define SOME_TABLE_DIM 2",
        "#define SOME_TABLE_COLUMN_Y 1",
        "#define SOME_TABLE_HIDDEN 16",
        "int some_table_self_test(some_table_sampler *sampler);",
    ] {
        assert!(header.lines().any(|found| found == line), "{line}");
    }
    good(&d, "export run --dtype q8 --no-names --out small.c");
    assert!(read("small.h").contains("with 8-bit weights") && !read("small.h").contains("COLUMN"));
    assert!(bad(&d, "export model.fm --out some\"table.c").contains("--out"));
}
