//! Rows of incidents: one open row per deployment, its alerts, notes and people; and the entries that make a timeline.

use crate::alerts::AlertRow;
use crate::audit::Kept;
use crate::{Db, Result, Tx, args};
use contract::{AlertId, DeploymentName, IncidentId, Millis, ModelName};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct IncidentRow {
    pub id: String,
    pub number: i64,
    pub deployment: String,
    pub title: String,
    pub severity: String,
    pub state: String,
    pub started_at: i64,
    pub opened_at: i64,
    pub opened_by: String,
    pub opened_by_name: String,
    pub mitigated_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub impact: String,
    pub cause: String,
    pub updated_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NoteRow {
    pub id: String,
    pub incident: String,
    pub at: i64,
    pub author: String,
    pub author_name: String,
    pub kind: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    pub incident: String,
    pub person: String,
    pub name: String,
    pub role: String,
    pub since: i64,
}

impl Db {
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<IncidentRow>> {
        self.first("select * from incidents where id = $1", args![id]).await
    }

    /// Those that are not resolved first, then the newest.
    pub async fn incidents(&self, limit: i64) -> Result<Vec<IncidentRow>> {
        self.all(
            "select * from incidents order by case when resolved_at is null then 0 else 1 end, opened_at desc, number desc limit $1",
            args![limit],
        )
        .await
    }

    pub async fn incidents_open(&self) -> Result<Vec<IncidentRow>> {
        self.all("select * from incidents where resolved_at is null order by number", args![]).await
    }

    /// In the order in which they fired.
    pub async fn incident_alerts(&self, id: &IncidentId) -> Result<Vec<AlertRow>> {
        self.all(
            "select a.* from alerts a join incident_alerts i on i.alert = a.id where i.incident = $1 order by a.since, a.id",
            args![id],
        )
        .await
    }

    /// How many alerts each incident has.
    pub async fn incident_alert_counts(&self) -> Result<Vec<(String, i64)>> {
        self.all("select incident, cast(count(*) as bigint) from incident_alerts group by incident", args![]).await
    }

    /// Bad alerts that fire and are in no incident.
    pub async fn alerts_without_incident(&self) -> Result<Vec<AlertRow>> {
        self.all(
            "select * from alerts where resolved_at is null and severity = 'bad'
               and not exists (select 1 from incident_alerts i where i.alert = alerts.id) order by since, id",
            args![],
        )
        .await
    }

    pub async fn incident_notes(&self, id: &IncidentId) -> Result<Vec<NoteRow>> {
        self.all("select * from incident_notes where incident = $1 order by at, id", args![id]).await
    }

    pub async fn incident_people(&self, id: &IncidentId) -> Result<Vec<PersonRow>> {
        self.all(
            "select * from incident_people where incident = $1
             order by case when role = 'commander' then 0 else 1 end, since, person",
            args![id],
        )
        .await
    }

    /// Who leads each incident, by incident.
    pub async fn incident_commanders(&self) -> Result<Vec<(String, String)>> {
        self.all("select incident, name from incident_people where role = 'commander'", args![]).await
    }

    /// Audit entries in `[from, to)` of what can change how a deployment is served, watched or decided on, newest first.
    pub async fn audit_concerning(
        &self,
        deployment: &DeploymentName,
        model: &ModelName,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<Kept>> {
        self.all(
            "select * from audit_entries where at >= $3 and at < $4 and (
                 (object_kind = 'deployment' and object_id = $1)
                 or (object_kind = 'rollout' and object_id in (select id from rollouts where deployment = $1))
                 or (object_kind = 'approval' and object_id in (select id from approvals where deployment = $1))
                 or (object_kind = 'model' and object_id = $2)
                 or (object_kind = 'version' and substr(object_id, 1, length($2) + 1) = $2 || '/')
                 or object_kind in ('policy', 'rule', 'silence'))
             order by seq desc limit $5",
            args![deployment, model, from, to, limit],
        )
        .await
    }
}

impl Tx {
    /// Waits for its turn to append to the audit log, and holds it. Whoever touches incidents does this first: alerts open in
    /// transactions that may have appended already, and two that wait for each other would both be lost.
    pub async fn audit_turn(&mut self) -> Result<()> {
        self.run("update audit_head set seq = seq where id = 1", args![]).await?;
        Ok(())
    }

    /// The next number, held until the transaction ends.
    pub async fn incident_number(&mut self) -> Result<i64> {
        let (n,): (i64,) = self.one("update incident_numbers set n = n + 1 where id = 1 returning n", args![]).await?;
        Ok(n)
    }

    /// The one that is not resolved, held until the transaction ends.
    pub async fn incident_open_of(&mut self, deployment: &str) -> Result<Option<IncidentRow>> {
        self.first(
            "update incidents set updated_at = updated_at where deployment = $1 and resolved_at is null returning *",
            args![deployment],
        )
        .await
    }

    /// Reads the row and holds it until the transaction ends.
    pub async fn incident_held(&mut self, id: &IncidentId) -> Result<Option<IncidentRow>> {
        self.first("update incidents set updated_at = updated_at where id = $1 returning *", args![id]).await
    }

    /// Conflict if the deployment has an open one.
    pub async fn incident_insert(&mut self, row: &IncidentRow) -> Result<()> {
        self.run(
            "insert into incidents (id, number, deployment, title, severity, state, started_at, opened_at, opened_by, opened_by_name,
                                    mitigated_at, resolved_at, impact, cause, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            args![
                &row.id, row.number, &row.deployment, &row.title, &row.severity, &row.state, row.started_at, row.opened_at,
                &row.opened_by, &row.opened_by_name, row.mitigated_at, row.resolved_at, &row.impact, &row.cause, row.updated_at
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn incident_update(&mut self, row: &IncidentRow) -> Result<()> {
        self.run(
            "update incidents set title = $2, severity = $3, state = $4, started_at = $5, mitigated_at = $6, resolved_at = $7, impact = $8,
                                  cause = $9, updated_at = $10 where id = $1",
            args![
                &row.id, &row.title, &row.severity, &row.state, row.started_at, row.mitigated_at, row.resolved_at, &row.impact,
                &row.cause, row.updated_at
            ],
        )
        .await?;
        Ok(())
    }

    /// Again changes nothing; `true` if it is new.
    pub async fn incident_join(&mut self, incident: &str, alert: &AlertId, at: Millis) -> Result<bool> {
        let joined = self
            .run(
                "insert into incident_alerts (incident, alert, joined_at) values ($1, $2, $3) on conflict (alert, incident) do nothing",
                args![incident, alert, at],
            )
            .await?;
        Ok(joined == 1)
    }

    /// Alerts of an incident that still fire.
    pub async fn incident_firing(&mut self, incident: &str) -> Result<i64> {
        let (n,): (i64,) = self
            .one(
                "select cast(count(*) as bigint) from alerts a join incident_alerts i on i.alert = a.id
                 where i.incident = $1 and a.resolved_at is null",
                args![incident],
            )
            .await?;
        Ok(n)
    }

    pub async fn incident_note(&mut self, row: &NoteRow) -> Result<()> {
        self.run(
            "insert into incident_notes (id, incident, at, author, author_name, kind, text) values ($1, $2, $3, $4, $5, $6, $7)",
            args![&row.id, &row.incident, row.at, &row.author, &row.author_name, &row.kind, &row.text],
        )
        .await?;
        Ok(())
    }

    /// One role a person; the last one wins.
    pub async fn incident_person_put(&mut self, row: &PersonRow) -> Result<()> {
        self.run(
            "insert into incident_people (incident, person, name, role, since) values ($1, $2, $3, $4, $5)
             on conflict (incident, person) do update set name = excluded.name, role = excluded.role, since = excluded.since",
            args![&row.incident, &row.person, &row.name, &row.role, row.since],
        )
        .await?;
        Ok(())
    }

    /// Whoever leads it becomes one of those who do.
    pub async fn incident_commander_steps_back(&mut self, incident: &str) -> Result<()> {
        self.run("update incident_people set role = 'operations' where incident = $1 and role = 'commander'", args![incident])
            .await?;
        Ok(())
    }

    /// `false` if the person was not in it.
    pub async fn incident_person_remove(&mut self, incident: &str, person: &str) -> Result<bool> {
        let gone = self.run("delete from incident_people where incident = $1 and person = $2", args![incident, person]).await?;
        Ok(gone > 0)
    }
}
