//! How commands speak: JSON for programs, short lines for people, errors to the other stream.

use serde::Serialize;
use std::io::Write;

pub struct Say {
    pub json: bool,
}

impl Say {
    /// The answer: as JSON, or as the lines that `words` makes of it.
    pub fn answer<T: Serialize>(&self, answer: &T, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(answer)? } else { words() };
        match writeln!(std::io::stdout().lock(), "{text}") {
            // Whoever reads has had enough: `slipway … | head -1` is no failure.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    pub fn failed(&self, error: &anyhow::Error) {
        let text = if self.json {
            serde_json::json!({ "error": format!("{error:#}") }).to_string()
        } else {
            format!("slipway: {error:#}")
        };
        // Nowhere is left to say that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
