//! Firmware of one's own: a small complete project, outside this repository, that prints samples of a model.
//!
//! It contains the model as source, a program, a board's start-up, output and memory map, and a copy of
//! `fm-nostd`. The board layer is that of `examples/firmware`.

mod board;
mod program;
mod vendored;

use std::fs;
use std::path::Path;

pub use board::Board;

use crate::model::StoredModel;
use crate::template::fill;
use crate::{Error, Result, export, files};

/// Writes a project to the folder `out`, which must not exist or be empty, for a program that prints `count`
/// samples. `path` is the model's, for messages.
///
/// # Errors
/// If the model moves rows of a source, the folder has files, or the system fails.
pub fn write(model: &StoredModel, path: &Path, board: Board, count: u64, out: &Path) -> Result<()> {
    if fs::read_dir(out).is_ok_and(|mut files| files.next().is_some()) {
        let problem = format!("{} has files already; name another folder", out.display());
        return Err(Error::usage("--out", problem));
    }
    let view = model.view();
    if view.has_source() {
        let problem = "the model moves rows of a source, which a program must get from somewhere; start from \
                       `fm export MODEL --out model.rs`";
        return Err(Error::model(path, problem));
    }
    let (name, features, count) = (package_name(out), program::features(&view), count.to_string());
    let parts = board.parts();
    let filled = |template: &str| {
        fill(template, |field| match field {
            "name" => &name,
            "model" => view.name(),
            "features" => &features,
            "dependencies" => parts.dependencies,
            "triple" => parts.triple,
            "runner" => &parts.runner,
            "board" => parts.title,
            "run" => parts.run,
            "count" => &count,
            _ => "",
        })
    };
    let declared = |(file, _): &board::File| format!("mod {};\n", file.trim_end_matches(".rs"));
    let modules = format!(
        "//! The board, {}: where the program starts, prints and ends, and its cycle counter.\n\n\
         // No board needs all of these.\n#![allow(dead_code)]\n\n{}\n{}",
        parts.title,
        parts.files.iter().map(declared).collect::<String>(),
        parts.offers
    );
    let put = |file: &str, text: &str| {
        let path = out.join(file);
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        files::replace(&path, text.as_bytes())
    };
    put("Cargo.toml", &filled(include_str!("template/Cargo.toml")))?;
    put(".cargo/config.toml", &filled(include_str!("template/config.toml")))?;
    put(".gitignore", "/target\n")?;
    put("README.md", &filled(include_str!("template/README.md")))?;
    put("build.rs", include_str!("template/build.rs"))?;
    put("memory.x", parts.memory)?;
    put("src/main.rs", &program::main(model, &count))?;
    put("src/text.rs", include_str!("template/text.rs"))?;
    put("src/board/mod.rs", &modules)?;
    for (file, text) in parts.files {
        put(&format!("src/board/{file}"), text)?;
    }
    for (file, text) in vendored::files() {
        put(&format!("fm-nostd/{file}"), &text)?;
    }
    let blob = model.bytes().get(..view.len()).unwrap_or_default();
    export::write_blob(blob, &out.join("src/model.rs"))
}

/// The folder's name as that of a package.
fn package_name(out: &Path) -> String {
    let name = out.canonicalize().unwrap_or_else(|_| out.to_owned());
    let name = name.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = name.chars().map(allowed).collect();
    let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    // These are crates that the project depends on, or that the compiler brings along.
    let taken = ["fm-nostd", "cortex-m-rt", "riscv-rt", "semihosting", "core", "test"];
    if letter && !taken.contains(&name.as_str()) { name } else { format!("firmware-{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_is_a_package() {
        assert_eq!(package_name(Path::new("no/such/My Board")), "my-board");
        assert_eq!(package_name(Path::new("no/such/8bit")), "firmware-8bit");
        assert_eq!(package_name(Path::new("no/such/core")), "firmware-core");
    }
}
