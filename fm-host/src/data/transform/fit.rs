//! The choice of a column's transform, from its training rows alone.

use fm_nostd::{Form, Meaning};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::candidates::{ALL, Candidate, Law};
use super::choice::Wanted;
use super::knots::{Part, knots};
use super::{Transform, lattice};
use crate::data::ColumnKind;
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
/// The most values among others that own an interval: the most frequent ones.
const OWNED: usize = 16;
/// The lines of a column with such values.
const LINES: usize = 32;
/// Folds of the comparison, and the most rows that it uses.
const FOLDS: usize = 5;
const COMPARED: usize = 20_000;

/// Chooses the transform of column number `index`, whose training rows have these `values` (absent ones are
/// left out). A column without any value stays as it is.
pub fn fit(values: &[f32], kind: &ColumnKind, wanted: Wanted, index: usize) -> Transform {
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
        ColumnKind::Category(names) => categories(present.clone(), names.len()),
        ColumnKind::Number => number(),
        ColumnKind::Date(_) => Transform { meaning: Meaning::Date, ..number() },
    }
}

/// Every category owns an interval, the absent ones a small one.
fn categories(values: impl Iterator<Item = f32>, names: usize) -> Transform {
    let mut rows = vec![0.5; names];
    for x in values {
        if let Some(rows) = rows.get_mut(x as usize) {
            *rows += 1.0;
        }
    }
    let parts: Vec<Part> = (0..names).map(|i| Part::Value(i as f32, rows[i])).collect();
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
    // Numbers that never repeat are measurements, whole or not.
    if runs.len() < rows
        && let Some((step, per)) = lattice::step(&distinct)
        && (per == 1.0 || 2 * runs.len() <= rows)
    {
        let mut rng = stream(0, Purpose::Ties, index as u64);
        let mut spread: Vec<f32> =
            sorted.iter().map(|x| x + (rng.random::<f32>() - 0.5) * step / per).collect();
        spread.sort_unstable_by(f32::total_cmp);
        let what = match (step, per) {
            (1.0, 1.0) => "whole numbers".to_owned(),
            _ => format!("multiples of {}", step / per),
        };
        let best = best(&spread, wanted, index);
        let reason = format!("{what}; {}", best.reason);
        return Transform { step: Some((step, per)), limits, reason, ..best };
    }
    if let Some(many) = all_owned(MANY) {
        return many;
    }
    let often = (SHARE * rows as f64).max(ROWS as f64) as usize;
    let mut frequent: Vec<(f32, usize)> =
        runs.iter().copied().filter(|(_, rows)| *rows >= often).collect();
    if auto && !frequent.is_empty() {
        frequent.sort_unstable_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        frequent.truncate(OWNED);
        let (most, share) = (frequent[0].0, 100.0 * frequent[0].1 as f64 / rows as f64);
        frequent.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut parts = Vec::new();
        let mut rest = sorted;
        for (x, count) in &frequent {
            let below = rest.partition_point(|y| y < x);
            if below > 0 {
                parts.push(Part::Range(&rest[..below]));
            }
            parts.push(Part::Value(*x, *count as f64));
            rest = &rest[below + count..];
        }
        if !rest.is_empty() {
            parts.push(Part::Range(rest));
        }
        return owned(&parts, limits, format!("{most} in {share:.0} % of rows"));
    }
    best(sorted, wanted, index)
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
            format!("{:.2} nats likelier than plain", mean(scores) - mean(plain))
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
