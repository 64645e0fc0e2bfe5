//! `cargo xtask cuda-build`: the CUDA binary, made on a machine without a GPU, in `target/cuda`.
//!
//! The toolkit comes as wheels from PyPI. Two things belong to a driver and are made up here: an
//! `nvidia-smi` that names the architecture to compile for, and a `libcuda.so` whose functions only
//! satisfy the linker. Where the program runs, the driver's own `libcuda.so.1` is found instead.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Result};
use crate::install::ensure;
use crate::peers::{pip_install, python_with_venv};
use crate::workspace::{cargo, target_dir};

/// Options of `cargo xtask cuda-build`.
#[derive(clap::Args)]
pub struct Args {
    /// Get what is missing: Python's venv module, and the CUDA toolkit as wheels (1.3 GB).
    #[arg(long)]
    install: bool,
    /// Compute capability to compile for; newer GPUs run it too.
    #[arg(long, default_value = "9.0")]
    compute_cap: String,
}

/// 13.0: what newer ones make, a driver of the 580 series refuses. The compiler's parts would come
/// in their newest version if they were not named.
const WHEELS: [&str; 7] = [
    "nvidia-cuda-nvcc==13.0.*",
    "nvidia-nvvm==13.0.*",
    "nvidia-cuda-crt==13.0.*",
    "nvidia-cuda-runtime==13.0.*",
    "nvidia-cuda-cccl==13.0.*",
    "nvidia-cuda-nvrtc==13.0.*",
    "nvidia-cublas==13.0.*",
];

/// The libraries that the program is linked with, and what they are called in the wheels.
const LIBRARIES: [(&str, &str); 3] = [
    ("libnvrtc.so", "libnvrtc.so.13"),
    ("libcublas.so", "libcublas.so.13"),
    ("libcublasLt.so", "libcublasLt.so.13"),
];

/// Builds `target/cuda/fm`.
///
/// # Errors
/// If something is missing, or a compiler fails.
pub fn run(args: &Args) -> Result<()> {
    ensure(&[python_with_venv()], args.install)?;
    let folder = target_dir()?.join("cuda");
    let toolkit = toolkit(&folder, args.install)?;
    let driver = folder.join("driver");
    fs_err::create_dir_all(&driver).map_err(|e| e.to_string())?;
    stub_smi(&driver, &args.compute_cap)?;
    for (name, file) in LIBRARIES {
        link(Path::new(file), &toolkit.join("lib").join(name))?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [driver.clone(), toolkit.join("bin")].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
    stub_driver(&driver)?;
    let mut build = cargo();
    build.args(["build", "--release", "--package", "fm-host", "--bin", "fm", "--features", "cuda"]);
    build.arg("--target-dir").arg(folder.join("build"));
    build.env("PATH", path.map_err(|e| e.to_string())?).env("CUDA_ROOT", &toolkit);
    // The build scripts look at several; one of them alone shall count.
    for other in ["CUDA_PATH", "CUDA_TOOLKIT_ROOT_DIR"] {
        build.env(other, &toolkit);
    }
    build.env("RUSTFLAGS", format!("-L native={}", driver.display()));
    command::run(&mut build)?;
    let built = folder.join("fm");
    fs_err::copy(folder.join("build/release/fm"), &built).map_err(|e| e.to_string())?;
    println!(
        "{}: needs libcuda.so.1 of a driver, and libcublas.so.13, where it runs",
        built.display()
    );
    println!("libcublas.so.13 and libnvrtc.so.13 are in {}", toolkit.join("lib").display());
    Ok(())
}

/// The folder with `bin`, `include` and `lib`.
fn toolkit(folder: &Path, install: bool) -> Result<PathBuf> {
    let venv = folder.join("venv");
    let (python, stamp) = (venv.join("bin/python"), venv.join("wheels.txt"));
    let wanted = WHEELS.join("\n");
    if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return site(&python);
    }
    if !install {
        let what = "`cargo xtask cuda-build --install` gets it from PyPI (1.3 GB)";
        return Err(format!("no CUDA toolkit 13.0 in {}: {what}", venv.display()));
    }
    println!("installing the CUDA toolkit 13.0 into {} (1.3 GB)", venv.display());
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    command::run(pip_install(&python).args(WHEELS))?;
    fs_err::write(stamp, wanted).map_err(|e| e.to_string())?;
    site(&python)
}

/// Where the wheels of this environment put their files.
fn site(python: &Path) -> Result<PathBuf> {
    let program = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let site = command::output(Command::new(python).args(["-c", program]))?;
    Ok(Path::new(site.trim()).join("nvidia/cu13"))
}

/// An `nvidia-smi` that knows one thing.
fn stub_smi(folder: &Path, compute_cap: &str) -> Result<()> {
    let path = folder.join("nvidia-smi");
    let script = format!("#!/bin/sh\necho compute_cap\necho {compute_cap}\n");
    fs_err::write(&path, script).map_err(|e| e.to_string())?;
    command::run(Command::new("chmod").arg("+x").arg(&path))
}

/// A `libcuda.so` with every function that cudarc names, which find no device (100).
fn stub_driver(folder: &Path) -> Result<()> {
    let metadata = command::output(cargo().args([
        "metadata",
        "--format-version=1",
        "--features",
        "fm-host/cuda",
    ]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == "cudarc")
        // dfdx's; another one may be there for other things.
        .filter(|package| package["version"].as_str().is_some_and(|v| v.starts_with("0.9.")))
        .find_map(|package| package["manifest_path"].as_str())
        .ok_or("cargo metadata names no cudarc 0.9: has dfdx changed?")?;
    let bindings = Path::new(manifest).with_file_name("src").join("driver/sys.rs");
    let bindings = fs_err::read_to_string(bindings).map_err(|e| e.to_string())?;
    let bodies = functions(&bindings).into_iter().map(|name| match name {
        // cudarc counts on a name for every error.
        "cuGetErrorName" | "cuGetErrorString" => {
            format!("int {name}(int e, const char **s) {{ *s = \"no GPU\"; return 0; }}\n")
        }
        _ => format!("int {name}(void) {{ return 100; }}\n"),
    });
    let source: String = bodies.collect();
    let (c, library) = (folder.join("cuda.c"), folder.join("libcuda.so.1"));
    fs_err::write(&c, source).map_err(|e| e.to_string())?;
    let mut compile = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
    compile.args(["-w", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o"]);
    command::run(compile.arg(&library).arg(c))?;
    link(Path::new("libcuda.so.1"), &folder.join("libcuda.so"))
}

/// The functions of the driver that bindings declare, `pub fn cuName(`, each once.
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
    command::run(Command::new("ln").args(["-s", "-f"]).arg(to).arg(at))
}
