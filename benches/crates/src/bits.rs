//! Checks whether a gradient has the same bits on any number of threads, and on a CPU without AVX-512.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::child;
use crate::steps::{Step, architecture, regression, steps};

/// The emulator, and a CPU model with AVX2 and FMA but without AVX-512.
const EMULATED: [&str; 3] = ["qemu-x86_64", "-cpu", "Haswell"];
/// Rows.
const BATCH: usize = 1024;
/// A long limit, because an emulator is slow.
const LIMIT: Duration = Duration::from_secs(120);

/// Prints which bits are equal.
pub fn table() -> Result<()> {
    let here = child::ask(&["digests"], LIMIT)?.context("the digests took too long")?;
    let this = std::env::current_exe()?;
    let [emulator, words @ ..] = EMULATED;
    let emulated = Command::new(emulator).args(words).arg(this).arg("digests").output();
    let emulated = emulated.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    println!("\nThe same bits of the gradient:\n");
    println!("| | on 1 and 2 threads | here and on a Haswell ({emulator}) |\n|---|---|---|");
    for line in here.lines() {
        let [name, one, two] = words_of(line)?;
        let there = emulated.iter().flat_map(|text| text.lines());
        let there = there.filter_map(|line| words_of(line).ok()).find(|words| words[0] == name);
        let elsewhere = match there {
            None => "not run",
            Some([_, there, _]) => answer(there == one),
        };
        println!("| {name} | {} | {elsewhere} |", answer(one == two));
    }
    Ok(())
}

fn words_of(line: &str) -> Result<[&str; 3]> {
    let words: Vec<&str> = line.split('\t').collect();
    words.try_into().ok().with_context(|| format!("no name and two digests: {line:?}"))
}

fn answer(same: bool) -> &'static str {
    if same { "yes" } else { "no" }
}

/// Prints each program's name and a digest of its results on one thread and on two.
pub fn digests() -> Result<()> {
    let pools = [1, 2].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build());
    let [one, two] = pools;
    let (one, two) = (one?, two?);
    let architecture = architecture(2, 128);
    let regression = regression(&architecture, BATCH);
    let theta = architecture.init(0);
    let digests = |pool: &ThreadPool, threads| {
        let digest = |(name, mut step): (&'static str, Step)| {
            let mut gradient = vec![0.0; theta.len()];
            pool.install(|| step(&theta, &regression, &mut gradient));
            (name, digest(&gradient))
        };
        steps(&architecture, BATCH, threads).into_iter().map(digest).collect::<Vec<_>>()
    };
    for ((name, one), (_, two)) in digests(&one, 1).into_iter().zip(digests(&two, 2)) {
        println!("{name}\t{one:x}\t{two:x}");
    }
    Ok(())
}

/// A digest that is equal for equal bits (FNV-1a).
fn digest(values: &[f32]) -> u64 {
    values.iter().fold(0xcbf2_9ce4_8422_2325, |digest, value| {
        (digest ^ u64::from(value.to_bits())).wrapping_mul(0x100_0000_01b3)
    })
}
