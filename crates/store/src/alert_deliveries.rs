//! The outbox of alerts: deliveries, leased to one process at a time, and the log of every try.

use crate::{Db, Result, Tx, args};
use contract::{DeliveryId, Millis};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct DeliveryRow {
    pub id: String,
    pub alert: String,
    pub deployment: String,
    pub channel: String,
    pub event: String,
    pub step: i64,
    pub message: String,
    pub state: String,
    pub tries: i64,
    pub due_at: i64,
    pub leased_until: Option<i64>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AttemptRow {
    pub delivery: String,
    pub n: i64,
    pub at: i64,
    pub ms: i64,
    pub delivered: i64,
    pub status: String,
    pub answer: String,
}

/// Due, not leased, and nothing older of the same alert waits for the same channel: a resolution never overtakes its alert.
macro_rules! due {
    ($lock:literal) => {
        concat!(
            "update alert_deliveries set leased_until = $2, tries = tries + 1 where id = (
                 select d.id from alert_deliveries d
                 where d.state = 'waiting' and d.due_at <= $1 and (d.leased_until is null or d.leased_until < $1)
                   and not exists (select 1 from alert_deliveries e where e.alert = d.alert and e.alert <> '' and e.channel = d.channel
                                   and e.state = 'waiting' and (e.created_at < d.created_at or (e.created_at = d.created_at and e.id < d.id)))
                 order by d.due_at, d.id limit 1",
            $lock,
            ") returning *"
        )
    };
}

impl Db {
    /// Newest first; of one channel, or of all.
    pub async fn deliveries(&self, channel: Option<&str>, limit: i64) -> Result<Vec<DeliveryRow>> {
        self.all(
            "select * from alert_deliveries where ($1 = '' or channel = $1) order by created_at desc, id desc limit $2",
            args![channel.unwrap_or_default(), limit],
        )
        .await
    }

    pub async fn deliveries_of(&self, alert: &str) -> Result<Vec<DeliveryRow>> {
        self.all("select * from alert_deliveries where alert = $1 order by created_at, id", args![alert]).await
    }

    /// What was sent or waits for the alerts that are open.
    pub async fn deliveries_of_open(&self) -> Result<Vec<DeliveryRow>> {
        self.all(
            "select d.* from alert_deliveries d join alerts a on a.id = d.alert where a.resolved_at is null order by d.created_at, d.id",
            args![],
        )
        .await
    }

    /// Every try of the newest deliveries (as [`Db::deliveries`] gives them), the first try first.
    pub async fn attempts(&self, channel: Option<&str>, limit: i64) -> Result<Vec<AttemptRow>> {
        self.all(
            "select a.* from alert_attempts a where a.delivery in (
                 select id from alert_deliveries where ($1 = '' or channel = $1) order by created_at desc, id desc limit $2)
             order by a.delivery, a.n",
            args![channel.unwrap_or_default(), limit],
        )
        .await
    }

    pub async fn attempts_of(&self, delivery: &DeliveryId) -> Result<Vec<AttemptRow>> {
        self.all("select * from alert_attempts where delivery = $1 order by n", args![delivery]).await
    }

    /// How many deliveries there are in each state.
    pub async fn deliveries_by_state(&self) -> Result<Vec<(String, i64)>> {
        self.all("select state, cast(count(*) as bigint) from alert_deliveries group by state order by state", args![]).await
    }
}

