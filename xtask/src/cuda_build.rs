//! `cargo xtask cuda-build`: builds the CUDA program on a machine without a GPU, in `target/cuda`.
//!
//! The toolkit comes as wheels from PyPI. Two files that normally come with a driver are replaced: an
//! `nvidia-smi` that names the architecture to compile for, and a `libcuda.so` that only satisfies the
//! linker. On the machine that runs the program, the driver's own `libcuda.so.1` is loaded instead.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::CargoOpt;
use fs_err::os::unix::fs::symlink;
use xshell::{Shell, cmd};

use crate::command;
use crate::install::ensure;
use crate::python::{self, Environment};
use crate::workspace::{cargo, metadata, target_dir};

/// Options of `cargo xtask cuda-build`.
#[derive(clap::Args)]
pub struct Args {
    /// Install what is missing: Python's venv module, and the CUDA toolkit as wheels (1.3 GB)
    #[arg(long)]
    install: bool,
    /// Compute capability to compile for; newer GPUs can run the program too
    #[arg(long, default_value = "9.0")]
    compute_cap: String,
}

/// Version 13.0, because drivers of the 580 series refuse the code of newer versions. All parts of the
/// compiler are pinned; otherwise pip would install their newest versions.
const WHEELS: [&str; 7] = [
    "nvidia-cuda-nvcc==13.0.*",
    "nvidia-nvvm==13.0.*",
    "nvidia-cuda-crt==13.0.*",
    "nvidia-cuda-runtime==13.0.*",
    "nvidia-cuda-cccl==13.0.*",
    "nvidia-cuda-nvrtc==13.0.*",
    "nvidia-cublas==13.0.*",
];

/// The libraries that the program is linked with, and their names in the wheels.
const LIBRARIES: [(&str, &str); 3] = [
    ("libnvrtc.so", "libnvrtc.so.13"),
    ("libcublas.so", "libcublas.so.13"),
    ("libcublasLt.so", "libcublasLt.so.13"),
];

/// Builds `target/cuda/fm`.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &[python::need()], args.install)?;
    let folder = target_dir()?.join("cuda");
    let toolkit = toolkit(sh, &folder, args.install)?;
    let driver = sh.create_dir(folder.join("driver"))?;
    stub_smi(&driver, &args.compute_cap)?;
    for (name, file) in LIBRARIES {
        link(Path::new(file), &toolkit.join("lib").join(name))?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [driver.clone(), toolkit.join("bin")].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)))?;
    stub_driver(sh, &driver)?;
    let (cargo, built) = (cargo(), folder.join("build"));
    let fm = ["--package", "fm-host", "--bin", "fm", "--features", "cuda"];
    let build = cmd!(sh, "{cargo} build --release {fm...} --target-dir {built}")
        .env("PATH", path)
        // The build scripts look at several variables; only this one may be set.
        .envs(["CUDA_ROOT", "CUDA_PATH", "CUDA_TOOLKIT_ROOT_DIR"].map(|name| (name, &toolkit)))
        .env("RUSTFLAGS", format!("-L native={}", driver.display()));
    command::run(build)?;
    let built = folder.join("fm");
    fs_err::copy(folder.join("build/release/fm"), &built)?;
    println!(
        "{}: to run it, a machine needs libcuda.so.1 from a driver, and libcublas.so.13",
        built.display()
    );
    println!("libcublas.so.13 and libnvrtc.so.13 are in {}", toolkit.join("lib").display());
    Ok(())
}

/// The folder with `bin`, `include` and `lib`.
fn toolkit(sh: &Shell, folder: &Path, install: bool) -> Result<PathBuf> {
    const NOTE: &str = "wheels.txt";
    let (environment, wanted) = (Environment::at(folder.join("venv")), WHEELS.join("\n"));
    if !environment.holds(NOTE, &wanted) {
        let at = environment.folder().display();
        if !install {
            let what = "`cargo xtask cuda-build --install` installs it from PyPI (1.3 GB)";
            bail!("no CUDA toolkit 13.0 in {at}: {what}");
        }
        println!("installing the CUDA toolkit 13.0 into {at} (1.3 GB)");
        environment.create(sh)?;
        environment.pip_install(sh, WHEELS)?;
        environment.note(NOTE, &wanted)?;
    }
    // The folder in which this environment's wheels install their files.
    let python = environment.program("python");
    let program = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let site = cmd!(sh, "{python} -c {program}").read()?;
    Ok(Path::new(&site).join("nvidia/cu13"))
}

