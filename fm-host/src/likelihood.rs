//! Log densities of data rows under a model, computed by `fm-nostd` on all cores: bit for bit what the
//! device computes.

use fm_nostd::divergence::{Exact, Hutchinson};
use fm_nostd::solver::Rk4;
use fm_nostd::{Divergence, Draw, Field, LogDensity, Model, TangentField, likelihood::Augmented};
use rayon::prelude::*;

pub use crate::divergence::Trace;

use crate::data::{Dataset, Rows, Standardisation};
use crate::model::{AlignedBytes, without_transforms};
use crate::sample::{Conditions, field_error};
use crate::{Error, Result};

/// Settings of a log density's computation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How the divergence is computed.
    pub divergence: Trace,
    /// Steps of RK4 from data to noise.
    pub steps: u32,
    /// How many solves per row [`Trace::Hutchinson`] averages over, each along its own random direction.
    pub probes: u32,
    /// How many places per row [`log_bounds`] averages over, for numbers that stand for an interval.
    pub spreads: u32,
    /// The seed of the random directions and of the places.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { divergence: Trace::Exact, steps: 64, probes: 1, spreads: 8, seed: 0 }
    }
}

/// Returns `ln p(x)` of every row, in nats, in the data's units, under the given conditions.
///
/// Shape: `rows` is `[n, dim]`, the result `[n]`.
///
/// # Errors
/// If the model has no velocity field, or does not support these conditions.
///
/// # Panics
/// If the rows do not have the width of the model's samples.
pub fn log_densities(
    model: &Model<'_>,
    rows: &Rows,
    conditions: &Conditions,
    settings: &Settings,
) -> Result<Vec<f32>> {
    assert_eq!(rows.dim(), model.dim(), "rows of another width");
    let Settings { divergence, steps, probes, seed, .. } = *settings;
    if steps == 0 || probes == 0 {
        let option = if steps == 0 { "--steps" } else { "--probes" };
        return Err(Error::usage(option, "must be at least 1"));
    }
    // Large enough that building a field costs little, small enough to keep every core busy.
    const CHUNK: usize = 64;
    let state = || vec![0.0; model.dim()];
    let chunk = |first: usize| {
        let hidden = || vec![0.0; model.network().shape().hidden];
        let condition = vec![0.0; model.conditioning().size()];
        let field = Field::new(model, [hidden(), hidden()], condition).map_err(field_error)?;
        let field = TangentField::new(field, [hidden(), hidden()]).map_err(field_error)?;
        let span = first..rows.len().min(first + CHUNK);
        match divergence {
            Trace::Exact => {
                let mut density = density(model, Exact::new(field, [state(), state()]))?;
                span.map(|i| {
                    conditions.of(i).set(model, &mut density)?;
                    Ok(density.log_density(steps, rows.row(i)))
                })
                .collect::<Result<Vec<f32>>>()
            }
            Trace::Hutchinson => {
                let draw = Draw { seed, sample: 0 };
                let field = Hutchinson::new(field, draw, [state(), state()]);
                let mut density = density(model, field)?;
                span.map(|i| {
                    conditions.of(i).set(model, &mut density)?;
                    let mut sum = 0.0;
                    for probe in 0..probes {
                        let sample = i as u64 * u64::from(probes) + u64::from(probe);
                        density.field().draw(Draw { seed, sample });
                        sum += f64::from(density.log_density(steps, rows.row(i)));
                    }
                    Ok((sum / f64::from(probes)) as f32)
                })
                .collect()
            }
        }
    };
    let starts: Vec<usize> = (0..rows.len()).step_by(CHUNK).collect();
    let chunks = starts.into_par_iter().map(chunk).collect::<Result<Vec<_>>>()?;
    Ok(chunks.concat())
}

/// Returns a lower bound of `ln p(x)` of every row, in nats, for a model with columns whose numbers stand for
/// intervals: the expectation of `ln p(y) - ln q(y | x)` over places `y` at random within the intervals
/// (Theis, van den Oord and Bethge, 2016, arXiv:1511.01844, equation 7).
///
/// It is a probability in such columns, and a density in the data's units in the others. Rows with a number that its
/// column cannot [have](fm_nostd::Column::has) have -infinity.
///
/// Shape: as [`log_densities`].
///
/// # Errors
/// As [`log_densities`].
///
/// # Panics
/// As [`log_densities`].
pub fn log_bounds(
    model: &Model<'_>,
    rows: &Rows,
    conditions: &Conditions,
    settings: &Settings,
) -> Result<Vec<f32>> {
    let units = Standardisation::of(model);
    // Without its transforms, the model's density is that of the numbers of the network.
    let bytes =
        without_transforms(model).map_err(|error| Error::usage("MODEL", error.to_string()))?;
    let bytes = AlignedBytes::new(&bytes);
    let inner = Model::new(bytes.bytes());
    let inner = inner.map_err(|error| Error::usage("MODEL", error.to_string()))?;
    let mut sums = vec![0.0; rows.len()];
    for spread in 0..settings.spreads.max(1) {
        let seed = settings.seed.wrapping_mul(1 << 20).wrapping_add(spread.into());
        let places = units.spread_columns(rows, seed);
        let logs = log_densities(&inner, &places, conditions, &Settings { seed, ..*settings })?;
        for (i, (sum, log)) in sums.iter_mut().zip(logs).enumerate() {
            let numbers = rows.row(i).iter().zip(places.row(i));
            let spread = units.transforms.iter().zip(numbers);
            let spread: f64 = spread.map(|(column, (&x, &y))| column.log_spread(x, y)).sum();
            *sum += f64::from(log) - spread;
        }
    }
    let count = f64::from(settings.spreads.max(1));
    let mut bounds: Vec<f32> = sums.into_iter().map(|sum| (sum / count) as f32).collect();
    for (i, _) in impossible(model, rows) {
        bounds[i] = f32::NEG_INFINITY;
    }
    Ok(bounds)
}

