//! `cargo xtask bench-crates`: compares the assignment solver and the dense kernels of `fm-host` with
//! crates that do the same, as Markdown.
//!
//! The programs run alternately, round after round, and minima are kept, so that other load on the
//! machine affects all alike.

mod assignment;
mod bits;
mod child;
mod kernels;
mod steps;

use anyhow::{Result, bail};
// Compiles the files of `fm_host::net::fused` here, next to the code that they are compared with.
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
        // Commands that the tables run in processes of their own.
        ["solve", solver, columns, rows] => {
            assignment::solve(solver, columns.parse()?, rows.parse()?)
        }
        ["digests"] => bits::digests(),
        _ => bail!("name one table (`assignment`, `kernels` or `bits`), or none for all tables"),
    }
}
