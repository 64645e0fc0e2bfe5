//! Passes the board's memory map to the linker, and the models to `policy`.

fn main() {
    println!("cargo::rerun-if-changed=boards");
    println!("cargo::rustc-check-cfg=cfg(panics_end)");
    // `cargo xtask policy` sets the folder of other models.
    println!("cargo::rerun-if-env-changed=FM_POLICY_MODELS");
    let own = format!("{}/models", env!("CARGO_MANIFEST_DIR"));
    let models = std::env::var("FM_POLICY_MODELS").unwrap_or(own);
    println!("cargo::rustc-env=FM_POLICY_MODELS={models}");
    let feature = |name: &str| std::env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let name = match () {
        () if feature("NUCLEO_F411RE") => "nucleo-f411re".to_owned(),
        () if feature("PICO") => "pico".to_owned(),
        // QEMU's machines have the names of their targets.
        () => std::env::var("TARGET").unwrap_or_default(),
    };
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "aarch64") {
        // At this level postcard's writer keeps a bounds check for lengths of 64 bits. Microcontrollers
        // have no such panic; here it ends the program instead of failing the link.
        if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "z") {
            println!("cargo::rustc-cfg=panics_end");
        }
        // A program under an emulator is loaded where the linker chooses.
        return;
    }
    // `link.x` of the start-up crate includes the `memory.x` that the linker finds.
    let board = format!("{}/boards/{name}", env!("CARGO_MANIFEST_DIR"));
    if !std::path::Path::new(&board).join("memory.x").exists() {
        println!("cargo::error=no memory map for `{name}`: write {board}/memory.x");
    }
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // No gaps for memory pages, which microcontrollers do not have.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
