//! The common part of every image: start-up and exit. The flash and RAM of the others are counted
//! without it.

#![no_std]
#![no_main]

use firmware::board::{entry, exit};
use firmware::count::count;

#[entry]
fn main() -> ! {
    count(|| ());
    exit(true)
}
