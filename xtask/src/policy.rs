//! `cargo xtask policy`: the policies of `examples/policy` in a closed loop on the firmware, in QEMU.

use std::path::{Path, PathBuf};

use comfy_table::Table;

use crate::bare_metal;
use crate::command::{self, Result};
use crate::firmware_bench::{self, Region};
use crate::install::ensure;
use crate::machines::{MACHINES, Name};

/// Options of `cargo xtask policy`.
#[derive(clap::Args)]
pub struct Args {
    /// Folder with `policy-meanflow.fm`, `policy-fm.fm` and `policy-mean.fm`, as `cargo run --release
    /// --example policy` writes them [default: those of examples/firmware/models]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Machine to run on
    #[arg(long, default_value = "m4")]
    target: Name,
    /// Get what is missing: rustup's targets, QEMU, else the distribution's packages
    #[arg(long)]
    install: bool,
}

/// An episode as the image prints it.
struct Episode {
    policy: String,
    outcome: String,
    actions: u64,
}

/// Builds the image, runs it, and prints how the episodes ended and what they cost.
///
/// # Errors
/// If something is missing, the build fails, or the image does.
pub fn run(args: &Args) -> Result<()> {
    ensure(&bare_metal::needs(), args.install)?;
    let Some(machine) = MACHINES.iter().find(|machine| machine.name == args.target) else {
        return Err(format!("QEMU's machines have no {:?}", args.target));
    };
    let absolute = |folder: &Path| {
        let problem = |e| format!("--models {}: {e}", folder.display());
        fs_err::canonicalize(folder).map_err(problem)
    };
    let models = args.models.as_deref().map(absolute).transpose()?;
    let images = bare_metal::link(&[machine.triple], "3", |command| {
        command.args(["--bin", "policy"]);
        command.envs(models.iter().map(|models| ("FM_POLICY_MODELS", models)));
    })?;
    let Some(image) = images.into_iter().next() else {
        return Err(format!("cargo built no image for {}", machine.triple));
    };
    let printed = command::output(&mut machine.emulate(&image.path))?;
    let episodes: Vec<Episode> = printed.lines().filter_map(episode).collect();
    let regions = firmware_bench::regions(machine, &image)?;
    if regions.len() != episodes.len() {
        return Err(format!("{} episodes, but {} counts", episodes.len(), regions.len()));
    }
    let pairs: Vec<(&Episode, Region)> = episodes.iter().zip(regions).collect();
    println!("{}", table(&pairs, machine.name));
    Ok(())
}

fn episode(line: &str) -> Option<Episode> {
    let (title, _) = line.strip_prefix("bits ")?.split_once(':')?;
    let field = |name: &str| {
        let mut fields = title.split(' ').filter_map(|field| field.split_once('='));
        Some(fields.find(|(key, _)| *key == name)?.1.to_owned())
    };
    let actions = field("actions")?.parse().ok()?;
    Some(Episode { policy: field("policy")?, outcome: field("outcome")?, actions })
}

/// A row a policy, in the order in which they ran.
fn table(episodes: &[(&Episode, Region)], machine: Name) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    let cost = if machine == Name::M4 { "cycles an action, estimated" } else { "" };
    let head = ["policy", "episodes", "left", "right", "crashed", "lost", "success"];
    table.set_header(head.into_iter().chain(["instructions an action", cost]));
    for chunk in episodes.chunk_by(|(a, _), (b, _)| a.policy == b.policy) {
        let Some((first, _)) = chunk.first() else { continue };
        let count = |outcome| chunk.iter().filter(|(e, _)| e.outcome == outcome).count();
        let outcomes = ["left", "right", "crashed", "lost"].map(count);
        let success = 100.0 * (outcomes[0] + outcomes[1]) as f64 / chunk.len() as f64;
        let actions: u64 = chunk.iter().map(|(episode, _)| episode.actions).sum();
        let each = |of: fn(&Region) -> u64| {
            (chunk.iter().map(|(_, region)| of(region)).sum::<u64>() / actions.max(1)).to_string()
        };
        let cycles = if cost.is_empty() { String::new() } else { each(|region| region.cycles) };
        let row = [first.policy.clone(), chunk.len().to_string()]
            .into_iter()
            .chain(outcomes.map(|count| count.to_string()))
            .chain([format!("{success:.1} %"), each(|region| region.instructions), cycles]);
        table.add_row(row);
    }
    table
}
