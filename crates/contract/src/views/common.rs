//! Small parts that many views are made of: moments, permissions with their reason, tables, snippets.

use crate::time::{DAY, Millis};
use serde::{Deserialize, Serialize};

/// A moment with its words, made on the server so that both renderings of a page say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub at: Millis,
    /// `14:20`, `17 March, 14:20`, or with the year when it is another one.
    pub words: String,
    /// `5 min ago`; of a moment to come `in 5 min`.
    pub ago: String,
}

impl When {
    pub fn new(at: Millis, now: Millis) -> Self {
        let far = (now.0 - at.0).abs() > 300 * DAY;
        let words = if far { format!("{}, {}", at.date_words(), at.hm()) } else { at.words(now) };
        let ago = if at > now { format!("in {}", crate::time::span_words(at.0 - now.0)) } else { at.ago(now) };
        Self { at, words, ago }
    }
}

/// Whether the reader may do a thing; a control that is off always says why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    pub ok: bool,
    pub why_not: Option<String>,
}

impl Allowed {
    pub fn yes() -> Self {
        Self { ok: true, why_not: None }
    }
    pub fn no(why: impl Into<String>) -> Self {
        Self { ok: false, why_not: Some(why.into()) }
    }
}

/// A fact with its name: one line of a list of facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

impl Fact {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// Right-aligned, in tabular figures.
    pub numeric: bool,
}

/// The data behind a figure, a gate or a sentence. Cells are finished text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// `columns` as `name` for words and `#name` for numbers.
    pub fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let column = |text: &&str| match text.strip_prefix('#') {
            Some(name) => Column { name: name.to_owned(), numeric: true },
            None => Column { name: (*text).to_owned(), numeric: false },
        };
        Self { caption: caption.into(), columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }
}

/// Something to copy and run, already filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// `curl`, `CLI`, `Python`.
    pub label: String,
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_naturally() {
        let now = Millis::parse("2026-03-17T14:20:00Z").unwrap();
        let words = |text: &str| When::new(Millis::parse(text).unwrap(), now);
        assert_eq!(words("2026-03-17T14:15:00Z").words, "14:15");
        assert_eq!(words("2026-03-17T14:15:00Z").ago, "5 min ago");
        assert_eq!(words("2026-03-24T14:20:00Z").ago, "in 7 d");
        assert_eq!(words("2024-03-16T14:15:00Z").words, "16 March 2024, 14:15");
    }
}
