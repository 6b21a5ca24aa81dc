//! Whether the chain holds, from the first entry to the head.

use crate::{Ctx, IntoProblem, Outcome};
use contract::views::audit::AuditVerified;
use store::audit::Verified;

/// Recomputes every hash. No role is asked for: the answer shows no entry, and everybody may know it.
pub async fn verify(cx: &Ctx) -> Outcome<AuditVerified> {
    Ok(match cx.store.db.audit_verify().await.or_problem("Verifying the audit log")? {
        Verified::Intact { entries, head } => AuditVerified {
            intact: true,
            entries,
            head,
            broken_at: None,
            sentence: match entries {
                0 => "The log is empty.".into(),
                1 => "The one entry is unchanged.".into(),
                n => format!("All {n} entries are unchanged and chain from the first to the last."),
            },
        },
        Verified::Broken { seq, reason } => AuditVerified {
            intact: false,
            entries: seq - 1,
            head: String::new(),
            broken_at: Some(seq),
            sentence: format!("The chain breaks at entry {seq}: {reason}. What comes after it cannot be relied on."),
        },
    })
}
