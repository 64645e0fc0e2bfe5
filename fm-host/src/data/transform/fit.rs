//! The choice of a column's transform, from its training rows alone.

use std::iter;

use fm_nostd::{Form, Meaning};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::candidates::{ALL, Candidate, Law};
use super::choice::{Choice, Wanted};
use super::knots::{Part, knots};
use super::order::Neighbours;
use super::{Transform, lattice};
use crate::data::{ColumnKind, Dataset};
use crate::random::{Purpose, stream};

/// The most values of a column whose values all own an interval: those of any column, and those of one whose
/// values have no step either.
const FEW: usize = 24;
const MANY: usize = 128;
/// So many rows for each value, on average, make it one of few.
const ROWS_EACH: usize = 4;
/// The share of the rows, and the number of rows, that make a value among others own an interval.
const SHARE: f64 = 0.01;
const ROWS: usize = 10;
/// The share of a grid's values that occur where all are meant to.
const LEAST_MET: f64 = 0.6;
/// A value of a grid that owns an interval has so many times the rows of each of its neighbours, on average, of
/// which so many on either side count.
const OUTSTANDING: usize = 5;
const AROUND: usize = 4;
/// The most values among others that own an interval: the most frequent ones.
const OWNED: usize = 16;
/// The lines of a column with such values.
const LINES: usize = 32;
/// Folds of the comparison, and the most rows that it uses.
const FOLDS: usize = 5;
const COMPARED: usize = 20_000;

/// Chooses the transform of each column of the training rows, as `wishes` say; absent values are left out. A column
/// without a wish stays as it is unless it has categories, and so does one without any value.
pub fn fit(data: &Dataset, wishes: &[Choice]) -> Vec<Transform> {
    let neighbours = Neighbours::of(data);
    let column = |(d, kind): (usize, &ColumnKind)| {
        let values: Vec<f32> = data.values.iter().map(|row| row[d]).collect();
        let wanted = Choice::of(wishes, &data.columns[d]).unwrap_or(Wanted::Plain);
        match kind {
            ColumnKind::Category(_) => categories(&values, &neighbours.order(d)),
            kind => numbers(&values, kind, wanted, d),
        }
    };
    data.kinds.iter().enumerate().map(column).collect()
}

/// The transform of a column that is not of categories.
pub(crate) fn numbers(
    values: &[f32],
    kind: &ColumnKind,
    wanted: Wanted,
    index: usize,
) -> Transform {
    let present = values.iter().copied().filter(|x| x.is_finite());
    let number = || match wanted {
        Wanted::Plain => Transform::plain("as asked"),
        _ if present.clone().next().is_none() => Transform::plain("no values"),
        _ => {
            // -0 and 0 are one value.
            let mut sorted: Vec<f32> = present.clone().map(|x| x + 0.0).collect();
            sorted.sort_unstable_by(f32::total_cmp);
            number(&sorted, wanted, index)
        }
    };
    match kind {
        ColumnKind::Date(_) => Transform { meaning: Meaning::Date, ..number() },
        _ => number(),
    }
}

/// Every category owns an interval, the absent ones a small one; they lie in this `order`.
pub(super) fn categories(values: &[f32], order: &[usize]) -> Transform {
    let names = order.len();
    let mut rows = vec![0.5; names];
    for x in values.iter().filter(|x| !x.is_nan()) {
        if let Some(rows) = rows.get_mut(*x as usize) {
            *rows += 1.0;
        }
    }
    let parts: Vec<Part> = order.iter().map(|&i| Part::Value(i as f32, rows[i])).collect();
    let limits = Some((0.0, names.saturating_sub(1) as f32));
    let meaning = Meaning::Category;
    Transform { meaning, ..owned(&parts, limits, format!("{names} categories")) }
}

