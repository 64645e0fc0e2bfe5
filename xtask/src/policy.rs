//! `cargo xtask policy`: the policies of `examples/policy` in a closed loop on the firmware, in QEMU.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use comfy_table::Table;
use xshell::Shell;

use crate::bare_metal;
use crate::firmware_bench::{self, Region};
use crate::install::ensure;
use crate::machines::Name;

/// Options of `cargo xtask policy`.
#[derive(clap::Args)]
pub struct Args {
    /// Folder with `policy-meanflow.fm`, `policy-fm.fm` and `policy-mean.fm`, as written by `cargo run
    /// --release --example policy` [default: examples/firmware/models]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Machine to run on
    #[arg(long, default_value = "m4")]
    target: Name,
    /// Install missing tools with rustup or the distribution's packages: compiler targets, QEMU
    #[arg(long)]
    install: bool,
}

/// An episode as the image prints it.
#[derive(Debug, PartialEq)]
struct Episode {
    policy: String,
    outcome: String,
    actions: u64,
}

/// Builds the image, runs it, and prints how the episodes ended and their costs.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &bare_metal::needs(), args.install)?;
    let machine = args.target.machine()?;
    let absolute = |folder: &Path| fs_err::canonicalize(folder).context("--models");
    let models = args.models.as_deref().map(absolute).transpose()?;
    let image = bare_metal::link_one(sh, machine, |build| {
        let models = models.iter().map(|models| ("FM_POLICY_MODELS", models));
        build.args(["--bin", "policy"]).envs(models)
    })?;
    let printed = machine.emulate(sh, &image.path).read()?;
    let episodes: Vec<Episode> = printed.lines().filter_map(episode).collect();
    let regions = firmware_bench::regions(sh, machine, &image)?;
    if regions.len() != episodes.len() {
        bail!("{} episodes, but {} counts", episodes.len(), regions.len());
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

/// One row per policy, in the order in which they ran.
fn table(episodes: &[(&Episode, Region)], machine: Name) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    let cost = if machine == Name::M4 { "cycles per action, estimated" } else { "" };
    let head = ["policy", "episodes", "left", "right", "crashed", "lost", "success"];
    table.set_header(head.into_iter().chain(["instructions per action", cost]));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(policy: &str, outcome: &str, actions: u64) -> Episode {
        Episode { policy: policy.into(), outcome: outcome.into(), actions }
    }

    #[test]
    fn an_episode_is_read_by_the_names_of_its_fields() {
        let line = "bits policy=mean episode=3 outcome=crashed actions=40: 3f800000 40000000";
        assert_eq!(episode(line), Some(of("mean", "crashed", 40)));
        let lacking =
            ["", "policy=mean actions=40 outcome=left:", "bits policy=mean outcome=left:"];
        for line in lacking.into_iter().chain(["bits policy=mean actions=x outcome=left:"]) {
            assert_eq!(episode(line), None, "{line}");
        }
    }

    #[test]
    fn a_policy_is_a_row_with_its_outcomes_and_the_mean_cost_of_an_action() {
        let episodes = [of("a", "left", 10), of("a", "lost", 30), of("b", "right", 5)];
        let region = |instructions| Region { instructions, cycles: 2 * instructions, stack: 0 };
        let pairs: Vec<_> = episodes.iter().zip([100, 300, 50].map(region)).collect();
        let rows = |machine| -> Vec<String> {
            let text = table(&pairs, machine).to_string();
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            text.lines().skip(2).map(words).collect()
        };
        let m4 = [
            "| a | 2 | 1 | 0 | 0 | 1 | 50.0 % | 10 | 20 |",
            "| b | 1 | 0 | 1 | 0 | 0 | 100.0 % | 10 | 20 |",
        ];
        assert_eq!(rows(Name::M4), m4);
        assert_eq!(rows(Name::M0)[1], "| b | 1 | 0 | 1 | 0 | 0 | 100.0 % | 10 | |");
    }
}
