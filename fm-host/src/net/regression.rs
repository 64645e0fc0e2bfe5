//! What the trainer passes to the network and receives from it: plain values, no device types.

use serde::{Deserialize, Serialize};

use super::{Architecture, Solve, Weighting};
use crate::data::Rows;
use crate::error::{Error, Result};

/// One step's weighted least squares: moves `u(input)` towards `velocity + gap * du`, where `du` is the
/// derivative of `u` along `tangent`, and the target is under stop-gradient (Geng et al., 2025,
/// arXiv:2505.13447).
///
/// The loss is the mean over the rows of `w |e|^2`, with `e = sqrt(weight) mask (u - target)` summed over
/// the data's dimensions.
///
/// With [`Regression::solve`] the loss is the negative log likelihood of the input's data points instead,
/// and of the other fields only `tangent` counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The network's inputs. Shape: `[n, inputs]`.
    pub input: Rows,
    /// The tangents of the first `m <= n` rows' derivative; may be empty. Shape: `[m, inputs]`.
    pub tangent: Rows,
    /// The target velocities. Shape: `[n, data]`.
    pub velocity: Rows,
    /// `r - t` of the first `m` rows. Shape: `[m]`.
    pub gap: Vec<f32>,
    /// Each row's weight, known in advance; empty if all are equal. Shape: `[n]` or `[0]`.
    pub weight: Vec<f32>,
    /// 1 for each cell whose error counts and 0 for the others; no rows if all count. Shape: `[n, data]` or
    /// `[0, data]`.
    pub mask: Rows,
    /// How rows are weighted by their residual `e`.
    pub weighting: Weighting,
    /// If given, the points of `input` are data, whose likelihood is maximised; a row's time only decides where
    /// its steps end, and at time 1 they are equal. `tangent` then has a direction for each row that estimates the divergence (Hutchinson), or no rows for the exact one.
    pub solve: Option<Solve>,
}

impl Regression {
    /// Makes a regression with `velocity` as the target and equal weights.
    ///
    /// Shape: `input` is `[n, inputs]`, `velocity` `[n, data]`.
    pub fn plain(input: Rows, velocity: Rows, weighting: Weighting) -> Self {
        let tangent = Rows::new(input.dim());
        let (gap, weight, mask) = (Vec::new(), Vec::new(), Rows::new(velocity.dim()));
        Self { input, tangent, velocity, gap, weight, mask, weighting, solve: None }
    }

    /// The rows from `first` on, none of which may have a tangent.
    ///
    /// # Panics
    /// If one has.
    pub fn after(&self, first: usize) -> Self {
        assert!(self.tangent.len() <= first, "a row with a tangent");
        let rows = |table: &Rows| {
            let values = table.as_slice().get(first * table.dim()..).unwrap_or_default();
            Rows::from_vec(table.dim(), values.to_vec())
        };
        Self {
            input: rows(&self.input),
            tangent: Rows::new(self.input.dim()),
            velocity: rows(&self.velocity),
            gap: Vec::new(),
            weight: self.weight.get(first..).unwrap_or_default().to_vec(),
            mask: rows(&self.mask),
            weighting: self.weighting,
            solve: self.solve,
        }
    }

    /// # Panics
    /// If a table does not have the shape that is documented above.
    pub(super) fn check(&self, architecture: &Architecture) {
        let (inputs, data) = (architecture.inputs(), architecture.data);
        let (n, m) = (self.input.len(), self.tangent.len());
        assert_eq!(self.input.dim(), inputs, "the input's width");
        assert!(m == 0 || self.tangent.dim() == inputs, "the tangent's width");
        assert!(n > 0 && m <= n, "{m} tangents for {n} rows");
        assert_eq!((self.velocity.len(), self.velocity.dim()), (n, data));
        assert_eq!(self.gap.len(), m, "a gap for every tangent");
        let weights = self.weight.len();
        assert!(weights == 0 || weights == n, "{weights} weights for {n} rows");
        let masks = self.mask.len();
        assert!(masks == 0 || (masks, self.mask.dim()) == (n, data), "{masks} masks for {n} rows");
        if let Some(solve) = self.solve {
            assert!(m == 0 || m == n, "{m} directions for {n} rows");
            assert!(solve.steps > 0 && !architecture.average, "steps along a velocity");
        }
    }
}

/// How far one step moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Adam's learning rate.
    pub rate: f32,
    /// The largest global norm of the gradient; infinity for no clipping.
    pub clip: f32,
    /// The decay of the parameters' moving average in this step; at 0 the average equals the parameters.
    pub ema: f32,
}

/// What a step measures before it changes the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The loss that is minimised.
    pub weighted: f32,
    /// The mean over the rows of `|e|^2`, including each row's own weight; with [`Regression::solve`], of
    /// the negative log likelihood, without penalties.
    pub raw: f32,
    /// The gradient's global norm before clipping; NaN if the loss is not finite.
    pub gradient_norm: f32,
}

impl Loss {
    /// Whether the step was taken: a loss or gradient that is not finite changes nothing.
    pub fn is_finite(&self) -> bool {
        self.weighted.is_finite() && self.gradient_norm.is_finite()
    }
}

/// The complete state of a network and its optimiser: training resumes from it bit for bit on one device
/// and one kind of CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The number of steps taken, Adam's `t`.
    pub step: u64,
    /// The live parameters, in the order of [`Architecture`].
    pub parameters: Vec<f32>,
    /// Their exponential moving average.
    pub average: Vec<f32>,
    /// Adam's mean of the gradient.
    pub first_moment: Vec<f32>,
    /// Adam's mean of the squared gradient.
    pub second_moment: Vec<f32>,
}

impl State {
    /// An untrained network's state.
    pub fn fresh(architecture: &Architecture, seed: u64) -> Self {
        let parameters = architecture.init(seed);
        let zeros = vec![0.0; parameters.len()];
        Self {
            step: 0,
            average: parameters.clone(),
            parameters,
            first_moment: zeros.clone(),
            second_moment: zeros,
        }
    }

    /// Checks that every vector has the length that `architecture` requires.
    ///
    /// # Errors
    /// If a vector has another length.
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
        let vectors = [&self.parameters, &self.average, &self.first_moment, &self.second_moment];
        let expected = architecture.parameters();
        if vectors.iter().all(|vector| vector.len() == expected) {
            return Ok(());
        }
        let problem = format!(
            "the checkpoint has {} parameters, but the network has {expected}; resume with the options \
             that the run was started with",
            self.parameters.len(),
        );
        Err(Error::usage("--resume", problem))
    }
}

/// A network on a device with its optimiser.
pub trait Learner {
    /// Takes one step of Adam on `regression`. If the loss or its gradient is not finite, no step is
    /// taken: the caller reads that from the [`Loss`] and decides.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If the tables do not have the shapes that [`Regression`] documents.
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss>;

    /// Computes the output with the live parameters.
    ///
    /// Shape: `input` is `[n, inputs]`; the result is `[n, data]`.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If `input` has another width.
    fn evaluate(&self, input: &Rows) -> Result<Rows>;

    /// Returns the state that training can resume from.
    ///
    /// # Errors
    /// If the device fails.
    fn state(&self) -> Result<State>;

    /// The device's name, as in `cpu (2 threads)` or `cuda:0 (NVIDIA H200, driver 580.82)`.
    fn device_name(&self) -> &str;

    /// What decides the last bits of a step: a resumed run has the bits of an uninterrupted one if this
    /// is the same.
    fn arithmetic(&self) -> &str {
        self.device_name()
    }
}
