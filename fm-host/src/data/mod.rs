//! Stand-in for the data until the `h-data` branch lands (but `rows`).

mod rows;

pub use rows::Rows;

use serde::{Deserialize, Serialize};

/// Rows and what they are conditioned on.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name.
    pub name: String,
    /// Columns.
    pub columns: Vec<String>,
    /// Raw values.
    pub values: Rows,
    /// Condition.
    pub condition: Condition,
}

/// What rows are conditioned on.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Nothing.
    None,
    /// Classes.
    Classes {
        /// Column.
        column: String,
        /// Names.
        names: Vec<String>,
        /// Labels.
        labels: Vec<u32>,
    },
    /// Numbers.
    Vector {
        /// Columns.
        columns: Vec<String>,
        /// Raw values.
        values: Rows,
    },
}

/// Where data comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Built-in name or file.
    pub data: String,
    /// Columns.
    pub columns: Option<Vec<String>>,
    /// Class column.
    pub class: Option<String>,
    /// Condition columns.
    pub condition: Vec<String>,
    /// Rows of a built-in.
    pub rows: usize,
    /// Seed.
    pub seed: u64,
    /// Share.
    pub holdout: f64,
}

/// Mean and deviation of each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standardisation {
    /// Mean.
    pub mean: Vec<f32>,
    /// Deviation.
    pub std: Vec<f32>,
}

impl Standardisation {
    /// Measures.
    pub fn fit(rows: &Rows) -> Self {
        let n = rows.len() as f64;
        let column = |j: usize| rows.iter().map(move |row| f64::from(row[j]));
        let mean: Vec<f64> = (0..rows.dim()).map(|j| column(j).sum::<f64>() / n).collect();
        let std = (0..rows.dim())
            .map(|j| (column(j).map(|x| (x - mean[j]).powi(2)).sum::<f64>() / n).sqrt() as f32)
            .collect();
        Self { mean: mean.iter().map(|&m| m as f32).collect(), std }
    }

    /// Standardises.
    pub fn apply(&self, rows: &Rows) -> Rows {
        let mut out = rows.clone();
        for i in 0..out.len() {
            for (j, x) in out.row_mut(i).iter_mut().enumerate() {
                *x = (*x - self.mean[j]) / self.std[j];
            }
        }
        out
    }
}
