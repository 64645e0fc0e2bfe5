//! `cargo xtask bench-crates`: the solver of assignments and the dense kernels of `fm-host` beside
//! crates that do the same, as Markdown.
//!
//! What is compared runs in turn, round after round, and minima are kept, so that whatever else the
//! machine does meets all alike.

mod assignment;
mod bits;
mod child;
mod kernels;
mod steps;

use anyhow::{Result, bail};
// The files of `fm_host::net::fused` are compiled here, beside what they are compared with.
use fm_host::net;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            assignment::table()?;
            steps::table()?;
            bits::table()
        }
        ["assignment"] => assignment::table(),
        ["kernels"] => steps::table(),
        ["bits"] => bits::table(),
        // What the tables ask of processes of their own.
        ["solve", solver, columns, rows] => {
            assignment::solve(solver, columns.parse()?, rows.parse()?)
        }
        ["digests"] => bits::digests(),
        _ => bail!("say `assignment`, `kernels` or `bits` for one table, or nothing for all"),
    }
}
