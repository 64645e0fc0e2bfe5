//! Writes the files that fuzzing starts from to the given folder.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).expect("a folder to write to");
    std::fs::create_dir_all(&folder)?;
    let mut seeds = fm_host_fuzz::seeds().into_iter();
    seeds.try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
}
