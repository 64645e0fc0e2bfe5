//! Columns of every kind go to the network and come back.

use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::ContinuousCDF;

use super::*;
use crate::data::ColumnKind;
use crate::random::{Purpose, stream};

const ROWS: usize = 4000;

/// Normal numbers, the same in every run.
fn normals(seed: u64) -> Vec<f32> {
    let mut rng = stream(seed, Purpose::Train, 0);
    (0..ROWS).map(|_| StandardNormal.sample(&mut rng)).collect()
}

fn made(f: impl Fn(f32) -> f32) -> Vec<f32> {
    normals(1).into_iter().map(f).collect()
}

fn auto(values: &[f32]) -> Transform {
    fit::numbers(values, &ColumnKind::Number, Wanted::Auto, 0)
}

/// The column's numbers go to the network and come back, and look normal there if they are `likened`.
fn there_and_back(values: &[f32], transform: &Transform, likened: bool) {
    let mut rng = stream(2, Purpose::Ties, 0);
    let tied = transform.column().is_tied();
    let mut places: Vec<f32> = Vec::new();
    for &x in values {
        let y = transform.spread(x, &mut rng);
        let back = transform.column().invert(y);
        let stands = transform.interval(x).is_some() || transform.step.is_some();
        if stands {
            assert_eq!(back, x, "{transform:?}: {x} became {y}");
            assert_eq!(transform.column().invert(transform.column().apply(x)), x, "{transform:?}");
        } else {
            assert!((back - x).abs() <= 1e-5 * x.abs().max(transform.scale), "{x} became {back}");
        }
        assert!(tied || !stands);
        places.push(y);
    }
    if !likened {
        return;
    }
    let n = places.len() as f64;
    let mean = places.iter().map(|&y| f64::from(y)).sum::<f64>() / n;
    let std = (places.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / n).sqrt();
    places.sort_unstable_by(f32::total_cmp);
    let normal = Normal::new(mean, std).expect("a normal law");
    let distance = places
        .iter()
        .enumerate()
        .map(|(i, &y)| (normal.cdf(y.into()) - (i as f64 + 0.5) / n).abs());
    let distance = distance.fold(0.0, f64::max);
    // Kolmogorov's 1.95 / sqrt(n) would be exceeded once in a thousand times if the law were not fitted.
    assert!(distance < 1.95 / n.sqrt(), "{transform:?}: {distance}");
}

#[test]
fn normal_numbers_stay_and_skewed_ones_become_normal() {
    let normal = made(|z| 3.0 + 2.0 * z);
    let plain = auto(&normal);
    assert!(plain.is_plain(), "{plain:?}");
    there_and_back(&normal, &plain, true);
    let skewed = made(|z| (1.0 + 0.8 * z).exp());
    let log = auto(&skewed);
    assert_eq!(log.form, Form::Log, "{log:?}");
    assert!(log.column().invert(-20.0) >= 0.0);
    there_and_back(&skewed, &log, true);
    // Yeo and Johnson's own family, with lambda = 0.5 and the tail on the left.
    let left = made(|z| -((0.5 * (2.0 - z).max(-1.9) + 1.0).powi(2) - 1.0));
    let power = auto(&left);
    assert!(matches!(power.form, Form::YeoJohnson | Form::Knots), "{power:?}");
    there_and_back(&left, &power, true);
}

#[test]
fn two_modes_become_one() {
    let modes = made(|z| if z > 0.0 { 5.0 + z } else { -5.0 + 0.2 * z });
    let lines = auto(&modes);
    assert_eq!((lines.form, lines.name()), (Form::Knots, "quantiles"), "{lines:?}");
    there_and_back(&modes, &lines, true);
    assert!(lines.parameters.len() <= 4 * 64);
    let (low, high) = lines.limits.expect("the data's range");
    assert!(low < -5.0 && high > 5.0);
}

#[test]
fn whole_numbers_and_few_values_come_back_exactly() {
    let counts = made(|z| (3.0 + z).exp().round());
    let whole = auto(&counts);
    assert_eq!(whole.step, Some((1.0, 1.0)), "{whole:?}");
    there_and_back(&counts, &whole, true);
    let tenths = made(|z| (10.0 * (20.0 + 3.0 * z)).round() / 10.0);
    let decimal = auto(&tenths);
    assert_eq!(decimal.step, Some((1.0, 10.0)), "{decimal:?}");
    there_and_back(&tenths, &decimal, true);
    // Most of 150 heights occur once.
    let heights: Vec<f32> =
        normals(1)[..150].iter().map(|z| (1700.0 + 70.0 * z).round() / 10.0).collect();
    let decimal = auto(&heights);
    assert_eq!(decimal.step, Some((1.0, 10.0)), "{decimal:?}");
    assert_eq!([decimal.is_whole(), whole.is_whole()], [false, true]);
    // Nearly all of 4,000 numbers with four decimals do.
    let fine = auto(&made(|z| (1e4 * (20.0 + 3.0 * z)).round() / 1e4));
    assert_eq!(fine.step, None, "{fine:?}");
    let few = made(|z| {
        if z > 1.0 {
            2.5
        } else if z > -0.3 {
            0.1
        } else {
            -7.0
        }
    });
    let values = auto(&few);
    assert_eq!((values.name(), values.parameters.len()), ("values", 12), "{values:?}");
    there_and_back(&few, &values, true);
    let constant = auto(&[4.25; 50]);
    assert_eq!(constant.column().invert(-3.0), 4.25);
    there_and_back(&[4.25; ROWS], &constant, true);
}

