//! Gives the linker the memory map of the board, and `policy` its models.

fn main() {
    println!("cargo::rerun-if-changed=boards");
    println!("cargo::rustc-check-cfg=cfg(panics_end)");
    // `cargo xtask policy` names other models.
    println!("cargo::rerun-if-env-changed=FM_POLICY_MODELS");
    let own = format!("{}/models", env!("CARGO_MANIFEST_DIR"));
    let models = std::env::var("FM_POLICY_MODELS").unwrap_or(own);
    println!("cargo::rustc-env=FM_POLICY_MODELS={models}");
    let feature = |name: &str| std::env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let name = match () {
        () if feature("NUCLEO_F411RE") => "nucleo-f411re".to_owned(),
        () if feature("PICO") => "pico".to_owned(),
        // QEMU's machines are called as their targets.
        () => std::env::var("TARGET").unwrap_or_default(),
    };
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "aarch64") {
        // postcard's writer keeps a check of bounds for lengths of 64 bits at this level: a panic, which
        // no microcontroller has, ends the program in place of the link.
        if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "z") {
            println!("cargo::rustc-cfg=panics_end");
        }
        // A program under an emulator: it is loaded where the linker says.
        return;
    }
    // `link.x` of the start-up crate includes `memory.x` from wherever the linker finds it.
    let board = format!("{}/boards/{name}", env!("CARGO_MANIFEST_DIR"));
    if !std::path::Path::new(&board).join("memory.x").exists() {
        println!("cargo::error=no memory map for `{name}`: write {board}/memory.x");
    }
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // No gaps for pages that a microcontroller does not have.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
