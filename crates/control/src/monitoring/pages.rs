//! The pages that are being filled, one per deployment, version and arm, and those that wait to be written.

use super::log;
use super::page::{Head, Owner, Page};
use serving::records::Columns;
use serving::{Record, RowAnswer};
use std::collections::HashMap;
use store::pages::PageRow;

/// Bytes of closed pages that may wait for a database that does not answer.
const BYTES: u64 = 64 << 20;

#[derive(Default)]
pub struct Pages {
    /// The page of the last request, which the next one nearly always belongs to as well: found without a hash and without a copy of its
    /// owner's names.
    latest: Option<Page>,
    open: HashMap<Owner, Page>,
    full: Vec<Page>,
    closed: Vec<PageRow>,
}

impl Pages {
    pub fn is_empty(&self) -> bool {
        self.latest.is_none() && self.open.is_empty() && self.full.is_empty() && self.closed.is_empty()
    }

    /// Packs the rows of a request; none where [`log::loggable`] says that there is nothing to log.
    pub fn add(&mut self, record: &Record, answers: &[RowAnswer], columns: &Columns<'_>) {
        let Some(fallback) = log::loggable(record).filter(|_| !answers.is_empty()) else { return };
        let names = || columns.iter().map(|column| column.feature.name.as_str());
        let fresh = |owner: Owner| Page::new(owner, names().map(str::to_owned).collect());
        let (deployment, version, arm) = (record.deployment.as_str(), log::version(record), record.arm.word());
        let mut page = match self.latest.take() {
            Some(page) if page.is_of(deployment, version, arm) => page,
            other => {
                self.open.extend(other.map(|page| (page.owner().clone(), page)));
                let owner = Owner { deployment: deployment.to_owned(), version, arm: arm.to_owned() };
                self.open.remove(&owner).unwrap_or_else(|| fresh(owner))
            }
        };
        let latency_us = log::latency_us(record);
        for (i, answer) in answers.iter().enumerate() {
            if page.is_full() || (i == 0 && !page.has_features(names())) {
                let next = fresh(page.owner().clone());
                self.full.push(std::mem::replace(&mut page, next));
            }
            let (id, label) = (record.prediction_id.row(i, record.rows), answer.label.text());
            let scores = log::scores(&record.served.contract, answer).unwrap_or_default();
            let head =
                Head { id: id.as_str(), at: record.at.0, latency_us, score: answer.score, label: &label, fallback, scores };
            page.add_live(&head, &record.served.contract, columns, i);
        }
        self.latest = Some(page);
    }

    /// Takes over what waits in another.
    pub fn adopt(&mut self, other: Pages) {
        self.full.extend(other.full.into_iter().chain(other.latest).chain(other.open.into_values()));
        self.closed.extend(other.closed);
    }

    /// Closes everything, with ids from `id`: what waits to be written.
    pub fn close(&mut self, id: impl Fn() -> String) -> &[PageRow] {
        let pages = self.full.drain(..).chain(self.latest.take()).chain(self.open.drain().map(|(_, page)| page));
        self.closed.extend(pages.filter_map(|page| page.close(id())));
        &self.closed
    }

    /// The closed pages are written.
    pub fn forget(&mut self) {
        self.closed.clear();
    }

    /// Takes out the oldest closed pages, so that the rest holds no more than so many rows and bytes.
    pub fn give_up(&mut self, rows: usize) -> impl Iterator<Item = PageRow> {
        let (mut rows, mut bytes) = (rows as u64, BYTES);
        let fits = |page: &&PageRow| {
            // A page with few rows takes some memory all the same.
            let (of_rows, of_bytes) = (u64::try_from(page.rows).unwrap_or_default(), page.body.len() as u64 + 512);
            let fits = of_rows <= rows && of_bytes <= bytes;
            (rows, bytes) = (rows.saturating_sub(of_rows), bytes.saturating_sub(of_bytes));
            fits
        };
        let kept = self.closed.iter().rev().take_while(fits).count();
        let over = self.closed.len() - kept;
        self.closed.drain(..over)
    }
}
