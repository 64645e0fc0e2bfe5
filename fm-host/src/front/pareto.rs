//! What is worth its price.

/// Whether nothing else is both as cheap and as good, and one of them more. Shape: both `[n]`, of
/// (cost, badness).
pub fn pareto(points: &[(f64, f64)]) -> Vec<bool> {
    let beats = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
    points.iter().map(|point| !points.iter().any(|other| beats(other, point))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beaten_is_not_on_the_front() {
        let points = [(1.0, 3.0), (2.0, 2.0), (2.0, 2.5), (3.0, 2.0), (4.0, 1.0), (2.0, 2.0)];
        // Dearer for the same, worse for the same price: neither; twins both.
        assert_eq!(pareto(&points), [true, true, false, false, true, true]);
        assert_eq!(pareto(&[(1.0, f64::INFINITY)]), [true]);
    }
}
