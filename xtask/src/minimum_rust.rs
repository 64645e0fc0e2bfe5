//! Checks that each published crate still compiles with the oldest Rust that it promises.
//!
//! rustup installs that compiler if it can. Otherwise the crate is not compiled with it: then only the
//! versions that dependencies declare are compared with the promise, and Clippy's `incompatible_msrv`,
//! which is among the lints, checks the crate's own use of the standard library.

use anyhow::{Context, Result, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, PackageId};
use xshell::{Shell, cmd};

use crate::command::run;
use crate::install;
use crate::workspace::metadata;

/// A published crate, and the targets for which it is compiled.
struct Published {
    name: &'static str,
    options: &'static [&'static str],
    /// Targets in addition to this machine's, for code that only some cores compile.
    targets: &'static [&'static str],
}

const PUBLISHED: [Published; 2] = [
    Published {
        name: "fm-nostd",
        options: &["--all-features"],
        targets: &["thumbv6m-none-eabi", "thumbv7em-none-eabihf"],
    },
    Published { name: "fm-host", options: &[], targets: &[] },
];

/// Installs the compilers as far as rustup can; without `install`, only checks that they are there.
pub fn ensure(sh: &Shell, install: bool) -> Result<()> {
    let metadata = metadata().no_deps().exec()?;
    for package in &PUBLISHED {
        let rust = channel(&promise(&metadata, package.name)?);
        if package.has_compiler(sh, &rust) {
            continue;
        }
        let words = package.toolchain(&rust);
        let how = format!("rustup {}", words.join(" "));
        if !install {
            bail!("missing:\n  Rust {rust}: `{how}`\n`--install` installs it");
        }
        println!("installing Rust {rust}: {how}");
        if let Err(problem) = install::rustup(sh, &words) {
            println!("{problem:#}; only checks that do not need it will run");
        }
    }
    Ok(())
}

/// Compiles each crate with its oldest Rust, or checks what is possible without that compiler.
pub fn check(sh: &Shell) -> Result<()> {
    let metadata = metadata().exec()?;
    for package in &PUBLISHED {
        let (name, least) = (package.name, promise(&metadata, package.name)?);
        let rust = channel(&least);
        if package.has_compiler(sh, &rust) {
            println!("{name}: compiling with Rust {rust}");
            package.compile(sh, &rust)?;
            continue;
        }
        println!(
            "{name}: NOT compiled with Rust {rust}, which rustup cannot install here; only the \
             versions that its dependencies declare are checked, and its use of the standard library \
             by the lints"
        );
        let newer = newer(&metadata, name, &least);
        if !newer.is_empty() {
            bail!("{name} promises Rust {rust}, but needs {}", newer.join(", "));
        }
    }
    Ok(())
}

impl Published {
    /// The arguments of `rustup` that install a compiler.
    fn toolchain(&self, rust: &str) -> Vec<String> {
        let words = ["toolchain", "install", rust, "--profile", "minimal"];
        let targets = self.targets.iter().flat_map(|target| ["--target", target]);
        words.into_iter().chain(targets).map(str::to_owned).collect()
    }

    /// Whether rustup has installed a compiler for all targets.
    fn has_compiler(&self, sh: &Shell, rust: &str) -> bool {
        let list = cmd!(sh, "rustup target list --installed --toolchain {rust}").ignore_stderr();
        list.read().is_ok_and(|list| {
            self.targets.iter().all(|target| list.lines().any(|line| line == *target))
        })
    }

    fn compile(&self, sh: &Shell, rust: &str) -> Result<()> {
        let (name, options) = (self.name, self.options);
        for target in [None].into_iter().chain(self.targets.iter().map(Some)) {
            // In release, because no profile there asks to optimise macros and build scripts.
            let check = "cargo check --quiet --release --locked --package".split(' ');
            let check = cmd!(sh, "rustup run {rust} {check...} {name}");
            let target = target.iter().flat_map(|target| ["--target", target]);
            // Variables of the compiler that built this program.
            let check = check.env_remove("RUSTC").env_remove("CARGO");
            run(check.args(options).args(target))?;
        }
        Ok(())
    }
}

/// rustup's name of a release.
fn channel(rust: &Version) -> String {
    format!("{}.{}", rust.major, rust.minor)
}

/// The oldest Rust that a crate of the workspace promises.
fn promise(metadata: &Metadata, name: &str) -> Result<Version> {
    let package = metadata.packages.iter().find(|package| package.name == name);
    let rust = package.and_then(|package| package.rust_version.clone());
    rust.with_context(|| format!("{name} has no rust-version in its Cargo.toml"))
}

/// The dependencies of a crate that declare a newer Rust, ignoring those that only tests use.
fn newer(metadata: &Metadata, name: &str, rust: &Version) -> Vec<String> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let edges: Vec<(&PackageId, &PackageId)> = nodes
        .flat_map(|node| node.deps.iter().map(move |dependency| (&node.id, dependency)))
        .filter(|(_, to)| to.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development))
        .map(|(from, to)| (from, &to.pkg))
        .collect();
    let start = metadata.packages.iter().filter(|package| package.name == name);
    let mut found: Vec<&PackageId> = start.map(|package| &package.id).collect();
    let mut next = 0;
    while let Some(&id) = found.get(next) {
        for (_, to) in edges.iter().filter(|(from, _)| *from == id) {
            if !found.contains(to) {
                found.push(to);
            }
        }
        next += 1;
    }
    let packages = metadata.packages.iter().filter(|package| found.contains(&&package.id));
    let newer = packages.filter_map(|package| {
        let needed = package.rust_version.as_ref().filter(|needed| *needed > rust)?;
        Some(format!("{} {} (Rust {needed})", package.name, package.version))
    });
    newer.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_comes_with_the_targets() {
        let [core, host] = &PUBLISHED;
        let words = core.toolchain("1.88").join(" ");
        assert_eq!(
            words,
            "toolchain install 1.88 --profile minimal --target thumbv6m-none-eabi \
             --target thumbv7em-none-eabihf"
        );
        assert!(!host.toolchain("1.89").contains(&"--target".to_owned()));
    }

    #[test]
    fn every_published_crate_has_a_promise_that_its_dependencies_keep() {
        let metadata = metadata().exec().unwrap();
        for package in &PUBLISHED {
            let rust = promise(&metadata, package.name).unwrap();
            assert_eq!(newer(&metadata, package.name, &rust), [""; 0], "{}", package.name);
        }
        assert!(promise(&metadata, "no-such-crate").is_err());
    }

    #[test]
    fn dependencies_that_need_a_newer_rust_are_named() {
        let metadata = metadata().exec().unwrap();
        let old = Version::new(1, 70, 0);
        let names = |text: &String, name: &str| text.starts_with(&format!("{name} "));
        let found = newer(&metadata, "fm-host", &old);
        assert!(found.iter().any(|text| names(text, "image")), "{found:?}");
        // Dependencies of tests do not count, although one of them also declares a newer Rust.
        let tests = metadata.packages.iter().find(|package| package.name == "assert_cmd").unwrap();
        assert!(tests.rust_version.as_ref().unwrap() > &old);
        assert!(!found.iter().any(|text| names(text, "assert_cmd")), "{found:?}");
    }
}
