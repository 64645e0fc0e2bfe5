//! Pictures and figures for three examples of known parts: see `table.md`, `ecg.md` and `digits.md` beside this file.
//!
//! ```sh
//! cargo run --release --example known -- table|ecg|digits RUN PICTURE
//! ```
//!
//! `RUN` is a run of `fm train` on the example's data, of one step for `table`; `PICTURE` ends in `.png`.

mod forecast;
mod pictures;
mod regression;

use std::path::Path;

use fm_host::data::{self, ColumnKind, Rows, Split};
use fm_host::metrics::mean_and_spread;
use fm_host::model::StoredModel;
use fm_host::sample::{KnownCells, Method, Request};
use fm_host::{Error, Result};
use fm_nostd::prediction::Reach;

use forecast::{DRAWS, Forecast};
use regression::Regression;

/// The head of the table of forecasts.
const HEAD: &str = "| forecast | error of the mean | inside the 90 % interval | its mean width |\n|---|--:|--:|--:|\n";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    print!("{}", run(&arguments)?);
    Ok(())
}

/// Writes the picture of an example, and returns its figures as a table.
///
/// # Errors
/// If an argument is wrong, or the run or its data cannot be read.
pub fn run(arguments: &[&str]) -> Result<String> {
    let [example, run, picture] = *arguments else {
        return Err(Error::usage(
            "the arguments",
            "name `table`, `ecg` or `digits`, a run and a picture",
        ));
    };
    let (run, picture) = (Path::new(run), Path::new(picture));
    let stored = StoredModel::load(run)?;
    let Some(config) = &stored.config else {
        return Err(Error::model(run, "a .fm file does not name its data; name a run directory"));
    };
    let split = data::load(&config.data)?;
    match example {
        "table" => table(&stored, &split, picture),
        "ecg" => {
            let (report, draws) =
                forecasts(&stored, &split, "last value", |known, _| known[known.len() - 1])?;
            let (held_out, at) = (&split.held_out.values, prefix(&stored)?);
            pictures::series(picture, held_out, at, &draws)?;
            let [truth, drawn] = [held_out, &draws].map(|rows| roughness(rows, at));
            Ok(format!("{report}\nsecond differences: {truth:.4} held out, {drawn:.4} in draws\n"))
        }
        "digits" => {
            let means = Regression::means(&split.train.values);
            let at = prefix(&stored)?;
            let (report, draws) =
                forecasts(&stored, &split, "mean of each pixel", |_, d| means[at + d])?;
            pictures::halves(picture, &split.held_out.values, at, &draws)?;
            Ok(report)
        }
        other => Err(Error::usage(
            "the example",
            format!("`{other}` is none; name `table`, `ecg` or `digits`"),
        )),
    }
}

/// The root mean square of the second differences of the columns after the first `at`.
fn roughness(rows: &Rows, at: usize) -> f64 {
    let second = |x: &[f32]| f64::from(x[0] - 2.0 * x[1] + x[2]).powi(2);
    let sum: f64 = rows.iter().flat_map(|row| row[at..].windows(3)).map(second).sum();
    (sum / (rows.len() * (rows.dim() - at - 2)) as f64).sqrt()
}

/// The number of columns that are always known.
fn prefix(stored: &StoredModel) -> Result<usize> {
    let untrained = || Error::usage("the run", "train it with `fm train --known-prefix`");
    stored.known_prefix().ok_or_else(untrained)
}

