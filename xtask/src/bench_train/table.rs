//! What was measured, as Markdown.

use super::{Case, Report, Timed};

/// What is to be reached: ours over theirs, at most.
const TARGETS: [(&str, usize, &str, f64); 5] = [
    ("fm", 64, "JAX jit", 0.6),
    ("fm", 64, "PyTorch", 0.3),
    ("meanflow", 64, "JAX jit", 0.6),
    ("fm", 256, "JAX jit", 1.0),
    ("meanflow", 256, "JAX jit", 1.0),
];
/// The rows at which it is to be.
const TARGET_BATCH: usize = 1024;
/// A whole training's time over JAX's, at most.
const TRAINING_TARGET: f64 = 0.8;

/// What stands above the lines.
pub fn head(programs: &[&str]) -> String {
    let names = programs.join(" | ");
    let rule = "--:|".repeat(programs.len());
    format!("| objective | width | batch | {names} |\n|---|--:|--:|{rule}")
}

/// A case's times on one line.
pub fn line(timed: &Timed) -> String {
    let Case { objective, hidden, batch } = timed.case;
    let ours = timed.seconds.first().copied().flatten();
    let cells = timed.seconds.iter().enumerate().map(|(i, seconds)| match (seconds, ours) {
        (None, _) => " - |".to_owned(),
        (Some(seconds), Some(ours)) if i > 0 => {
            format!(" {:.3} ({:.2}x) |", seconds * 1e3, ours / seconds)
        }
        (Some(seconds), _) => format!(" {:.3} |", seconds * 1e3),
    });
    format!("| {objective} | {hidden} | {batch} |{}", cells.collect::<String>())
}

/// All tables.
pub fn markdown(report: &Report) -> String {
    let mut lines = vec![
        "Milliseconds a step, medians of interleaved rounds; 2 threads on 2 processors for all."
            .into(),
        "In parentheses: ours over theirs.".into(),
        String::new(),
    ];
    lines.push(head(&report.programs));
    lines.extend(report.steps.iter().map(line));
    lines.extend([
        String::new(),
        "| target | at most | measured | |".into(),
        "|---|--:|--:|---|".into(),
    ]);
    for (objective, hidden, program, most) in TARGETS {
        let Some(ratio) = ratio(report, objective, hidden, program) else { continue };
        let met = verdict(ratio, most);
        let name =
            format!("{objective} step, width {hidden}, batch {TARGET_BATCH}, over {program}");
        lines.push(format!("| {name} | {most:.1}x | {ratio:.2}x | {met} |"));
    }
    if let [ours, jax] = &report.trainings[..] {
        let ratio = ours.seconds / jax.seconds;
        let met = verdict(ratio, TRAINING_TARGET);
        let name = "`fm train moons`, 20,000 steps at batch 512, over JAX";
        lines.push(format!("| {name} | {TRAINING_TARGET:.1}x | {ratio:.2}x | {met} |"));
    }
    lines.extend([
        String::new(),
        "| whole training, start-up and compilation in it | seconds | peak memory |".into(),
        "|---|--:|--:|".into(),
    ]);
    for training in &report.trainings {
        let (seconds, mib) = (training.seconds, training.bytes / f64::from(1 << 20));
        lines.push(format!("| {} | {seconds:.2} | {mib:.0} MiB |", training.program));
    }
    lines.join("\n")
}

/// Ours over a program's time at the targets' batch.
fn ratio(report: &Report, objective: &str, hidden: usize, program: &str) -> Option<f64> {
    let timed = report.steps.iter().find(|timed| {
        let case = timed.case;
        case.objective == objective && case.hidden == hidden && case.batch == TARGET_BATCH
    })?;
    let at = report.programs.iter().position(|&name| name == program)?;
    Some((*timed.seconds.first()?)? / (*timed.seconds.get(at)?)?)
}

fn verdict(ratio: f64, most: f64) -> &'static str {
    if ratio <= most { "met" } else { "missed" }
}
