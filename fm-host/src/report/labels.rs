//! Places labels of points without overlaps.

/// A box in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// The distances between a label and its point to try, in pixels, the nearest first.
const DISTANCES: [i32; 8] = [22, 36, 55, 80, 110, 150, 210, 300];
/// The directions to try: to the sides first, because text is wide.
const WAYS: [(i32, i32); 8] =
    [(1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1), (0, -1), (0, 1)];
/// The cost of a covered point, in pixels of distance.
const COVERED: i32 = 40;

impl Area {
    /// A box around a point.
    pub fn around((x, y): (i32, i32), (width, height): (i32, i32)) -> Self {
        let (left, top) = (x - width / 2, y - height / 2);
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// Whether two boxes share a pixel.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether the box is inside another one.
    pub fn is_in(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.right <= other.right
            && self.top >= other.top
            && self.bottom <= other.bottom
    }

    /// The nearest pixel in the box to a point.
    pub fn nearest(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }

    /// Points all over the box, at a distance in pixels.
    pub fn points(self, apart: i32) -> impl Iterator<Item = (i32, i32)> {
        let steps = move |from: i32, to: i32| (from..=to).step_by(apart.max(1) as usize);
        steps(self.top, self.bottom)
            .flat_map(move |y| steps(self.left, self.right).map(move |x| (x, y)))
    }

    fn covers(&self, (x, y): (i32, i32)) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }
}

/// Two distances in pixels, to the right and down.
type Pair = (i32, i32);

/// Finds a place for each label inside `bounds`, near its point, that overlaps neither `taken` boxes nor
/// other labels and covers few of `points`; `None` for a label without room.
///
/// Shape: `labels` are `[n]` of (point, size), and so are the places.
pub(super) fn place(
    labels: &[(Pair, Pair)],
    bounds: Area,
    taken: &[Area],
    points: &[(i32, i32)],
) -> Vec<Option<Area>> {
    let mut taken = taken.to_vec();
    let mut placed = Vec::new();
    for &((x, y), (width, height)) in labels {
        let spots = DISTANCES.iter().flat_map(|&distance| {
            WAYS.iter().map(move |&(right, down)| {
                let middle =
                    (x + right * (distance + width / 2), y + down * (distance + height / 2));
                (distance, Area::around(middle, (width, height)))
            })
        });
        let free = spots.filter(|(_, area)| {
            area.is_in(&bounds) && taken.iter().all(|other| !area.meets(other))
        });
        let best = free.min_by_key(|(distance, area)| {
            let covered = points.iter().filter(|point| area.covers(**point)).count();
            distance + COVERED * covered as i32
        });
        taken.extend(best.map(|(_, area)| area));
        placed.push(best.map(|(_, area)| area));
    }
    placed
}

/// Moves heights apart until they are at least `gap` from each other, in their order and, if there is room,
/// within `(low, high)`, each as little as possible.
///
/// Shape: `[n]`, also of the result.
pub(crate) fn spread(wanted: &[i32], gap: i32, (low, high): (i32, i32)) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&i| wanted[i]);
    // Neighbours that are too close become one block around the mean of their wanted heights.
    let mut blocks: Vec<(i32, Vec<usize>)> = Vec::new();
    for i in order {
        let mut members = vec![i];
        let middle = |members: &[usize]| {
            let count = members.len() as i32;
            let half = gap * (count - 1) / 2;
            let middle = members.iter().map(|&i| wanted[i]).sum::<i32>() / count;
            middle.min(high - gap / 2 - half).max(low + gap / 2 + half)
        };
        let half = |members: &[usize]| gap * members.len() as i32 / 2;
        while let Some((at, before)) = blocks.last() {
            if middle(&members) - half(&members) >= at + half(before) {
                break;
            }
            members = [before.clone(), members].concat();
            blocks.pop();
        }
        blocks.push((middle(&members), members));
    }
    let mut heights = vec![0; wanted.len()];
    for (middle, members) in blocks {
        let first = middle - gap * (members.len() as i32 - 1) / 2;
        for (place, i) in members.into_iter().enumerate() {
            heights[i] = first + gap * place as i32;
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn labels_meet_nothing() {
        let mut rng = stream(5, Purpose::Block, 0);
        let bounds = Area { left: 0, top: 0, right: 900, bottom: 500 };
        let (mut found, mut all) = (0, 0);
        for n in 1..40 {
            let mut point = || (rng.random_range(0..900), rng.random_range(0..500));
            let labels: Vec<_> = (0..n).map(|_| (point(), (120, 24))).collect();
            let taken = [Area::around(point(), (200, 100))];
            let placed = place(&labels, bounds, &taken, &[point()]);
            assert_eq!(placed.len(), n);
            let areas: Vec<Area> = placed.into_iter().flatten().chain(taken).collect();
            for (i, area) in areas.iter().enumerate() {
                assert!(areas[..i].iter().all(|other| !area.meets(other)), "{areas:?}");
                assert!(i + 1 == areas.len() || area.is_in(&bounds), "{area:?}");
            }
            (found, all) = (found + areas.len() - 1, all + n);
        }
        // There is room for most: 40 labels would cover a quarter of the picture.
        assert!(found * 10 > all * 9, "{found} of {all}");
    }

    #[test]
    fn heights_are_spread_as_little_as_it_takes() {
        assert_eq!(spread(&[50, 10, 90], 20, (0, 100)), [50, 10, 90]);
        // Two that are too close move to either side.
        assert_eq!(spread(&[50, 54, 90], 20, (0, 100)), [42, 62, 90]);
        assert_eq!(spread(&[100, 100, 0], 20, (0, 100)), [70, 90, 10]);
        assert!(spread(&[], 20, (0, 100)).is_empty());
        let mut rng = stream(6, Purpose::Block, 0);
        for n in 1..=10 {
            for _ in 0..100 {
                let wanted: Vec<i32> = (0..n).map(|_| rng.random_range(0..500)).collect();
                let heights = spread(&wanted, 40, (0, 500));
                let mut order: Vec<usize> = (0..n).collect();
                order.sort_by_key(|&i| heights[i]);
                assert!(
                    order.windows(2).all(|p| heights[p[1]] - heights[p[0]] >= 40),
                    "{heights:?}"
                );
                assert!(order.windows(2).all(|p| wanted[p[1]] >= wanted[p[0]]), "{heights:?}");
                assert!(heights.iter().all(|y| (20..=480).contains(y)), "{heights:?}");
            }
        }
    }

    #[test]
    fn a_label_keeps_off_points_where_that_is_near() {
        let bounds = Area { left: 0, top: 0, right: 400, bottom: 400 };
        let label = [((200, 200), (50, 20))];
        let beside = |points: &[(i32, i32)]| place(&label, bounds, &[], points)[0].expect("room");
        assert_eq!(beside(&[]), Area::around((200 + 22 + 25, 200), (50, 20)));
        assert_eq!(beside(&[(230, 200)]), Area::around((200 - 22 - 25, 200), (50, 20)));
        assert_eq!(place(&label, Area::around((200, 200), (30, 30)), &[], &[]), [None]);
    }
}
