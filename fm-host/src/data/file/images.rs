//! A folder of PNG images: one row each, in the natural order of their names.
//!
//! Grey images have columns `p0`, `p1`, .., colour images `r0`, `g0`, `b0`, `r1`, ..: pixels row by row, from
//! 0 to 255 (fractions for 16 bits). If there are sub-folders, the column `folder` says where an image lies.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, Limits, codecs::png::PngDecoder};

use super::binary::{self, broken};
use super::reader::{Cell, RowReader};
use crate::{Error, Result};

/// How deep sub-folders are searched.
const DEPTH: usize = 8;
/// The most bytes of a decoded image.
const DECODED: u64 = 64 << 20;

/// What all images have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    width: u32,
    height: u32,
    grey: bool,
}

/// A folder that is being read.
pub(super) struct Images {
    /// The images with their folders, in order, and how many have been read.
    files: Vec<(String, PathBuf)>,
    read: usize,
    /// The form of the first image.
    form: Form,
    folders: bool,
    names: Vec<String>,
    /// How many files are not images.
    others: usize,
}

impl Images {
    /// Lists the images in a folder and reads the size of the first.
    ///
    /// # Errors
    /// If the folder cannot be read, or has no images.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let (mut files, mut others) = (Vec::new(), 0);
        list(path, "", DEPTH, &mut files, &mut others)?;
        files.sort_by_cached_key(|(folder, path)| {
            (natural(folder), natural(&path.to_string_lossy()), path.clone())
        });
        let Some((_, first)) = files.first() else {
            let problem =
                format!("the folder has no PNG images, but {others} other files; add .png files");
            return Err(Error::data(name, problem));
        };
        let form = decoder(first)?.1;
        let pixels = u64::from(form.width) * u64::from(form.height);
        let columns = pixels.saturating_mul(if form.grey { 1 } else { 3 });
        let pixels =
            binary::check_columns(&first.display().to_string(), columns).map(|_| pixels)?;
        let mut names: Vec<String> = match form.grey {
            true => binary::numbered("p", pixels as usize).collect(),
            false => {
                let pixel = |i| ["r", "g", "b"].map(|colour| format!("{colour}{i}"));
                (0..pixels).flat_map(pixel).collect()
            }
        };
        let folders = files.iter().any(|(folder, _)| !folder.is_empty());
        if folders {
            names.push("folder".to_owned());
        }
        Ok(Self { files, read: 0, form, folders, names, others })
    }
}

impl RowReader for Images {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        row.clear();
        let Some((folder, path)) = self.files.get(self.read) else { return Ok(None) };
        let (decoder, form) = decoder(path)?;
        if form != self.form {
            let first = &self.files[0].1;
            return Err(differs(path, form, first, self.form));
        }
        let image = DynamicImage::from_decoder(decoder).map_err(|e| failure(path, e))?;
        append(&image, row).map_err(|problem| Error::data(path.display().to_string(), problem))?;
        if self.folders {
            let folder = if folder.is_empty() { "." } else { folder };
            row.push(Cell::Text(folder.to_owned()));
        }
        self.read += 1;
        Ok(Some(self.read))
    }

    fn notes(&self) -> Vec<String> {
        let Form { width, height, grey } = self.form;
        let kind = if grey { "grey" } else { "colour" };
        let mut notes = vec![format!(
            "folder of {} {kind} PNG images of {width} x {height} pixels",
            self.files.len()
        )];
        if self.others > 0 {
            notes.push(format!(
                "{} files in the folder are not PNG images and were ignored",
                self.others
            ));
        }
        notes
    }
}

/// Lists the images in `path` and its sub-folders; `folder` is its name. Hidden files are left out.
fn list(
    path: &Path,
    folder: &str,
    depth: usize,
    files: &mut Vec<(String, PathBuf)>,
    others: &mut usize,
) -> Result<()> {
    let failed = |e| Error::io("read", path, e);
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if name.starts_with('.') {
            continue;
        }
        // A link to a folder is not followed: it may lead in circles.
        if entry.file_type().map_err(failed)?.is_dir() {
            let inner = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if depth == 0 {
                let problem = format!(
                    "folders are nested more than {DEPTH} deep; name a folder further down"
                );
                return Err(Error::data(path.display().to_string(), problem));
            }
            list(&path, &inner, depth - 1, files, others)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
            files.push((folder.to_owned(), path));
        } else {
            *others += 1;
        }
    }
    Ok(())
}

/// A key to sort names by in which 2 comes before 10: texts, each with the number behind it, which has more
/// digits if it is larger.
fn natural(name: &str) -> Vec<(String, usize, String)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let start = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, digits) = rest.split_at(start);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = digits[..end].trim_start_matches('0');
        key.push((text.to_owned(), number.len(), number.to_owned()));
        rest = &digits[end..];
    }
    key
}

/// Starts to decode an image.
fn decoder(path: &Path) -> Result<(PngDecoder<BufReader<fs::File>>, Form)> {
    let file = BufReader::new(binary::open(path)?.0);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED);
    let decoder = PngDecoder::with_limits(file, limits).map_err(|e| failure(path, e))?;
    let (width, height) = decoder.dimensions();
    let grey = !decoder.color_type().has_color();
    if decoder.total_bytes() > DECODED {
        let problem = format!("the image has {width} x {height} pixels; make it smaller");
        return Err(Error::data(path.display().to_string(), problem));
    }
    Ok((decoder, Form { width, height, grey }))
}

/// Appends the pixels of an image.
fn append(image: &DynamicImage, row: &mut Vec<Cell>) -> std::result::Result<(), &'static str> {
    let eight = |x: &u8| Cell::Number(f64::from(*x));
    let sixteen = |x: &u16| Cell::Number(f64::from(*x) / 257.0);
    if image.has_alpha() && !is_opaque(image) {
        return Err("the image has transparent pixels; save it without transparency (alpha)");
    }
    // Alpha that is opaque everywhere is dropped.
    match image.color() {
        ColorType::L8 | ColorType::La8 => row.extend(image.to_luma8().iter().map(eight)),
        ColorType::L16 | ColorType::La16 => row.extend(image.to_luma16().iter().map(sixteen)),
        ColorType::Rgb8 | ColorType::Rgba8 => row.extend(image.to_rgb8().iter().map(eight)),
        _ => row.extend(image.to_rgb16().iter().map(sixteen)),
    }
    Ok(())
}

/// Whether no pixel is transparent.
fn is_opaque(image: &DynamicImage) -> bool {
    match image.color() {
        ColorType::La8 | ColorType::Rgba8 => {
            image.to_rgba8().pixels().all(|pixel| pixel[3] == u8::MAX)
        }
        _ => image.to_rgba16().pixels().all(|pixel| pixel[3] == u16::MAX),
    }
}

/// Returns the error for an image of another form than the first.
fn differs(path: &Path, form: Form, first: &Path, wanted: Form) -> Error {
    let describe = |form: Form| {
        let kind = if form.grey { "grey" } else { "colour" };
        format!("{} x {} pixels in {kind}", form.width, form.height)
    };
    let problem = format!(
        "the image has {}, but {} has {}; convert them to one size and kind",
        describe(form),
        first.display(),
        describe(wanted)
    );
    Error::data(path.display().to_string(), problem)
}

/// Returns the error of reading an image.
fn failure(path: &Path, e: ImageError) -> Error {
    let file = path.display().to_string();
    match e {
        ImageError::IoError(e) => broken(&file, None, e),
        e => Error::data(file, format!("the file is not a valid PNG image ({e}); save it again")),
    }
}

#[cfg(test)]
mod tests;