/// The cells of `rows`, by row and column, whose numbers no sample of a model can have
/// ([`Column::has`](fm_nostd::Column::has)): the probability of such a row is 0.
pub fn impossible(model: &Model<'_>, rows: &Rows) -> Vec<(usize, usize)> {
    let columns: Vec<_> = model.transforms().collect();
    let cells = |(i, row): (usize, &[f32])| {
        let cells = columns.iter().zip(row).enumerate();
        let lost = cells.filter(|(_, (column, x))| !column.has(**x));
        lost.map(|(d, _)| (i, d)).collect::<Vec<_>>()
    };
    rows.iter().enumerate().flat_map(cells).collect()
}

/// The log-density solver of a field: RK4 with one dimension more than the field.
type Density<'m, F> = LogDensity<'m, F, Rk4<Vec<f32>>, Vec<f32>>;

fn density<'m, F: Divergence>(model: &'m Model<'m>, field: F) -> Result<Density<'m, F>>
where
    Rk4<Vec<f32>>: fm_nostd::solver::Solver<Augmented<F>>,
{
    let state = || vec![0.0; model.dim() + 1];
    let solver = Rk4::new([state(), state(), state()]);
    LogDensity::new(model, field, solver, state()).map_err(field_error)
}

/// Refuses columns that have no density and no transform that gives their numbers intervals: constant columns, and columns of whole numbers or of few
/// distinct values that repeat. The likelihood of such data can be made arbitrarily large.
///
/// # Errors
/// If there is such a column; the error names all of them.
pub fn check_continuous(data: &Dataset, units: &Standardisation) -> Result<()> {
    let column = |d: usize| -> Vec<f32> { data.values.iter().map(|row| row[d]).collect() };
    let tied = |d: usize| units.transforms.get(d).is_some_and(|one| one.column().is_tied());
    let discrete: Vec<String> = (0..data.values.dim())
        .filter(|&d| !tied(d))
        .filter_map(|d| Some(format!("`{}` ({})", data.columns[d], fault(column(d))?)))
        .collect();
    if discrete.is_empty() {
        return Ok(());
    }
    let columns = discrete.join(", ");
    let problem = format!(
        "these columns have no density: {columns}; train with `--transform auto`, which spreads such \
         numbers over intervals, or on the others with `--columns`"
    );
    Err(Error::data(&*data.name, problem))
}

