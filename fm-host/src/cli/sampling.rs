//! The options that say how to sample, shared by `fm sample` and `fm eval`.

use clap::Args;

use crate::sample::{Contrast, Method, Request};
use crate::{Error, Result};

/// How samples are carried from noise to data.
#[derive(Clone, Debug, Args)]
pub struct Sampling {
    /// How to take the steps [default: meanflow for meanflow models, else euler]
    #[arg(long)]
    solver: Option<Method>,
    /// Scale of classifier-free guidance; 1 is the plain conditional model
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    guidance: Option<f32>,
    /// Factor on the starting noise; below 1 samples keep to the dense places, a heuristic
    #[arg(long, default_value_t = 1.0, value_name = "F", allow_hyphen_values = true)]
    temperature: f32,
    /// Noise on the way of `--solver sde`; 0 is euler [default: 1]
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    eta: Option<f32>,
    /// Error that a step of `--solver dopri5` may make [default: 0.0001]
    #[arg(long, value_name = "E", allow_hyphen_values = true)]
    tolerance: Option<f32>,
    /// What becomes of a contrast in the model [default: undo with --guidance or sde, else keep]
    #[arg(long)]
    contrast: Option<Contrast>,
}

impl Sampling {
    /// The solver, where `natural` is the model's own.
    pub fn method(&self, natural: Method) -> Method {
        self.solver.unwrap_or(natural)
    }

    /// `base` with these options in it.
    ///
    /// # Errors
    /// If an option belongs to another solver.
    pub fn over(&self, base: Request) -> Result<Request> {
        for (given, option, solver, of) in [
            (self.eta.is_some(), "--eta", Method::Sde, "--solver sde"),
            (self.tolerance.is_some(), "--tolerance", Method::Dopri5, "--solver dopri5"),
        ] {
            if given && base.method != solver {
                return Err(Error::usage(option, format!("it is an option of `{of}`")));
            }
        }
        Ok(Request {
            guidance: self.guidance,
            temperature: self.temperature,
            eta: self.eta.unwrap_or(base.eta),
            tolerance: self.tolerance.unwrap_or(base.tolerance),
            contrast: self.contrast,
            ..base
        })
    }
}

/// Refuses a number of steps for a solver that chooses its own.
///
/// # Errors
/// If `given` and the solver counts none.
pub fn check_steps(given: bool, method: Method) -> Result<()> {
    if given && !method.counts_steps() {
        let problem = "dopri5 chooses its own steps: leave them out, and see --tolerance";
        return Err(Error::usage("--steps", problem));
    }
    Ok(())
}
