//! The measurements as Markdown.

use super::{Case, Report, Timed};

/// The table's heading.
pub fn head(programs: &[&str]) -> String {
    let names = programs.join(" | ");
    let rule = "--:|".repeat(programs.len());
    format!("| objective | width | batch | {names} |\n|---|--:|--:|{rule}")
}

/// One line with a case's times.
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
        "Milliseconds per step, medians of interleaved rounds; 2 threads on 2 processors for all."
            .into(),
        "In parentheses: our time divided by theirs.".into(),
        String::new(),
    ];
    lines.push(head(&report.programs));
    lines.extend(report.steps.iter().map(line));
    lines.extend([
        String::new(),
        "| whole training, including start-up and compilation | seconds | peak memory |".into(),
        "|---|--:|--:|".into(),
    ]);
    for training in &report.trainings {
        let (seconds, mib) = (training.seconds, training.bytes / f64::from(1 << 20));
        lines.push(format!("| {} | {seconds:.2} | {mib:.0} MiB |", training.program));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::end_to_end::Training;
    use super::*;

    #[test]
    fn theirs_come_with_ours_over_theirs_and_a_gap_where_one_cannot() {
        let case = Case { objective: "fm", hidden: 64, batch: 1024 };
        let timed = Timed { case, seconds: vec![Some(1e-3), Some(4e-3), None] };
        assert_eq!(line(&timed), "| fm | 64 | 1024 | 1.000 | 4.000 (0.25x) | - |");
        // As many cells as headings.
        let cells = |text: &str| text.matches('|').count();
        let head = head(&["fm", "JAX jit", "burn"]);
        assert!(
            head.lines().all(|line| cells(line) == cells("| fm | 64 | 1024 | 1 | 4 | - |")),
            "{head}"
        );
        let alone = Timed { case, seconds: vec![None, Some(4e-3)] };
        assert_eq!(line(&alone), "| fm | 64 | 1024 | - | 4.000 |");
    }

    #[test]
    fn a_report_has_its_steps_and_its_trainings() {
        let case = Case { objective: "fm", hidden: 64, batch: 1024 };
        let steps = vec![Timed { case, seconds: vec![Some(1e-3)] }];
        let trainings = vec![Training { program: "fm train", seconds: 3.361, bytes: 12e6 }];
        let text = markdown(&Report { programs: vec!["fm"], steps, trainings });
        assert!(
            text.contains("\n| objective | width | batch | fm |\n|---|--:|--:|--:|\n"),
            "{text}"
        );
        assert!(text.contains("\n| fm | 64 | 1024 | 1.000 |\n\n"), "{text}");
        assert!(text.ends_with("| fm train | 3.36 | 11 MiB |"), "{text}");
    }
}