/// A transform whose values all own an interval, or lie on lines between those that do.
fn owned(parts: &[Part<'_>], limits: Option<(f32, f32)>, reason: String) -> Transform {
    let parameters = knots(parts, LINES).into_flattened();
    Transform { form: Form::Knots, limits, parameters, ..Transform::plain(reason) }
}

fn number(sorted: &[f32], wanted: Wanted, index: usize) -> Transform {
    // Runs of equal numbers.
    let runs: Vec<(f32, usize)> =
        sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    let limits = Some((sorted[0], sorted[sorted.len() - 1]));
    let value = |&(x, rows): &(f32, usize)| Part::Value(x, rows as f64);
    let rows = sorted.len();
    let auto = wanted == Wanted::Auto;
    if runs.len() == 1 {
        return owned(&[value(&runs[0])], limits, "constant".to_owned());
    }
    let all_owned = |most: usize| {
        let few = auto && runs.len() <= most && rows >= ROWS_EACH * runs.len();
        let parts: Vec<Part> = runs.iter().map(value).collect();
        few.then(|| owned(&parts, limits, format!("{} values", runs.len())))
    };
    if let Some(few) = all_owned(FEW) {
        return few;
    }
    let distinct: Vec<f32> = runs.iter().map(|(x, _)| *x).collect();
    // Numbers that never repeat are measurements, whole or not; if they are rounded so finely that few repeat, a
    // density describes them better than probabilities.
    let seldom = |per: f32| per != 1.0 && 10 * runs.len() > 9 * rows;
    let grid = lattice::step(&distinct).filter(|(_, per)| runs.len() < rows && !seldom(*per));
    if grid.is_none_or(|(step, per)| skips(&runs, rows, step / per))
        && let Some(many) = all_owned(MANY)
    {
        return many;
    }
    let what = match grid {
        None => None,
        Some((1.0, 1.0)) => Some("whole numbers".to_owned()),
        Some((step, per)) => Some(format!("multiples of {}", step / per)),
    };
    let frequent = if auto { frequent(&runs, rows, grid.is_some()) } else { Vec::new() };
    let others = spread(&runs, &frequent, grid, index);
    let fitted = match frequent.iter().max_by_key(|(_, count)| count) {
        Some((most, count)) => {
            let share = 100.0 * *count as f64 / rows as f64;
            owned(&among(&frequent, &others), limits, format!("{most} in {share:.0} % of rows"))
        }
        None => best(&others, wanted, index),
    };
    let Some(what) = what else { return fitted };
    Transform { step: grid, limits, reason: format!("{what}; {}", fitted.reason), ..fitted }
}

/// Whether the middle half of the rows has only some of the multiples of `unit` between its ends, as degrees of
/// Celsius have that were whole ones of Fahrenheit.
fn skips(runs: &[(f32, usize)], rows: usize, unit: f32) -> bool {
    let mut below = 0;
    let mut middle = runs.iter().filter(|(_, count)| {
        below += count;
        below > rows / 4 && below - count <= rows - rows / 4
    });
    let Some((first, _)) = middle.next() else { return false };
    let (mut found, mut last) = (1, first);
    for (x, _) in middle {
        (found, last) = (found + 1, x);
    }
    (f64::from(found) / (1.0 + f64::from((last - first) / unit))) < LEAST_MET
}

/// The values that own an interval although most do not, in order, with their rows.
fn frequent(runs: &[(f32, usize)], rows: usize, on_a_grid: bool) -> Vec<(f32, usize)> {
    let often = (SHARE * rows as f64).max(ROWS as f64) as usize;
    // On a grid values repeat anyway: only those that do so more than the values around them count.
    let outstanding = |place: usize| {
        let around = &runs[place.saturating_sub(AROUND)..runs.len().min(place + AROUND + 1)];
        let own = runs[place].1;
        let others = around.iter().map(|(_, count)| count).sum::<usize>() - own;
        own * (around.len() - 1) >= OUTSTANDING * others
    };
    let mut frequent: Vec<(f32, usize)> = (0..runs.len())
        .filter(|&place| runs[place].1 >= often && (!on_a_grid || outstanding(place)))
        .map(|place| runs[place])
        .collect();
    frequent.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(*count));
    frequent.truncate(OWNED);
    frequent.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    frequent
}

