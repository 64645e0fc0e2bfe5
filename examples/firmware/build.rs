//! Gives the linker the memory map of the target's board.

fn main() {
    println!("cargo::rerun-if-changed=boards");
    let target = std::env::var("TARGET").unwrap_or_default();
    // `link.x` of the start-up crate includes `memory.x` from wherever the linker finds it.
    let board = format!("{}/boards/{target}", env!("CARGO_MANIFEST_DIR"));
    if !std::path::Path::new(&board).join("memory.x").exists() {
        println!("cargo::error=no memory map for `{target}`: write {board}/memory.x");
    }
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // No gaps for pages that a microcontroller does not have.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
