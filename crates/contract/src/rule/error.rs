//! What is wrong with a rule, and where.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Where it starts, bytes from the beginning.
    pub at: usize,
    /// 1-based; 0 until the text is known.
    pub line: usize,
    /// In characters, 1-based.
    pub column: usize,
    pub message: String,
}

impl RuleError {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, line: 0, column: 0, message: message.into() }
    }

    /// The same, with line and column in `text`.
    pub(super) fn placed(mut self, text: &str) -> Self {
        let before = text.get(..self.at).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or_default();
        (self.line, self.column) = (before.matches('\n').count() + 1, last.chars().count() + 1);
        self
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for RuleError {}
