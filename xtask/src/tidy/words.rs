//! Words that must not be in the sources: silenced lints and promises.

use super::Finding;
use super::source::Source;

/// This folder spells out what it forbids.
const OWN: &str = "xtask/src/tidy/";

pub fn allow(sources: &[Source]) -> Vec<Finding> {
    containing(sources, &["rs"], &["#[allow(", "#![allow("], "use `#[expect(…, reason = \"…\")]`")
}

pub fn unfinished(sources: &[Source]) -> Vec<Finding> {
    let mut findings = containing(sources, &["rs"], &["todo!(", "unimplemented!("], "finish it or leave it out");
    let kinds = ["rs", "css", "js", "mjs", "py", "sql", "toml"];
    findings.extend(containing(sources, &kinds, &["TODO", "FIXME", "XXX"], "finish it or leave it out"));
    findings
}

fn containing(sources: &[Source], kinds: &[&str], words: &[&str], what: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| kinds.contains(&source.kind()) && !source.path.starts_with(OWN)) {
        for (number, line) in source.lines() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                findings.push(Finding::new(&source.path, number, format!("`{word}`: {what}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_words_are_found_with_their_line() {
        let source = [Source::new("a.rs", "//! A.\n#[allow(dead_code)]\nfn f() { todo!() } // FIXME\n")];
        assert_eq!(allow(&source)[0].line, 2);
        assert_eq!(unfinished(&source).len(), 2);
        assert!(allow(&[Source::new("a.rs", "#[expect(dead_code)]")]).is_empty());
    }
}
