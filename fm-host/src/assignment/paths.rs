//! Shortest augmenting paths: each pairs one more row while every row keeps a column of least worth.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::search::{NONE, Search};

/// An event in Dijkstra's algorithm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A column that is already paired is reached.
    Column(u32),
    /// A row's first column that may be missing from its list is reached.
    Unnoted(u32),
}

/// An event at its distance from the free row. Events at equal distances have a fixed order.
#[derive(Clone, Copy)]
struct At(f64, Event);

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for At {}

/// The state of Dijkstra's algorithm; empty between two paths.
pub(super) struct Paths {
    /// The distance from the free row to each column, as far as known.
    distance: Vec<f64>,
    /// The previous row on the path to a column.
    from: Vec<u32>,
    /// The columns that have a distance.
    reached: Vec<u32>,
    /// The columns whose distance is final.
    settled: Vec<u32>,
    events: BinaryHeap<Reverse<At>>,
    /// The distance and index of the nearest free column so far.
    end: (f64, u32),
}

impl Paths {
    pub(super) fn new(n: usize) -> Self {
        Self {
            distance: vec![f64::INFINITY; n],
            from: vec![NONE; n],
            reached: Vec::new(),
            settled: Vec::new(),
            events: BinaryHeap::new(),
            end: (f64::INFINITY, NONE),
        }
    }

    /// Pairs the free row `start` with a column; other rows on the path change their columns.
    pub(super) fn augment(&mut self, search: &mut Search, start: u32) {
        self.end = (f64::INFINITY, NONE);
        self.visit(search, start, 0.0, f64::NEG_INFINITY);
        while let Some(Reverse(At(now, event))) = self.events.pop() {
            if now >= self.end.0 {
                break;
            }
            match event {
                // If the distance differs, the column was later reached by a shorter path.
                Event::Column(column) if now == self.distance[column as usize] => {
                    self.settled.push(column);
                    let row = search.row_of[column as usize];
                    self.visit(search, row, now - search.worth(row, column), now);
                }
                Event::Column(_) => {}
                Event::Unnoted(row) => {
                    search.look(row);
                    let offset = self.offset(search, start, row);
                    let worths = search.costs_of(row).iter().zip(&search.prices).zip(0..);
                    for ((cost, price), column) in worths {
                        self.reach(search, row, column, (cost - price + offset).max(now));
                    }
                }
            }
        }
        self.events.clear();
        // This restores the invariant: every pair has the least worth in its row.
        for column in self.settled.drain(..) {
            search.prices[column as usize] -= self.end.0 - self.distance[column as usize];
        }
        let mut column = self.end.1;
        loop {
            let row = self.from[column as usize];
            let next = search.column_of[row as usize];
            search.join(row, column);
            if row == start {
                break;
            }
            column = next;
        }
        for column in self.reached.drain(..) {
            self.distance[column as usize] = f64::INFINITY;
        }
    }

    /// Returns what to add to a row's worths to get distances: its own pair has length 0.
    fn offset(&self, search: &Search, start: u32, row: u32) -> f64 {
        if row == start {
            return 0.0;
        }
        let column = search.column_of[row as usize];
        self.distance[column as usize] - search.worth(row, column)
    }

    /// Extends paths from a row to its columns.
    fn visit(&mut self, search: &Search, row: u32, offset: f64, now: f64) {
        for noted in &search.noted[row as usize] {
            let worth = noted.cost - search.prices[noted.column as usize];
            // Rounding must not produce a shorter distance than `now`.
            self.reach(search, row, noted.column, (worth + offset).max(now));
        }
        let bound = (search.bound[row as usize] + offset).max(now);
        if bound < self.end.0 {
            self.events.push(Reverse(At(bound, Event::Unnoted(row))));
        }
    }

    /// Records a path to a column from a row, if it is shorter than the known ones and than the one to a
    /// free column.
    fn reach(&mut self, search: &Search, row: u32, column: u32, distance: f64) {
        let known = &mut self.distance[column as usize];
        if distance >= self.end.0 || distance >= *known {
            return;
        }
        if *known == f64::INFINITY {
            self.reached.push(column);
        }
        *known = distance;
        self.from[column as usize] = row;
        if search.row_of[column as usize] == NONE {
            self.end = (distance, column);
        } else {
            self.events.push(Reverse(At(distance, Event::Column(column))));
        }
    }
}
