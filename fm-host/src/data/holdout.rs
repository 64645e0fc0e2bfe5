//! Chooses which rows of a file are held out: a share of every class, drawn by seed.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::random::{Purpose, stream};

/// Returns the rows to train on and the rows to hold out, each in shuffled order.
///
/// `ceil(rows * share)` rows are held out, at least one and never all. With `labels`, rows are held out
/// of every class in proportion to its size (largest remainders, as scikit-learn's `stratify` does), but
/// never its last row, because a class without training rows cannot be evaluated.
pub(super) fn split(
    rows: usize,
    labels: Option<&[u32]>,
    share: f64,
    seed: u64,
) -> (Vec<usize>, Vec<usize>) {
    let mut rng = stream(seed, Purpose::Split, 0);
    let mut groups = groups(rows, labels);
    let wanted = wanted(rows, share);
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let (mut train, mut held_out) = (Vec::new(), Vec::new());
    for (group, take) in groups.iter_mut().zip(quotas(&sizes, wanted)) {
        group.shuffle(&mut rng);
        held_out.extend(group.drain(..take));
        if train.is_empty() {
            // Without a copy: there may be many rows.
            std::mem::swap(&mut train, group);
        } else {
            train.append(group);
        }
    }
    train.shuffle(&mut rng);
    held_out.shuffle(&mut rng);
    (train, held_out)
}

/// [`split`] by time: the last rows are held out, and the `shared` rows before them are on neither side.
pub(super) fn split_last(
    rows: usize,
    shared: usize,
    share: f64,
    seed: u64,
) -> (Vec<usize>, Vec<usize>) {
    let mut rng = stream(seed, Purpose::Split, 0);
    let first = rows - wanted(rows, share);
    let mut train: Vec<usize> = (0..first.saturating_sub(shared)).collect();
    let mut held_out: Vec<usize> = (first..rows).collect();
    train.shuffle(&mut rng);
    held_out.shuffle(&mut rng);
    (train, held_out)
}

/// How many of the rows are held out: at least one and never all.
fn wanted(rows: usize, share: f64) -> usize {
    ((rows as f64 * share).ceil() as usize).clamp(1, rows.saturating_sub(1))
}

/// [`split`] with whole groups: all rows with the same number in `groups` are on the same side. Returns `None`
/// if no group can be held out.
///
/// Groups change sides, in an order that the seed decides, as long as that brings the number of held-out rows,
/// of every class with `labels`, nearer to its share. Every class keeps rows to train on.
pub(super) fn split_groups(
    groups: &[u32],
    labels: Option<&[u32]>,
    share: f64,
    seed: u64,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let mut rng = stream(seed, Purpose::Split, 0);
    let members = self::groups(groups.len(), Some(groups));
    let class = |&row: &usize| labels.map_or(0, |labels| labels[row] as usize);
    // The classes of each group, with their numbers of rows.
    let counts = members.iter().map(|rows| {
        let mut classes: Vec<usize> = rows.iter().map(class).collect();
        classes.sort_unstable();
        classes.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect()
    });
    let counts: Vec<Vec<(usize, usize)>> = counts.collect();
    let classes = counts.iter().flatten().map(|(class, _)| class + 1).max()?;
    let mut all = vec![0; classes];
    counts.iter().flatten().for_each(|(class, count)| all[*class] += count);
    let mut held = vec![0; classes];

    let can_be_held = |group: usize, held: &[usize]| {
        counts[group].iter().all(|&(class, count)| held[class] + count < all[class])
    };
    // How much farther from the shares the numbers are if a group changes sides.
    let farther = |group: usize, is_held: bool, held: &[usize]| -> f64 {
        let distance = |class: usize, rows: usize| (rows as f64 - share * all[class] as f64).abs();
        let class = |&(class, count): &(usize, usize)| {
            let now = held[class];
            let then = if is_held { now - count } else { now + count };
            distance(class, then) - distance(class, now)
        };
        counts[group].iter().map(class).sum()
    };
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.shuffle(&mut rng);
    let least = order
        .iter()
        .copied()
        .filter(|&group| can_be_held(group, &held))
        .min_by(|&a, &b| farther(a, false, &held).total_cmp(&farther(b, false, &held)))?;
    let mut is_held = vec![false; members.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for &group in &order {
            let side = is_held[group];
            // Above rounding, so that this ends.
            if (side || can_be_held(group, &held)) && farther(group, side, &held) < -1e-6 {
                (is_held[group], changed) = (!side, true);
                for &(class, count) in &counts[group] {
                    held[class] = if side { held[class] - count } else { held[class] + count };
                }
            }
        }
    }
    if !is_held.contains(&true) {
        // All are larger than the share.
        is_held[least] = true;
    }
    let rows = |side: bool| {
        let groups = members.iter().zip(&is_held).filter(|(_, is_held)| **is_held == side);
        groups.flat_map(|(rows, _)| rows.iter().copied()).collect::<Vec<_>>()
    };
    let (mut train, mut held_out) = (rows(false), rows(true));
    train.shuffle(&mut rng);
    held_out.shuffle(&mut rng);
    Some((train, held_out))
}