/// An `nvidia-smi` that reports only the compute capability.
fn stub_smi(folder: &Path, compute_cap: &str) -> Result<()> {
    let path = folder.join("nvidia-smi");
    fs_err::write(&path, format!("#!/bin/sh\necho compute_cap\necho {compute_cap}\n"))?;
    Ok(fs_err::set_permissions(path, Permissions::from_mode(0o755))?)
}

/// A `libcuda.so` with every function that cudarc declares; each returns "no device" (100).
fn stub_driver(sh: &Shell, folder: &Path) -> Result<()> {
    let cuda = CargoOpt::SomeFeatures(vec!["fm-host/cuda".into()]);
    let metadata = metadata().features(cuda).exec()?;
    // The version that dfdx uses; others may be present for other crates.
    let cudarc = metadata.packages.iter().find(|package| {
        package.name == "cudarc" && (package.version.major, package.version.minor) == (0, 9)
    });
    let cudarc =
        cudarc.context("cargo metadata lists no cudarc 0.9; dfdx may use another version now")?;
    let bindings = cudarc.manifest_path.with_file_name("src").join("driver/sys.rs");
    let (c, library) = (folder.join("cuda.c"), folder.join("libcuda.so.1"));
    fs_err::write(&c, stubs(&fs_err::read_to_string(bindings)?))?;
    let cc = std::env::var_os("CC").unwrap_or("cc".into());
    command::run(cmd!(sh, "{cc} -w -shared -fPIC -Wl,-soname,libcuda.so.1 -o {library} {c}"))?;
    link(Path::new("libcuda.so.1"), &folder.join("libcuda.so"))
}

/// C code for the functions that bindings declare.
fn stubs(bindings: &str) -> String {
    let bodies = functions(bindings).into_iter().map(|name| match name {
        // cudarc expects a name for every error.
        "cuGetErrorName" | "cuGetErrorString" => {
            format!("int {name}(int e, const char **s) {{ *s = \"no GPU\"; return 0; }}\n")
        }
        _ => format!("int {name}(void) {{ return 100; }}\n"),
    });
    bodies.collect()
}

/// The driver functions that bindings declare as `pub fn cuName(`, without duplicates.
fn functions(bindings: &str) -> Vec<&str> {
    let mut names: Vec<&str> = bindings
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .filter(|rest| rest.starts_with("cu"))
        .filter_map(|rest| rest.split('(').next())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn link(to: &Path, at: &Path) -> Result<()> {
    if at.exists() {
        return Ok(());
    }
    if at.is_symlink() {
        fs_err::remove_file(at)?;
    }
    Ok(symlink(to, at)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "\
extern \"C\" {
    pub fn cuInit(Flags: ::core::ffi::c_uint) -> CUresult;
    pub fn cuGetErrorName(error: CUresult, pStr: *mut *const c_char) -> CUresult;
    pub fn cuInit(Flags: ::core::ffi::c_uint) -> CUresult;
    pub fn other(x: u32);
}
pub const cuNothing: u32 = 1;
";

    #[test]
    fn every_function_of_the_driver_gets_one_body() {
        assert_eq!(functions(BINDINGS), ["cuGetErrorName", "cuInit"]);
        assert_eq!(
            stubs(BINDINGS),
            "int cuGetErrorName(int e, const char **s) { *s = \"no GPU\"; return 0; }\n\
             int cuInit(void) { return 100; }\n"
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (there, at) = (folder.path().join("there"), folder.path().join("link"));
        link(Path::new("nowhere"), &at).unwrap();
        fs_err::write(&there, "").unwrap();
        link(&there, &at).unwrap();
        assert_eq!(fs_err::read_link(&at).unwrap(), there);
    }
}
