//! Chooses the board, and with it the memory map, by the target.

fn main() {
    println!("cargo::rerun-if-changed=boards");
    let target = std::env::var("TARGET").unwrap_or_default();
    let board = match target.as_str() {
        "thumbv6m-none-eabi" => "microbit",
        "thumbv7em-none-eabihf" => "mps2-an386",
        _ => {
            println!("cargo::error=no board for `{target}`: add one to build.rs and boards/");
            return;
        }
    };
    // `link.x` of cortex-m-rt includes `memory.x` from wherever the linker finds it.
    println!("cargo::rustc-link-search={}/boards/{board}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // No gaps for pages that a microcontroller does not have.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
