//! Rows of events: changes that other teams have told of, and which deployments they concern.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, EventId, Millis};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EventRow {
    pub id: String,
    pub source: String,
    pub key: String,
    pub kind: String,
    pub title: String,
    pub at: i64,
    pub link: Option<String>,
    /// JSON array of names; empty for every deployment.
    pub deployments: String,
    pub posted_by: String,
    pub posted_by_name: String,
    pub received_at: i64,
}

/// Events that concern a deployment by name, and those that concern all, newest first.
const CONCERNING: &str = "select e.* from events e join event_deployments d on d.event = e.id
     where d.deployment in ($1, '') and e.at >= $2 and e.at < $3 order by e.at desc, e.id desc limit $4";

impl Db {
    pub async fn event(&self, id: &EventId) -> Result<Option<EventRow>> {
        self.first("select * from events where id = $1", args![id]).await
    }

    /// Newest first.
    pub async fn events(&self, limit: i64) -> Result<Vec<EventRow>> {
        self.all("select * from events order by at desc, id desc limit $1", args![limit]).await
    }

    /// Those in `[from, to)` that concern the deployment, newest first.
    pub async fn events_concerning(&self, name: &DeploymentName, from: Millis, to: Millis, limit: i64) -> Result<Vec<EventRow>> {
        self.all(CONCERNING, args![name, from, to, limit]).await
    }

    /// When something of this kind last happened to the deployment.
    pub async fn event_last(&self, name: &DeploymentName, kind: &str) -> Result<Option<i64>> {
        let (at,): (Option<i64>,) = self
            .one(
                "select max(e.at) from events e join event_deployments d on d.event = e.id
                 where d.deployment in ($1, '') and e.kind = $2",
                args![name, kind],
            )
            .await?;
        Ok(at)
    }

    /// The same of every deployment and kind that has one; under the empty name what was told of all.
    pub async fn events_last(&self) -> Result<Vec<(String, String, i64)>> {
        self.all(
            "select d.deployment, e.kind, max(e.at) from events e join event_deployments d on d.event = e.id group by d.deployment, e.kind",
            args![],
        )
        .await
    }
}

impl Tx {
    /// The event that this source knows by this key.
    pub async fn event_by_key(&mut self, source: &str, key: &str) -> Result<Option<EventRow>> {
        self.first("select * from events where source = $1 and key = $2", args![source, key]).await
    }

    /// `false` if the source has told of it already: then nothing is written.
    pub async fn event_insert(&mut self, row: &EventRow, concerns: &[DeploymentName]) -> Result<bool> {
        let written = self
            .run(
                "insert into events (id, source, key, kind, title, at, link, deployments, posted_by, posted_by_name, received_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (source, key) do nothing",
                args![
                    &row.id,
                    &row.source,
                    &row.key,
                    &row.kind,
                    &row.title,
                    row.at,
                    row.link.clone(),
                    &row.deployments,
                    &row.posted_by,
                    &row.posted_by_name,
                    row.received_at
                ],
            )
            .await?;
        if written == 0 {
            return Ok(false);
        }
        let insert = "insert into event_deployments (event, deployment) values ($1, $2)";
        if concerns.is_empty() {
            self.run(insert, args![&row.id, ""]).await?;
        }
        for name in concerns {
            self.run(insert, args![&row.id, name]).await?;
        }
        Ok(true)
    }

    /// The same as of the database, inside a transaction.
    pub async fn events_concerning(
        &mut self,
        name: &DeploymentName,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<EventRow>> {
        self.all(CONCERNING, args![name, from, to, limit]).await
    }
}
