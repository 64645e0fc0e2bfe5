//! How a step of maximum likelihood follows the flow, and RK4's coefficients.

/// How the log likelihood of data points is computed and penalised: `log p(x1)` by steps of RK4 from data to
/// noise, whose gradient is that of the steps themselves (Chen et al., 2018, arXiv:1806.07366; Grathwohl et
/// al., 2018, arXiv:1810.01367). The penalties are those of Finlay et al., 2020, arXiv:2002.02798.
///
/// Each row has a grid of its own: steps of equal length that end at the row's time and at whole steps from
/// it, with a shorter one at either end. On one grid for all rows, training would soon raise the computed
/// likelihood at that grid's times alone, and lower the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solve {
    /// The number of whole steps.
    pub steps: u32,
    /// The weight of the integral of `|v|^2` in the loss.
    pub kinetic: f32,
    /// The weight of the integral of `|dv/dx|^2` in the loss, the sum of the squares of its entries.
    pub jacobian: f32,
}

/// One step of one row, from data to noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// The time where it begins.
    pub start: f32,
    /// Its length, at most 0.
    pub length: f32,
}

/// How far into a step RK4 evaluates the velocity, which is also how far it follows the evaluation before.
pub(super) const REACH: [f32; 4] = [0.0, 0.5, 0.5, 1.0];

/// The weights of the evaluations in a step of RK4.
pub(super) const WEIGHTS: [f32; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

/// `ln(2 pi) / 2`: a dimension's constant in the negative log density of noise.
pub(super) const NORMAL: f64 = 0.918_938_533_204_672_8;

impl Solve {
    /// The number of steps including both shorter ones.
    pub(super) fn spans(&self) -> u32 {
        self.steps + 1
    }

    /// Step `i` of a row whose steps end at time `t`.
    pub(super) fn span(&self, i: u32, t: f32) -> Span {
        let steps = self.steps as f32;
        let first = ((1.0 - t) * steps).fract();
        let from = if i == 0 { 0.0 } else { (i - 1) as f32 + first };
        let to = (i as f32 + first).min(steps);
        Span { start: 1.0 - from / steps, length: (from - to) / steps }
    }
}

impl Span {
    /// The time of evaluation `i`.
    pub fn time(&self, i: usize) -> f32 {
        self.start + REACH[i] * self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_from_data_to_noise_through_the_rows_time() {
        for steps in [1, 2, 7] {
            let solve = Solve { steps, kinetic: 0.0, jacobian: 0.0 };
            for t in [1.0, 0.93, 0.5, 1.0 / 7.0, 0.001, 0.0] {
                let mut now = 1.0;
                let mut ends = Vec::new();
                for i in 0..solve.spans() {
                    let span = solve.span(i, t);
                    assert!((span.start - now).abs() < 1e-6, "{steps} {t} {i}: {span:?}");
                    assert!((-1.0 / steps as f32 - 1e-6..=0.0).contains(&span.length), "{span:?}");
                    now = span.time(3);
                    ends.push(now);
                }
                assert!(now.abs() < 1e-6, "{steps} {t}: {ends:?}");
                assert!(ends.iter().any(|end| (end - t).abs() < 1e-6) || t == 1.0, "{t}: {ends:?}");
            }
            // At time 1 the first step has no length, and the others are equal.
            assert_eq!(solve.span(0, 1.0).length, 0.0);
        }
    }
}
