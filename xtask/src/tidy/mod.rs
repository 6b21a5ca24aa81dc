//! `cargo xtask tidy`: the rules of the house that no compiler knows, each a small function with tests of its own.

mod colours;
mod files;
mod layers;
mod rooms;
mod source;
mod words;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::paths::Paths;
use source::Source;

/// A place that breaks a rule. Lines count from 1; 0 is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

/// One rule over all files.
struct Rule {
    name: &'static str,
    why: &'static str,
    check: fn(&[Source]) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "libraries",
        why: "each foreign library has one floor, so that replacing it touches one crate",
        check: layers::libraries,
    },
    Rule {
        name: "floors",
        why: "crates depend downwards only: the first inverted arrow is the expensive one",
        check: layers::floors,
    },
    Rule {
        name: "queries",
        why: "SQL lives in `store`, where every statement is tested on both engines",
        check: layers::queries,
    },
    Rule {
        name: "rooms",
        why: "rooms of `control` depend on each other one way, so that each can be read alone",
        check: rooms::one_way,
    },
    Rule { name: "length", why: "a file that does not fit in the head hides more than one idea", check: files::length },
    Rule {
        name: "first line",
        why: "the first line says what the file is for, before anyone reads the rest",
        check: files::first_line,
    },
    Rule { name: "allow", why: "`expect` says when it is no longer needed; `allow` stays for ever", check: words::allow },
    Rule { name: "unfinished", why: "what is not done is not in the tree", check: words::unfinished },
    Rule {
        name: "colours",
        why: "colours come from the tokens, so that themes and contrast are decided in one place",
        check: colours::literals,
    },
    Rule {
        name: "lock file",
        why: "the lock file names packages and hashes, not the host that they happened to come from",
        check: files::lock_without_hosts,
    },
];

/// How many rules hold and how many do not.
pub struct Outcome {
    pub held: usize,
    pub broken: usize,
}

pub fn main(paths: &Paths) -> Result<ExitCode> {
    let outcome = run(&paths.root)?;
    Ok(if outcome.broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks every rule and prints each place that breaks one, with the reason of the rule.
pub fn run(root: &Path) -> Result<Outcome> {
    let sources = source::all(root)?;
    let mut outcome = Outcome { held: 0, broken: 0 };
    for rule in RULES {
        let findings = (rule.check)(&sources);
        if findings.is_empty() {
            outcome.held += 1;
            continue;
        }
        outcome.broken += 1;
        for finding in &findings {
            println!("{}:{}: {}", finding.file, finding.line.max(1), finding.what);
        }
        println!("  {} in {} places. Why: {}\n", rule.name, findings.len(), rule.why);
    }
    println!("tidy: {} files, {} rules hold, {} do not", sources.len(), outcome.held, outcome.broken);
    Ok(outcome)
}
