//! The ticks of logarithmic axes.

/// Returns 1, 2 and 5 times the powers of ten between `low` and `high`. If these are few, returns more of
/// them, up to `most`; if they are too many, only the powers of ten.
pub(super) fn round_values(low: f64, high: f64, most: usize) -> Vec<f64> {
    let powers = || low.log10().floor() as i32..=high.log10().floor() as i32;
    let of = |digits: &[f64]| -> Vec<f64> {
        let values = powers().flat_map(|p| digits.iter().map(move |digit| digit * 10f64.powi(p)));
        values.filter(|value| (low..=high).contains(value)).collect()
    };
    let coarse = of(&[1.0, 2.0, 5.0]);
    let fine = of(&[1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0]);
    match coarse.len() {
        0..4 if fine.len() <= most => fine,
        count if count > most => of(&[1.0]),
        _ => coarse,
    }
}

/// Formats a number with two significant digits, and `k` and `M` for thousands and millions.
pub(super) fn short(value: f64) -> String {
    let scales = [(1e6, "M"), (1e3, "k")];
    match scales.iter().find(|(scale, _)| value >= *scale) {
        Some((scale, letter)) => significant(value / scale) + letter,
        None => significant(value),
    }
}

/// Formats a number with two significant digits.
pub(crate) fn significant(value: f64) -> String {
    let decimals = (1.0 - value.abs().log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [2.0, 0.5, 0.012, 0.3, 120.0].map(significant),
            ["2", "0.5", "0.012", "0.3", "120"]
        );
    }

    #[test]
    fn large_numbers_have_letters() {
        assert_eq!([5.0, 20_000.0, 1.5e6, 0.05].map(short), ["5", "20k", "1.5M", "0.05"]);
    }

    #[test]
    fn ticks_are_round_and_in_range() {
        assert_eq!(round_values(0.3, 6.0, 9), [0.5, 1.0, 2.0, 5.0]);
        assert_eq!(round_values(90.0, 200.0, 9), [100.0, 120.0, 150.0, 200.0]);
        assert_eq!(round_values(0.3, 30.0, 3), [1.0, 10.0]);
    }
}
