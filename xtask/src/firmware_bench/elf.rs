//! What an image's file says: addresses of functions, bytes of flash and RAM.

use std::path::{Path, PathBuf};

use object::elf::{SHF_ALLOC, SHF_WRITE};
use object::{File, Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind};

use crate::command::Result;

/// What is needed of an image's file.
#[derive(Clone, Debug)]
pub struct Elf {
    /// Bytes of flash: code, constants, and what RAM is filled with at the start.
    pub flash: u64,
    /// Bytes of RAM, the stack aside.
    pub ram: u64,
    /// Where that RAM ends; the stack lies above.
    pub ram_end: u64,
    path: PathBuf,
    symbols: Vec<(String, u64)>,
}

impl Elf {
    /// Reads an image's file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs_err::read(path).map_err(|e| e.to_string())?;
        let file = File::parse(&*bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        let symbols = file.symbols().filter_map(|symbol| {
            // The lowest bit of a Thumb function's address is a mark, no part of it.
            Some((symbol.name().ok()?.to_owned(), symbol.address() & !1))
        });
        let (path, symbols) = (path.to_owned(), symbols.collect());
        let mut elf = Self { flash: 0, ram: 0, ram_end: 0, path, symbols };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let is = |flag: u32| sh_flags & u64::from(flag) != 0;
            // `riscv-rt` gives what is left of RAM as sections of these names.
            let left = section.name().is_ok_and(|name| name == ".heap" || name == ".stack");
            if !is(SHF_ALLOC) || left {
                continue;
            }
            if section.kind() != SectionKind::UninitializedData {
                elf.flash += section.size();
            }
            if is(SHF_WRITE) {
                elf.ram += section.size();
                elf.ram_end = elf.ram_end.max(section.address() + section.size());
            }
        }
        Ok(elf)
    }

    /// The address of a function.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn function(&self, name: &str) -> Result<u64> {
        let found = self.symbols.iter().find(|(symbol, _)| symbol == name);
        let missing = || format!("{} has no function `{name}`", self.path.display());
        found.map(|(_, address)| *address).ok_or_else(missing)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