/// The numbers that do not own an interval, sorted; those on a grid lie at random within its steps.
fn spread(
    runs: &[(f32, usize)],
    frequent: &[(f32, usize)],
    grid: Option<(f32, f32)>,
    index: usize,
) -> Vec<f32> {
    let owned = |run: &(f32, usize)| frequent.contains(run);
    let others = runs.iter().filter(|run| !owned(run));
    let mut others: Vec<f32> = others.flat_map(|(x, count)| iter::repeat_n(*x, *count)).collect();
    let Some((step, per)) = grid else { return others };
    let unit = step / per;
    let mut rng = stream(0, Purpose::Ties, index as u64);
    others.iter_mut().for_each(|x| *x += (rng.random::<f32>() - 0.5) * unit);
    // Beside a value that owns an interval, the others have all of their own steps.
    for pair in runs.windows(2) {
        match [owned(&pair[0]), owned(&pair[1])] {
            [true, false] => others.push(pair[1].0 - 0.5 * unit),
            [false, true] => others.push(pair[0].0 + 0.5 * unit),
            _ => {}
        }
    }
    others.sort_unstable_by(f32::total_cmp);
    others
}

/// The parts of a column whose `frequent` values own an interval, and whose other values are `others`.
fn among<'v>(frequent: &[(f32, usize)], others: &'v [f32]) -> Vec<Part<'v>> {
    let mut parts = Vec::new();
    let mut rest = others;
    let range = |values: &'v [f32], parts: &mut Vec<Part<'v>>| {
        if !values.is_empty() {
            parts.push(Part::Range(values));
        }
    };
    for (x, count) in frequent {
        let (below, above) = rest.split_at(rest.partition_point(|y| y < x));
        range(below, &mut parts);
        parts.push(Part::Value(*x, *count as f64));
        rest = above;
    }
    range(rest, &mut parts);
    parts
}

/// The simplest transform under which held-out numbers are about as likely as under any, by
/// cross-validation.
fn best(sorted: &[f32], wanted: Wanted, index: usize) -> Transform {
    let mut numbers = sorted.to_vec();
    numbers.shuffle(&mut stream(1, Purpose::Ties, index as u64));
    numbers.truncate(COMPARED);
    let candidates = ALL.into_iter().filter(|candidate| candidate.is(wanted));
    let scored: Vec<(Candidate, Vec<f64>)> = candidates
        .filter_map(|candidate| Some((candidate, held_out(candidate, &numbers)?)))
        .collect();
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let best = scored.iter().max_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)));
    let Some((_, top)) = best else { return Transform::plain("too few rows to choose another") };
    // A simpler one within a standard error of the paired differences is as good.
    let as_good = |scores: &[f64]| {
        let differences: Vec<f64> = top.iter().zip(scores).map(|(a, b)| a - b).collect();
        let (n, worse) = (differences.len() as f64, mean(&differences));
        let variance = differences.iter().map(|d| (d - worse).powi(2)).sum::<f64>() / n;
        worse <= (variance / n).sqrt()
    };
    let chosen = scored.iter().find(|(_, scores)| as_good(scores)).or(best);
    let Some((candidate, scores)) = chosen else { return Transform::plain("") };
    let plain = scored.iter().find(|(candidate, _)| *candidate == Candidate::Plain);
    let reason = match (candidate, plain) {
        (Candidate::Plain, _) => "as likely as any transform".to_owned(),
        (_, Some((_, plain))) => {
            match mean(scores) - mean(plain) {
                // Plain numbers do not even have a spread that fits.
                nats if nats > 1000.0 => "far likelier than plain".to_owned(),
                nats => format!("{nats:.2} nats likelier than plain"),
            }
        }
        (_, None) => "as asked".to_owned(),
    };
    let fitted = candidate.fit(sorted).unwrap_or_else(|| Transform::plain(""));
    Transform { reason, ..fitted }
}

/// The log density of every number under a transform that was fitted to the others; `None` if it does not
/// apply to them.
fn held_out(candidate: Candidate, numbers: &[f32]) -> Option<Vec<f64>> {
    let mut scores = Vec::with_capacity(numbers.len());
    for fold in 0..FOLDS.min(numbers.len()) {
        let of = |own: bool| {
            let all = numbers.iter().enumerate();
            all.filter(move |(i, _)| (i % FOLDS == fold) == own).map(|(_, x)| *x)
        };
        let mut others: Vec<f32> = of(false).collect();
        others.sort_unstable_by(f32::total_cmp);
        let transform = candidate.fit(&others)?;
        let law = Law::fit(&transform, &others);
        scores.extend(of(true).map(|x| law.log_density(&transform, x)));
    }
    Some(scores)
}
