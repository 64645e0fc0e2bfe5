//! The kinds of models that a front compares: an objective, with its default coupling or another one.

use std::str::FromStr;

use clap::ValueEnum;

use crate::coupling::Coupling;
use crate::objective::Objective;
use crate::options;

/// An objective and its coupling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The objective to train.
    pub objective: Objective,
    /// How noise and data are paired; `None` for the objective's default.
    pub coupling: Option<Coupling>,
}

impl Kind {
    /// The kinds to compare by default. `vector`: the condition is a vector, for which plain optimal
    /// transport is wrong.
    pub fn usual(vector: bool) -> Vec<Self> {
        let transport = if vector { Coupling::C2ot } else { Coupling::Ot };
        let own = |objective| Self { objective, coupling: None };
        vec![
            own(Objective::Fm),
            Self { coupling: Some(transport), ..own(Objective::Fm) },
            own(Objective::MeanFlow),
            own(Objective::Reflow),
            own(Objective::Distill),
        ]
    }

    /// The name that its runs start with, such as `fm` or `fm-ot`.
    pub fn name(self) -> String {
        let objective = self.objective.name();
        match self.coupling {
            Some(coupling) => format!("{objective}-{}", options::typed(coupling)),
            None => objective,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (objective, coupling) = match text.split_once(':') {
            Some((objective, coupling)) => (objective, Some(coupling)),
            None => (text, None),
        };
        let objective = named(objective, "objective")?;
        Ok(Self { objective, coupling: coupling.map(|name| named(name, "coupling")).transpose()? })
    }
}

/// Parses a value by its name on the command line.
fn named<T: ValueEnum>(name: &str, what: &str) -> Result<T, String> {
    T::from_str(name, false).map_err(|_| {
        let names = options::names::<T>().join(", ");
        format!("there is no {what} `{name}`; use one of {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_and_named() {
        let kind: Kind = "fm:ot".parse().expect("both are there");
        assert_eq!((kind.objective, kind.coupling), (Objective::Fm, Some(Coupling::Ot)));
        assert_eq!(kind.name(), "fm-ot");
        assert_eq!("delta-fm".parse::<Kind>().expect("there").name(), "delta-fm");
        for (text, named) in [("fn", "distill"), ("fm:op", "c2ot")] {
            let error = text.parse::<Kind>().expect_err("no such name");
            assert!(error.contains(named), "{error}");
        }
        assert!(Kind::usual(false).contains(&kind) && !Kind::usual(true).contains(&kind));
    }
}
