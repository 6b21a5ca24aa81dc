//! Incidents: opened by bad alerts or by hand, one at a time per deployment; what changed before, who does what, and how it ended.

mod causes;
mod drive;
mod list;
mod markdown;
mod notes;
mod on_alert;
mod open;
mod people;
mod tick;
mod timeline;
mod view;

pub use drive::drive;
pub use list::{list, open_count};
pub use markdown::post_mortem;
pub use notes::{describe, note};
pub(crate) use on_alert::on_alert;
pub use open::open;
pub use people::{assign, leave};
pub use tick::tick;
pub use view::view;

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::{IncidentId, Problem};
use store::Tx;
use store::incidents::{IncidentRow, NoteRow};

pub(crate) fn unknown(id: &IncidentId) -> Problem {
    Problem::not_found(format!("There is no incident “{id}”."))
}

/// The row, held until the transaction ends. Taken first in a transaction.
async fn held(tx: &mut Tx, id: &IncidentId) -> Outcome<IncidentRow> {
    let doing = "Reading the incident";
    tx.audit_turn().await.or_problem(doing)?;
    tx.incident_held(id).await.or_problem(doing)?.ok_or_else(|| unknown(id))
}

/// Something that is said or done in an incident, now.
fn noted(cx: &Ctx, who: &Actor, incident: &str, kind: &str, text: impl Into<String>) -> NoteRow {
    NoteRow {
        id: cx.new_id(),
        incident: incident.to_owned(),
        at: cx.now().0,
        author: who.id.clone(),
        author_name: who.name.clone(),
        kind: kind.to_owned(),
        text: text.into(),
    }
}

#[cfg(test)]
mod tests;
