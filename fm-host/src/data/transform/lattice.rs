//! Numbers that are whole multiples of a step.

/// Returns the step of which all `distinct` numbers are multiples, as numerator and denominator, exactly in
/// the device's arithmetic; `None` if there is none.
pub(super) fn step(distinct: &[f32]) -> Option<(f32, f32)> {
    /// Denominators of steps below 1.
    const PARTS: [f32; 8] = [1.0, 2.0, 4.0, 8.0, 10.0, 100.0, 1000.0, 10_000.0];
    /// Beyond this, rounding on the device is not exact.
    const LARGEST: f32 = 4_194_304.0;
    PARTS.into_iter().find_map(|per| {
        let mut common = 0u32;
        for x in distinct {
            let multiple = (x * per).round_ties_even();
            if multiple.abs() >= LARGEST || multiple / per != *x {
                return None;
            }
            common = gcd(common, multiple.abs() as u32);
        }
        let step = common.max(1) as f32;
        // With another order of operations the device's result could differ in the last bit.
        let exact = |x: &f32| (x * per / step).round_ties_even() * step / per == *x;
        Some(if distinct.iter().all(exact) { (step, per) } else { (1.0, per) })
    })
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn the_largest_step_is_found() {
        assert_eq!(step(&[-3.0, 0.0, 7.0]), Some((1.0, 1.0)));
        assert_eq!(step(&[10.0, 25.0, 40.0]), Some((5.0, 1.0)));
        assert_eq!(step(&[0.25, 1.5]), Some((1.0, 4.0)));
        assert_eq!(step(&[0.1, 0.7, 12.3]), Some((1.0, 10.0)));
        assert_eq!(step(&[0.123_456_7, 0.5]), None);
        assert_eq!(step(&[1e9, 1.0]), None);
    }
}
