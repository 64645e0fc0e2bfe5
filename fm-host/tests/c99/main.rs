//! Models exported as C99: compiled by every compiler that is installed, they have the bits of `fm-nostd`.

mod models;
mod script;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fm_host::export::write_blob;
use fm_host::model::AlignedBytes;
use fm_nostd::Model;
use fm_nostd::blob::{Spec, emit, emitted_len};
use fm_nostd::net::Weights;
use fm_nostd::prediction::Prediction;
use script::{Line, Script};

/// Warnings are errors, also those about conversions that change a number.
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Werror"];

/// Every exported model with its calls, and a `main` that runs them.
struct Program {
    folder: tempfile::TempDir,
    /// What each model prints, by its name.
    expected: Vec<(String, Vec<Line>)>,
}

impl Program {
    fn new(cases: impl IntoIterator<Item = u32>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("a file in the folder");
        };
        write("harness.h", include_str!("harness.h"));
        let (mut expected, mut declarations, mut calls) =
            (Vec::new(), String::new(), String::new());
        for case in cases {
            let (name, blob) = (format!("case_{case}"), models::blob(case));
            write_blob(&blob, &folder.path().join(format!("{name}.c"))).expect("a model for C99");
            let placed = AlignedBytes::new(&blob);
            let script = Script::new(&Model::new(placed.bytes()).expect("a model"), &name);
            write(&format!("run_{name}.c"), &script.source);
            declarations += &format!("#include \"{name}.h\"\nvoid run_{name}(void);\n");
            calls += &format!(
                "    {{ static {name}_sampler s; puts(\"{name}\"); run_{name}(); \
                 if ({name}_self_test(&s)) puts(\"self-test failed\"); }}\n"
            );
            expected.push((name, script.lines));
        }
        write(
            "main.c",
            &format!(
                "#include <stdio.h>\n{declarations}int main(void) {{\n{calls}    return 0;\n}}\n"
            ),
        );
        Self { folder, expected }
    }

    /// Compiles everything; the text of the errors if that fails.
    fn compile(&self, compiler: &str, options: &[&str]) -> Result<PathBuf, String> {
        let program = self.folder.path().join(format!("program{}", options.concat()));
        let mut sources: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|file| file.expect("a file").path())
            .filter(|path| path.extension() == Some("c".as_ref()))
            .collect();
        sources.sort();
        let output = Command::new(compiler)
            .args(STRICT)
            .args(options)
            .args(sources)
            .arg("-o")
            .arg(&program)
            .output()
            .expect("the compiler");
        match output.status.success() {
            true => Ok(program),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Compiles everything, runs it, and compares every line.
    fn check(&self, compiler: &str, options: &[&str]) {
        let title = format!("{compiler} {}", options.join(" "));
        let program = self.compile(compiler, options).unwrap_or_else(|e| panic!("{title}: {e}"));
        let output = Command::new(program).output().expect("the program");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{title}: {errors}");
        let text = String::from_utf8(output.stdout).expect("text");
        let mut lines = text.lines();
        for (name, expected) in &self.expected {
            assert_eq!(lines.next(), Some(name.as_str()), "{title}");
            for (i, wanted) in expected.iter().enumerate() {
                let found = lines.next().unwrap_or_default();
                assert!(agree(found, wanted), "{title}: {name}, line {i}: {found} for {wanted:x?}");
            }
        }
        assert_eq!(lines.next(), None, "{title}");
    }
}

/// Whether a line is the wanted one. Of numbers that are not finite, the bits may differ.
fn agree(found: &str, wanted: &Line) -> bool {
    let mut words = found.split(' ');
    match (words.next(), wanted) {
        (Some("code"), Line::Code(code)) => words.eq([code.to_string()]),
        (Some("bits"), Line::Bits(wanted)) => {
            let found = words.map(|word| u32::from_str_radix(word, 16).expect("a word"));
            let found: Vec<u32> = found.collect();
            let same = |(found, wanted): (&u32, &u32)| {
                let (x, y) = (f32::from_bits(*found), f32::from_bits(*wanted));
                if y.is_finite() { found == wanted } else { !x.is_finite() }
            };
            found.len() == wanted.len() && found.iter().zip(wanted).all(same)
        }
        _ => false,
    }
}

