//! `fm plot`: draws the flow of one or several models.

use std::path::{Path, PathBuf};

use clap::builder::RangedU64ValueParser;
use fm_nostd::prediction::Reach;
use serde_json::{Value, json};

use super::drawing::SampleOptions;
use super::known::KnownOptions;
use super::list::{self, List};
use super::{print_json, say};
use crate::model::StoredModel;
use crate::plot::{self, Parting, Picture, Plot, Subject};
use crate::sample::{Method, Request, Start};
use crate::{Error, Result};

/// Frames of an animation after the first.
const FRAMES: u32 = 30;

/// Options of `fm plot`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directories or .fm files; several are drawn in one picture, on the same axes
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Output file: .png, .svg, or .gif for an animation
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to draw [default: animation for .gif; else field, or trajectories for a model of one column or
    /// one jump]
    #[arg(long, value_enum, value_name = "PICTURE")]
    picture: Option<Picture>,
    /// Two columns to draw, or one to draw over time [default: the first two]
    #[arg(long, value_name = "A,B")]
    columns: Vec<List>,
    /// Times of the panels or frames, from 0 (noise) to 1 (data) [default: five, or 31 frames]
    #[arg(long, value_delimiter = ',', value_name = "T,T,..")]
    at: Vec<f32>,
    /// Number of samples [default: 1000; 150 trajectories; 600 in an animation; 4000 for the curve of --picture classes]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    count: Option<usize>,
    #[command(flatten)]
    samples: SampleOptions,
    #[command(flatten)]
    known: KnownOptions,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Draws the picture and writes it.
    pub fn run(self) -> Result<()> {
        let models =
            self.models.iter().map(|path| super::load(path)).collect::<Result<Vec<_>>>()?;
        let columns = self.columns(&models)?;
        let picture = self.picture(&models, &columns);
        let at = self.times(picture, &models)?;
        let names = names(&self.models);
        let subjects = models.into_iter().zip(names);
        let subjects = subjects.map(|(stored, name)| self.subject(picture, stored, name));
        let plot = Plot { subjects: subjects.collect::<Result<_>>()?, columns, at };
        let mut partings = Vec::new();
        match picture {
            Picture::Field => plot::write(&self.out, &plot.field()?)?,
            Picture::Trajectories => plot::write(&self.out, &plot.trajectories()?)?,
            Picture::Samples => plot::write(&self.out, &plot.samples()?)?,
            Picture::Classes => {
                let (sheet, measured) = plot.classes()?;
                plot::write(&self.out, &sheet)?;
                partings = measured;
            }
            Picture::Animation => plot::write_animation(&self.out, &plot.frames()?)?,
        }
        if self.json {
            return print_json(&self.summary(picture, &plot, &partings));
        }
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }

    /// The columns to draw, which all models must have.
    fn columns(&self, models: &[StoredModel]) -> Result<Vec<usize>> {
        let names = models[0].columns();
        if let Some(other) = models.iter().position(|model| model.columns() != names) {
            let other = &self.models[other];
            let problem = format!(
                "its columns differ from those of {}; draw them in pictures of their own",
                self.models[0].display()
            );
            return Err(Error::model(other, problem));
        }
        let number = |name: &String| {
            names.iter().position(|other| other == name).ok_or_else(|| {
                let problem =
                    format!("there is no column `{name}`; the columns are {}", names.join(", "));
                Error::usage("--columns", problem)
            })
        };
        let chosen = list::items(&self.columns);
        match &chosen[..] {
            [] => Ok((0..names.len().min(2)).collect()),
            [_] | [_, _] => chosen.iter().map(number).collect(),
            _ => Err(Error::usage("--columns", "use two columns, or one to draw it over time")),
        }
    }

    fn picture(&self, models: &[StoredModel], columns: &[usize]) -> Picture {
        let one_jump = |model: &StoredModel| model.view().prediction().reach() == Reach::OneJump;
        self.picture.unwrap_or_else(|| match self.out.extension() {
            Some(extension) if extension == "gif" => Picture::Animation,
            _ if columns.len() < 2 || models.iter().any(one_jump) => Picture::Trajectories,
            _ if self.known.given() => Picture::Samples,
            _ => Picture::Field,
        })
    }

    /// The times of the panels or frames.
    fn times(&self, picture: Picture, models: &[StoredModel]) -> Result<Vec<f32>> {
        if picture == Picture::Trajectories && !self.at.is_empty() {
            let problem = "trajectories show all times; omit this option";
            return Err(Error::usage("--at", problem));
        }
        if !self.at.is_empty() {
            return Ok(self.at.clone());
        }
        let reaches = |reach| models.iter().any(|model| model.view().prediction().reach() == reach);
        let count = match picture {
            _ if reaches(Reach::OneJump) => 1,
            Picture::Animation => FRAMES,
            Picture::Field | Picture::Trajectories | Picture::Samples | Picture::Classes => 4,
        };
        let start = models.iter().map(|model| model.view().start()).fold(0.0, f32::max);
        let time = |k: u32| if k == 0 { start } else { k as f32 / count as f32 };
        Ok((0..=count).map(time).collect())
    }

    /// A model and the request for its samples.
    fn subject(&self, picture: Picture, stored: StoredModel, name: String) -> Result<Subject> {
        let prediction = stored.view().prediction();
        let natural = match picture {
            // Their single step is drawn beside them.
            Picture::Trajectories if prediction.reach() != Reach::OneJump => Method::Euler,
            _ => Method::natural(prediction),
        };
        let count = match picture {
            Picture::Trajectories => 150,
            Picture::Classes => 4000,
            Picture::Field | Picture::Samples => 1000,
            Picture::Animation => 600,
        };
        let request =
            self.samples.request(&stored, natural, |start, rows| match (self.count, start) {
                (Some(count), _) => count,
                // Repeated starts would hide which samples are alike.
                (None, Start::Rows(_)) => rows.map_or(count, |rows| count.min(rows)),
                (None, Start::Noise) => count,
            })?;
        if self.known.given() && picture == Picture::Field {
            let problem = "the velocity of a single point has no known columns; use --picture samples or trajectories";
            return Err(Error::usage("--known", problem));
        }
        let request = Request { known: self.known.of(&stored)?, ..request };
        Subject::new(name, stored, request)
    }

    fn summary(&self, picture: Picture, plot: &Plot, partings: &[Parting]) -> Value {
        let names = plot.subjects[0].stored.columns();
        let columns: Vec<&str> = plot.columns.iter().map(|&column| &*names[column]).collect();
        let models = plot.subjects.iter().enumerate().map(|(k, subject)| {
            let mut model = json!({ "name": subject.name, "count": subject.request.count });
            if let Some(parting) = partings.get(k) {
                model["times"] = json!(parting.times);
                model["accuracy"] = json!(parting.accuracy);
                model["chance"] = json!(parting.chance);
                model["halfway"] = json!(parting.halfway());
            }
            model
        });
        json!({
            "out": self.out.display().to_string(),
            "picture": crate::options::typed(picture),
            "columns": columns,
            "at": if picture == Picture::Trajectories { None } else { Some(&plot.at) },
            "seed": self.samples.seed,
            "models": models.collect::<Vec<_>>(),
        })
    }
}

/// Short names of models: their files' names without the extension, or whole paths if two are alike.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let short = |path: &PathBuf| {
        let whole = path.canonicalize().unwrap_or(path.clone());
        let name = whole.file_stem().filter(|_| !whole.is_dir()).or(whole.file_name());
        name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    };
    let names: Vec<String> = paths.iter().map(short).collect();
    let twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    if names.iter().any(twice) {
        return paths.iter().map(|path: &PathBuf| Path::display(path).to_string()).collect();
    }
    names
}
