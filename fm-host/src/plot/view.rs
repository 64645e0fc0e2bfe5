//! The axes that show all points of a picture.

use super::sheet::Place;
use super::{Axis, Plot, View};

/// How much longer one axis may be than the other for both to keep one scale.
const ALIKE: f32 = 4.0;
/// The least height of a panel as a share of its width.
const FLATTEST: f32 = 0.6;

impl Plot {
    /// Axes around `places`, without the outermost `cut` of them at each end of an axis. Columns of similar
    /// ranges have one scale, so that shapes keep their proportions.
    pub(super) fn view(&self, places: &[Place], cut: f32) -> View {
        let names = self.subjects[0].stored.columns();
        let range = |axis: usize| middle(places.iter().map(|place| place[axis]), cut);
        match *self.columns {
            [x, y] => {
                let [mut across, mut up] = [range(0), range(1)];
                let mut aspect = 1.0;
                if (1.0 / ALIKE..=ALIKE).contains(&(up.1 / across.1)) {
                    across.1 = across.1.max(up.1);
                    aspect = (up.1 / across.1).max(FLATTEST);
                    up.1 = aspect * across.1;
                }
                View { x: axis(&names[x], across), y: axis(&names[y], up), aspect }
            }
            _ => {
                let name = self.columns.first().map_or("", |&y| &*names[y]);
                View { x: axis("t", (0.5, 0.5)), y: axis(name, range(1)), aspect: FLATTEST }
            }
        }
    }
}

/// An axis about the middle of a range, with a margin.
fn axis(title: &str, (middle, half): (f32, f32)) -> Axis {
    let half = 1.06 * half;
    Axis { title: title.to_owned(), low: middle - half, high: middle + half }
}

/// The middle and half the length of the range of values, without `cut` of them at each end.
fn middle(values: impl Iterator<Item = f32>, cut: f32) -> (f32, f32) {
    let mut values: Vec<f32> = values.collect();
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
        // Of 102 values two are cut at each end, which leaves 2 to 99.
        assert_eq!(middle(values().chain([1e9]), 0.02), (50.5, 48.5));
        assert_eq!(middle([3.0; 4].into_iter(), 0.0), (3.0, 1.0));
        assert_eq!(middle(std::iter::empty(), 0.5), (0.0, 1.0));
    }

    #[test]
    fn ticks_are_round_and_on_the_axis() {
        let ticks = |low, high| Axis { title: String::new(), low, high }.ticks();
        assert_eq!(ticks(-1.6, 2.6), [-1.0, 0.0, 1.0, 2.0]);
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(120.0, 480.0), [200.0, 300.0, 400.0]);
    }
}
