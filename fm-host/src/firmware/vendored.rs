//! A copy of `fm-nostd` for projects outside this repository, as it is not published.

use include_dir::{Dir, include_dir};
use toml_edit::{DocumentMut, Item};

static SOURCE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../fm-nostd/src");
static DOCS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../fm-nostd/docs");
const BUILD: &str = include_str!("../../../fm-nostd/build.rs");
const MANIFEST: &str = include_str!("../../../fm-nostd/Cargo.toml");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// Its files: paths and texts.
pub(super) fn files() -> Vec<(String, String)> {
    let mut found =
        vec![("Cargo.toml".to_owned(), manifest()), ("build.rs".to_owned(), BUILD.to_owned())];
    add(&SOURCE, "src", &mut found);
    add(&DOCS, "docs", &mut found);
    found
}

fn add(folder: &Dir<'_>, name: &str, found: &mut Vec<(String, String)>) {
    for file in folder.files() {
        if let Some(text) = file.contents_utf8() {
            found.push((format!("{name}/{}", file.path().display()), text.to_owned()));
        }
    }
    folder.dirs().for_each(|folder| add(folder, name, found));
}

/// The manifest with the values that it inherits here, and without what only tests need.
fn manifest() -> String {
    let (Ok(mut own), Ok(workspace)) =
        (MANIFEST.parse::<DocumentMut>(), WORKSPACE.parse::<DocumentMut>())
    else {
        return MANIFEST.to_owned();
    };
    let shared = &workspace["workspace"]["package"];
    if let Some(package) = own["package"].as_table_mut() {
        package.remove("readme");
        for (key, item) in package.iter_mut() {
            let inherited = item.get("workspace").is_some();
            if let Some(value) = shared.get(key.get()).filter(|_| inherited) {
                *item = Item::Value(value.clone().into_value().unwrap_or_else(|_| false.into()));
            }
        }
    }
    own.remove("lints");
    own.remove("dev-dependencies");
    own.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_inherits_nothing() {
        let text = manifest();
        assert!(!text.contains("workspace") && text.contains("edition = \"2024\""), "{text}");
        let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
        for name in ["src/lib.rs", "src/net/mod.rs", "docs/format.md"] {
            assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
        }
    }
}
