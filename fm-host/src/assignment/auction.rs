//! An auction: rows bid for their columns of least worth, which lowers the prices.

use super::search::{NONE, Search};

/// The average number of bids per row after which an auction stops: rows with ties outbid each other for
/// long.
const PATIENCE: usize = 16;

impl Search<'_> {
    /// Lets the free rows bid in turn; a row that is outbid bids again at once. Returns the rows left free.
    pub(super) fn auction(&mut self, free: Vec<u32>, step: f64) -> Vec<u32> {
        let mut patience = PATIENCE * self.prices.len();
        let mut left = Vec::new();
        for mut row in free {
            loop {
                let [(least, best), (next, second)] = self.two_least_now(row);
                let rise = next - least + step;
                // Outbidding at a tie gains nothing.
                let tie = rise <= 0.0;
                let column = if tie && self.row_of[best as usize] != NONE { second } else { best };
                let before = self.row_of[column as usize];
                if before != NONE && (tie || patience == 0) {
                    left.push(row);
                    break;
                }
                patience = patience.saturating_sub(1);
                self.prices[column as usize] -= rise;
                self.join(row, column);
                if before == NONE {
                    break;
                }
                row = before;
            }
        }
        left
    }

    /// Returns the two columns of least worth for a row; scans all columns if the row's list is outdated.
    fn two_least_now(&mut self, row: u32) -> [(f64, u32); 2] {
        let noted = self.two_least(row);
        if noted[1].0 <= self.bound[row as usize] {
            return noted;
        }
        self.look(row);
        self.two_least(row)
    }
}
