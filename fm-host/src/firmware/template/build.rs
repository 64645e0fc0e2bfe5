//! Passes the board's memory map to the linker.

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // No gaps for memory pages, which microcontrollers do not have.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
