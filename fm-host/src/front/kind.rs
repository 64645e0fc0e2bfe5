//! What a front compares: objectives, with their own pairs of noise and data or with others.

use std::str::FromStr;

use clap::ValueEnum;

use crate::coupling::Coupling;
use crate::objective::Objective;
use crate::options;

/// An objective and how its pairs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What is trained.
    pub objective: Objective,
    /// How noise and data are paired, where it is not the objective's default.
    pub coupling: Option<Coupling>,
}

impl Kind {
    /// What is compared where nobody says what; `vector` says that the condition is a vector, which
    /// plain optimal transport would harm.
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

    /// The name that its runs begin with: `fm`, `fm-ot`.
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

/// A value by its name on the command line.
fn named<T: ValueEnum>(name: &str, what: &str) -> Result<T, String> {
    T::from_str(name, false).map_err(|_| {
        format!("no {what} is called `{name}`; there are {}", options::names::<T>().join(", "))
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
