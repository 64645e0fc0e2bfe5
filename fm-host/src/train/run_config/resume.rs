//! Whether a run may be resumed with a configuration: what must be equal, and the error that names what
//! is not.

use std::fmt::Display;

use serde_json::Value;

use super::RunConfig;
use crate::data::DataSpec;
use crate::options::need;
use crate::{Error, Result, options};

impl RunConfig {
    /// This configuration with the paths of `other`: digests identify the files, wherever they are.
    fn with_paths_of(mut self, other: &Self) -> Self {
        let same_path = |mine: &mut DataSpec, theirs: &DataSpec| {
            if let (Some(origin), Some(other)) = (&mut mine.origin, &theirs.origin) {
                origin.from_run.clone_from(&other.from_run);
                mine.data.clone_from(&theirs.data);
            }
        };
        same_path(&mut self.data, &other.data);
        if self.data.origin.is_some() && other.data.origin.is_some() {
            self.facts.name.clone_from(&other.facts.name);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.source, &other.source) {
            same_path(&mut mine.data, &theirs.data);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.teacher, &other.teacher) {
            (mine.run, mine.from_run) = (theirs.run.clone(), theirs.from_run.clone());
            self.train.teacher.clone_from(&other.train.teacher);
        }
        self
    }

    /// Checks that a run may be resumed as `other`, which may have more steps: the schedules then follow
    /// the new length from there.
    ///
    /// # Errors
    /// If a field differs; the error names the first one, with both values.
    pub fn resumes_as(&self, other: &Self) -> Result<()> {
        self.lengthened_to(other).same_as(other)
    }

    /// Checks that a run may be resumed with `steps` steps: at least as many as it was started with.
    pub(crate) fn check_steps(&self, steps: u64) -> Result<()> {
        let started = self.train.schedule.steps;
        let problem = format!("must be at least {started}, which the run was started with");
        need(steps >= started, "--steps", &problem)
    }

    /// This configuration with the steps of `other`, if `other` has more.
    pub(in crate::train) fn lengthened_to(&self, other: &Self) -> Self {
        let mut longer = self.clone();
        longer.train.schedule.steps = self.train.schedule.steps.max(other.train.schedule.steps);
        longer
    }

    /// Checks that two configurations are equal.
    ///
    /// # Errors
    /// If a field differs; the error names the first one, with both values.
    pub fn same_as(&self, other: &Self) -> Result<()> {
        if let (Some(mine), Some(theirs)) = (&self.teacher, &other.teacher)
            && mine.id != theirs.id
        {
            let run = theirs.run.display();
            let problem = format!(
                "{run} is not the teacher that the run was started with, or has changed since; name an \
                 unchanged copy of that teacher"
            );
            return Err(Error::usage("--teacher", problem));
        }
        match self.difference(other) {
            None => Ok(()),
            Some((field, mine, theirs)) => Err(changed(&field, theirs, mine)),
        }
    }

    /// The first field that differs from `other`, by the name of its option if it has one, and both values.
    pub(crate) fn difference(&self, other: &Self) -> Option<(String, String, String)> {
        // Compared as text, where f32 values have their shortest digits. Plain fields can always be
        // serialised.
        let value = |config: &Self| -> Value {
            let text = serde_json::to_string(config).unwrap_or_default();
            serde_json::from_str(&text).unwrap_or_default()
        };
        let (mine, theirs) = (value(&self.clone().with_paths_of(other)), value(other));
        // The user's choices are compared before what is computed from them.
        let chosen = ["train", "data", "source"].into_iter();
        let differs = chosen
            .filter_map(|part| Some((part, mine.get(part)?, theirs.get(part)?)))
            .chain([("", &mine, &theirs)])
            .find_map(|(part, mine, theirs)| first_difference(part, mine, theirs));
        differs.map(|(field, mine, theirs)| (option(&field), mine, theirs))
    }
}

/// The error for a setting that differs from the run that is resumed.
fn changed(field: &str, now: impl Display, started: impl Display) -> Error {
    let problem = format!(
        "`{field}` is {now}, but the run was started with {started}; resume with {started}, or start \
         another run with another `--out`"
    );
    Error::usage("--resume", problem)
}

/// The option that a field comes from, as it is typed; the field's own name if it is computed from others.
fn option(field: &str) -> String {
    match field.split_once('.') {
        Some(("data", "data" | "origin" | "origin.digest")) => "DATA".to_owned(),
        Some(("data", "keep_missing")) => "--masked".to_owned(),
        Some(("data", "seed")) => "--data-seed".to_owned(),
        Some(("source", "data.columns")) => "--source-columns".to_owned(),
        Some(("source", _)) | None if field.starts_with("source") => "--source".to_owned(),
        Some(("teacher", _)) => "--teacher".to_owned(),
        Some(("start", _)) => "--from".to_owned(),
        Some(("train" | "data", name)) => options::name(name.rsplit('.').next().unwrap_or(name)),
        _ => field.to_owned(),
    }
}

/// The dotted name of the first field that differs, with both values.
fn first_difference(name: &str, a: &Value, b: &Value) -> Option<(String, String, String)> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) if x.keys().eq(y.keys()) => {
            x.iter().find_map(|(key, value)| {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                first_difference(&name, value, &y[key])
            })
        }
        _ if a == b => None,
        _ => Some((name.to_owned(), a.to_string(), b.to_string())),
    }
}