/// Those of the compilers that are installed: at least one.
fn installed(compilers: &[&'static str]) -> Vec<&'static str> {
    let works = |compiler: &&&str| Command::new(compiler).arg("--version").output().is_ok();
    let found: Vec<&str> = compilers.iter().filter(works).copied().collect();
    assert!(!found.is_empty(), "install one of {compilers:?}, or run `cargo xtask test --install`");
    found
}

#[test]
fn c99_has_the_bits_of_the_library() {
    let program = Program::new(0..models::COUNT);
    for compiler in installed(&["gcc", "clang"]) {
        // In its own mode GCC fuses multiplications with additions unless the file forbids it, clang in each.
        program.check(compiler, &["-std=gnu11", "-O3", "-march=native"]);
        program.check(compiler, &["-std=c99", "-O2"]);
        if compiler == "gcc" {
            program.check(compiler, &["-std=c99", "-O0"]);
        }
    }
}

/// GCC does not inline a function into another file whose arithmetic it may fuse.
#[test]
fn optimisation_across_files_keeps_the_bits() {
    let program = Program::new(0..models::COUNT);
    for compiler in installed(&["gcc"]) {
        program.check(compiler, &["-std=gnu11", "-O3", "-march=native", "-flto"]);
    }
}

#[test]
fn it_is_cpp_too() {
    let program = Program::new((0..models::COUNT).step_by(3));
    for compiler in installed(&["g++", "clang++"]) {
        program.check(compiler, &["-x", "c++", "-std=c++11", "-O2", "-Wno-deprecated"]);
    }
}

#[test]
fn nothing_is_undefined() {
    let program = Program::new(0..models::COUNT);
    for compiler in installed(&["gcc"]) {
        let kinds = "-fsanitize=address,undefined,float-cast-overflow";
        program.check(compiler, &["-std=c99", "-O1", kinds, "-fno-sanitize-recover=all"]);
    }
}

#[test]
fn options_that_change_bits_do_not_compile() {
    let program = Program::new([0]);
    for compiler in installed(&["gcc", "clang"]) {
        for option in ["-ffast-math", "-ffinite-math-only"] {
            let errors = program.compile(compiler, &["-O2", option]).expect_err("an error");
            assert!(errors.contains("they change the bits of samples"), "{compiler}: {errors}");
        }
    }
}

/// The self-test sees a wrong digit in the constants of the noise.
#[test]
fn a_broken_file_is_noticed() {
    let program = Program::new(0..8);
    let mut broken = 0;
    for (name, _) in &program.expected {
        let path = program.folder.path().join(format!("{name}.c"));
        let text = fs::read_to_string(&path).expect("the file");
        broken += text.matches("6.28318530718f").count();
        fs::write(&path, text.replace("6.28318530718f", "6.28318f")).expect("the file");
    }
    assert!(broken > 2, "{broken}");
    for compiler in installed(&["gcc", "clang"]) {
        let built = program.compile(compiler, &["-O1"]).expect("it compiles");
        let output = Command::new(built).output().expect("the program");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Where every column has few values, a small change of the noise may change none.
        assert!(2 * text.matches("self-test failed").count() > broken, "{compiler}: {text}");
    }
}

/// A one-step model with hidden layers of this width and this weight everywhere.
fn uniform(hidden: u16, weight: f32) -> Vec<u8> {
    let widths = [hidden; 2];
    let mut spec = Spec {
        prediction: Prediction::Jump,
        dim: 1,
        widths: &widths,
        mean: &[0.0],
        std: &[1.0],
        ..Spec::PLAIN
    };
    let weights = vec![weight; spec.shape().parameters().expect("a valid shape")];
    spec.weights = Weights::F32(&weights);
    let mut bytes = vec![0; emitted_len(&spec).expect("sizes that agree")];
    emit(&spec, &mut bytes).expect("a blob").to_vec()
}

#[test]
fn what_cannot_be_written_or_stored_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("wide.c");
    let error = write_blob(&uniform(1, f32::NAN), &out).expect_err("no C for a NaN").to_string();
    assert!(error.starts_with("--out: ") && error.contains("not finite"), "{error}");
    assert!(!out.exists());
    let name = folder.path().join("a\"b.c");
    let error = write_blob(&uniform(1, 0.5), &name).expect_err("no such #include").to_string();
    assert!(error.contains("choose another name"), "{error}");
    // The second hidden layer has 40 KB.
    write_blob(&uniform(100, 0.5), &out).expect("a model for C99");
    for compiler in installed(&["gcc", "clang"]) {
        let compile = |options: &[&str]| {
            let object = folder.path().join("wide.o");
            let mut command = Command::new(compiler);
            command.arg("-c").arg(&out).arg("-o").arg(&object).args(options);
            let output = command.output().expect("the compiler");
            (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        assert!(compile(&[]).0);
        let (done, errors) = compile(&["-D__AVR__"]);
        assert!(!done && errors.contains("that an AVR reads"), "{compiler}: {errors}");
    }
}

/// The set has everything, so that nothing goes untested.
#[test]
fn every_part_of_the_fragments_is_in_some_model() {
    let program = Program::new(0..models::COUNT);
    let texts: Vec<String> = program
        .expected
        .iter()
        .flat_map(|(name, _)| [format!("{name}.c"), format!("{name}.h")])
        .map(|name| fs::read_to_string(program.folder.path().join(name)).expect("a file"))
        .collect();
    let fragments = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/export/c99");
    for entry in fs::read_dir(fragments).expect("the fragments") {
        let path = entry.expect("a file").path();
        if path.extension() == Some("rs".as_ref()) {
            continue;
        }
        for line in fs::read_to_string(&path).expect("a fragment").lines() {
            if line.contains("HAS_") || line.is_empty() {
                continue;
            }
            // Names and values differ between models; what is before a value and between names does not.
            let (before, _) = line.split_once('$').unwrap_or((line, ""));
            let fixed = before.split("model_").flat_map(|part| part.split("MODEL_"));
            let fixed: Vec<&str> = fixed.collect();
            let has = |text: &String| {
                text.lines().any(|line| fixed.iter().all(|part| line.contains(part)))
            };
            let found = texts.iter().any(has);
            assert!(found, "{}: no model has `{line}`", path.display());
        }
    }
}
