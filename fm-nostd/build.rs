//! Detects which instructions an Arm core has, which `cfg` does not report.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(fm_dsp, fm_thumb1)");
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    let dsp = std::env::var_os("CARGO_FEATURE_DSP").is_some();
    // ARMv7E-M is ARMv7-M with the DSP extension; ARMv8-M parts may lack it.
    if target.starts_with("thumbv7em") || target.starts_with("thumbv8m.main") && dsp {
        println!("cargo::rustc-cfg=fm_dsp");
    }
    if target.starts_with("thumbv6m") || target.starts_with("thumbv8m.base") {
        println!("cargo::rustc-cfg=fm_thumb1");
    }
}
