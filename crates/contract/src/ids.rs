//! A type of its own for each id, so that a version number is never taken for anything else.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_id! {
    /// Name of a model line, unique: letters, digits, `-`, `_`, `.`; 1 to 100 characters.
    ModelName,
    /// Name under which a deployment is served, unique; the same alphabet as a model's.
    DeploymentName,
    UserId,
    TokenId,
    DatasetId,
    ApprovalId,
    RolloutId,
    AlertId,
    ChannelId,
    DeliveryId,
    SilenceId,
    /// A change that another team has told of.
    EventId,
    IncidentId,
    GateRunId,
    ReportId,
    JobId,
    /// Base id of one answered request. Row `i` of a request with several rows is `<base>.<i>`, of a single-row request the base itself.
    PredictionId,
    /// SHA-256 of stored bytes, 64 lower-case hexadecimal digits.
    BlobHash,
}

/// Version of a model: 1, 2, 3 … in the order of registration, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionNo(pub u32);

impl fmt::Display for VersionNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl PredictionId {
    /// The id of row `row` of a request with `rows` rows.
    pub fn row(&self, row: usize, rows: usize) -> PredictionId {
        if rows <= 1 { self.clone() } else { PredictionId(format!("{}.{row}", self.0)) }
    }
}

/// Whether `name` may name a model or a deployment. `Err` says what is wrong, as a sentence for the person who typed it.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > 100 {
        return Err("A name has 1 to 100 characters.".into());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Err(format!("“{name}” may only have letters, digits, “-”, “_” and “.”."));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(format!("“{name}” must start with a letter or a digit."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["churn", "card-fraud.v2", "a", "9lives", &"x".repeat(100)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "../etc", "a b", "ä", &"x".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_single_row_has_the_base_id() {
        let id = PredictionId::from("p1");
        assert_eq!(id.row(0, 1).as_str(), "p1");
        assert_eq!(id.row(2, 3).as_str(), "p1.2");
    }
}
