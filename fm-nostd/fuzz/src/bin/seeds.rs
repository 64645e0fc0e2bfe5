//! Writes the blobs that fuzzing starts from to the given folder.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).expect("a folder to write to");
    std::fs::create_dir_all(&folder)?;
    fm_nostd_fuzz::seeds()
        .into_iter()
        .try_for_each(|(name, blob)| std::fs::write(folder.join(name), blob))
}