/// Returns why a column has no density, or `None` if no reason was found.
fn fault(mut column: Vec<f32>) -> Option<String> {
    column.sort_unstable_by(f32::total_cmp);
    let rows = column.len();
    let whole = column.iter().all(|x| x.fract() == 0.0);
    column.dedup();
    let distinct = column.len();
    match distinct {
        _ if rows < 2 => None,
        1 => Some(format!("{} in every row", column[0])),
        // Rounded to so few digits that each value occurs twice on average.
        _ if 2 * distinct <= rows => Some(format!("{distinct} values in {rows} rows")),
        _ if whole && distinct < rows => Some("whole numbers".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use fm_nostd::Form;
    use fm_nostd::blob::Spec;
    use fm_nostd::net::Weights;

    use super::*;
    use crate::blob::words;
    use crate::data::transform::{Transform, Wanted, fit, numbers};
    use crate::data::{ColumnKind, ConditionData};
    use crate::model::emitted;

    fn dataset(columns: &[&[f32]]) -> Dataset {
        let rows = columns[0].len();
        let values = (0..rows).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
        Dataset::new(
            "table.csv",
            (0..columns.len()).map(|d| format!("c{d}")).collect(),
            Rows::from_vec(columns.len(), values),
            ConditionData::default(),
        )
    }

    fn said(columns: &[&[f32]]) -> String {
        let data = dataset(columns);
        check_continuous(&data, &Standardisation::fit(&data.values))
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    /// A model whose velocity is 0, so that the network's numbers are standard normal.
    fn still(transforms: &[Transform]) -> AlignedBytes {
        let dim = transforms.len();
        let words: Vec<u32> =
            transforms.iter().flat_map(|one| words(one.column()).collect::<Vec<_>>()).collect();
        let weights = vec![0.0; dim + 2 + 2 * dim];
        let spec = Spec {
            dim,
            widths: &[1],
            mean: &vec![0.0; dim],
            std: &vec![1.0; dim],
            transforms: &words,
            weights: Weights::F32(&weights),
            ..Spec::PLAIN
        };
        AlignedBytes::new(&emitted(&spec).expect("sizes agree"))
    }

    /// Where the network's numbers are exactly normal, the bound is the logarithm of each value's share.
    #[test]
    fn the_bound_of_a_perfect_model_is_its_probability() {
        let counts = [600.0, 300.0, 100.0];
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let rows = (0..1000).map(|i| {
            if i < 600 {
                0.0
            } else if i < 900 {
                1.0
            } else {
                2.0
            }
        });
        let data = Dataset {
            kinds: vec![ColumnKind::Category(names)],
            ..dataset(&[&rows.collect::<Vec<f32>>()])
        };
        let category = fit(&data, &[]).remove(0);
        let whole = Transform { step: Some((1.0, 2.0)), ..Transform::plain("") };
        let log = Transform { form: Form::Log, ..Transform::plain("") };
        let blob = still(&[category, whole, log]);
        let model = Model::new(blob.bytes()).expect("valid");
        let data: Vec<f32> = [0.0, 1.0, 2.0].iter().flat_map(|&k| [k, 0.5, 3.0]).collect();
        let rows = Rows::from_vec(3, data);
        let settings = Settings { steps: 2, spreads: 4000, ..Settings::default() };
        let found = log_bounds(&model, &rows, &Conditions::NONE, &settings).expect("a bound");
        let normal = |x: f64| -0.5 * (x * x + std::f64::consts::TAU.ln());
        // Over half a unit around 0.5, E ln N(x) = ln N(0.5) - 1/2 Var, of a uniform width of a half.
        let middle = normal(0.5) - 0.5 * 0.25 / 12.0 + 0.5f64.ln();
        let tail = normal(3f64.ln()) - 3f64.ln();
        for (found, count) in found.iter().zip(counts) {
            // One half a row is added for each category.
            let share = ((count + 0.5) / 1001.5f64).ln();
            // 4,000 places whose ln N has a standard deviation of 0.08.
            assert!((f64::from(*found) - share - middle - tail).abs() < 6e-3, "{found} {count}");
        }
        let text = |rows| log_densities(&model, &rows, &Conditions::NONE, &settings).err();
        assert!(text(rows).is_some(), "a category has no density");
    }

    /// A number that no sample can be has no probability, not one of a point.
    #[test]
    fn rows_that_the_model_cannot_draw_have_no_probability() {
        let few = numbers(&[0.0, 1.0, 4.0].repeat(20), &ColumnKind::Number, Wanted::Auto, 0);
        let whole = Transform { step: Some((1.0, 1.0)), ..Transform::plain("") };
        let log = Transform { form: Form::Log, ..Transform::plain("") };
        let blob = still(&[few, whole, log.clone()]);
        let model = Model::new(blob.bytes()).expect("valid");
        let rows =
            [[1.0, 2.0, 0.5], [2.0, 2.0, 0.5], [-7.0, 2.0, 0.5], [1.0, 2.25, 0.5], [1.0, 2.0, 0.0]];
        let rows = Rows::from_vec(3, rows.concat());
        let settings = Settings { steps: 2, spreads: 2, ..Settings::default() };
        let found = log_bounds(&model, &rows, &Conditions::NONE, &settings).expect("a bound");
        assert!(found[0].is_finite() && found[0] < 0.0, "{found:?}");
        assert_eq!(found[1..], [f32::NEG_INFINITY; 4]);
        assert_eq!(impossible(&model, &rows), [(1, 0), (2, 0), (3, 1), (4, 2)]);
        let blob = still(&[log]);
        let model = Model::new(blob.bytes()).expect("valid");
        let rows = Rows::from_vec(1, vec![1.0, 0.0, -2.0]);
        let found = log_densities(&model, &rows, &Conditions::NONE, &settings).expect("a density");
        assert!(found[0].is_finite());
        assert_eq!(found[1..], [f32::NEG_INFINITY; 2]);
    }

    #[test]
    fn columns_without_a_density_are_named() {
        let (smooth, constant) = ([0.1, 0.25, 0.7, 0.9, 1.3, 0.2], [2.5; 6]);
        let (grey, rounded) = ([0.0, 3.0, 1.0, 3.0, 7.0, 8.0], [0.1, 0.2, 0.1, 0.2, 0.3, 0.3]);
        assert_eq!(said(&[&smooth]), "");
        // Whole numbers that never repeat, and a single pair of equal values, can be measurements.
        assert_eq!(said(&[&[1.0, 5.0, 3.0, 8.0], &[0.5, 0.5, 0.25, 0.1]]), "");
        let said = said(&[&smooth, &constant, &grey, &rounded]);
        for part in ["table.csv", "`c1` (2.5 in every row)", "`c2` (whole", "`c3` (3 values in 6"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("`c0`"), "{said}");
    }
}
