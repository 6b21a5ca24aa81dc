//! Rows of channels, and of the routes that lead alerts to them.

use crate::{Db, Result, Tx, args};
use contract::{ChannelId, DeploymentName, Millis};

#[derive(Clone, PartialEq, sqlx::FromRow)]
pub struct ChannelRow {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub target: String,
    pub secret: String,
    pub least: String,
    pub enabled: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub removed_at: Option<i64>,
}

/// Without the secret: rows end up in logs.
impl std::fmt::Debug for ChannelRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, name, kind, target, least, enabled, .. } = self;
        f.debug_struct("ChannelRow")
            .field("id", id)
            .field("name", name)
            .field("kind", kind)
            .field("target", target)
            .field("least", least)
            .field("enabled", enabled)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct RouteRow {
    pub deployment: String,
    pub steps: String,
    pub updated_at: i64,
    pub updated_by: String,
}

const LIVE: &str = "select * from alert_channels where removed_at is null order by created_at, id";

impl Db {
    /// Those that were not removed, in the order in which they were made.
    pub async fn channels(&self) -> Result<Vec<ChannelRow>> {
        self.all(LIVE, args![]).await
    }

    /// Also one that was removed.
    pub async fn channel(&self, id: &str) -> Result<Option<ChannelRow>> {
        self.first("select * from alert_channels where id = $1", args![id]).await
    }

    /// Names of all, also of those that were removed: for the log.
    pub async fn channel_names(&self) -> Result<Vec<(String, String)>> {
        self.all("select id, name from alert_channels", args![]).await
    }

    pub async fn alert_route(&self, deployment: &DeploymentName) -> Result<Option<RouteRow>> {
        self.first("select * from alert_routes where deployment = $1", args![deployment]).await
    }

    pub async fn alert_routes(&self) -> Result<Vec<RouteRow>> {
        self.all("select * from alert_routes order by deployment", args![]).await
    }
}

impl Tx {
    pub async fn channels(&mut self) -> Result<Vec<ChannelRow>> {
        self.all(LIVE, args![]).await
    }

    pub async fn alert_route(&mut self, deployment: &str) -> Result<Option<RouteRow>> {
        self.first("select * from alert_routes where deployment = $1", args![deployment]).await
    }

    /// Reads the row and holds it until the transaction ends; `None` if it is not there or was removed.
    pub async fn channel_held(&mut self, id: &ChannelId) -> Result<Option<ChannelRow>> {
        self.first(
            "update alert_channels set updated_at = updated_at where id = $1 and removed_at is null returning *",
            args![id],
        )
        .await
    }

    /// Conflict if there is one of this name.
    pub async fn channel_put(&mut self, row: &ChannelRow) -> Result<()> {
        self.run(
            "insert into alert_channels (id, name, kind, target, secret, least, enabled, created_at, updated_at, removed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null)
             on conflict (id) do update set name = excluded.name, target = excluded.target, secret = excluded.secret, least = excluded.least,
                 enabled = excluded.enabled, updated_at = excluded.updated_at",
            args![
                &row.id, &row.name, &row.kind, &row.target, &row.secret, &row.least, row.enabled, row.created_at, row.updated_at
            ],
        )
        .await?;
        Ok(())
    }

    /// Takes it out of use and forgets its secret; what still waits for it is given up.
    pub async fn channel_remove(&mut self, id: &ChannelId, at: Millis) -> Result<()> {
        self.run("update alert_channels set removed_at = $2, enabled = 0, secret = '' where id = $1", args![id, at]).await?;
        self.run(
            "update alert_deliveries set state = 'failed', ended_at = $2, leased_until = null where channel = $1 and state = 'waiting'",
            args![id, at],
        )
        .await?;
        Ok(())
    }

    pub async fn alert_route_put(&mut self, row: &RouteRow) -> Result<()> {
        self.run(
            "insert into alert_routes (deployment, steps, updated_at, updated_by) values ($1, $2, $3, $4)
             on conflict (deployment) do update set steps = excluded.steps, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
            args![&row.deployment, &row.steps, row.updated_at, &row.updated_by],
        )
        .await?;
        Ok(())
    }

    pub async fn alert_route_forget(&mut self, deployment: &DeploymentName) -> Result<()> {
        self.run("delete from alert_routes where deployment = $1", args![deployment]).await?;
        Ok(())
    }
}
