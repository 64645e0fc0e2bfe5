//! The density of fresh rows, under a model and under the law.

use fm_host::data::{self, DataSpec, Rows};
use fm_host::model::StoredModel;
use fm_host::sample::{Dopri5, LEAST_TOLERANCE};
use fm_host::truth::Moons;
use fm_host::{Error, Result};
use fm_nostd::divergence::Exact;
use fm_nostd::{Field, FieldError, LogDensity, TangentField};
use rayon::prelude::*;

/// The standard deviation of the moons' noise.
pub const SPREAD: f64 = 0.1;
/// Decides the rows, which no training sees.
const FRESH: u64 = 0x5EED;
/// The number of rows.
const ROWS: usize = 10_000;

/// Fresh rows and the law's log density of each.
pub struct Judge {
    rows: Rows,
    law: Vec<f64>,
}

impl Judge {
    /// Draws the rows.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub fn new(source: &DataSpec) -> Result<Self> {
        let fresh = DataSpec { seed: FRESH, rows: ROWS, ..source.clone() };
        let rows = data::load(&fresh)?.train.values;
        let law = Moons { spread: SPREAD };
        let law = (0..rows.len()).into_par_iter().map(|i| {
            let row = rows.row(i);
            law.log_density(&[row[0].into(), row[1].into()])
        });
        Ok(Self { law: law.collect(), rows })
    }

    /// How much larger the law's log density of each row is than the model's, which is solved by
    /// Dormand and Prince's pair to a tolerance of 1e-6.
    ///
    /// # Errors
    /// If the model has no density in two dimensions.
    pub fn gaps(&self, stored: &StoredModel) -> Result<Vec<f64>> {
        let model = stored.view();
        let hidden = || vec![0.0; model.network().shape().hidden];
        let refused = |error: FieldError| Error::usage("MODEL", error.to_string());
        let each = |i: usize| -> std::result::Result<f64, FieldError> {
            let field = Field::new(&model, [hidden(), hidden()], Vec::new())?;
            let field = TangentField::new(field, [hidden(), hidden()])?;
            let field = Exact::new(field, [[0.0; 2]; 2]);
            let solver = Dopri5::new(3, LEAST_TOLERANCE);
            // Its one step is the whole way.
            let found =
                LogDensity::new(&model, field, solver, [0.0; 3])?.log_density(1, self.rows.row(i));
            Ok(self.law[i] - f64::from(found))
        };
        let gaps = (0..self.rows.len()).into_par_iter().map(each);
        gaps.collect::<std::result::Result<_, _>>().map_err(refused)
    }
}
