//! The Pareto set of points.

/// Whether each point is in the Pareto set: no other point is at least as cheap and as good, and better in
/// one of them. Shape: both `[n]`; points are (cost, badness).
pub fn pareto(points: &[(f64, f64)]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (points[a], points[b]);
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    // In the order of costs, a point is in the set if it is better than all before it, or equal to the last one
    // in the set.
    let mut on = vec![false; points.len()];
    let mut best: Option<(f64, f64)> = None;
    for i in order {
        on[i] = best.is_none_or(|best| points[i].1 < best.1 || points[i] == best);
        if on[i] {
            best = Some(points[i]);
        }
    }
    on
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn what_is_beaten_is_not_on_the_front() {
        let points = [(1.0, 3.0), (2.0, 2.0), (2.0, 2.5), (3.0, 2.0), (4.0, 1.0), (2.0, 2.0)];
        // Neither a more expensive equal point nor a worse point of equal cost is in the set; equal points both are.
        assert_eq!(pareto(&points), [true, true, false, false, true, true]);
        assert_eq!(pareto(&[(1.0, f64::INFINITY)]), [true]);
        assert!(pareto(&[]).is_empty());
    }

    #[test]
    fn it_is_what_every_pair_says() {
        let mut rng = stream(3, Purpose::Block, 0);
        for n in 1..200 {
            // Few values, so that there are ties and equal points.
            let points: Vec<(f64, f64)> = (0..n)
                .map(|_| (f64::from(rng.random_range(0..9u8)), f64::from(rng.random_range(0..9u8))))
                .collect();
            let beats = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
            let wanted: Vec<bool> = points
                .iter()
                .map(|point| !points.iter().any(|other| beats(other, point)))
                .collect();
            assert_eq!(pareto(&points), wanted, "{points:?}");
        }
    }
}
