//! Reads an image's file: addresses of functions, bytes of flash and RAM.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use object::elf::{SHF_ALLOC, SHF_WRITE};
use object::{File, Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind};

/// The required facts from an image's file.
#[derive(Clone, Debug)]
pub struct Elf {
    /// Bytes of flash: code, constants, and the initial contents of RAM.
    pub flash: u64,
    /// Bytes of RAM, without the stack.
    pub ram: u64,
    /// The end of that RAM; the stack is above.
    pub ram_end: u64,
    path: PathBuf,
    symbols: Vec<(String, u64)>,
}

impl Elf {
    /// Reads an image's file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs_err::read(path)?;
        let file = File::parse(&*bytes).with_context(|| path.display().to_string())?;
        let symbols = file.symbols().filter_map(|symbol| {
            // The lowest bit of a Thumb function's address is a mark, not part of the address.
            Some((symbol.name().ok()?.to_owned(), symbol.address() & !1))
        });
        let (path, symbols) = (path.to_owned(), symbols.collect());
        let mut elf = Self { flash: 0, ram: 0, ram_end: 0, path, symbols };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let is = |flag: u32| sh_flags & u64::from(flag) != 0;
            // `riscv-rt` declares the rest of RAM as sections of these names.
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
    pub fn function(&self, name: &str) -> Result<u64> {
        let found = self.symbols.iter().find(|(symbol, _)| symbol == name);
        let missing = || format!("{} has no function `{name}`", self.path.display());
        found.map(|(_, address)| *address).with_context(missing)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use object::write::{Object, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};

    use super::*;

    /// An image with 12 bytes of code, 5 of constants, 8 of filled and 16 of zeroed RAM, and the rest
    /// of RAM as a section.
    fn image() -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::Arm, Endianness::Little);
        let mut section = |name: &[u8], kind, bytes| {
            let id = object.add_section(vec![], name.to_vec(), kind);
            if kind == SectionKind::UninitializedData {
                object.append_section_bss(id, bytes, 1);
            } else {
                object.append_section_data(id, &vec![7; bytes as usize], 1);
            }
            id
        };
        let text = section(b".text", SectionKind::Text, 12);
        section(b".rodata", SectionKind::ReadOnlyData, 5);
        section(b".data", SectionKind::Data, 8);
        section(b".bss", SectionKind::UninitializedData, 16);
        section(b".stack", SectionKind::UninitializedData, 1000);
        section(b".comment", SectionKind::OtherString, 100);
        object.add_symbol(Symbol {
            name: b"count_begin".to_vec(),
            value: 5,
            size: 4,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
        object.write().unwrap()
    }

    #[test]
    fn an_image_is_read_for_its_flash_its_ram_and_its_functions() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), image()).unwrap();
        let elf = Elf::read(file.path()).unwrap();
        assert_eq!((elf.flash, elf.ram), (12 + 5 + 8, 8 + 16));
        assert_eq!(elf.ram_end, 16);
        // Without the Thumb mark.
        assert_eq!(elf.function("count_begin").unwrap(), 4);
        let problem = elf.function("count_end").unwrap_err().to_string();
        assert!(problem.ends_with(" has no function `count_end`"), "{problem}");
    }

    #[test]
    fn what_is_no_image_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), "text").unwrap();
        let problem = format!("{:#}", Elf::read(file.path()).unwrap_err());
        assert!(problem.starts_with(&file.path().display().to_string()), "{problem}");
    }
}
