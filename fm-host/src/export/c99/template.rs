//! Fragments of C reduced to what a model needs.
//!
//! A fragment is C whose names begin with `model_` or `MODEL_`. Conditions on flags, `#if HAS_..` with `!`, `&&`
//! and `||`, are decided here; other directives are left to the compiler. `$name` stands for a value.

use super::facts::Facts;
use crate::template::fill;

/// Returns the fragment for a model whose names begin with `prefix`.
pub(super) fn render(fragment: &str, facts: &Facts, prefix: &str) -> String {
    let text = decide(fragment, |flag| facts.has(flag));
    let text = text.replace("model_", &format!("{prefix}_"));
    fill(&text.replace("MODEL_", &format!("{}_", prefix.to_uppercase())), |name| facts.value(name))
}

/// Leaves out the lines whose condition on flags is false, and those conditions.
fn decide(fragment: &str, has: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    // Whether the lines within each open `#if` are kept; `None` for one that is left to the compiler.
    let mut open: Vec<Option<bool>> = Vec::new();
    for line in fragment.lines() {
        let condition = line.strip_prefix("#if ").filter(|condition| condition.contains("HAS_"));
        let ours = match (condition, line) {
            (Some(condition), _) => {
                open.push(Some(holds(condition, &has)));
                true
            }
            (None, "#else") => match open.last_mut() {
                Some(Some(kept)) => {
                    *kept = !*kept;
                    true
                }
                _ => false,
            },
            (None, "#endif") => open.pop().flatten().is_some(),
            (None, line) => {
                if line.starts_with("#if") {
                    open.push(None);
                }
                false
            }
        };
        if !ours && open.iter().all(|kept| kept.unwrap_or(true)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Whether a condition such as `HAS_A || !HAS_B && HAS_C` holds.
fn holds(condition: &str, has: impl Fn(&str) -> bool) -> bool {
    let term = |term: &str| match term.trim().strip_prefix('!') {
        Some(flag) => !has(flag),
        None => has(term.trim()),
    };
    condition.split("||").any(|all| all.split("&&").all(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_flags_are_decided_and_others_stay() {
        let fragment = "#if HAS_A\na\n#if defined B\nb\n#else\nc\n#endif\n#else\nd\n#endif\n#if !HAS_A\ne\n#endif\n";
        let with = |a: bool| decide(fragment, move |flag| flag == "HAS_A" && a);
        assert_eq!(with(true), "a\n#if defined B\nb\n#else\nc\n#endif\n");
        assert_eq!(with(false), "d\ne\n");
        let has = |flag: &str| flag == "HAS_A";
        assert!(holds("HAS_B || HAS_A", has) && !holds("HAS_B && HAS_A", has));
        assert!(holds("HAS_B || !HAS_B && HAS_A", has));
    }
}
