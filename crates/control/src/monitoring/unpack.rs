//! Rows into pages and back: what is old is packed, and what an outcome is about gets its row again.

use super::page::{self, Owner, Page};
use crate::outcomes::WAITS;
use crate::{Ctx, IntoProblem, Outcome};
use contract::{Millis, PredictionId};
use std::collections::HashMap;
use store::Tx;
use store::pages::PageRow;
use store::predictions::PredictionRow;

/// Pages that are kept at hand while a batch of outcomes is taken in.
const AT_HAND: usize = 16;

/// Finds predictions in the table or in the pages.
#[derive(Default)]
pub(crate) struct Unpacker {
    pages: HashMap<String, PageRow>,
}

impl Unpacker {
    /// The prediction, held until the transaction ends. One that was packed has its row in the table from now on.
    pub async fn held(&mut self, tx: &mut Tx, id: &PredictionId) -> store::Result<Option<PredictionRow>> {
        if let Some(row) = tx.prediction_held(id).await? {
            return Ok(Some(row));
        }
        for (page,) in tx.pages_around(id).await? {
            if let Some(row) = self.page(tx, &page).await?.and_then(|page| page::find(page, id.as_str())) {
                tx.predictions_append(&[row]).await?;
                return tx.prediction_held(id).await;
            }
        }
        Ok(None)
    }

    async fn page(&mut self, tx: &mut Tx, id: &str) -> store::Result<Option<&PageRow>> {
        if !self.pages.contains_key(id)
            && let Some(page) = tx.page(id).await?
        {
            if self.pages.len() >= AT_HAND {
                self.pages.clear();
            }
            self.pages.insert(id.to_owned(), page);
        }
        Ok(self.pages.get(id))
    }
}

/// Gives rows of a page that is about to be written a row in the table where an outcome has come before them.
pub(super) async fn unpack_awaited(tx: &mut Tx, page: &PageRow, now: Millis) -> store::Result<()> {
    let awaited = tx.outcomes_waiting_for(&page.first_id, &page.last_id, Millis(now.0 - WAITS)).await?;
    let rows: Vec<PredictionRow> = awaited.iter().filter_map(|(id,)| page::find(page, id)).collect();
    tx.predictions_append(&rows).await
}

/// Packs the oldest rows until `cap` are left. Rows whose outcome has been counted are only forgotten.
pub(crate) async fn pack_old(cx: &Ctx, cap: i64) -> Outcome<()> {
    let doing = "Packing the prediction log";
    loop {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        let Some((until,)) = tx.predictions_beyond(cap).await.or_problem(doing)? else { return Ok(()) };
        let rows = tx.predictions_oldest(Millis(until), page::ROWS as i64).await.or_problem(doing)?;
        let done = rows.len() < page::ROWS;
        for page in packed(cx, &rows) {
            tx.page_append(page).await.or_problem(doing)?;
        }
        for row in &rows {
            tx.prediction_forget(&row.id).await.or_problem(doing)?;
        }
        tx.commit().await.or_problem(doing)?;
        if done {
            return Ok(());
        }
    }
}

fn packed(cx: &Ctx, rows: &[PredictionRow]) -> Vec<PageRow> {
    let mut pages: HashMap<(Owner, Vec<String>), Page> = HashMap::new();
    for row in rows.iter().filter(|row| row.outcome.is_none()) {
        let owner = Owner { deployment: row.deployment.clone(), version: row.version, arm: row.arm.clone() };
        let features: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row.features).unwrap_or_default();
        let names: Vec<String> = features.keys().cloned().collect();
        let page = pages.entry((owner.clone(), names.clone())).or_insert_with(|| Page::new(owner, names));
        page.add_row(row, &features);
    }
    pages.into_values().filter_map(|page| page.close(cx.new_id())).collect()
}
