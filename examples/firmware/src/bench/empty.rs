//! What every image has: start-up and exit. The others' flash and RAM are counted beyond it.

#![no_std]
#![no_main]

use firmware::board::{entry, exit};
use firmware::count::count;

#[entry]
fn main() -> ! {
    count(|| ());
    exit(true)
}
