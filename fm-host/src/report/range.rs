//! The range that an axis shows.

/// Returns the middle and half the length of the range of finite values, without the share `cut` of them at
/// each end.
pub(crate) fn middle(values: impl Iterator<Item = f32>, cut: f32) -> (f32, f32) {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f32::total_cmp);
    let out = (values.len() as f32 * cut) as usize;
    match values.get(out..values.len() - out) {
        Some(&[low, .., high]) if low < high => (0.5 * (low + high), 0.5 * (high - low)),
        Some(&[only, ..]) => (only, 1.0),
        _ => (0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_leaves_out_what_is_far_off() {
        let values = || (0..=100).map(|i| i as f32);
        assert_eq!(middle(values(), 0.0), (50.0, 50.0));
        assert_eq!(middle(values().chain([1e9, f32::NAN]), 0.02), (50.5, 48.5));
        assert_eq!(middle([3.0; 4].into_iter(), 0.0), (3.0, 1.0));
        assert_eq!(middle(std::iter::empty(), 0.5), (0.0, 1.0));
    }
}