/// Draws the rest of each held-out row [`DRAWS`] times, and compares that with a linear regression and with
/// `simple`, the forecast of a column after the known ones. Draw `i` is for row `i` modulo the number of rows.
fn forecasts(
    stored: &StoredModel,
    split: &Split,
    name: &str,
    simple: impl Fn(&[f32], usize) -> f32,
) -> Result<(String, Rows)> {
    let at = prefix(stored)?;
    let (train, held_out) = (&split.train.values, &split.held_out.values);
    let known = stored.always_known(held_out);
    let (name_of_model, method, steps) = match stored.view().prediction().reach() {
        Reach::Velocity => ("flow matching, 64 steps", Method::Euler, 64),
        Reach::AnyJump | Reach::OneJump => ("one step", Method::Meanflow, 1),
    };
    let request = Request { known, ..Request::new(method, steps, DRAWS * held_out.len()) };
    let draws = stored.draw(&request)?.samples;
    let regression = Regression::fit(train, at);
    let linear = |known: &[f32]| regression.predict(known);
    let ahead = train.dim() - at;
    let simple = |known: &[f32]| (0..ahead).map(|d| simple(known, d)).collect();
    let mut report = HEAD.to_owned();
    for (name, forecast) in [
        (name_of_model, Forecast::of_draws(&draws, held_out.len(), at)),
        ("linear regression", Forecast::of_function(linear, train, held_out, at)),
        (name, Forecast::of_function(simple, train, held_out, at)),
    ] {
        report += &format!("| {name} | {} |\n", forecast.score(held_out, at));
    }
    Ok((report, draws))
}

/// Draws penguins given the species and sex of one kind, and compares them with that kind in the file, of which
/// most were trained on.
fn table(stored: &StoredModel, split: &Split, picture: &Path) -> Result<String> {
    let (columns, kinds) = (stored.columns(), stored.kinds());
    let given = [("species", "Gentoo"), ("sex", "female")];
    let (mut row, mut known) = (vec![0.0; columns.len()], vec![false; columns.len()]);
    for (column, name) in given {
        let at = columns.iter().position(|c| c == column);
        let at =
            at.ok_or_else(|| Error::usage("the run", format!("it has no column `{column}`")))?;
        let category = kinds[at].names().iter().position(|n| n == name);
        let category = category
            .ok_or_else(|| Error::usage("the run", format!("`{column}` is never `{name}`")))?;
        (row[at], known[at]) = (category as f32, true);
    }
    let mut all = split.train.values.clone();
    split.held_out.values.iter().for_each(|row| all.push(row));
    let like = |i: &usize| {
        all.row(*i).iter().zip(&row).zip(&known).all(|((x, given), known)| !known || x == given)
    };
    let real: Vec<usize> = (0..all.len()).filter(like).collect();
    let real = all.select(&real);
    let known = Some(KnownCells::new(Rows::from_vec(row.len(), row), known));
    let draws = stored.draw(&Request { known, ..Request::new(Method::Meanflow, 1, 1000) })?.samples;
    let mut report =
        format!("| column | {} rows | {} draws |\n|---|--:|--:|\n", real.len(), draws.len());
    for (d, (column, kind)) in columns.iter().zip(&kinds).enumerate() {
        let told = [&real, &draws].map(|rows| summary(rows, d, kind));
        report += &format!("| {column} | {} | {} |\n", told[0], told[1]);
    }
    let free = stored.draw(&Request::new(Method::Meanflow, 1, 1000))?.samples;
    let panels = [
        ("flipper and mass of the data", &all),
        ("draws given nothing", &free),
        ("draws given Gentoo, female", &draws),
    ];
    pictures::clouds(picture, &columns, panels)?;
    Ok(report)
}

/// The mean and the standard deviation of a column, or the shares of its categories.
fn summary(rows: &Rows, d: usize, kind: &ColumnKind) -> String {
    let values: Vec<f64> =
        rows.iter().map(|row| row[d].into()).filter(|x: &f64| !x.is_nan()).collect();
    let names = kind.names();
    if names.is_empty() {
        let (mean, sd) = mean_and_spread(&values);
        return format!("{mean:.1} ± {sd:.1}");
    }
    let share =
        |k: usize| values.iter().filter(|x| **x == k as f64).count() as f64 / values.len() as f64;
    let shares = names
        .iter()
        .enumerate()
        .map(|(k, name)| (name, share(k)))
        .filter(|(_, share)| *share > 0.0);
    let shares: Vec<String> =
        shares.map(|(name, share)| format!("{name} {:.1} %", 100.0 * share)).collect();
    shares.join(", ")
}