impl Tx {
    /// Inserts it unless there is one for the same alert, channel, event and step; whether it was inserted.
    pub async fn delivery_enqueue(&mut self, row: &DeliveryRow) -> Result<bool> {
        let n = self
            .run(
                "insert into alert_deliveries (id, alert, deployment, channel, event, step, message, state, tries, due_at, leased_until,
                                               created_at, ended_at)
                 values ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, null, $9, null)
                 on conflict (alert, channel, event, step) where alert <> '' do nothing",
                args![
                    &row.id, &row.alert, &row.deployment, &row.channel, &row.event, row.step, &row.message, row.due_at,
                    row.created_at
                ],
            )
            .await?;
        Ok(n > 0)
    }

    /// Takes back what has not been tried yet; how many there were.
    pub async fn delivery_take_back(&mut self, alert: &str, event: &str) -> Result<u64> {
        self.run(
            "delete from alert_deliveries where alert = $1 and event = $2 and state = 'waiting' and tries = 0",
            args![alert, event],
        )
        .await
    }

    pub async fn deliveries_of(&mut self, alert: &str) -> Result<Vec<DeliveryRow>> {
        self.all("select * from alert_deliveries where alert = $1 order by created_at, id", args![alert]).await
    }

    /// Takes the delivery that is due the longest until `until`; nobody else gets it before then. An expired lease is taken over.
    pub async fn delivery_claim(&mut self, now: Millis, until: Millis) -> Result<Option<DeliveryRow>> {
        let sql = if self.is_postgres() { due!(" for update skip locked") } else { due!("") };
        self.first(sql, args![now, until]).await
    }

    pub async fn delivery_held(&mut self, id: &DeliveryId) -> Result<Option<DeliveryRow>> {
        self.first("update alert_deliveries set tries = tries where id = $1 returning *", args![id]).await
    }

    /// What became of it: state, when it is due again, when it ended.
    pub async fn delivery_update(&mut self, row: &DeliveryRow) -> Result<()> {
        self.run(
            "update alert_deliveries set state = $2, tries = $3, due_at = $4, leased_until = $5, ended_at = $6 where id = $1",
            args![&row.id, &row.state, row.tries, row.due_at, row.leased_until, row.ended_at],
        )
        .await?;
        Ok(())
    }

    /// Appends to the log; the number of the try counts on over all rounds.
    pub async fn attempt_add(&mut self, row: &AttemptRow) -> Result<()> {
        self.run(
            "insert into alert_attempts (delivery, n, at, ms, delivered, status, answer)
             values ($1, (select coalesce(max(n), 0) + 1 from alert_attempts where delivery = $1), $2, $3, $4, $5, $6)",
            args![&row.delivery, row.at, row.ms, row.delivered, &row.status, &row.answer],
        )
        .await?;
        Ok(())
    }

    /// Forgets deliveries that ended before `before`, with their log; how many there were.
    pub async fn deliveries_forget(&mut self, before: Millis) -> Result<u64> {
        self.run(
            "delete from alert_attempts where delivery in (select id from alert_deliveries where state <> 'waiting' and ended_at < $1)",
            args![before],
        )
        .await?;
        self.run("delete from alert_deliveries where state <> 'waiting' and ended_at < $1", args![before]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_channels::ChannelRow;
    use crate::testing;

    fn delivery(id: &str, event: &str, at: i64) -> DeliveryRow {
        DeliveryRow {
            id: id.into(),
            alert: "a1".into(),
            deployment: "churn".into(),
            channel: "c1".into(),
            event: event.into(),
            step: 0,
            message: "{}".into(),
            state: "waiting".into(),
            tries: 0,
            due_at: at,
            leased_until: None,
            created_at: at,
            ended_at: None,
        }
    }

    #[tokio::test]
    async fn one_lease_at_a_time_in_order_and_never_twice_for_the_same() {
        for db in testing::databases().await {
            let channel = ChannelRow {
                id: "c1".into(),
                name: "ops".into(),
                kind: "webhook".into(),
                target: "{}".into(),
                secret: "s".into(),
                least: "bad".into(),
                enabled: 1,
                created_at: 1,
                updated_at: 1,
                removed_at: None,
            };
            let mut tx = db.begin().await.unwrap();
            tx.channel_put(&channel).await.unwrap();
            let later = DeliveryRow { due_at: 40, ..delivery("d0", "resolved", 5) };
            assert!(tx.delivery_enqueue(&later).await.unwrap());
            assert_eq!(tx.delivery_claim(Millis(39), Millis(100)).await.unwrap(), None, "due later than it was made");
            assert_eq!(tx.delivery_take_back("a1", "resolved").await.unwrap(), 1);
            assert!(tx.delivery_enqueue(&delivery("d1", "triggered", 10)).await.unwrap());
            assert!(!tx.delivery_enqueue(&delivery("d2", "triggered", 11)).await.unwrap(), "the same again");
            assert!(tx.delivery_enqueue(&delivery("d3", "resolved", 20)).await.unwrap());
            assert_eq!(tx.delivery_claim(Millis(9), Millis(100)).await.unwrap(), None, "not due yet");
            let first = tx.delivery_claim(Millis(30), Millis(100)).await.unwrap().unwrap();
            assert_eq!((first.id.as_str(), first.tries), ("d1", 1));
            assert_eq!(tx.delivery_take_back("a1", "triggered").await.unwrap(), 0, "it is on its way");
            assert_eq!(tx.delivery_claim(Millis(30), Millis(100)).await.unwrap(), None, "the resolution waits for its alert");
            // The process is gone: the lease runs out.
            let again = tx.delivery_claim(Millis(101), Millis(200)).await.unwrap().unwrap();
            assert_eq!((again.id.as_str(), again.tries), ("d1", 2));
            let attempt = |delivered| AttemptRow {
                delivery: "d1".into(),
                n: 0,
                at: 101,
                ms: 5,
                delivered,
                status: "200 OK".into(),
                answer: String::new(),
            };
            tx.attempt_add(&attempt(0)).await.unwrap();
            tx.attempt_add(&attempt(1)).await.unwrap();
            tx.delivery_update(&DeliveryRow { state: "delivered".into(), leased_until: None, ended_at: Some(102), ..again })
                .await
                .unwrap();
            assert_eq!(tx.delivery_claim(Millis(110), Millis(200)).await.unwrap().unwrap().id, "d3");
            tx.commit().await.unwrap();
            let log = db.attempts_of(&"d1".into()).await.unwrap();
            assert_eq!(log.iter().map(|one| (one.n, one.delivered)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
            assert_eq!(db.attempts(Some("c1"), 10).await.unwrap(), log);
            let mut tx = db.begin().await.unwrap();
            assert_eq!(tx.deliveries_forget(Millis(102)).await.unwrap(), 0);
            assert_eq!(tx.deliveries_forget(Millis(103)).await.unwrap(), 1);
            tx.channel_remove(&"c1".into(), Millis(300)).await.unwrap();
            tx.channel_put(&ChannelRow { id: "c2".into(), ..channel.clone() }).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(db.channels().await.unwrap().len(), 1, "the name is free again");
            assert_eq!(db.channel("c1").await.unwrap().unwrap().secret, "");
            assert_eq!(db.deliveries(None, 10).await.unwrap()[0].state, "failed", "what waits for a removed channel is given up");
        }
    }
}
