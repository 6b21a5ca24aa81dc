//! The pages that are being filled, one per deployment, version and arm, and those that wait to be written.

use super::log;
use super::page::{Head, Owner, Page};
use serving::records::Columns;
use serving::{Record, RowAnswer};
use std::collections::HashMap;
use store::pages::PageRow;

#[derive(Default)]
pub struct Pages {
    open: HashMap<Owner, Page>,
    full: Vec<Page>,
    closed: Vec<PageRow>,
}

impl Pages {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.full.is_empty() && self.closed.is_empty()
    }

    /// Packs the rows of a request; none where [`log::loggable`] says that there is nothing to log.
    pub fn add(&mut self, record: &Record, answers: &[RowAnswer], columns: &Columns<'_>) {
        let Some(fallback) = log::loggable(record) else { return };
        let owner =
            Owner { deployment: record.deployment.0.clone(), version: log::version(record), arm: record.arm.word().to_owned() };
        let names = || columns.iter().map(|column| column.feature.name.as_str());
        let latency_us = log::latency_us(record);
        for (i, answer) in answers.iter().enumerate() {
            let page =
                self.open.entry(owner.clone()).or_insert_with(|| Page::new(owner.clone(), names().map(str::to_owned).collect()));
            if page.is_full() || (i == 0 && !page.has_features(names())) {
                let fresh = Page::new(owner.clone(), names().map(str::to_owned).collect());
                self.full.push(std::mem::replace(page, fresh));
            }
            let (id, label) = (record.prediction_id.row(i, record.rows), answer.label.text());
            let head = Head { id: id.as_str(), at: record.at.0, latency_us, score: answer.score, label: &label, fallback };
            page.add_live(&head, &record.served.contract, columns, i);
        }
    }

    /// Closes everything, with ids from `id`: what waits to be written.
    pub fn close(&mut self, id: impl Fn() -> String) -> &[PageRow] {
        let pages = self.full.drain(..).chain(self.open.drain().map(|(_, page)| page));
        self.closed.extend(pages.filter_map(|page| page.close(id())));
        &self.closed
    }

    /// Drops the oldest closed pages but for `waiting`.
    pub fn forget(&mut self, waiting: usize) {
        let over = self.closed.len().saturating_sub(waiting);
        self.closed.drain(..over);
    }
}
