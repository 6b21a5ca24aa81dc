//! Rules about whole files: how long, what the first line says, what a lock file must not hold.

use super::Finding;
use super::source::Source;

const LONGEST: usize = 500;
/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

pub fn length(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| matches!(source.kind(), "rs" | "css" | "js" | "mjs" | "py" | "sql")) {
        let lines = source.text.lines().count();
        let excused = LONGER.iter().any(|(path, _)| *path == source.path);
        if lines > LONGEST && !excused {
            findings.push(Finding::new(&source.path, LONGEST, format!("{lines} lines, {LONGEST} are the stop")));
        }
        if lines <= LONGEST && excused {
            findings.push(Finding::new(&source.path, 0, "is short enough now: take it off the list of longer files"));
        }
    }
    findings
}

pub fn first_line(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.kind() == "rs")
        .filter(|source| source.text.lines().next().and_then(|line| line.strip_prefix("//! ")).is_none_or(|said| said.len() < 5))
        .map(|source| Finding::new(&source.path, 1, "begins without a `//!` line that says what the file is for"))
        .collect()
}

pub fn lock_without_hosts(sources: &[Source]) -> Vec<Finding> {
    let locks = sources.iter().filter(|source| source.path.ends_with("package-lock.json"));
    locks
        .flat_map(|source| {
            source
                .lines()
                .filter(|(_, line)| line.trim_start().starts_with("\"resolved\""))
                .map(|(number, _)| Finding::new(&source.path, number, "write it with --omit-lockfile-registry-resolved"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        let short = Source::new("a/b.rs", &"x\n".repeat(LONGEST));
        let long = Source::new("a/c.rs", &"x\n".repeat(LONGEST + 1));
        let data = Source::new("a/d.json", &"x\n".repeat(LONGEST + 1));
        let found = length(&[short, long, data]);
        assert_eq!(found, [Finding::new("a/c.rs", LONGEST, format!("{} lines, {LONGEST} are the stop", LONGEST + 1))]);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        let good = Source::new("a.rs", "//! Joins outcomes to predictions.\n");
        let bare = Source::new("b.rs", "use std::fmt;\n");
        let empty = Source::new("c.rs", "//! x\n");
        let found: Vec<_> = first_line(&[good, bare, empty]).into_iter().map(|finding| finding.file).collect();
        assert_eq!(found, ["b.rs", "c.rs"]);
    }

    #[test]
    fn hosts_in_the_lock_file_are_found() {
        let lock = Source::new("package-lock.json", "{\n  \"version\": \"1\",\n  \"resolved\": \"https://example.org/a.tgz\"\n}");
        assert_eq!(lock_without_hosts(&[lock])[0].line, 3);
    }
}
