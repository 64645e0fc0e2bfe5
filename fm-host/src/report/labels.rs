//! Where labels of points go, so that none lies on another.

/// A box in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// How far from its point a label may stand, in pixels, the nearest first.
const DISTANCES: [i32; 6] = [16, 30, 50, 75, 105, 140];
/// The ways to go from there: to the sides first, for text is wide.
const WAYS: [(i32, i32); 8] =
    [(1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1), (0, -1), (0, 1)];
/// What a covered point counts for, in pixels of distance.
const COVERED: i32 = 12;

impl Area {
    /// A box around a point.
    pub fn around((x, y): (i32, i32), (width, height): (i32, i32)) -> Self {
        let (left, top) = (x - width / 2, y - height / 2);
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// Whether they share a pixel.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether it lies in another.
    pub fn is_in(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.right <= other.right
            && self.top >= other.top
            && self.bottom <= other.bottom
    }

    /// The place in it that is nearest to a point.
    pub fn nearest(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }

    fn covers(&self, (x, y): (i32, i32)) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }
}

/// Two numbers of pixels, right and down.
type Pair = (i32, i32);

/// Finds each label a place inside `bounds` that meets nothing `taken` and no other label, near its
/// point and covering few of `points`; none where there is no room, rather than one on another.
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
        // Room enough for most: 40 labels would cover a quarter of the picture.
        assert!(found * 10 > all * 9, "{found} of {all}");
    }

    #[test]
    fn a_label_keeps_off_points_where_that_is_near() {
        let bounds = Area { left: 0, top: 0, right: 400, bottom: 400 };
        let label = [((200, 200), (50, 20))];
        let beside = |points: &[(i32, i32)]| place(&label, bounds, &[], points)[0].expect("room");
        assert_eq!(beside(&[]), Area::around((200 + 16 + 25, 200), (50, 20)));
        assert_eq!(beside(&[(230, 200)]), Area::around((200 - 16 - 25, 200), (50, 20)));
        assert_eq!(place(&label, Area::around((200, 200), (30, 30)), &[], &[]), [None]);
    }
}
