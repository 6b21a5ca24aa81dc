//! Reading how many tests passed and failed out of what the test runners print.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl std::ops::Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts { passed: self.passed + other.passed, failed: self.failed + other.failed, skipped: self.skipped + other.skipped }
    }
}

/// Runs a test runner, shows what it prints, and counts. A runner that fails without naming a failed test (it did not
/// compile, it crashed) counts as one failure.
pub fn counted(command: &mut Command, read: fn(&str) -> Counts) -> Result<Counts> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("starting {:?}", command.get_program()))?;
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            output.push_str(&line);
            output.push('\n');
        }
    }
    let status = child.wait()?;
    let mut counts = read(&output);
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`, once for each test binary.
pub fn cargo(output: &str) -> Counts {
    output.lines().filter_map(|line| line.trim().strip_prefix("test result: ")).fold(Counts::default(), |sum, line| {
        let of = |word: &str| {
            line.split([';', '.']).find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<usize>().ok()).unwrap_or(0)
        };
        sum + Counts { passed: of("passed"), failed: of("failed"), skipped: of("ignored") }
    })
}

/// Python's unittest: `Ran 12 tests in 3.4s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=2)`.
pub fn unittest(output: &str) -> Counts {
    let ran: usize = output.lines().filter_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<usize>().ok()).sum();
    let of = |word: &str| -> usize {
        output
            .lines()
            .filter(|line| line.starts_with("OK (") || line.starts_with("FAILED ("))
            .flat_map(|line| line.split(['(', ')', ',']))
            .filter_map(|part| part.trim().strip_prefix(word)?.strip_prefix('=')?.parse::<usize>().ok())
            .sum()
    };
    let (failed, skipped) = (of("failures") + of("errors"), of("skipped"));
    Counts { passed: ran.saturating_sub(failed + skipped), failed, skipped }
}

/// Node's test runner: `ℹ pass 5` for people, `# pass 5` for programs.
pub fn node(output: &str) -> Counts {
    let of = |word: &str| -> usize {
        output
            .lines()
            .filter_map(|line| line.trim_start_matches(['ℹ', '#']).trim().strip_prefix(word)?.trim().parse::<usize>().ok())
            .sum()
    };
    Counts { passed: of("pass "), failed: of("fail ") + of("cancelled "), skipped: of("skipped ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn cargo_prints_one_line_for_each_binary() {
        let output = "running 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(cargo(output), counts(5, 4, 1));
    }

    #[test]
    fn unittest_counts_errors_as_failures() {
        assert_eq!(unittest("Ran 12 tests in 3.4s\n\nOK\n"), counts(12, 0, 0));
        assert_eq!(unittest("Ran 12 tests in 3.4s\n\nFAILED (failures=1, errors=2, skipped=3)\n"), counts(6, 3, 3));
    }

    #[test]
    fn node_prints_a_summary() {
        assert_eq!(node("ℹ tests 7\nℹ pass 5\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n"), counts(5, 2, 0));
    }

    #[test]
    fn a_runner_that_crashes_is_a_failure() {
        let crashed = counted(Command::new("sh").args(["-c", "echo nothing; exit 1"]), cargo).unwrap();
        assert_eq!(crashed, counts(0, 1, 0));
    }
}
