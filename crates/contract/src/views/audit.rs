//! The audit log: who did what, on what, when; and whether its chain still holds.

use crate::views::common::When;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Newest first.
    pub entries: Vec<AuditLine>,
    /// Cursor of the next page (`?before=`); none on the last.
    pub next: Option<i64>,
    /// What was searched for; empty for everything.
    pub filter: String,
    pub verified: AuditVerified,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerified {
    pub intact: bool,
    pub entries: i64,
    /// Hash of the newest entry; empty when broken.
    pub head: String,
    /// First entry that does not fit; none when intact.
    pub broken_at: Option<i64>,
    /// `All 214 entries chain from the first to the last.`
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    pub seq: i64,
    pub at: When,
    pub actor: String,
    /// `version.registered`, `approval.approved` …
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    /// Page of the object, where it has one.
    pub href: Option<String>,
    pub summary: String,
    /// The numbers it was done on, as indented JSON.
    pub detail: String,
    pub hash: String,
}