/// Draws about `wanted` of the rows at random, in ascending order; all rows if there are not more.
///
/// With `labels`, rows are drawn of every class in proportion to its size, but at least one.
pub(crate) fn stratified(
    rows: usize,
    labels: Option<&[u32]>,
    wanted: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<usize> {
    if wanted >= rows {
        return (0..rows).collect();
    }
    let mut groups = groups(rows, labels);
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let mut chosen = Vec::new();
    for (group, take) in groups.iter_mut().zip(quotas(&sizes, wanted)) {
        let take = take.max(1).min(group.len());
        chosen.extend_from_slice(group.partial_shuffle(rng, take).0);
    }
    chosen.sort_unstable();
    chosen
}

/// Groups the rows by class; all rows are one group if there are no labels.
pub(crate) fn groups(rows: usize, labels: Option<&[u32]>) -> Vec<Vec<usize>> {
    let Some(labels) = labels else { return vec![(0..rows).collect()] };
    let classes = labels.iter().map(|&k| k as usize + 1).max().unwrap_or(0);
    let mut groups = vec![Vec::new(); classes];
    for (row, &k) in labels.iter().enumerate() {
        groups[k as usize].push(row);
    }
    groups
}

/// Returns how many rows to take from each group, in proportion, `wanted` in total, leaving one in each.
fn quotas(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let exact: Vec<f64> = sizes.iter().map(|&n| (n * wanted) as f64 / total as f64).collect();
    let spare = |i: usize, take: usize| sizes[i].saturating_sub(1) > take;
    let mut quotas: Vec<usize> =
        exact.iter().zip(sizes).map(|(&x, &n)| (x as usize).min(n.saturating_sub(1))).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())));
    // The rows that are missing after rounding down go to the largest remainders first.
    let mut missing = wanted - quotas.iter().sum::<usize>();
    while missing > 0 {
        let before = missing;
        for &i in &order {
            if missing > 0 && spare(i, quotas[i]) {
                quotas[i] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break; // Every class is down to its last row.
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn sorted(mut rows: Vec<usize>) -> Vec<usize> {
        rows.sort_unstable();
        rows
    }

    #[test]
    fn every_row_is_on_one_side() {
        let (train, held_out) = split(1797, None, 0.2, 0);
        assert_eq!((train.len(), held_out.len()), (1437, 360));
        assert_eq!(sorted([train, held_out].concat()), (0..1797).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_rows_are_held_out() {
        let (train, held_out) = split_last(10, 3, 0.2, 0);
        assert_eq!((sorted(train), sorted(held_out)), ((0..5).collect(), vec![8, 9]));
        let (train, held_out) = split_last(3, 2, 0.2, 0);
        assert_eq!((train, held_out), (Vec::new(), vec![2]));
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(split(100, None, 0.2, 3), split(100, None, 0.2, 3));
        assert_ne!(split(100, None, 0.2, 3), split(100, None, 0.2, 4));
    }

    #[test]
    fn classes_give_their_share() {
        let labels: Vec<u32> = (0..1000).map(|i| if i < 700 { 0 } else { 1 + i % 2 }).collect();
        let (train, held_out) = split(1000, Some(&labels), 0.1, 0);
        assert_eq!((train.len(), held_out.len()), (900, 100));
        let count = |k| held_out.iter().filter(|&&i| labels[i] == k).count();
        assert_eq!([count(0), count(1), count(2)], [70, 15, 15]);
    }

    /// Groups of 1 to 40 rows, mixed in the file.
    fn episodes() -> Vec<u32> {
        let mut groups: Vec<u32> =
            (0..40).flat_map(|group| std::iter::repeat_n(group, 1 + group as usize)).collect();
        groups.shuffle(&mut stream(3, Purpose::Split, 1));
        groups
    }

    #[test]
    fn groups_stay_together_and_give_the_share() {
        let groups = episodes();
        for seed in 0..20 {
            let (train, held_out) = split_groups(&groups, None, 0.2, seed).unwrap();
            assert_eq!(sorted([&train[..], &held_out].concat()), (0..820).collect::<Vec<_>>());
            let of = |rows: &[usize]| -> HashSet<u32> { rows.iter().map(|&i| groups[i]).collect() };
            assert!(of(&train).is_disjoint(&of(&held_out)));
            // A fifth is 164 rows.
            assert!(held_out.len().abs_diff(164) <= 8, "{}", held_out.len());
        }
        assert_eq!(split_groups(&groups, None, 0.2, 1), split_groups(&groups, None, 0.2, 1));
        assert_ne!(split_groups(&groups, None, 0.2, 1), split_groups(&groups, None, 0.2, 2));
    }

    #[test]
    fn groups_give_the_share_of_every_class() {
        // Half of the groups are of class 0, and every class is a twentieth or more of the others.
        let groups = episodes();
        let labels: Vec<u32> = (0..820)
            .map(|i| if groups[i].is_multiple_of(2) { 0 } else { 1 + (i as u32) % 3 })
            .collect();
        for seed in 0..20 {
            let (train, held_out) = split_groups(&groups, Some(&labels), 0.2, seed).unwrap();
            for class in 0..4 {
                let count = |rows: &[usize]| rows.iter().filter(|&&i| labels[i] == class).count();
                let (train, held_out) = (count(&train), count(&held_out));
                let share = held_out as f64 / (train + held_out) as f64;
                assert!((share - 0.2).abs() < 0.08, "class {class}: {share}");
            }
        }
    }

    #[test]
    fn one_group_is_held_out_and_one_is_trained_on() {
        let (train, held_out) = split_groups(&[0, 0, 0, 1, 1], None, 0.01, 0).unwrap();
        assert_eq!((sorted(train), sorted(held_out)), (vec![0, 1, 2], vec![3, 4]));
        assert_eq!(split_groups(&[0, 0, 0], None, 0.5, 0), None);
        // Each class is in one group only.
        assert_eq!(split_groups(&[0, 0, 1, 1], Some(&[0, 0, 1, 1]), 0.5, 0), None);
        let (train, _) = split_groups(&[0, 0, 1, 1], Some(&[0, 0, 0, 1]), 0.5, 0).unwrap();
        assert_eq!(sorted(train), [2, 3]);
    }

    #[test]
    fn a_stratified_draw_has_every_class() {
        let labels: Vec<u32> = (0..1000).map(|i| if i < 3 { 0 } else { 1 + i % 2 }).collect();
        let draw =
            |seed| stratified(1000, Some(&labels), 100, &mut stream(seed, Purpose::Split, 0));
        let drawn = draw(4);
        let count = |k| drawn.iter().filter(|&&i| labels[i] == k).count();
        // The exact shares of 100 rows are 0.3, 49.8 and 49.9; class 0 still gets one row.
        assert_eq!([count(0), count(1), count(2)], [1, 50, 50]);
        assert!(drawn.is_sorted() && drawn == draw(4) && drawn != draw(5));
        let all = stratified(10, None, 12, &mut stream(0, Purpose::Split, 0));
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_class_keeps_a_row_to_train_on() {
        let labels = [0, 0, 0, 0, 1, 2];
        let (train, held_out) = split(6, Some(&labels), 0.9, 1);
        // 6 rows are wanted; three can be taken from class 0, and none from classes of one row.
        assert_eq!(held_out.len(), 3);
        assert!(train.contains(&4) && train.contains(&5));
    }

    #[test]
    fn remainders_are_dealt_largest_first() {
        // The exact shares of 5 rows are 1.4, 1.4 and 2.2.
        assert_eq!(quotas(&[7, 7, 11], 5), [2, 1, 2]);
        assert_eq!(quotas(&[1, 1], 1), [0, 0]);
    }
}