#[test]
fn zeros_of_an_income_own_their_share() {
    let income = made(|z| if z < 0.5 { 0.0 } else { (5.0 + 3.0 * (z - 1.0)).exp() });
    let transform = auto(&income);
    assert_eq!(transform.form, Form::Knots, "{transform:?}");
    there_and_back(&income, &transform, true);
    // The share of N(0, 1) that becomes exactly 0 is the share of the rows.
    let drawn = normals(7);
    let share =
        |all: &mut dyn Iterator<Item = f32>| all.filter(|x| *x == 0.0).count() as f64 / ROWS as f64;
    let zeros = share(&mut drawn.iter().map(|&y| transform.column().invert(y)));
    let wanted = share(&mut income.iter().copied());
    // Two binomial shares of 4,000: five standard errors of their difference.
    assert!((zeros - wanted).abs() < 5.0 * (2.0 * 0.25 / ROWS as f64).sqrt(), "{zeros} {wanted}");
}

#[test]
fn whole_numbers_of_which_one_is_usual_keep_its_share_and_the_tail_of_the_others() {
    // Nine rows of ten are 0, the others log-normal in whole numbers.
    let values = made(|z| if z < 1.2816 { 0.0 } else { ((z - 1.2816) * 2.0 + 5.0).exp().round() });
    let transform = auto(&values);
    assert_eq!(transform.step, Some((1.0, 1.0)));
    assert!(transform.reason.contains("0 in 89 % of rows"), "{}", transform.reason);
    there_and_back(&values, &transform, true);
    // Drawn normal numbers have the same upper quantiles, to the error of 400 rows: half a standard error of a
    // quantile of logarithms is 0.1 here.
    let mut drawn: Vec<f32> =
        normals(7).into_iter().map(|y| transform.column().invert(y)).collect();
    let mut known = values.clone();
    drawn.sort_unstable_by(f32::total_cmp);
    known.sort_unstable_by(f32::total_cmp);
    for share in [0.92, 0.95, 0.97, 0.99] {
        let at = (share * ROWS as f64) as usize;
        assert!(
            (drawn[at].ln() - known[at].ln()).abs() < 0.4,
            "{share}: {} {}",
            drawn[at],
            known[at]
        );
    }
}

#[test]
fn numbers_of_a_grid_that_skip_most_of_it_are_the_only_ones() {
    // Whole degrees of Fahrenheit as tenths of Celsius.
    let celsius = made(|z| ((50.0 + 10.0 * z).round() - 32.0) / 1.8).into_iter();
    let celsius: Vec<f32> = celsius.map(|x| (x * 10.0).round() / 10.0).collect();
    let transform = auto(&celsius);
    assert_eq!((transform.name(), transform.step), ("values", None), "{}", transform.reason);
    there_and_back(&celsius, &transform, true);
}

#[test]
fn categories_own_their_shares_and_unseen_ones_a_little() {
    let values = made(|z| {
        if z > 1.0 {
            3.0
        } else if z > 0.0 {
            1.0
        } else {
            0.0
        }
    });
    for order in [[0, 1, 2, 3], [2, 0, 3, 1]] {
        let transform = fit::categories(&values, &order);
        assert_eq!((transform.meaning, transform.column().names()), (Meaning::Category, 4));
        there_and_back(&values, &transform, true);
        // The third category is not in the rows, but can be asked about.
        let y = transform.spread(2.0, &mut stream(0, Purpose::Ties, 0));
        assert_eq!(transform.column().invert(y), 2.0);
        assert_eq!(transform.column().invert(transform.column().apply(2.0)), 2.0);
        let places = order.map(|category| transform.column().apply(category as f32));
        assert!(places.is_sorted(), "{order:?}: {places:?}");
    }
}

#[test]
fn wishes_name_columns_or_all_others() {
    let wish = |texts: &[&str], column: &str| {
        let choices: Vec<Choice> = texts.iter().map(|text| text.parse().expect("a wish")).collect();
        Choice::of(&choices, column)
    };
    assert_eq!(wish(&["log", "a=plain"], "a"), Some(Wanted::Plain));
    assert_eq!(wish(&["log", "a=plain", "power"], "b"), Some(Wanted::Power));
    assert_eq!(wish(&["a=b=log"], "a=b"), Some(Wanted::Log));
    assert_eq!(wish(&["a=log"], "b"), None);
    let said = "a=cube".parse::<Choice>().expect_err("no such transform");
    assert!(said.contains("`cube`") && said.contains("quantiles"), "{said}");
    let skewed = made(|z| z.exp());
    let of = |wanted| fit::numbers(&skewed, &ColumnKind::Number, wanted, 0).form;
    assert_eq!(of(Wanted::Plain), Form::Plain);
    assert_eq!(of(Wanted::Power), Form::YeoJohnson);
    assert_eq!(of(Wanted::Quantiles), Form::Knots);
}

#[test]
fn columns_of_few_rows_are_fitted_too() {
    for values in [&[1.0][..], &[1.0, 2.0], &[0.5, 0.25, 8.0], &[-1.0, 5.0, 5.0, 5.0, 0.1]] {
        let transform = auto(values);
        there_and_back(values, &transform, false);
    }
}
