//! Documents match the repository: they cite no file that it lacks, contain no dead link, and every
//! page is part of the crate documentation.

use std::fs;
use std::path::{Path, PathBuf};

/// The most words of the README, not counting code.
const WORDS: usize = 700;

/// Folders that are created by work in the repository, or lent for it.
const MADE: [&str; 7] =
    ["target", "runs", "corpus", "artifacts", "__pycache__", "node_modules", "shared"];

/// The first folder of a path in a text.
const FOLDERS: [&str; 7] =
    ["fm-nostd/", "fm-host/", "examples/", "benches/", "tests/", "xtask/", "docs/"];

/// Names of sources outside the repository, in pieces, so that this file does not contain them.
const OUTSIDE: [&str; 7] = [
    concat!("METHODS", ".md"),
    concat!("DESIGN", ".md"),
    concat!("../", "shared"),
    concat!("shared/", "reference"),
    concat!("reference/", "quality"),
    concat!("seed ", "00"),
    concat!("seeds ", "00"),
];

/// One file with text.
struct Document {
    /// Its path from the repository's root.
    path: PathBuf,
    text: String,
    /// Its prose without code, one string per paragraph.
    paragraphs: Vec<String>,
}

impl Document {
    fn is_markdown(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "md")
    }

    /// The text between backticks.
    fn spans(&self) -> impl Iterator<Item = &str> {
        self.paragraphs.iter().flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2))
    }

    /// The targets of links, without code spans.
    fn links(&self) -> impl Iterator<Item = String> {
        self.paragraphs.iter().flat_map(|paragraph| {
            // A span may be the text of a link, so a placeholder is kept.
            let prose: Vec<&str> = paragraph.split('`').step_by(2).collect();
            let prose = prose.join("_");
            let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            targets.map(str::to_owned).collect::<Vec<_>>()
        })
    }

    /// Whether a path in the text exists relative to the file, to its crate, or to the root.
    fn leads(&self, to: &str) -> bool {
        self.path.ancestors().skip(1).any(|folder| root().join(folder).join(to).exists())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown and Rust file of the repository.
fn documents() -> Vec<Document> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !name.starts_with('.') && !MADE.contains(&name) {
                    folders.push(path);
                }
            } else if name.ends_with(".md") || name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let paragraphs = if name.ends_with(".md") { prose(&text) } else { comments(&text) };
                let path = path.strip_prefix(root()).expect("inside").to_owned();
                found.push(Document { path, text, paragraphs });
            }
        }
    }
    assert!(found.len() > 200, "{} documents: the walk went wrong", found.len());
    found
}

/// The lines of a Markdown text outside its code blocks.
fn without_code(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

fn prose(text: &str) -> Vec<String> {
    let lines: Vec<&str> = without_code(text).collect();
    // Each row of a table is a paragraph.
    let joined = lines.join("\n").replace("\n|", "\n\n|");
    joined.split("\n\n").map(str::to_owned).collect()
}

/// The comments of a Rust text, with consecutive lines joined, without the code blocks in them.
fn comments(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.lines() {
        let line = line.trim_start();
        let marker = ["//!", "///", "//"].iter().find(|marker| line.starts_with(**marker));
        match (marker, found.last_mut()) {
            (Some(marker), Some(last)) => {
                *last += line[marker.len()..].trim_start();
                *last += "\n";
            }
            _ => found.push(String::new()),
        }
    }
    found.iter().flat_map(|comment| prose(comment)).filter(|text| !text.is_empty()).collect()
}

/// Whether a span is only the path of a file or folder that would be in the repository. A part in
/// capitals is a placeholder.
fn is_repository_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let any = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase());
    FOLDERS.iter().any(|folder| span.starts_with(folder))
        && span.chars().all(plain)
        && !span.split('/').any(any)
}

/// Fails with all complaints, if any.
fn none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_text_cites_what_is_outside_of_the_repository() {
    none(documents().iter().flat_map(|document| {
        let text = document.text.to_lowercase();
        let cited = OUTSIDE.iter().filter(move |name| text.contains(&name.to_lowercase()));
        cited.map(|name| format!("{}: `{name}` is not in the repository", document.path.display()))
    }));
}

#[test]
fn a_paper_is_cited_with_its_identifier() {
    let documents = documents();
    let bare = documents.iter().filter(|document| {
        let prose = document.paragraphs.concat();
        let identified = ["arXiv:", "arxiv.org/abs/", "doi:"].iter().any(|id| prose.contains(id));
        prose.contains("et al.") && !identified
    });
    none(bare.map(|document| format!("{}: names authors alone", document.path.display())));
    // Four digits, a dot, and five (four until 2014).
    let is_identifier = |text: &str| {
        let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
        let number = text.split_once('.').map(|(month, number)| (digits(month), digits(number)));
        matches!(number, Some((4, 4 | 5)))
    };
    none(documents.iter().flat_map(|document| {
        let prose = document.paragraphs.concat();
        let wrong: Vec<String> = prose
            .split("arXiv:")
            .skip(1)
            .filter(|rest| !is_identifier(rest))
            .map(|rest| rest.chars().take(12).collect())
            .collect();
        wrong.into_iter().map(|id| format!("{}: arXiv:{id}", document.path.display()))
    }));
}

#[test]
fn links_lead_to_files() {
    none(documents().iter().flat_map(|document| {
        let elsewhere = |link: &String| {
            ["https://", "http://", "#"].iter().any(|start| link.starts_with(start))
                || link.contains("::")
                // A doc comment links to names as well as to files.
                || !document.is_markdown() && !link.contains('/')
        };
        let links = document.links().filter(|link| !elsewhere(link));
        let dead = links.filter(|link| {
            let file = link.split('#').next().unwrap_or_default();
            let folder = document.path.parent().unwrap_or(Path::new(""));
            !root().join(folder).join(file).exists()
        });
        let dead: Vec<String> = dead.collect();
        dead.into_iter().map(|link| format!("{}: `{link}` leads nowhere", document.path.display()))
    }));
}

#[test]
fn files_that_are_named_exist() {
    none(documents().iter().flat_map(|document| {
        let paths = document.spans().filter(|span| is_repository_path(span));
        let lost = paths.filter(|path| !document.leads(path));
        lost.map(|path| format!("{}: there is no `{path}`", document.path.display()))
            .collect::<Vec<_>>()
    }));
}

#[test]
fn the_readme_is_short() {
    let text = fs::read_to_string(root().join("README.md")).expect("a README");
    let words: usize = without_code(&text).map(|line| line.split_whitespace().count()).sum();
    assert!(words <= WORDS, "{words} words outside of code: move some to the pages it links");
}

#[test]
fn every_page_is_part_of_the_crate_documentation() {
    for package in ["fm-nostd", "fm-host"] {
        let package = root().join(package);
        let modules = fs::read_to_string(package.join("src/docs.rs")).expect("the pages' modules");
        let mut text = String::new();
        for page in fs::read_dir(package.join("docs")).expect("pages") {
            let name = page.expect("a page").file_name().into_string().expect("UTF-8");
            if name == "pictures" {
                continue;
            }
            assert!(modules.contains(&format!("include_str!(\"../docs/{name}\")")), "{name}");
            text += &fs::read_to_string(package.join("docs").join(&name)).expect("a page");
        }
        for picture in fs::read_dir(package.join("docs/pictures")).into_iter().flatten() {
            let name = picture.expect("a picture").file_name().into_string().expect("UTF-8");
            assert!(text.contains(&name), "no page shows {name}");
        }
    }
}
