//! A rule: a small, safe language over a record's features, for answers that need no model.
//!
//! ```text
//! if number_customer_service_calls >= 4 and plan in ("gold", "silver") then "yes" score 0.7
//! if total_day_minutes is missing then "no"
//! else "no" score 0.9
//! ```
//! The first condition that is certainly true decides. For regression the answers are numbers: `2 * rooms + 10`, alone or
//! behind conditions. A missing value makes what depends on it unknown, as in SQL. A rule always ends, never fails, and
//! knows nothing but the record.

mod error;
mod evaluate;
mod fit;
mod lex;
mod nearest;
mod parse;
mod print;
mod tree;

#[cfg(test)]
mod tests;

pub use error::RuleError;
pub use evaluate::{Answered, Cell};
pub use nearest::nearest;

use crate::spec::Contract;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use tree::Tree;

/// Longest text of a rule, bytes.
pub const LONGEST: usize = 4_000;
/// Parentheses in parentheses.
pub const DEEPEST: usize = 32;
/// Values and operators in one rule.
pub const MOST: usize = 500;

/// A rule as it was written. Stored as its text; a text that is no rule is kept with the reason, so that settings that hold
/// one can be read, shown and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Rule {
    text: String,
    read: Result<Tree, RuleError>,
}

impl Rule {
    pub fn new(text: impl Into<String>) -> Rule {
        let text = text.into();
        let read = parse::parse(&text);
        Rule { text, read }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a rule, and fits the contract: known features, comparisons of like with like, classes that exist.
    pub fn fit(&self, contract: &Contract) -> Result<(), RuleError> {
        fit::fit(self.tree()?, contract).map_err(|error| error.placed(&self.text))
    }

    /// Whether it is a rule at all, whatever the contract.
    pub fn check(&self) -> Result<(), RuleError> {
        self.tree().map(drop)
    }

    /// Names of the features that it looks at. Of a rule for classes that contains unquoted classes, those too.
    pub fn features(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        if let Ok(tree) = &self.read {
            tree.features(&mut names);
        }
        names
    }

    /// What the rule says about one record, whose values `cell` knows by name. `None` where a number that it computes is
    /// missing or not finite, or the text is no rule.
    pub fn answer<'v>(&'v self, regression: bool, cell: &dyn Fn(&str) -> Cell<'v>) -> Option<Answered> {
        evaluate::answer(self.read.as_ref().ok()?, regression, cell)
    }

    fn tree(&self) -> Result<&Tree, RuleError> {
        self.read.as_ref().map_err(Clone::clone)
    }
}

impl From<String> for Rule {
    fn from(text: String) -> Self {
        Rule::new(text)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.text
    }
}

/// In one form, whatever the spaces and parentheses were; reading it again gives the same rule.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.read {
            Ok(tree) => tree.fmt(f),
            Err(_) => f.write_str(&self.text),
        }
    }
}
