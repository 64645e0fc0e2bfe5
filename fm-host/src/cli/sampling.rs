//! The sampling options that `fm sample` and `fm eval` share.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use fm_nostd::solver::NoiseSchedule;

use crate::options::need;
use crate::sample::{ContrastHandling, Method, Request, Steps};
use crate::{Error, Result};

/// Options of the path from noise to data.
#[derive(Clone, Debug, Args)]
pub struct Sampling {
    /// Sampler [default: meanflow for meanflow and distill models, else euler]
    #[arg(long)]
    solver: Option<Method>,
    /// Scale of classifier-free guidance; 1 samples the conditional model without guidance
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    guidance: Option<f32>,
    /// Factor on the initial noise; below 1, samples stay where data is dense (a heuristic)
    #[arg(long, default_value_t = 1.0, value_name = "F", allow_hyphen_values = true)]
    temperature: f32,
    /// Times of the steps, from 0 (noise) to 1 (data), instead of --steps equal ones
    #[arg(long, value_delimiter = ',', value_name = "T,T,..", conflicts_with = "steps")]
    times: Vec<f32>,
    /// Strength of the noise in --solver sde; 0 is euler [default: 1]
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    eta: Option<f32>,
    /// How the noise in --solver sde depends on time [default: sigma]
    #[arg(long, value_name = "SCHEDULE", value_parser = schedules())]
    sde_noise: Option<NoiseSchedule>,
    /// Error allowed per step of --solver dopri5 [default: 0.0001]
    #[arg(long, value_name = "E", allow_hyphen_values = true)]
    tolerance: Option<f32>,
    /// What to do with the contrast of a ΔFM model [default: undo with --guidance or --solver sde, else
    /// keep]
    #[arg(long)]
    contrast: Option<ContrastHandling>,
}

impl Sampling {
    /// Returns the chosen solver, or `natural`.
    pub fn method(&self, natural: Method) -> Method {
        self.solver.unwrap_or(natural)
    }

    /// Returns the number of steps if their times are given.
    pub fn count(&self) -> Option<u32> {
        self.steps().map(|steps| steps.count())
    }

    fn steps(&self) -> Option<Steps> {
        (!self.times.is_empty()).then(|| Steps::Times(self.times.clone()))
    }

    /// Refuses `--steps`, if it is `given`, and `--times` for a solver that chooses its own steps.
    ///
    /// # Errors
    /// If one of them is given for such a solver.
    pub fn check_steps(&self, given: bool, method: Method) -> Result<()> {
        let problem = "dopri5 chooses its own steps; omit this option, and set --tolerance instead";
        need(method.counts_steps() || !given, "--steps", problem)?;
        need(method.counts_steps() || self.times.is_empty(), "--times", problem)
    }

    /// Returns `base` with these options applied.
    ///
    /// # Errors
    /// If an option belongs to another solver.
    pub fn over(&self, base: Request) -> Result<Request> {
        for (given, option, solver, of) in [
            (self.eta.is_some(), "--eta", Method::Sde, "--solver sde"),
            (self.sde_noise.is_some(), "--sde-noise", Method::Sde, "--solver sde"),
            (self.tolerance.is_some(), "--tolerance", Method::Dopri5, "--solver dopri5"),
        ] {
            if given && base.method != solver {
                return Err(Error::usage(option, format!("this option needs `{of}`")));
            }
        }
        Ok(Request {
            steps: self.steps().unwrap_or(base.steps),
            guidance: self.guidance,
            temperature: self.temperature,
            eta: self.eta.unwrap_or(base.eta),
            sde_noise: self.sde_noise.unwrap_or(base.sde_noise),
            tolerance: self.tolerance.unwrap_or(base.tolerance),
            contrast: self.contrast,
            ..base
        })
    }
}

/// Returns a parser that reads a schedule of the noise by its name.
fn schedules() -> impl TypedValueParser<Value = NoiseSchedule> {
    let value = |schedule: NoiseSchedule| {
        PossibleValue::new(schedule.name()).help(match schedule {
            NoiseSchedule::Sigma => "As the path's own noise",
            NoiseSchedule::Constant => "The same at all times",
            NoiseSchedule::Decreasing => "Most at the start",
            NoiseSchedule::Sine => "Most in the middle, none at either end",
            NoiseSchedule::Reverse => {
                "As in the reverse of the diffusion that turns data into noise; a sample does not depend on \
                 its initial noise"
            }
        })
    };
    PossibleValuesParser::new(NoiseSchedule::ALL.map(value)).try_map(|typed| {
        let named = |schedule: &NoiseSchedule| schedule.name() == typed;
        NoiseSchedule::ALL.into_iter().find(named).ok_or("no such schedule")
    })
}
