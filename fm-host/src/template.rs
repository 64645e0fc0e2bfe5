//! Templates of files that are written for other programs: text in which `$name` stands for a value.

/// Replaces each `$name` by its value. Values are not looked at again, so they can contain anything.
pub(crate) fn fill<'v>(template: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut parts = template.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        filled.push_str(value(name));
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_not_looked_at_again() {
        let value = |name: &str| match name {
            "a" => "$b",
            "long_name" => "x",
            _ => "?",
        };
        assert_eq!(fill("$a, [$long_name]$b", value), "$b, [x]?");
        assert_eq!(fill("no names", value), "no names");
    }
}
